package attr

import (
	"fmt"
	"slices"
	"testing"
)

// TestComparingAgainCostsLittle: one condition may compare the same two values of 400 KB some hundred times.
func TestComparingAgainCostsLittle(t *testing.T) {
	members, elems, fields := make([]Value, 40000), make([]Value, 40000), map[string]Value{}
	for i := range members {
		members[i], elems[i], fields[fmt.Sprint(i)] = String(fmt.Sprint(i)), Null(), Null()
	}
	set := func(members []Value) Value {
		v, err := Set(SS, members...)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	turned := slices.Clone(members)
	slices.Reverse(turned)
	for _, tc := range []struct{ v, w Value }{
		{set(members), set(turned)},
		{List(elems...), List(slices.Clone(elems)...)},
		{Map(fields), Map(Map(fields).Fields())},
	} {
		if !tc.v.Equal(tc.w) {
			t.Fatalf("two %s with the same content differ", tc.v.Kind())
		}
		if n := testing.AllocsPerRun(10, func() { tc.v.Equal(tc.w) }); n > 0 {
			t.Errorf("%s: comparing again makes %v allocations, want none: the digest is kept", tc.v.Kind(), n)
		}
	}
}

func TestTakingALargeSetFromASmallOneAllocatesLittle(t *testing.T) {
	members := make([]Value, 40000)
	for i := range members {
		members[i] = String(fmt.Sprint(i))
	}
	small, large := listOf(SS, members[:1]), listOf(SS, members)
	if n := testing.AllocsPerRun(10, func() { small.Without(large) }); n > 10 {
		t.Errorf("%v allocations, want at most 10", n)
	}
}

// TestDifferentValuesDiffer in whatever their content differs: a digest that mixes two parts up would say that they are equal.
func TestDifferentValuesDiffer(t *testing.T) {
	n := func(text string) Value {
		v, err := Number(text)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	values := []Value{
		List(String("a"), String("b")), List(String("b"), String("a")), List(String("ab"), String("")), List(String("a"), List(String("b"))),
		List(List(String("a")), String("b")), List(Bool(true), Null()), List(Bool(false), Null()), List(n("1"), n("-1")), List(n("1"), n("1")),
		List(n("1"), n("10")), List(n("1"), String("1")), List(n("1"), Value{kind: B, text: "1"}), List(Value{kind: L}, Value{kind: M}), List(Value{kind: M}, Value{kind: L}),
		listOf(SS, []Value{String("a"), String("b")}), listOf(SS, []Value{String("ab"), String("")}), listOf(SS, []Value{String("a"), String("c")}),
		listOf(NS, []Value{n("1"), n("-1")}), listOf(NS, []Value{n("1"), n("10")}), listOf(BS, []Value{{kind: B, text: "a"}, {kind: B, text: "b"}}),
		List(List(List(String("a")), String("b")), String("c")), List(List(List(String("a"), String("b"))), String("c")),
		Map(map[string]Value{"a": String("b"), "c": String("")}), Map(map[string]Value{"a": String(""), "c": String("b")}),
		Map(map[string]Value{"a": String("b"), "cd": String("")}), Map(map[string]Value{"a": Map(map[string]Value{"c": String("b")}), "c": String("")}),
	}
	for i, v := range values {
		for j, w := range values {
			if v.Equal(w) != (i == j) {
				t.Errorf("%d %v and %d %v: Equal = %v", i, v, j, w, v.Equal(w))
			}
		}
	}
}
