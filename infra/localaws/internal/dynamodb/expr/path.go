package expr

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
)

// step is an attribute name, or where index is not negative an index into a list.
type step struct {
	name  string
	index int
}

func (s step) named() bool { return s.index < 0 }

// path is a document path; its first step is a name.
type path []step

func (s *scope) path(head string, steps []*stepNode) (path, error) {
	name, err := s.name(head)
	if err != nil {
		return nil, err
	}
	p := append(make(path, 0, 1+len(steps)), step{name: name, index: -1})
	for _, n := range steps {
		next, err := s.step(n)
		if err != nil {
			return nil, err
		}
		p = append(p, next)
	}
	if len(p) > maxPathSteps {
		return nil, s.refuse("The document path has too many nesting levels; nesting levels: %d", len(p))
	}
	s.names[name] = struct{}{}
	if len(p) > 1 {
		s.deeper[name] = struct{}{}
	}
	return p, nil
}

func (s *scope) step(n *stepNode) (step, error) {
	if n.Name != "" {
		name, err := s.name(n.Name)
		return step{name: name, index: -1}, err
	}
	index, err := strconv.Atoi(n.Index)
	if err != nil || index > maxListIndex {
		return step{}, s.refuse("List index is not within the allowable range; index: [%s]", n.Index)
	}
	return step{index: index}, nil
}

// String writes a path as DynamoDB's messages do: [a, b, [0]].
func (p path) String() string {
	parts := make([]string, len(p))
	for i, s := range p {
		if s.named() {
			parts[i] = s.name
		} else {
			parts[i] = "[" + strconv.Itoa(s.index) + "]"
		}
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// value returns what the path leads to in item, if anything.
func (p path) value(item attr.Item) (attr.Value, bool) {
	v, ok := item[p[0].name]
	for _, s := range p[1:] {
		if !ok {
			return attr.Value{}, false
		}
		v, ok = s.in(v)
	}
	return v, ok
}

// in returns the child of v that s names. Only maps have names, only lists have indexes.
func (s step) in(v attr.Value) (attr.Value, bool) {
	if s.named() {
		child, ok := v.Fields()[s.name]
		return child, ok
	}
	if v.Kind() != attr.L || s.index >= len(v.Elems()) {
		return attr.Value{}, false
	}
	return v.Elems()[s.index], true
}

// tree joins paths none of which is, or leads through, another.
type tree struct {
	via      path           // the first path that leads here
	leaf     int            // number of the path that ends here, -1 where none does
	children map[step]*tree // all names, or all indexes
}

func newTree() *tree { return &tree{leaf: -1, children: map[step]*tree{}} }

// add adds a path under a number. Overlapping and conflicting paths are refused.
func (t *tree) add(s *scope, p path, number int) error {
	for _, next := range p {
		child, ok := t.children[next]
		if !ok {
			if t.mixes(next) {
				return s.overlap("conflict", t.via, p)
			}
			child = newTree()
			child.via = p
			t.children[next] = child
		}
		if child.leaf >= 0 {
			return s.overlap("overlap", child.via, p)
		}
		t = child
	}
	if len(t.children) > 0 {
		return s.overlap("overlap", t.via, p)
	}
	t.leaf = number
	return nil
}

// mixes says whether next would put an index beside names, or a name beside indexes.
func (t *tree) mixes(next step) bool {
	for other := range t.children {
		return other.named() != next.named()
	}
	return false
}

func (s *scope) overlap(how string, one, two path) error {
	return s.refuse("Two document paths %s with each other; must remove or rewrite one of these paths; path one: %v, path two: %v", how, one, two)
}

// steps returns the children's steps, indexes ascending.
func (t *tree) steps() []step {
	return slices.SortedFunc(maps.Keys(t.children), func(a, b step) int { return a.index - b.index })
}

// pick returns the parts of v that the tree's paths lead to: maps and lists along the way hold nothing
// else, list elements close up, and what would be empty is left out.
func (t *tree) pick(v attr.Value) (attr.Value, bool) {
	if t.leaf >= 0 {
		return v, true
	}
	fields, elems := map[string]attr.Value{}, []attr.Value(nil)
	for _, s := range t.steps() {
		child, ok := s.in(v)
		if !ok {
			continue
		}
		part, ok := t.children[s].pick(child)
		if !ok {
			continue
		}
		if s.named() {
			fields[s.name] = part
		} else {
			elems = append(elems, part)
		}
	}
	if v.Kind() == attr.L {
		return attr.List(elems...), len(elems) > 0
	}
	return attr.Map(fields), len(fields) > 0
}

func (t *tree) pickItem(item attr.Item) attr.Item {
	v, _ := t.pick(attr.Map(item))
	return v.Fields()
}
