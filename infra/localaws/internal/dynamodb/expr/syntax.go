package expr

import (
	"errors"
	"strings"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"
)

// tokens feeds the parser what was lexed, and counted, before.
type tokens struct {
	left []lexer.Token
	end  lexer.Position
}

func (t *tokens) Next() (lexer.Token, error) {
	if len(t.left) == 0 {
		return lexer.EOFToken(t.end), nil
	}
	token := t.left[0]
	t.left = t.left[1:]
	return token, nil
}

// parse checks the limits of an expression and parses it.
func parse[T any](s *scope, parser *participle.Parser[T]) (*T, error) {
	if s.src == "" {
		return nil, s.refuse("The expression can not be empty;")
	}
	if len(s.src) > maxBytes {
		return nil, s.refuse("Expression size has exceeded the maximum allowed size; expression size: %d", len(s.src))
	}
	list, end, err := s.lex()
	if err != nil {
		return nil, err
	}
	if err := s.checkLimits(list); err != nil {
		return nil, err
	}
	peeking, err := lexer.Upgrade(&tokens{left: list, end: end})
	if err != nil {
		return nil, s.refuse("%v", err)
	}
	tree, err := parser.ParseFromLexer(peeking)
	if err == nil {
		return tree, nil
	}
	if unexpected, ok := errors.AsType[participle.Error](err); ok {
		return nil, s.syntaxError(unexpected.Position().Offset)
	}
	return nil, s.refuse("Syntax error; %v", err)
}

// lex returns the tokens without white space, and the end of the source.
func (s *scope) lex() ([]lexer.Token, lexer.Position, error) {
	lex, err := definition.LexString("", s.src)
	if err != nil {
		return nil, lexer.Position{}, s.refuse("Syntax error; %v", err)
	}
	var list []lexer.Token
	for {
		token, err := lex.Next()
		switch {
		case err != nil:
			return nil, lexer.Position{}, s.refuse("Syntax error; %v", err)
		case token.EOF():
			return list, token.Pos, nil
		case token.Type == typeSign && s.field != updateExpression:
			token.Type = typeOther // only SET calculates
			list = append(list, token)
		case token.Type != typeSpace:
			list = append(list, token)
		}
	}
}

// checkLimits counts operators, and bounds how deep the parser will recurse: parentheses that enclose no
// operator of their own are redundant, so that more of them than operators are never legal.
func (s *scope) checkLimits(list []lexer.Token) error {
	operators, depth, betweens := 0, 0, 0
	for i, token := range list {
		switch {
		case token.Value == "(":
			depth++
			if i > 0 && list[i-1].Type == typeIdent {
				operators++
			}
		case token.Value == ")":
			depth--
		case token.Type == typeSign:
			operators++
		case token.Type == typeComparator && s.field != updateExpression:
			operators++
		case token.Type == typeKeyword && s.field != updateExpression:
			betweens, operators = countKeyword(token.Value, betweens, operators)
		}
		if operators > maxOperators {
			return s.refuse("The expression contains too many operators; operator count: %d", operators)
		}
		if depth > maxOperators+1 {
			return s.refuse("The expression has redundant parentheses;")
		}
	}
	return nil
}

// countKeyword counts BETWEEN ... AND as one operator.
func countKeyword(keyword string, betweens, operators int) (int, int) {
	switch {
	case strings.EqualFold(keyword, "BETWEEN"):
		return betweens + 1, operators
	case betweens > 0 && strings.EqualFold(keyword, "AND"):
		return betweens - 1, operators + 1
	}
	return betweens, operators + 1
}

// syntaxError names the token at or behind offset, with its neighbours as they stand in the source.
func (s *scope) syntaxError(offset int) error {
	list, _, err := s.lex()
	if err != nil {
		return err
	}
	at := 0
	for at < len(list) && list[at].Pos.Offset < offset {
		at++
	}
	text, from, to := "<EOF>", 0, len(s.src)
	if at > 0 {
		from = list[at-1].Pos.Offset
	}
	if at < len(list) {
		text = list[at].Value
		if at == 0 {
			from = list[at].Pos.Offset
		}
		to = list[at].Pos.Offset + len(text)
	}
	if at+1 < len(list) {
		to = list[at+1].Pos.Offset + len(list[at+1].Value)
	}
	return s.refuse(`Syntax error; token: "%s", near: "%s"`, text, s.src[from:to])
}

// syntaxErrorBefore names the token in front of offset.
func (s *scope) syntaxErrorBefore(offset int) error {
	list, _, err := s.lex()
	if err != nil {
		return err
	}
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].Pos.Offset < offset {
			return s.syntaxError(list[i].Pos.Offset)
		}
	}
	return s.syntaxError(offset)
}
