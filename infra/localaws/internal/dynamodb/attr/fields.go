package attr

import (
	"iter"
	"maps"
	"slices"
	"strings"
)

// fields are the attributes of an M. A Go map takes half a kilobyte for one attribute, of which JSON has 21 bytes: a map
// that was read keeps a few as a list.
type fields struct {
	few  []field // in the order of their names
	many map[string]Value

	digest digest
}

type field struct {
	name  string
	value Value
}

const maxFew = 8

// newFields keeps list, whose names are distinct.
func newFields(list []field) *fields {
	switch {
	case len(list) == 0:
		return nil
	case len(list) > maxFew:
		many := make(map[string]Value, len(list))
		for _, f := range list {
			many[f.name] = f.value
		}
		return &fields{many: many}
	}
	few := slices.Clone(list)
	slices.SortFunc(few, func(a, b field) int { return strings.Compare(a.name, b.name) })
	return &fields{few: few}
}

func (f *fields) len() int {
	if f == nil {
		return 0
	}
	return len(f.few) + len(f.many)
}

func (f *fields) get(name string) (Value, bool) {
	if f == nil {
		return Value{}, false
	}
	for i := range f.few {
		if f.few[i].name == name {
			return f.few[i].value, true
		}
	}
	v, ok := f.many[name]
	return v, ok
}

// all returns the attributes in no order.
func (f *fields) all() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		if f == nil {
			return
		}
		for i := range f.few {
			if !yield(f.few[i].name, f.few[i].value) {
				return
			}
		}
		for name, v := range f.many {
			if !yield(name, v) {
				return
			}
		}
	}
}

// sorted returns the attributes in the order of their names.
func (f *fields) sorted() iter.Seq2[string, Value] {
	if f == nil || f.many == nil {
		return f.all()
	}
	return inOrder(f.many)
}

func inOrder(m map[string]Value) iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		for _, name := range slices.Sorted(maps.Keys(m)) {
			if !yield(name, m[name]) {
				return
			}
		}
	}
}
