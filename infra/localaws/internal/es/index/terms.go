package index

import (
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/es/mapping"
	"example.com/shiptrack/infra/localaws/internal/es/query"
)

// Terms has the terms that a query looks for in each text or keyword field, by the field: what is highlighted. Each has a name; all
// values of a terms query have one name, and count as one word. What must not match and ranges are not among them.
func Terms(q query.Query, mapped func(name string) *mapping.Property) map[string]map[string]string {
	t := terms{mapped, map[string]map[string]string{}}
	t.collect(q)
	return t.found
}

type terms struct {
	mapped func(name string) *mapping.Property
	found  map[string]map[string]string
}

func (t terms) collect(q query.Query) {
	switch q := q.(type) {
	case query.Term:
		t.add(q.Field, q.Value, q.Value)
	case query.Terms:
		name := strings.Join(q.Values, "\x00")
		for _, value := range q.Values {
			t.add(q.Field, value, name)
		}
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
		for _, word := range words(p, text) {
			t.add(field, word, word)
		}
	}
}

func (t terms) add(field, term, name string) {
	p := t.mapped(field)
	if p == nil || p.Type != mapping.Text && p.Type != mapping.Keyword {
		return
	}
	if t.found[field] == nil {
		t.found[field] = map[string]string{}
	}
	t.found[field][term] = name
}
