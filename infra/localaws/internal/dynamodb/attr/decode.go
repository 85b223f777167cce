package attr

import (
	"errors"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

const maxNameBytes = 65535

var (
	errNoType    = Invalidf("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
	errTwoTypes  = Invalidf("Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes")
	errNotTrue   = Invalidf("One or more parameter values were invalid: Null attribute value types must have the value of true")
	errNesting   = Invalidf("Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit")
	errNoName    = Invalidf("One or more parameter values were invalid: Empty attribute name")
	errLongName  = Invalidf("Attribute name is too large, must be less than 65536 bytes")
	errItemSize  = Invalidf("Item size has exceeded the maximum allowed size")
	errValueSize = Invalidf("One or more parameter values were invalid: Value size has exceeded the maximum allowed size of 2 MB")
	errStructure = malformed("Start of structure or map found where not expected")
)

// ParseItem reads an item from DynamoDB's JSON, and nothing behind it. A refusal is an *Error, or a
// syntax error of package jsontext (malformed JSON, duplicate names, invalid UTF-8).
func ParseItem(data []byte) (Item, error) {
	var it Item
	if err := json.Unmarshal(data, &it); err != nil {
		if refusal, ok := errors.AsType[*Error](err); ok {
			return nil, refusal
		}
		return nil, err
	}
	return it, nil
}

// Limits of what is read, in bytes as Size counts them: developer guide, "Constraints", "Item size" and "Expression
// parameters". They hold while a value is read: a body must not take many times its size first.
const (
	MaxItem  = 400 << 10
	maxValue = 2 << 20 // of a value that stands alone: what an expression or a statement refers to
)

// UnmarshalJSONFrom reads an item from DynamoDB's JSON. A refusal is an *Error. An item beyond MaxItem is one. A null is no
// item, as that of an absent member.
func (it *Item) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if dec.PeekKind() == jsontext.KindNull {
		*it = nil
		_, err := dec.ReadToken()
		return err
	}
	attributes := Item{}
	r := reader{Decoder: dec, left: MaxItem, excess: errItemSize}
	if err := r.attributes(0, func(name string, v Value) { attributes[name] = v }); err != nil {
		return err
	}
	*it = attributes
	return nil
}

// UnmarshalJSONFrom reads a value from DynamoDB's JSON: an object with exactly one member, named after
// the type. A refusal is an *Error. A value beyond 2 MB is one.
func (v *Value) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	r := reader{Decoder: dec, left: maxValue, excess: errValueSize}
	read, err := r.value(0)
	if err != nil {
		return err
	}
	*v = read
	return nil
}

// reader reads one item or value.
type reader struct {
	*jsontext.Decoder
	left   int   // bytes that may still come
	excess error // what says that more came
	// Elements and attributes that are read, of all the lists and maps around the place where the reader is. They are
	// copied once it is known how many there are.
	elems  []Value
	fields []field
}

// take counts n bytes.
func (r *reader) take(n int) error {
	if r.left -= n; r.left < 0 {
		return r.excess
	}
	return nil
}

// value reads a value that lies within the given number of lists and maps.
func (r *reader) value(containers int) (Value, error) {
	if err := r.expect(jsontext.KindBeginObject); err != nil {
		return Value{}, err
	}
	if r.PeekKind() == jsontext.KindEndObject {
		return Value{}, errNoType
	}
	name, err := r.ReadToken()
	if err != nil {
		return Value{}, err
	}
	kind, ok := KindOf(name.String())
	if !ok {
		return Value{}, errNoType
	}
	if r.PeekKind() == jsontext.KindNull {
		return Value{}, errNoType
	}
	v, err := r.content(kind, containers)
	if err != nil {
		return Value{}, err
	}
	end, err := r.ReadToken()
	if err != nil {
		return Value{}, err
	}
	if end.Kind() != jsontext.KindEndObject {
		return Value{}, errTwoTypes
	}
	return v, nil
}

func (r *reader) content(kind Kind, containers int) (Value, error) {
	switch kind {
	case S, N, B:
		return r.scalar(kind)
	case BOOL, NULL:
		return r.bool(kind)
	case SS, NS, BS:
		return r.set(kind)
	}
	if containers == MaxNesting-1 {
		return Value{}, errNesting
	}
	if err := r.take(3); err != nil {
		return Value{}, err
	}
	if kind == M {
		return r.mapOf(containers + 1)
	}
	elems, err := r.list(1, func() (Value, error) { return r.value(containers + 1) })
	return listOf(L, elems), err
}

func (r *reader) mapOf(containers int) (Value, error) {
	start := len(r.fields)
	err := r.attributes(containers, func(name string, v Value) { r.fields = append(r.fields, field{name, v}) })
	m := newFields(r.fields[start:])
	r.fields = r.fields[:start]
	return Value{kind: M, m: m}, err
}

func (r *reader) set(kind Kind) (Value, error) {
	members, err := r.list(0, func() (Value, error) { return r.scalar(kind.Element()) })
	if err != nil {
		return Value{}, err
	}
	return Set(kind, members...)
}

// list reads elements, each of which counts own bytes besides its content.
func (r *reader) list(own int, read func() (Value, error)) ([]Value, error) {
	if err := r.expect(jsontext.KindBeginArray); err != nil {
		return nil, err
	}
	start := len(r.elems)
	for r.PeekKind() != jsontext.KindEndArray {
		v, err := read()
		if err != nil {
			return nil, err
		}
		if err := r.take(own); err != nil {
			return nil, err
		}
		r.elems = append(r.elems, v)
	}
	elems := slices.Clone(r.elems[start:])
	r.elems = r.elems[:start]
	_, err := r.ReadToken()
	return elems, err
}

// attributes calls keep with each attribute of an object that lies within the given number of lists and maps.
func (r *reader) attributes(containers int, keep func(name string, v Value)) error {
	if err := r.expect(jsontext.KindBeginObject); err != nil {
		return err
	}
	own := 0 // bytes of an attribute besides its name and value
	if containers > 0 {
		own = 1
	}
	for r.PeekKind() != jsontext.KindEndObject {
		token, err := r.ReadToken()
		if err != nil {
			return err
		}
		name := token.String()
		if err := checkName(name); err != nil {
			return err
		}
		if err := r.take(own + len(name)); err != nil {
			return err
		}
		v, err := r.value(containers)
		if err != nil {
			return err
		}
		keep(name, v)
	}
	_, err := r.ReadToken()
	return err
}

func checkName(name string) error {
	switch {
	case name == "":
		return errNoName
	case len(name) > maxNameBytes:
		return errLongName
	}
	return nil
}

// expect reads the token that opens an object or an array.
func (r *reader) expect(want jsontext.Kind) error {
	switch kind := r.PeekKind(); {
	case kind == want, kind == jsontext.KindInvalid:
		_, err := r.ReadToken()
		return err
	case kind == jsontext.KindNull && want == jsontext.KindBeginObject:
		return errNoType
	case kind == jsontext.KindBeginObject:
		return errStructure
	case kind == jsontext.KindBeginArray:
		return malformed("Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue")
	}
	return malformed("Unexpected field type")
}
