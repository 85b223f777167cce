package expr

import (
	"errors"
	"slices"
	"testing"

	"example.com/shiptrack/infra/localaws/internal/alloctest"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
	"github.com/go-json-experiment/json"
)

func seed(f *testing.F, sources ...string) request {
	for _, src := range sources {
		f.Add(src)
	}
	return loadRequest(f)
}

// refused fails the test unless err is a ValidationException.
func refused(t *testing.T, src string, err error) {
	t.Helper()
	if refusal, ok := errors.AsType[*attr.Error](err); !ok || refusal.Code != attr.Validation {
		t.Fatalf("%q: %v is no ValidationException", src, err)
	}
}

func FuzzKeyCondition(f *testing.F) {
	r := seed(f, "TenantID = :p", "#p = :p AND begins_with(#s, :s)", "(p = :p) and s between :s and :S", ":p = p AND :s < s", "p = :p or p = :s")
	f.Fuzz(func(t *testing.T, src string) {
		var terms []KeyTerm
		var err error
		alloctest.Bound(t, len(src), func() { terms, err = ParseKeyCondition(src, r.placeholders(t, src)) })
		if err != nil {
			refused(t, src, err)
			return
		}
		seen := map[string]bool{}
		for _, term := range terms {
			values := 1
			if term.Op == Between {
				values = 2
			}
			if term.Attribute == "" || seen[term.Attribute] || len(term.Values) != values {
				t.Fatalf("%q: term %v of %v", src, term, terms)
			}
			seen[term.Attribute] = true
		}
		if len(terms) == 0 {
			t.Fatalf("%q has no terms", src)
		}
		// A key condition is a condition too, with the same meaning on an item that satisfies all terms.
		c, err := ParseCondition(FilterExpression, src, r.placeholders(t, src))
		if err != nil {
			t.Fatalf("%q is no condition: %v", src, err)
		}
		item := attr.Item{}
		for _, term := range terms {
			item[term.Attribute] = term.Values[0]
			if term.Op == Less || term.Op == Greater {
				return
			}
		}
		if !c.Eval(item) {
			t.Fatalf("%q: terms %v, but the condition is false for %v", src, terms, item)
		}
	})
}

func FuzzCondition(f *testing.F) {
	r := seed(f, "n = :n AND NOT (str <> :s OR size(l) IN (:n, :n2))", "attribute_type(m.k, :S)", "n BETWEEN :n2 AND :n", "contains(ss, :p) or begins_with(#s, :s)", "l[2][0].x >= n")
	f.Fuzz(func(t *testing.T, src string) {
		var c *Condition
		var err error
		alloctest.Bound(t, len(src), func() { c, err = ParseCondition(FilterExpression, src, r.placeholders(t, src)) })
		if err != nil {
			refused(t, src, err)
			return
		}
		negated := "NOT (" + src + ")"
		n, err := ParseCondition(FilterExpression, negated, r.placeholders(t, negated))
		if err != nil {
			refused(t, negated, err) // redundant parentheses, or one operator too many
			return
		}
		for _, item := range []attr.Item{r.Item, nil} {
			if c.Eval(item) == n.Eval(item) {
				t.Fatalf("%q and its negation are both %v", src, c.Eval(item))
			}
		}
	})
}

func FuzzUpdate(f *testing.F) {
	r := seed(f, "SET n = n + :n, m.k = if_not_exists(zz, :s) REMOVE l[0] ADD ns :ns DELETE ss :ss", "SET l = list_append(l, :l)", "SET l[9] = (n - :n2), l[1] = :t", "REMOVE m.x.y")
	before, err := json.Marshal(r.Item)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, src string) {
		var u *Update
		var err error
		alloctest.Bound(t, len(src), func() { u, err = ParseUpdate(src, r.placeholders(t, src)) })
		if err != nil {
			refused(t, src, err)
			return
		}
		item, err := u.Apply(r.Item)
		if err != nil {
			refused(t, src, err)
			return
		}
		for name, v := range r.Item {
			if w, ok := item[name]; (!ok || !w.Equal(v)) && !slices.Contains(u.Targets(), name) {
				t.Fatalf("%q changed %s, which is no target", src, name)
			}
		}
		data, err := json.Marshal(item)
		if err != nil {
			t.Fatalf("%q: %v", src, err)
		}
		if again, err := attr.ParseItem(data); err != nil || !again.Equal(item) {
			t.Fatalf("%q makes %s, which is no item: %v", src, data, err)
		}
		if after, _ := json.Marshal(r.Item); string(after) != string(before) {
			t.Fatalf("%q changed the old item to %s", src, after)
		}
	})
}

func FuzzProjection(f *testing.F) {
	r := seed(f, "n, str", "m.k, m.x.y, l[0], l[2][0]", "#p.#d, l[ 1 ]", "m, m.k")
	f.Fuzz(func(t *testing.T, src string) {
		var pr *Projection
		var err error
		alloctest.Bound(t, len(src), func() { pr, err = ParseProjection(src, r.placeholders(t, src)) })
		if err != nil {
			refused(t, src, err)
			return
		}
		part := pr.Apply(r.Item)
		for name := range part {
			if !slices.Contains(pr.Attributes(), name) {
				t.Fatalf("%q returns %s, which it does not name", src, name)
			}
		}
		if part.Size() > r.Item.Size() {
			t.Fatalf("%q returns more than the item: %v", src, part)
		}
	})
}
