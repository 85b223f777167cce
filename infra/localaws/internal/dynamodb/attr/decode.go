package attr

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

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

// UnmarshalJSONFrom reads an item from DynamoDB's JSON. A refusal is an *Error.
func (it *Item) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	fields, err := readFields(dec, 0)
	if err != nil {
		return err
	}
	*it = fields
	return nil
}

// UnmarshalJSONFrom reads a value from DynamoDB's JSON: an object with exactly one member, named after
// the type. A refusal is an *Error.
func (v *Value) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	read, err := readValue(dec, 0)
	if err != nil {
		return err
	}
	*v = read
	return nil
}

// readValue reads a value that lies within the given number of lists and maps.
func readValue(dec *jsontext.Decoder, containers int) (Value, error) {
	if err := expect(dec, jsontext.KindBeginObject); err != nil {
		return Value{}, err
	}
	if dec.PeekKind() == jsontext.KindEndObject {
		return Value{}, errNoType
	}
	name, err := dec.ReadToken()
	if err != nil {
		return Value{}, err
	}
	kind, ok := KindOf(name.String())
	if !ok {
		return Value{}, errNoType
	}
	if dec.PeekKind() == jsontext.KindNull {
		return Value{}, errNoType
	}
	v, err := readContent(dec, kind, containers)
	if err != nil {
		return Value{}, err
	}
	end, err := dec.ReadToken()
	if err != nil {
		return Value{}, err
	}
	if end.Kind() != jsontext.KindEndObject {
		return Value{}, errTwoTypes
	}
	return v, nil
}

func readContent(dec *jsontext.Decoder, kind Kind, containers int) (Value, error) {
	switch kind {
	case S, N, B:
		return readScalar(dec, kind)
	case BOOL, NULL:
		return readBool(dec, kind)
	case SS, NS, BS:
		return readSet(dec, kind)
	}
	if containers == MaxNesting-1 {
		return Value{}, errNesting
	}
	if kind == M {
		fields, err := readFields(dec, containers+1)
		return Value{kind: M, m: fields}, err
	}
	elems, err := readElems(dec, func() (Value, error) { return readValue(dec, containers+1) })
	return Value{kind: L, list: elems}, err
}

func readScalar(dec *jsontext.Decoder, kind Kind) (Value, error) {
	if err := peek(dec, jsontext.KindString, "String"); err != nil {
		return Value{}, err
	}
	token, err := dec.ReadToken()
	if err != nil {
		return Value{}, err
	}
	text := token.String()
	switch kind {
	case N:
		return Number(text)
	case B:
		return readBase64(text)
	}
	return String(text), nil
}

func readBase64(text string) (Value, error) {
	if len(text)%4 != 0 {
		return Value{}, malformed(fmt.Sprintf("Base64 encoded length is expected a multiple of 4 bytes but found: %d", len(text)))
	}
	b, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") {
		return Value{}, malformed("Invalid last non-pad Base64 character dectected")
	}
	return Value{kind: B, text: string(b)}, nil
}

func readBool(dec *jsontext.Decoder, kind Kind) (Value, error) {
	if dec.PeekKind() != jsontext.KindFalse {
		if err := peek(dec, jsontext.KindTrue, "Boolean"); err != nil {
			return Value{}, err
		}
	}
	token, err := dec.ReadToken()
	if err != nil {
		return Value{}, err
	}
	if kind == NULL {
		if !token.Bool() {
			return Value{}, errNotTrue
		}
		return Null(), nil
	}
	return Bool(token.Bool()), nil
}

func readSet(dec *jsontext.Decoder, kind Kind) (Value, error) {
	members, err := readElems(dec, func() (Value, error) { return readScalar(dec, kind.Element()) })
	if err != nil {
		return Value{}, err
	}
	return Set(kind, members...)
}

func readElems(dec *jsontext.Decoder, read func() (Value, error)) ([]Value, error) {
	if err := expect(dec, jsontext.KindBeginArray); err != nil {
		return nil, err
	}
	var elems []Value
	for dec.PeekKind() != jsontext.KindEndArray {
		v, err := read()
		if err != nil {
			return nil, err
		}
		elems = append(elems, v)
	}
	_, err := dec.ReadToken()
	return elems, err
}

func readFields(dec *jsontext.Decoder, containers int) (map[string]Value, error) {
	if err := expect(dec, jsontext.KindBeginObject); err != nil {
		return nil, err
	}
	fields := map[string]Value{}
	for dec.PeekKind() != jsontext.KindEndObject {
		token, err := dec.ReadToken()
		if err != nil {
			return nil, err
		}
		name := token.String()
		if err := checkName(name); err != nil {
			return nil, err
		}
		v, err := readValue(dec, containers)
		if err != nil {
			return nil, err
		}
		fields[name] = v
	}
	_, err := dec.ReadToken()
	return fields, err
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
func expect(dec *jsontext.Decoder, want jsontext.Kind) error {
	switch kind := dec.PeekKind(); {
	case kind == want, kind == jsontext.KindInvalid:
		_, err := dec.ReadToken()
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

// peek refuses a token of another kind than want, in the words of AWS's JSON reader.
func peek(dec *jsontext.Decoder, want jsontext.Kind, class string) error {
	switch kind := dec.PeekKind(); kind {
	case want, jsontext.KindInvalid:
		return nil
	case jsontext.KindTrue:
		return malformed("TRUE_VALUE cannot be converted to " + class)
	case jsontext.KindFalse:
		return malformed("FALSE_VALUE cannot be converted to " + class)
	case jsontext.KindNumber:
		return malformed("NUMBER_VALUE cannot be converted to " + class)
	case jsontext.KindString:
		return malformed("Unexpected token received from parser")
	case jsontext.KindBeginArray:
		return malformed("Unrecognized collection type class java.lang." + class)
	}
	return errStructure
}
