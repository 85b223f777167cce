package expr

import (
	"unicode/utf16"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
)

// operand is one side of a comparison, or an argument of a function.
type operand interface {
	// value returns the operand's value for item; false where there is none.
	value(item attr.Item) (attr.Value, bool)
	// kind returns the type that the expression alone determines, else Invalid.
	kind() attr.Kind
}

type literal struct{ v attr.Value }

func (l literal) value(attr.Item) (attr.Value, bool) { return l.v, true }
func (l literal) kind() attr.Kind                    { return l.v.Kind() }

func (p path) kind() attr.Kind { return attr.Invalid }

type size struct{ of operand }

func (s size) kind() attr.Kind { return attr.N }

// value returns the UTF-16 units of a string (so DynamoDB Local counts), the bytes of a binary, the
// elements of the rest; other types have no size.
func (s size) value(item attr.Item) (attr.Value, bool) {
	v, ok := s.of.value(item)
	if !ok {
		return attr.Value{}, false
	}
	switch v.Kind() {
	case attr.S:
		units := 0
		for _, r := range v.Text() {
			units += utf16.RuneLen(r)
		}
		return attr.Int(units), true
	case attr.B:
		return attr.Int(len(v.Text())), true
	case attr.M:
		return attr.Int(len(v.Fields())), true
	case attr.L, attr.SS, attr.NS, attr.BS:
		return attr.Int(len(v.Elems())), true
	}
	return attr.Value{}, false
}

// unwrap takes one pair of parentheses off an operand. Two are redundant, and only an operand may be within.
func (s *scope) unwrap(n *operandNode) (*operandNode, error) {
	if n.Group == nil {
		return n, nil
	}
	inner := n.Group.bare()
	if inner == nil {
		return nil, s.misplaced(n.Group)
	}
	if inner.Group != nil {
		return nil, s.redundant()
	}
	return inner, nil
}

func (s *scope) redundant() error { return s.refuse("The expression has redundant parentheses;") }

// misplaced is the syntax error of a condition, or a sum, where an operand must stand.
func (s *scope) misplaced(n *orNode) error {
	if len(n.Terms[0].Terms[0].Nots) > 0 {
		return s.syntaxError(n.Pos.Offset)
	}
	return s.syntaxError(n.firstOperand().EndPos.Offset)
}

// call checks that a reference with arguments is a function and not a path or a #name.
func (s *scope) call(n *operandNode) (*refNode, error) {
	if n.Ref == nil || n.Ref.Args == nil {
		return nil, nil
	}
	if n.Ref.Head[0] == '#' {
		return nil, s.syntaxError(n.Ref.Pos.Offset + len(n.Ref.Head))
	}
	return n.Ref, nil
}

// operand reads a value, a path, or size.
func (s *scope) operand(n *operandNode) (operand, error) {
	n, err := s.unwrap(n)
	if err != nil {
		return nil, err
	}
	call, err := s.call(n)
	switch {
	case err != nil:
		return nil, err
	case call != nil:
		return s.nestedFunction(call)
	case n.Value != "":
		v, err := s.value(n.Value)
		return literal{v}, err
	}
	return s.path(n.Ref.Head, n.Ref.Steps)
}

func (s *scope) nestedFunction(call *refNode) (operand, error) {
	if err := s.checkFunction(call.Head); err != nil {
		return nil, err
	}
	if call.Head != "size" {
		return nil, s.misused(call.Head)
	}
	args, err := s.arguments(call)
	if err != nil {
		return nil, err
	}
	switch kind := args[0].kind(); kind {
	case attr.N, attr.BOOL, attr.NULL:
		return nil, s.operandType(call.Head, kind.String())
	}
	return size{of: args[0]}, nil
}

func (s *scope) misused(function string) error {
	return s.refuse("The function is not allowed to be used this way in an expression; function: %s", function)
}

func (s *scope) operandType(operator, kind string) error {
	return s.refuse("Incorrect operand type for operator or function; operator or function: %s, operand type: %s", operator, kind)
}

func (s *scope) operandCount(function string, n int) error {
	return s.refuse("Incorrect number of operands for operator or function; operator or function: %s, number of operands: %d", function, n)
}

func (s *scope) needsPath(function string) error {
	return s.refuse("Operator or function requires a document path; operator or function: %s", function)
}

// distinct refuses a path that is compared with itself.
func (s *scope) distinct(operator string, first operand, rest ...operand) error {
	p, ok := first.(path)
	if !ok {
		return nil
	}
	for _, o := range rest {
		if other, ok := o.(path); ok && p.String() == other.String() {
			return s.refuse("The first operand must be distinct from the remaining operands for this operator or function; operator: %s, first operand: %v", operator, p)
		}
	}
	return nil
}
