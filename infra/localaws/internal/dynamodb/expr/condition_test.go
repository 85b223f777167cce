package expr

import (
	"slices"
	"testing"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
	"pgregory.net/rapid"
)

// drawCondition returns conditions that parse, over the attributes of testdata/request.json.
func drawCondition(t *rapid.T, depth int) string {
	operand := rapid.SampledFrom([]string{"n", "str", "l[0]", "m.k", "m.x.y", "zz", "ss", ":n", ":s", ":n2", ":p"})
	if depth > 0 && rapid.Bool().Draw(t, "nested") {
		left := drawCondition(t, depth-1)
		return "(" + left + ")" + rapid.SampledFrom([]string{" AND ", " OR ", " and not "}).Draw(t, "join") + "(" + drawCondition(t, depth-1) + ")"
	}
	switch rapid.IntRange(0, 3).Draw(t, "form") {
	case 0:
		return "attribute_exists(" + rapid.SampledFrom([]string{"n", "zz", "m.k", "l[7]"}).Draw(t, "path") + ")"
	case 1:
		return "contains(ss, " + rapid.SampledFrom([]string{":s", ":p", ":n"}).Draw(t, "member") + ")"
	}
	return "(" + operand.Draw(t, "left") + ") " + rapid.SampledFrom([]string{"=", "<>", "<", ">=", "in"}).Draw(t, "op") + " (:n2)"
}

func TestNotTurnsEveryConditionAround(t *testing.T) {
	r := loadRequest(t)
	rapid.Check(t, func(rt *rapid.T) {
		src := drawCondition(rt, 3)
		item := r.Item
		if rapid.Bool().Draw(rt, "no item") {
			item = nil
		}
		eval := func(src string) bool {
			c, err := ParseCondition(ConditionExpression, src, r.placeholders(t, src))
			if err != nil {
				rt.Fatalf("%q: %v", src, err)
			}
			return c.Eval(item)
		}
		if plain, negated := eval(src), eval("NOT ("+src+")"); plain == negated {
			rt.Fatalf("%q: %v, and negated %v", src, plain, negated)
		}
	})
}

func TestConditionsOnAnAbsentItem(t *testing.T) {
	r := loadRequest(t)
	for src, want := range map[string]bool{
		"attribute_not_exists(n)": true, "attribute_exists(n)": false, "n = :n": false, "n <> :n": true, "NOT n = :n": true, ":n = :n": true,
		"size(n) < :n": false, "n IN (:n)": false, "n BETWEEN :n2 AND :n": false, "contains(n, :n)": false,
	} {
		c, err := ParseCondition(ConditionExpression, src, r.placeholders(t, src))
		if err != nil {
			t.Fatalf("%q: %v", src, err)
		}
		if got := c.Eval(nil); got != want {
			t.Errorf("%q: got %v, want %v", src, got, want)
		}
	}
}

func TestConditionNamesItsAttributes(t *testing.T) {
	r := loadRequest(t)
	const src = "#p = :p AND (m.k IN (n, l[0].zz) OR NOT contains(str, size(b)))"
	c, err := ParseCondition(FilterExpression, src, r.placeholders(t, src))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.Attributes(), []string{"b", "l", "m", "n", "p", "str"}; !slices.Equal(got, want) {
		t.Errorf("Attributes = %q, want %q", got, want)
	}
}

func TestSizeCountsUTF16Units(t *testing.T) {
	for text, want := range map[string]int{"": 0, "e": 1, "é": 1, "😀": 2} {
		p, err := NewPlaceholders(nil, map[string]attr.Value{":n": attr.Int(want)})
		if err != nil {
			t.Fatal(err)
		}
		c, err := ParseCondition(FilterExpression, "size(x) = :n", p)
		if err != nil {
			t.Fatal(err)
		}
		if !c.Eval(attr.Item{"x": attr.String(text)}) {
			t.Errorf("size of %q is not %d", text, want)
		}
	}
}

func TestProjectionIsPartOfTheItemAndStable(t *testing.T) {
	r := loadRequest(t)
	rapid.Check(t, func(rt *rapid.T) {
		paths := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"n", "str", "l[0]", "l[2][0]", "l[9]", "m.k", "m.x.y", "zz", "zz.a", "ss"}), 1, 6, rapid.ID).Draw(rt, "paths")
		src := paths[0]
		for _, each := range paths[1:] {
			if each != "zz.a" && each != "zz" {
				src += ", " + each
			}
		}
		pr, err := ParseProjection(src, r.placeholders(t, src))
		if err != nil {
			rt.Fatalf("%q: %v", src, err)
		}
		part := pr.Apply(r.Item)
		if part.Size() > r.Item.Size() {
			rt.Fatalf("%q: %v is larger than the item", src, part)
		}
		for name := range part {
			if !slices.Contains(pr.Attributes(), name) {
				rt.Fatalf("%q: %s was not named", src, name)
			}
		}
	})
}
