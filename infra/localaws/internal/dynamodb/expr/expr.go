// Package expr parses and evaluates DynamoDB's expressions: key conditions, projections, conditions
// (filters too) and updates. It refuses what DynamoDB refuses, in its words, as an *attr.Error.
//
// The rules are those of the DynamoDB developer guide, "Expressions in DynamoDB", and the limits those
// of "Constraints", "Expression parameters". What the guide leaves open (which parentheses are
// redundant, what a type error says) follows DynamoDB Local.
package expr

import (
	"fmt"
	"maps"
	"slices"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
)

// Limits of one expression.
const (
	maxBytes       = 4096
	maxOperators   = 300
	maxInOperands  = 100
	maxPathSteps   = 32
	maxListIndex   = 1<<31 - 1
	maxPlaceholder = 255 // bytes, with the leading # or :
)

// scope is what the reading of one expression shares.
type scope struct {
	field  string // the request parameter that holds the expression
	src    string
	p      *Placeholders
	names  map[string]struct{} // top-level attributes that are named
	deeper map[string]struct{} // those of them that a path goes into
}

func newScope(field, src string, p *Placeholders) *scope {
	return &scope{field: field, src: src, p: p, names: map[string]struct{}{}, deeper: map[string]struct{}{}}
}

func (s *scope) refuse(format string, args ...any) error {
	return attr.Invalidf("Invalid %s: %s", s.field, fmt.Sprintf(format, args...))
}

func (s *scope) attributes() []string { return slices.Sorted(maps.Keys(s.names)) }

func (s *scope) documents() []string { return slices.Sorted(maps.Keys(s.deeper)) }

// value resolves ":v".
func (s *scope) value(placeholder string) (attr.Value, error) {
	v, ok := s.p.values[placeholder]
	if !ok {
		return attr.Value{}, s.refuse("An expression attribute value used in expression is not defined; attribute value: %s", placeholder)
	}
	s.p.usedValues[placeholder] = struct{}{}
	return v, nil
}

// name resolves "#n", and refuses a reserved word that stands for itself.
func (s *scope) name(text string) (string, error) {
	if text[0] != '#' {
		if isReserved(text) {
			return "", s.refuse("Attribute name is a reserved keyword; reserved keyword: %s", text)
		}
		return text, nil
	}
	name, ok := s.p.names[text]
	if !ok {
		return "", s.refuse("An expression attribute name used in the document path is not defined; attribute name: %s", text)
	}
	s.p.usedNames[text] = struct{}{}
	return name, nil
}
