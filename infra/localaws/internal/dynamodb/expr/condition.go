package expr

import "example.com/shiptrack/infra/localaws/internal/dynamodb/attr"

// Field is the request parameter that holds a condition; messages name it.
type Field string

// The parameters that hold conditions.
const (
	ConditionExpression Field = "ConditionExpression"
	FilterExpression    Field = "FilterExpression"
)

// Condition is a parsed ConditionExpression or FilterExpression. Immutable.
type Condition struct {
	root       predicate
	attributes []string
	documents  []string
}

// ParseCondition parses a condition.
func ParseCondition(field Field, src string, p *Placeholders) (*Condition, error) {
	s := newScope(string(field), src, p)
	root, err := parse(s, reader.condition)
	if err != nil {
		return nil, err
	}
	pred, err := s.or(root)
	if err != nil {
		return nil, err
	}
	return &Condition{root: pred, attributes: s.attributes(), documents: s.documents()}, nil
}

// Eval says whether item (nil: there is none) satisfies the condition. An attribute that item does not
// have makes comparisons false, except <>.
func (c *Condition) Eval(item attr.Item) bool { return c.root.holds(item) }

// Attributes returns the top-level attributes that are named, sorted.
func (c *Condition) Attributes() []string { return c.attributes }

// Documents returns the top-level attributes that a path goes into, sorted: they cannot be scalars.
// Of nil it is none.
func (c *Condition) Documents() []string {
	if c == nil {
		return nil
	}
	return c.documents
}

type predicate interface{ holds(item attr.Item) bool }

type (
	anyOf []predicate
	allOf []predicate
	not   struct{ of predicate }
)

func (a anyOf) holds(item attr.Item) bool {
	for _, p := range a {
		if p.holds(item) {
			return true
		}
	}
	return false
}

func (a allOf) holds(item attr.Item) bool {
	for _, p := range a {
		if !p.holds(item) {
			return false
		}
	}
	return true
}

func (n not) holds(item attr.Item) bool { return !n.of.holds(item) }

func (s *scope) or(n *orNode) (predicate, error) {
	terms := make(anyOf, len(n.Terms))
	for i, term := range n.Terms {
		p, err := s.and(term)
		if err != nil {
			return nil, err
		}
		terms[i] = p
	}
	if len(terms) == 1 {
		return terms[0], nil
	}
	return terms, nil
}

func (s *scope) and(n *andNode) (predicate, error) {
	terms := make(allOf, len(n.Terms))
	for i, term := range n.Terms {
		p, err := s.test(term.Test)
		if err != nil {
			return nil, err
		}
		if term.Nots%2 == 1 {
			p = not{p}
		}
		terms[i] = p
	}
	if len(terms) == 1 {
		return terms[0], nil
	}
	return terms, nil
}

func (s *scope) test(n *testNode) (predicate, error) {
	switch {
	case n.Op != "":
		return s.comparison(n)
	case n.Lower != nil:
		return s.between(n)
	case n.In != nil:
		return s.in(n)
	case n.Left.Group != nil:
		return s.group(n.Left)
	}
	call, err := s.call(n.Left)
	if err != nil {
		return nil, err
	}
	if call == nil {
		return nil, s.syntaxError(n.Left.EndPos)
	}
	return s.function(call)
}

// group reads a condition in parentheses.
func (s *scope) group(n *operandNode) (predicate, error) {
	inner := n.Group.bare()
	switch {
	case inner == nil:
		return s.or(n.Group)
	case inner.Group != nil:
		return nil, s.redundant()
	case inner.Value != "" || inner.Ref.Args == nil:
		return nil, s.syntaxError(n.EndPos)
	}
	return s.or(n.Group)
}

// operands reads several operands from left to right.
func (s *scope) operands(nodes ...*operandNode) ([]operand, error) {
	out := make([]operand, len(nodes))
	for i, n := range nodes {
		o, err := s.operand(n)
		if err != nil {
			return nil, err
		}
		out[i] = o
	}
	return out, nil
}
