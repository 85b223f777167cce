package index

import (
	"slices"

	"example.com/shiptrack/infra/localaws/internal/es/mapping"
	"example.com/shiptrack/infra/localaws/internal/es/query"
)

// Terms has the terms that a query looks for in each text or keyword field, by the field: what is highlighted. What must not match
// and ranges are not among them.
func Terms(q query.Query, mapped func(name string) *mapping.Property) map[string]map[string]bool {
	t := terms{mapped, map[string]map[string]bool{}}
	t.collect(q)
	return t.found
}

type terms struct {
	mapped func(name string) *mapping.Property
	found  map[string]map[string]bool
}

func (t terms) collect(q query.Query) {
	switch q := q.(type) {
	case query.Term:
		t.add(q.Field, q.Value)
	case query.Terms:
		t.add(q.Field, q.Values...)
	case query.Match:
		t.addText(q.Field, q.Text)
	case query.MultiMatch:
		for _, f := range q.Fields {
			t.addText(f.Name, q.Text)
		}
	case query.Bool:
		for _, clause := range slices.Concat(q.Must, q.Filter, q.Should) {
			t.collect(clause)
		}
	}
}

func (t terms) addText(field, text string) {
	if p := t.mapped(field); p != nil {
		t.add(field, words(p, text)...)
	}
}

func (t terms) add(field string, values ...string) {
	p := t.mapped(field)
	if p == nil || p.Type != mapping.Text && p.Type != mapping.Keyword {
		return
	}
	if t.found[field] == nil {
		t.found[field] = map[string]bool{}
	}
	for _, value := range values {
		t.found[field][value] = true
	}
}
