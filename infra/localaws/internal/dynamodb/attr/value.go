// Package attr holds DynamoDB's attribute values: their JSON form, limits, sizes, equality and order,
// and an order-preserving encoding of key values. It refuses what DynamoDB refuses, in its words.
//
// The rules are those of the DynamoDB developer guide, "Supported data types and naming rules",
// "Constraints" and "Item sizes and formats".
package attr

import "maps"

// Kind is the data type of a Value.
type Kind uint8

// The data types, named by their descriptors. Invalid is the kind of the zero Value.
const (
	Invalid Kind = iota
	S
	N
	B
	BOOL
	NULL
	L
	M
	SS
	NS
	BS
)

var kindNames = [...]string{"", "S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"}

// String returns the type's descriptor: "S", "NS".
func (k Kind) String() string { return kindNames[k] }

// KindOf returns the kind that descriptor names. Descriptors are case-sensitive.
func KindOf(descriptor string) (Kind, bool) {
	for k := S; k <= BS; k++ {
		if kindNames[k] == descriptor {
			return k, true
		}
	}
	return Invalid, false
}

// Element returns the kind of a set's members, or Invalid where k is no set.
func (k Kind) Element() Kind {
	switch k {
	case SS:
		return S
	case NS:
		return N
	case BS:
		return B
	}
	return Invalid
}

// Value is one attribute value. It is immutable: whoever holds slices or maps taken from it must not
// write to them. Values may be shared by goroutines.
type Value struct {
	kind Kind
	flag bool   // BOOL: the value; N: negative
	exp  int16  // N: power of ten of the first digit, -130..125; 0 for zero
	text string // S: the string; B: the bytes; N: significant digits without outer zeros, "" for zero
	list *list  // L: the elements; SS, NS, BS: the members. A pointer, since most values have none
	m    *fields
}

type list struct {
	elems  []Value
	digest digest
}

// Item is a set of named attributes.
type Item map[string]Value

// String returns a value of type S.
func String(s string) Value { return Value{kind: S, text: s} }

// Bool returns a value of type BOOL.
func Bool(b bool) Value { return Value{kind: BOOL, flag: b} }

// Null returns the value of type NULL.
func Null() Value { return Value{kind: NULL} }

// List returns a value of type L; it keeps elems.
func List(elems ...Value) Value { return listOf(L, elems) }

// Map returns a value of type M; it keeps attributes.
func Map(attributes map[string]Value) Value {
	if len(attributes) == 0 {
		return Value{kind: M}
	}
	return Value{kind: M, m: &fields{many: attributes}}
}

func listOf(kind Kind, elems []Value) Value {
	if len(elems) == 0 {
		return Value{kind: kind}
	}
	return Value{kind: kind, list: &list{elems: elems}}
}

// Set returns a set of kind SS, NS or BS; it keeps members. A set without members, or with one twice,
// is a ValidationException.
func Set(kind Kind, members ...Value) (Value, error) {
	v := listOf(kind, members)
	if err := v.checkSet(); err != nil {
		return Value{}, err
	}
	return v, nil
}

// Kind returns the data type.
func (v Value) Kind() Kind { return v.kind }

// Text returns an S as it is, an N as DynamoDB prints it, and the bytes of a B; "" for other kinds.
func (v Value) Text() string {
	if v.kind == N {
		return string(v.appendNumber(nil))
	}
	return v.text
}

// Bool returns the value of a BOOL, false for other kinds.
func (v Value) Bool() bool { return v.kind == BOOL && v.flag }

// Elems returns the elements of an L, or the members of a set in the order in which they were given.
func (v Value) Elems() []Value {
	if v.list == nil {
		return nil
	}
	return v.list.elems
}

// Field returns the attribute of an M that has a name.
func (v Value) Field(name string) (Value, bool) { return v.m.get(name) }

// Len returns the number of elements, members or attributes that v has; 0 for scalars.
func (v Value) Len() int { return len(v.Elems()) + v.m.len() }

// Fields returns the attributes of an M, in a map that the caller may change.
func (v Value) Fields() map[string]Value { return maps.Collect(v.m.all()) }

// IsSet says whether v is an SS, NS or BS.
func (v Value) IsSet() bool { return v.kind.Element() != Invalid }

// Clone returns an item with the same attributes, which may be changed without changing it.
func (it Item) Clone() Item {
	if it == nil {
		return Item{}
	}
	return maps.Clone(it)
}

// MaxNesting is how deep an item may nest: the item itself counts one, and so does each list or map in the
// next; what they hold does not. The developer guide's "Constraints" has the number, DynamoDB Local the count.
const MaxNesting = 32

// Depth returns how many lists and maps nest in v: 0 for a scalar or a set, 1 for a flat list.
func (v Value) Depth() int {
	if v.kind != L && v.kind != M {
		return 0
	}
	depth := 0
	for _, e := range v.Elems() {
		depth = max(depth, e.Depth())
	}
	for _, e := range v.m.all() {
		depth = max(depth, e.Depth())
	}
	return 1 + depth
}
