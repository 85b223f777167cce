package attr

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

func (r *reader) scalar(kind Kind) (v Value, err error) {
	if err := r.peek(jsontext.KindString, "String"); err != nil {
		return Value{}, err
	}
	token, err := r.ReadToken()
	if err != nil {
		return Value{}, err
	}
	text := token.String()
	switch kind {
	case N:
		v, err = Number(text)
	case B:
		v, err = readBase64(text)
	default:
		v = String(text)
	}
	if err != nil {
		return Value{}, err
	}
	return v, r.take(v.Size())
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

func (r *reader) bool(kind Kind) (Value, error) {
	if r.PeekKind() != jsontext.KindFalse {
		if err := r.peek(jsontext.KindTrue, "Boolean"); err != nil {
			return Value{}, err
		}
	}
	token, err := r.ReadToken()
	if err != nil {
		return Value{}, err
	}
	v := Bool(token.Bool())
	if kind == NULL {
		if !token.Bool() {
			return Value{}, errNotTrue
		}
		v = Null()
	}
	return v, r.take(v.Size())
}

// peek refuses a token of another kind than want, in the words of AWS's JSON reader.
func (r *reader) peek(want jsontext.Kind, class string) error {
	switch kind := r.PeekKind(); kind {
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
