package expr

import (
	"strings"

	"github.com/alecthomas/participle/v2/lexer"
)

// token is a word of an expression.
type token struct {
	kind lexer.TokenType
	at   int // the offset in the source
	text string
}

// parse checks the limits of an expression, and parses all of it as read does.
func parse[T any](s *scope, read func(*parser) (T, error)) (root T, err error) {
	if s.src == "" {
		return root, s.refuse("The expression can not be empty;")
	}
	if len(s.src) > maxBytes {
		return root, s.refuse("Expression size has exceeded the maximum allowed size; expression size: %d", len(s.src))
	}
	if s.tokens, err = s.lex(); err != nil {
		return root, err
	}
	if err := s.checkLimits(s.tokens); err != nil {
		return root, err
	}
	p := &parser{tokens: s.tokens, end: len(s.src)}
	root, err = read(p)
	if err == nil && len(p.tokens) > 0 {
		err = errSyntax
	}
	if err != nil {
		return root, s.syntaxError(p.at())
	}
	return root, nil
}

// lex returns the tokens without white space.
func (s *scope) lex() ([]token, error) {
	lex, err := definition.LexString("", s.src)
	if err != nil {
		return nil, s.refuse("Syntax error; %v", err)
	}
	var list []token
	for {
		next, err := lex.Next()
		switch {
		case err != nil:
			return nil, s.refuse("Syntax error; %v", err)
		case next.EOF():
			return list, nil
		case next.Type == typeSign && s.field != updateExpression:
			next.Type = typeOther // only SET calculates
		case next.Type == typeSpace:
			continue
		}
		list = append(list, token{next.Type, next.Pos.Offset, next.Value})
	}
}

// checkLimits counts operators, and bounds how deep the parser will recurse: parentheses that enclose no
// operator of their own are redundant, so that more of them than operators are never legal.
func (s *scope) checkLimits(list []token) error {
	operators, depth, betweens := 0, 0, 0
	for i, t := range list {
		switch {
		case t.text == "(":
			depth++
			if i > 0 && list[i-1].kind == typeIdent {
				operators++
			}
		case t.text == ")":
			depth--
		case t.kind == typeSign:
			operators++
		case t.kind == typeComparator && s.field != updateExpression:
			operators++
		case t.kind == typeKeyword && s.field != updateExpression:
			betweens, operators = countKeyword(t.text, betweens, operators)
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
	list := s.tokens
	at := 0
	for at < len(list) && list[at].at < offset {
		at++
	}
	text, from, to := "<EOF>", 0, len(s.src)
	if at > 0 {
		from = list[at-1].at
	}
	if at < len(list) {
		text = list[at].text
		if at == 0 {
			from = list[at].at
		}
		to = list[at].at + len(text)
	}
	if at+1 < len(list) {
		to = list[at+1].at + len(list[at+1].text)
	}
	return s.refuse(`Syntax error; token: "%s", near: "%s"`, text, s.src[from:to])
}

// syntaxErrorBefore names the token in front of offset.
func (s *scope) syntaxErrorBefore(offset int) error {
	list := s.tokens
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].at < offset {
			return s.syntaxError(list[i].at)
		}
	}
	return s.syntaxError(offset)
}
