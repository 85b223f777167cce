package expr

import "example.com/shiptrack/infra/localaws/internal/dynamodb/attr"

// Projection is a parsed ProjectionExpression. Immutable.
type Projection struct {
	tree       *tree
	attributes []string
	documents  []string
}

// ParseProjection parses a ProjectionExpression. Paths that overlap are refused.
func ParseProjection(src string, p *Placeholders) (*Projection, error) {
	s := newScope("ProjectionExpression", src, p)
	root, err := parse(s, projectionParser)
	if err != nil {
		return nil, err
	}
	t := newTree()
	for i, n := range root.Paths {
		path, err := s.path(n.Head, n.Steps)
		if err != nil {
			return nil, err
		}
		if err := t.add(s, path, i); err != nil {
			return nil, err
		}
	}
	return &Projection{tree: t, attributes: s.attributes(), documents: s.documents()}, nil
}

// Apply returns the named parts of item, which it does not change. What item does not have is left out.
func (pr *Projection) Apply(item attr.Item) attr.Item { return pr.tree.pickItem(item) }

// Attributes returns the top-level attributes that are named, sorted.
func (pr *Projection) Attributes() []string { return pr.attributes }

// Documents returns the top-level attributes that a path goes into, sorted: they cannot be scalars.
// Of nil it is none.
func (pr *Projection) Documents() []string {
	if pr == nil {
		return nil
	}
	return pr.documents
}
