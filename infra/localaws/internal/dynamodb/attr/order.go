package attr

import (
	"cmp"
	"slices"
	"strings"
)

// Compare orders two values of the same type S, N or B: strings by their UTF-8 bytes, binary by unsigned
// bytes, numbers by value. It returns false where the types differ or have no order.
func (v Value) Compare(w Value) (int, bool) {
	if v.kind != w.kind {
		return 0, false
	}
	switch v.kind {
	case S, B:
		return strings.Compare(v.text, w.text), true
	case N:
		return compareNumbers(v, w), true
	}
	return 0, false
}

func compareNumbers(v, w Value) int {
	if c := cmp.Compare(v.signum(), w.signum()); c != 0 || v.text == "" {
		return c
	}
	c := cmp.Compare(v.exp, w.exp)
	if c == 0 {
		c = strings.Compare(v.text, w.text)
	}
	if v.flag {
		return -c
	}
	return c
}

func (v Value) signum() int {
	switch {
	case v.text == "":
		return 0
	case v.flag:
		return -1
	}
	return 1
}

// Equal says whether two values have the same type and the same content: numbers by value, sets
// whatever the order of their members.
func (v Value) Equal(w Value) bool {
	if v.kind != w.kind || v.flag != w.flag || v.exp != w.exp || v.text != w.text {
		return false
	}
	if v.Len() != w.Len() {
		return false
	}
	return v.Len() == 0 || v.digest() == w.digest()
}

// Equal says whether two items have the same attributes with equal values.
func (it Item) Equal(other Item) bool {
	if len(it) != len(other) {
		return false
	}
	for name, v := range it {
		if w, ok := other[name]; !ok || !v.Equal(w) {
			return false
		}
	}
	return true
}

// scalar is what makes an S, N or B equal to another of its kind.
type scalar struct {
	flag bool
	exp  int16
	text string
}

func (v Value) scalar() scalar { return scalar{v.flag, v.exp, v.text} }

// Has says whether a set contains member.
func (v Value) Has(member Value) bool {
	if v.kind.Element() != member.kind {
		return false
	}
	for _, e := range v.Elems() {
		if e.scalar() == member.scalar() {
			return true
		}
	}
	return false
}

// Union returns a set of the members of two sets of one kind, those of v first.
func (v Value) Union(w Value) Value {
	members := slices.Clone(v.Elems())
	mine := v.members()
	for _, e := range w.Elems() {
		if _, ok := mine[e.scalar()]; !ok {
			members = append(members, e)
		}
	}
	return listOf(v.kind, members)
}

// Without returns a set of the members of v that w does not have, and false where none is left.
func (v Value) Without(w Value) (Value, bool) {
	left := v.members() // not those of w: many small sets may lack one large one
	for _, e := range w.Elems() {
		delete(left, e.scalar())
	}
	var members []Value
	for _, e := range v.Elems() {
		if _, ok := left[e.scalar()]; ok {
			members = append(members, e)
		}
	}
	return listOf(v.kind, members), len(members) > 0
}

func (v Value) members() map[scalar]struct{} {
	members := make(map[scalar]struct{}, v.Len())
	for _, e := range v.Elems() {
		members[e.scalar()] = struct{}{}
	}
	return members
}

// checkSet refuses sets without members, with members of another kind, and with one member twice.
func (v Value) checkSet() error {
	if v.Len() == 0 {
		return emptySet(v.kind)
	}
	for _, e := range v.Elems() {
		if e.kind != v.kind.Element() {
			return Invalidf("One or more parameter values were invalid: a set of type %s has a member of type %s", v.kind, e.kind)
		}
	}
	if len(v.members()) == v.Len() {
		return nil
	}
	switch v.kind {
	case NS:
		return Invalidf("Input collection contains duplicates")
	case BS:
		return Invalidf("One or more parameter values were invalid: Input collection %sof type BS contains duplicates.", v.memberTexts())
	}
	return Invalidf("One or more parameter values were invalid: Input collection %s contains duplicates.", v.memberTexts())
}

func emptySet(kind Kind) error {
	switch kind {
	case SS:
		return Invalidf("One or more parameter values were invalid: An string set  may not be empty")
	case NS:
		return Invalidf("One or more parameter values were invalid: An number set  may not be empty")
	}
	return Invalidf("One or more parameter values were invalid: Binary sets should not be empty")
}
