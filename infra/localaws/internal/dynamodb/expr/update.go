package expr

import (
	"slices"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
)

const updateExpression = "UpdateExpression"

// Update is a parsed UpdateExpression. Immutable.
type Update struct {
	clauses    []clause
	tree       *tree
	attributes []string
	documents  []string
	writes     bool // it has SET or ADD
}

// clause changes what one path leads to.
type clause struct {
	path   path
	change func(item attr.Item) (change, error)
}

// ParseUpdate parses an UpdateExpression. Paths that overlap are refused.
func ParseUpdate(src string, p *Placeholders) (*Update, error) {
	s := newScope(updateExpression, src, p)
	root, err := parse(s, reader.update)
	if err != nil {
		return nil, err
	}
	u := &Update{tree: newTree()}
	seen := map[string]bool{}
	for _, n := range root.Sections {
		if name := n.name(); seen[name] {
			return nil, s.refuse(`The "%s" section can only be used once in an update expression;`, name)
		}
		seen[n.name()] = true
		u.writes = u.writes || n.Set != nil || n.Add != nil
		if err := s.section(n, u); err != nil {
			return nil, err
		}
	}
	for i, c := range u.clauses {
		if err := u.tree.add(s, c.path, i); err != nil {
			return nil, err
		}
	}
	u.attributes, u.documents = s.attributes(), s.documents()
	return u, nil
}

// Attributes returns the top-level attributes that are named at all, sorted.
func (u *Update) Attributes() []string { return u.attributes }

// Documents returns the top-level attributes that a path goes into, sorted: they cannot be scalars.
// Of nil it is none.
func (u *Update) Documents() []string {
	if u == nil {
		return nil
	}
	return u.documents
}

// Targets returns the top-level attributes that the update writes, sorted.
func (u *Update) Targets() []string {
	var names []string
	for s := range u.tree.children {
		names = append(names, s.name)
	}
	slices.Sort(names)
	return names
}

// OnlyRemoves reports whether the update has neither SET nor ADD. Where there is no item, it makes none.
func (u *Update) OnlyRemoves() bool { return !u.writes }

// Touched returns the parts of item that the update's paths name: of the item before it, what
// UPDATED_OLD answers; of the item after it, UPDATED_NEW. Of a nested attribute only the part that is
// named is returned; DynamoDB does so, DynamoDB Local returns the whole top-level attribute.
func (u *Update) Touched(item attr.Item) attr.Item { return u.tree.pickItem(item) }

func (n *sectionNode) name() string {
	switch {
	case n.Set != nil:
		return "SET"
	case n.Remove != nil:
		return "REMOVE"
	case n.Add != nil:
		return "ADD"
	}
	return "DELETE"
}

func (s *scope) section(n *sectionNode, u *Update) error {
	for _, each := range n.Set {
		if err := s.set(each, u); err != nil {
			return err
		}
	}
	for _, each := range n.Remove {
		p, err := s.path(each.Head, each.Steps)
		if err != nil {
			return err
		}
		u.clauses = append(u.clauses, clause{p, func(attr.Item) (change, error) { return change{do: remove}, nil }})
	}
	for _, each := range n.Add {
		if err := s.delta(each, u, "ADD", add); err != nil {
			return err
		}
	}
	for _, each := range n.Delete {
		if err := s.delta(each, u, "DELETE", subtract); err != nil {
			return err
		}
	}
	return nil
}

func (s *scope) set(n *assignNode, u *Update) error {
	p, err := s.path(n.Target.Head, n.Target.Steps)
	if err != nil {
		return err
	}
	t, err := s.sum(n.Value)
	if err != nil {
		return err
	}
	u.clauses = append(u.clauses, clause{p, func(item attr.Item) (change, error) {
		v, err := t.eval(item)
		return change{do: set, value: v}, err
	}})
	return nil
}

// typeNames are the names that messages about ADD and DELETE give to the types which these refuse.
var typeNames = map[attr.Kind]string{
	attr.S: "STRING", attr.N: "NUMBER", attr.B: "BINARY", attr.BOOL: "BOOLEAN", attr.NULL: "NULL", attr.L: "LIST", attr.M: "MAP",
}

func (s *scope) delta(n *deltaNode, u *Update, section string, apply func(old attr.Value, exists bool, by attr.Value) (change, error)) error {
	p, err := s.path(n.Target.Head, n.Target.Steps)
	if err != nil {
		return err
	}
	v, err := s.value(n.Value)
	if err != nil {
		return err
	}
	if name, ok := typeNames[v.Kind()]; ok && (section == "DELETE" || v.Kind() != attr.N) {
		return s.refuse("Incorrect operand type for operator or function; operator: %s, operand type: %s, typeSet: ALLOWED_FOR_%s_OPERAND",
			section, name, section)
	}
	u.clauses = append(u.clauses, clause{p, func(item attr.Item) (change, error) {
		old, exists := p.value(item)
		return apply(old, exists, v)
	}})
	return nil
}
