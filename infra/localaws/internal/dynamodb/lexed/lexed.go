// Package lexed is what parsers of expressions and of PartiQL read: a text is lexed once, and its tokens are counted and
// bounded before they are parsed. Parsing takes one step a token, and allocates little more than the tree.
package lexed

import "github.com/alecthomas/participle/v2/lexer"

// Token is a token of a text that is shorter than 2 GB.
type Token struct {
	Type   lexer.TokenType
	Offset int32 // in bytes
	Value  string
}

// EOF reports whether t stands for the end of the text.
func (t *Token) EOF() bool { return t.Type == lexer.EOF }

// Lex lexes text, and calls keep with each token but the end. An error of keep ends it.
func Lex(definition *lexer.StatefulDefinition, text string, keep func(Token) error) error {
	lex, err := definition.LexString("", text)
	if err != nil {
		return err
	}
	for {
		token, err := lex.Next()
		if err != nil || token.EOF() {
			return err
		}
		if err := keep(Token{token.Type, int32(token.Pos.Offset), token.Value}); err != nil {
			return err
		}
	}
}

// Cursor goes through tokens. It is not safe for concurrent use.
type Cursor struct {
	tokens []Token
	end    Token
	at     int
}

// NewCursor returns a Cursor at the first of tokens, which are of text.
func NewCursor(tokens []Token, text string) *Cursor {
	return &Cursor{tokens: tokens, end: Token{Type: lexer.EOF, Offset: int32(len(text))}}
}

// Peek returns the token that is n tokens ahead, 0 being the next. Behind the last token all are EOF.
func (c *Cursor) Peek(n int) *Token {
	if c.at+n >= len(c.tokens) {
		return &c.end
	}
	return &c.tokens[c.at+n]
}

// Next returns the next token, and goes on.
func (c *Cursor) Next() *Token {
	token := c.Peek(0)
	if c.at < len(c.tokens) {
		c.at++
	}
	return token
}

// SkipTo goes on to the next token that is found.
func (c *Cursor) SkipTo(found func(*Token) bool) {
	for !c.Peek(0).EOF() && !found(c.Peek(0)) {
		c.at++
	}
}

// Count returns how many of the tokens ahead are found.
func (c *Cursor) Count(found func(*Token) bool) int {
	n := 0
	for i := c.at; i < len(c.tokens); i++ {
		if found(&c.tokens[i]) {
			n++
		}
	}
	return n
}
