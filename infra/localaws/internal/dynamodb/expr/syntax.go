package expr

import (
	"strings"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/lexed"
)

// parse checks the limits of an expression and parses it with read.
func parse[T any](s *scope, read func(reader) (T, bool)) (T, error) {
	var none T
	if s.src == "" {
		return none, s.refuse("The expression can not be empty;")
	}
	if len(s.src) > maxBytes {
		return none, s.refuse("Expression size has exceeded the maximum allowed size; expression size: %d", len(s.src))
	}
	list, err := s.lex()
	if err != nil {
		return none, err
	}
	if err := s.checkLimits(list); err != nil {
		return none, err
	}
	r := reader{lexed.NewCursor(list, s.src)}
	tree, ok := read(r)
	if !ok || !r.Peek(0).EOF() {
		return none, s.syntaxError(int(r.Peek(0).Offset))
	}
	return tree, nil
}

// lex returns the tokens without white space.
func (s *scope) lex() ([]lexed.Token, error) {
	list := make([]lexed.Token, 0, 1+len(s.src)/2)
	err := lexed.Lex(definition, s.src, func(token lexed.Token) error {
		if token.Type == typeSign && s.field != updateExpression {
			token.Type = typeOther // only SET calculates
		}
		if token.Type != typeSpace {
			list = append(list, token)
		}
		return nil
	})
	if err != nil {
		return nil, s.refuse("Syntax error; %v", err)
	}
	return list, nil
}

// checkLimits counts operators, and bounds how deep the parser will recurse: parentheses that enclose no
// operator of their own are redundant, so that more of them than operators are never legal.
func (s *scope) checkLimits(list []lexed.Token) error {
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
	list, err := s.lex()
	if err != nil {
		return err
	}
	at := 0
	for at < len(list) && int(list[at].Offset) < offset {
		at++
	}
	text, from, to := "<EOF>", 0, len(s.src)
	if at > 0 {
		from = int(list[at-1].Offset)
	}
	if at < len(list) {
		text = list[at].Value
		if at == 0 {
			from = int(list[at].Offset)
		}
		to = int(list[at].Offset) + len(text)
	}
	if at+1 < len(list) {
		to = int(list[at+1].Offset) + len(list[at+1].Value)
	}
	return s.refuse(`Syntax error; token: "%s", near: "%s"`, text, s.src[from:to])
}

// syntaxErrorBefore names the token in front of offset.
func (s *scope) syntaxErrorBefore(offset int) error {
	list, err := s.lex()
	if err != nil {
		return err
	}
	for i := len(list) - 1; i >= 0; i-- {
		if int(list[i].Offset) < offset {
			return s.syntaxError(int(list[i].Offset))
		}
	}
	return s.syntaxError(offset)
}
