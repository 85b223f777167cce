// Package lexed gives parsers what was lexed before: each text is lexed once, and its tokens are counted, bounded and
// then parsed. It is for expressions and for PartiQL.
package lexed

import "github.com/alecthomas/participle/v2/lexer"

// Peek returns a lexer of tokens, which end at end.
func Peek(tokens []lexer.Token, end lexer.Position) (*lexer.PeekingLexer, error) {
	return lexer.Upgrade(&source{left: tokens, end: end})
}

type source struct {
	left []lexer.Token
	end  lexer.Position
}

// Next is lexer.Lexer's.
func (s *source) Next() (lexer.Token, error) {
	if len(s.left) == 0 {
		return lexer.EOFToken(s.end), nil
	}
	token := s.left[0]
	s.left = s.left[1:]
	return token, nil
}
