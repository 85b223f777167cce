package expr

import (
	"strings"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
)

// compare is a comparison. Values of different types are unequal, and without order.
type compare struct {
	op          string
	left, right operand
}

func (s *scope) comparison(n *testNode) (predicate, error) {
	sides, err := s.operands(n.Left, n.Right)
	if err != nil {
		return nil, err
	}
	if err := s.distinct(n.Op, sides[0], sides[1]); err != nil {
		return nil, err
	}
	if n.Op != "=" && n.Op != "<>" {
		if err := s.ordered(n.Op, sides); err != nil {
			return nil, err
		}
	}
	return compare{op: n.Op, left: sides[0], right: sides[1]}, nil
}

// ordered refuses operands whose type has no order.
func (s *scope) ordered(operator string, operands []operand) error {
	for _, o := range operands {
		switch kind := o.kind(); kind {
		case attr.Invalid, attr.S, attr.N, attr.B:
		default:
			return s.operandType(operator, kind.String())
		}
	}
	return nil
}

func (c compare) holds(item attr.Item) bool {
	left, okLeft := c.left.value(item)
	right, okRight := c.right.value(item)
	both := okLeft && okRight
	switch c.op {
	case "=":
		return both && left.Equal(right)
	case "<>":
		return !both || !left.Equal(right)
	}
	if !both {
		return false
	}
	order, ok := left.Compare(right)
	if !ok {
		return false
	}
	switch c.op {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

type between struct{ of, lower, upper operand }

func (b between) holds(item attr.Item) bool {
	return compare{">=", b.of, b.lower}.holds(item) && compare{"<=", b.of, b.upper}.holds(item)
}

func (s *scope) between(n *testNode) (predicate, error) {
	o, err := s.operands(n.Left, n.Lower, n.Upper)
	if err != nil {
		return nil, err
	}
	if err := s.distinct("BETWEEN", o[0], o[1:]...); err != nil {
		return nil, err
	}
	if err := s.ordered("BETWEEN", o); err != nil {
		return nil, err
	}
	lower, okLower := o[1].(literal)
	upper, okUpper := o[2].(literal)
	if okLower && okUpper {
		if err := s.bounds(lower.v, upper.v); err != nil {
			return nil, err
		}
	}
	return between{o[0], o[1], o[2]}, nil
}

func (s *scope) bounds(lower, upper attr.Value) error {
	const operands = "lower bound operand: AttributeValue: {%v:%s}, upper bound operand: AttributeValue: {%v:%s}"
	order, same := lower.Compare(upper)
	switch {
	case !same:
		return s.refuse("The BETWEEN operator requires same data type for lower and upper bounds; "+operands,
			lower.Kind(), lower.Text(), upper.Kind(), upper.Text())
	case order > 0:
		return s.refuse("The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "+operands,
			lower.Kind(), lower.Text(), upper.Kind(), upper.Text())
	}
	return nil
}

type oneOf struct {
	of   operand
	list []operand
}

func (o oneOf) holds(item attr.Item) bool {
	v, ok := o.of.value(item)
	if !ok {
		return false
	}
	for _, each := range o.list {
		if w, ok := each.value(item); ok && v.Equal(w) {
			return true
		}
	}
	return false
}

func (s *scope) in(n *testNode) (predicate, error) {
	left, err := s.operand(n.Left)
	if err != nil {
		return nil, err
	}
	list, err := s.operands(n.In...)
	if err != nil {
		return nil, err
	}
	if len(list) > maxInOperands {
		return nil, s.refuse("The IN operator is provided with too many operands; number of operands: %d", len(list))
	}
	if err := s.distinct("IN", left, list...); err != nil {
		return nil, err
	}
	return oneOf{left, list}, nil
}

// prefixed says whether v begins with w: both strings, or both binary.
func prefixed(v, w attr.Value) bool {
	return v.Kind() == w.Kind() && (v.Kind() == attr.S || v.Kind() == attr.B) && strings.HasPrefix(v.Text(), w.Text())
}
