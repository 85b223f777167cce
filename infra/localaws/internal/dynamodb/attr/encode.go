package attr

import (
	"encoding/base64"
	"errors"
	"iter"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// MarshalJSONTo writes the item in DynamoDB's JSON, attributes in the order of their names.
func (it Item) MarshalJSONTo(enc *jsontext.Encoder) error { return writeFields(enc, inOrder(it)) }

// MarshalJSONTo writes the value in DynamoDB's JSON. The zero Value has no JSON form: an error.
func (v Value) MarshalJSONTo(enc *jsontext.Encoder) error {
	if v.kind == Invalid {
		return errors.New("attr: the zero Value has no JSON form")
	}
	if err := errors.Join(enc.WriteToken(jsontext.BeginObject), enc.WriteToken(jsontext.String(v.kind.String()))); err != nil {
		return err
	}
	if err := v.writeContent(enc); err != nil {
		return err
	}
	return enc.WriteToken(jsontext.EndObject)
}

func (v Value) writeContent(enc *jsontext.Encoder) error {
	switch v.kind {
	case S, N, B:
		return enc.WriteToken(jsontext.String(v.jsonText()))
	case BOOL:
		return enc.WriteToken(jsontext.Bool(v.flag))
	case NULL:
		return enc.WriteToken(jsontext.True)
	case M:
		return writeFields(enc, v.m.sorted())
	}
	if err := enc.WriteToken(jsontext.BeginArray); err != nil {
		return err
	}
	for _, e := range v.Elems() {
		if err := e.writeElem(enc, v.kind); err != nil {
			return err
		}
	}
	return enc.WriteToken(jsontext.EndArray)
}

func (v Value) writeElem(enc *jsontext.Encoder, container Kind) error {
	if container == L {
		return v.MarshalJSONTo(enc)
	}
	return enc.WriteToken(jsontext.String(v.jsonText()))
}

func (v Value) jsonText() string {
	if v.kind == B {
		return base64.StdEncoding.EncodeToString([]byte(v.text))
	}
	return v.Text()
}

func writeFields(enc *jsontext.Encoder, sorted iter.Seq2[string, Value]) error {
	if err := enc.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	for name, v := range sorted {
		if err := enc.WriteToken(jsontext.String(name)); err != nil {
			return err
		}
		if err := v.MarshalJSONTo(enc); err != nil {
			return err
		}
	}
	return enc.WriteToken(jsontext.EndObject)
}

// memberTexts writes a set as AWS's messages do: [a, b].
func (v Value) memberTexts() string {
	texts := make([]string, v.Len())
	for i, e := range v.Elems() {
		texts[i] = e.jsonText()
	}
	return "[" + strings.Join(texts, ", ") + "]"
}
