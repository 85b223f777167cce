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
		if t.never(q) {
			return
		}
		for _, clause := range slices.Concat(q.Must, q.Filter, q.Should) {
			t.collect(clause)
		}
	}
}

// never says whether a query can match nothing, as Lucene finds out before it searches. What stands beside it in a bool is not
// highlighted then.
func (t terms) never(q query.Query) bool {
	switch q := q.(type) {
	case query.Term:
		return t.mapped(q.Field) == nil
	case query.Terms:
		return t.mapped(q.Field) == nil || len(q.Values) == 0
	case query.Range:
		return t.mapped(q.Field) == nil
	case query.Match:
		return t.mapped(q.Field) == nil
	case query.MultiMatch:
		return !slices.ContainsFunc(q.Fields, func(f query.BoostedField) bool { return t.mapped(f.Name) != nil })
	case query.Bool:
		required := slices.Concat(q.Must, q.Filter)
		optional := len(required) == 0 && len(q.Should) > 0 && !slices.ContainsFunc(q.Should, func(c query.Query) bool { return !t.never(c) })
		return optional || slices.ContainsFunc(required, t.never)
	}
	return false
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
