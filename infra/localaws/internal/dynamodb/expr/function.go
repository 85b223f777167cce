package expr

import (
	"strings"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
)

// conditionFunctions are the functions of conditions, with the number of their arguments. Their names are
// case-sensitive.
var conditionFunctions = map[string]int{
	"attribute_exists":     1,
	"attribute_not_exists": 1,
	"attribute_type":       2,
	"begins_with":          2,
	"contains":             2,
	"size":                 1,
}

// updateFunctions are the functions of SET.
var updateFunctions = map[string]int{"if_not_exists": 2, "list_append": 2}

func (s *scope) checkFunction(name string) error {
	if _, ok := conditionFunctions[name]; ok {
		return nil
	}
	if _, ok := updateFunctions[name]; ok {
		return s.refuse("The function is not allowed in a condition expression; function: %s", name)
	}
	return s.refuse("Invalid function name; function: %s", name)
}

// arguments reads the arguments of a function of conditions: their number, and no path twice.
func (s *scope) arguments(call *refNode) ([]operand, error) {
	args, err := s.operands(call.Args...)
	if err != nil {
		return nil, err
	}
	if len(args) != conditionFunctions[call.Head] {
		return nil, s.operandCount(call.Head, len(args))
	}
	return args, s.distinct(call.Head, args[0], args[1:]...)
}

// function reads a function that is a condition by itself.
func (s *scope) function(call *refNode) (predicate, error) {
	if err := s.checkFunction(call.Head); err != nil {
		return nil, err
	}
	if call.Head == "size" {
		return nil, s.misused(call.Head)
	}
	args, err := s.arguments(call)
	if err != nil {
		return nil, err
	}
	switch call.Head {
	case "attribute_type":
		return s.attributeType(args)
	case "begins_with":
		return s.beginsWith(args)
	case "contains":
		return contains{args[0], args[1]}, nil
	}
	p, ok := args[0].(path)
	if !ok {
		return nil, s.needsPath(call.Head)
	}
	if call.Head == "attribute_exists" {
		return exists{p}, nil
	}
	return not{exists{p}}, nil
}

type exists struct{ path path }

func (e exists) holds(item attr.Item) bool {
	_, ok := e.path.value(item)
	return ok
}

type hasType struct {
	of   operand
	kind attr.Kind
}

func (h hasType) holds(item attr.Item) bool {
	v, ok := h.of.value(item)
	return ok && v.Kind() == h.kind
}

func (s *scope) attributeType(args []operand) (predicate, error) {
	name, ok := args[1].(literal)
	if !ok {
		return nil, s.operandType("attribute_type", "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}")
	}
	if name.kind() != attr.S {
		return nil, s.operandType("attribute_type", name.kind().String())
	}
	kind, ok := attr.KindOf(name.v.Text())
	if !ok {
		return nil, s.refuse("Invalid attribute type name found; type: %s, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}", name.v.Text())
	}
	return hasType{args[0], kind}, nil
}

type startsWith struct{ of, prefix operand }

func (b startsWith) holds(item attr.Item) bool {
	v, ok := b.of.value(item)
	w, okPrefix := b.prefix.value(item)
	return ok && okPrefix && prefixed(v, w)
}

func (s *scope) beginsWith(args []operand) (predicate, error) {
	for _, o := range args {
		switch kind := o.kind(); kind {
		case attr.Invalid, attr.S, attr.B:
		default:
			return nil, s.operandType("begins_with", kind.String())
		}
	}
	return startsWith{args[0], args[1]}, nil
}

type contains struct{ of, part operand }

// holds is true for a substring, for part of a binary, for a set's member and for a list's element.
func (c contains) holds(item attr.Item) bool {
	v, ok := c.of.value(item)
	w, okPart := c.part.value(item)
	if !ok || !okPart {
		return false
	}
	switch v.Kind() {
	case attr.S, attr.B:
		return v.Kind() == w.Kind() && strings.Contains(v.Text(), w.Text())
	case attr.SS, attr.NS, attr.BS:
		return v.Has(w)
	case attr.L:
		for _, e := range v.Elems() {
			if e.Equal(w) {
				return true
			}
		}
	}
	return false
}
