package expr

import (
	"slices"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
)

var (
	errMissing  = attr.Invalidf("The provided expression refers to an attribute that does not exist in the item")
	errDataType = attr.Invalidf("An operand in the update expression has an incorrect data type")
)

// term is a value of SET.
type term interface {
	eval(item attr.Item) (attr.Value, error)
	// kind returns the type that the expression alone determines, else Invalid.
	kind() attr.Kind
}

func (l literal) eval(attr.Item) (attr.Value, error) { return l.v, nil }

func (p path) eval(item attr.Item) (attr.Value, error) {
	v, ok := p.value(item)
	if !ok {
		return v, errMissing
	}
	return v, nil
}

type arithmetic struct {
	op          func(a, b attr.Value) (attr.Value, error)
	left, right term
}

func (a arithmetic) kind() attr.Kind { return attr.N }

func (a arithmetic) eval(item attr.Item) (attr.Value, error) {
	left, right, err := both(item, a.left, a.right, attr.N)
	if err != nil {
		return left, err
	}
	return a.op(left, right)
}

// both evaluates two terms that must have the same type.
func both(item attr.Item, a, b term, kind attr.Kind) (v, w attr.Value, err error) {
	if v, err = a.eval(item); err != nil {
		return v, w, err
	}
	if w, err = b.eval(item); err != nil {
		return v, w, err
	}
	if v.Kind() != kind || w.Kind() != kind {
		return v, w, errDataType
	}
	return v, w, nil
}

type ifNotExists struct {
	path path
	or   term
}

func (i ifNotExists) kind() attr.Kind { return attr.Invalid }

// eval needs a value on both sides, as DynamoDB Local does: a path that leads nowhere is refused even
// where it is not the result.
func (i ifNotExists) eval(item attr.Item) (attr.Value, error) {
	or, err := i.or.eval(item)
	if err != nil {
		return or, err
	}
	if v, ok := i.path.value(item); ok {
		return v, nil
	}
	return or, nil
}

type listAppend struct{ first, second term }

func (l listAppend) kind() attr.Kind { return attr.L }

func (l listAppend) eval(item attr.Item) (attr.Value, error) {
	first, second, err := both(item, l.first, l.second, attr.L)
	if err != nil {
		return first, err
	}
	return attr.List(slices.Concat(first.Elems(), second.Elems())...), nil
}

// sum reads what stands behind the = of SET: one operand, or two joined by + or -, once in parentheses.
func (s *scope) sum(n *testNode) (term, error) {
	if inner := n.Left.Group; n.bare() && inner != nil && inner.bare() == nil {
		test, err := s.onlyTest(inner)
		if err != nil {
			return nil, err
		}
		n = test
	}
	if n.bare() {
		return s.term(n.Left, true)
	}
	if n.Op != "+" && n.Op != "-" {
		return nil, s.syntaxError(n.Left.EndPos.Offset)
	}
	left, err := s.addend(n.Op, n.Left)
	if err != nil {
		return nil, err
	}
	right, err := s.addend(n.Op, n.Right)
	if err != nil {
		return nil, err
	}
	if n.Op == "-" {
		return arithmetic{attr.Sub, left, right}, nil
	}
	return arithmetic{attr.Add, left, right}, nil
}

// onlyTest returns the one comparison or sum that n consists of; AND, OR and NOT have no place in SET.
func (s *scope) onlyTest(n *orNode) (*testNode, error) {
	first := n.Terms[0]
	switch {
	case len(first.Terms[0].Nots) > 0:
		return nil, s.syntaxError(n.Pos.Offset)
	case len(first.Terms) > 1:
		return nil, s.syntaxErrorBefore(first.Terms[1].Pos.Offset)
	case len(n.Terms) > 1:
		return nil, s.syntaxErrorBefore(n.Terms[1].Pos.Offset)
	}
	return first.Terms[0].Test, nil
}

func (s *scope) addend(op string, n *operandNode) (term, error) {
	t, err := s.term(n, false)
	if err != nil {
		return nil, err
	}
	if kind := t.kind(); kind != attr.Invalid && kind != attr.N {
		return nil, s.operandType(op, kind.String())
	}
	return t, nil
}

// term reads a value, a path or a function. Only the whole of what SET assigns may be a list_append.
func (s *scope) term(n *operandNode, whole bool) (term, error) {
	n, err := s.unwrap(n)
	if err != nil {
		return nil, err
	}
	call, err := s.call(n)
	switch {
	case err != nil:
		return nil, err
	case call != nil:
		return s.setFunction(call, whole)
	case n.Value != "":
		v, err := s.value(n.Value)
		return literal{v}, err
	}
	return s.path(n.Ref.Head, n.Ref.Steps)
}

func (s *scope) setFunction(call *refNode, whole bool) (term, error) {
	if _, ok := updateFunctions[call.Head]; !ok {
		if _, ok := conditionFunctions[call.Head]; ok {
			return nil, s.refuse("The function is not allowed in an update expression; function: %s", call.Head)
		}
		return nil, s.refuse("Invalid function name; function: %s", call.Head)
	}
	if call.Head == "list_append" && !whole {
		return nil, s.misused(call.Head)
	}
	args := make([]term, len(call.Args))
	for i, n := range call.Args {
		t, err := s.term(n, false)
		if err != nil {
			return nil, err
		}
		args[i] = t
	}
	if len(args) != updateFunctions[call.Head] {
		return nil, s.operandCount(call.Head, len(args))
	}
	if call.Head == "list_append" {
		return s.listAppend(args)
	}
	return s.ifNotExists(args)
}

func (s *scope) listAppend(args []term) (term, error) {
	for _, t := range args {
		if kind := t.kind(); kind != attr.Invalid && kind != attr.L {
			return nil, s.operandType("list_append", kind.String())
		}
	}
	return listAppend{args[0], args[1]}, nil
}

func (s *scope) ifNotExists(args []term) (term, error) {
	p, ok := args[0].(path)
	if !ok {
		return nil, s.needsPath("if_not_exists")
	}
	if other, ok := args[1].(path); ok {
		if err := s.distinct("if_not_exists", p, other); err != nil {
			return nil, err
		}
	}
	return ifNotExists{p, args[1]}, nil
}
