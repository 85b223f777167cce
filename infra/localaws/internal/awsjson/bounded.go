// Package awsjson reads the bodies of services that speak AWS JSON 1.0 and 1.1. It refuses a body that two readers could
// read in two ways, and more entries than a request may have.
package awsjson

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Bound is how many entries a list or a map of a request may have. It holds while the request is read: an entry of two
// bytes of JSON can take hundreds of bytes of memory.
type Bound interface {
	Most() int
	TooMany() error // an *api.Error
}

// List is a list of at most as many entries as B says.
type List[T any, B Bound] []T

// UnmarshalJSONFrom refuses the first entry beyond the bound.
func (l *List[T, B]) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if dec.PeekKind() != jsontext.KindBeginArray {
		return json.UnmarshalDecode(dec, (*[]T)(l)) // null, or an error
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	var b B
	entries := []T{}
	for dec.PeekKind() != jsontext.KindEndArray {
		if len(entries) == b.Most() {
			return b.TooMany()
		}
		var entry T
		if err := json.UnmarshalDecode(dec, &entry); err != nil {
			return err
		}
		entries = append(entries, entry)
	}
	*l = entries
	_, err := dec.ReadToken()
	return err
}

// Dict is a map of at most as many entries as B says.
type Dict[V any, B Bound] map[string]V

// UnmarshalJSONFrom refuses the first entry beyond the bound.
func (d *Dict[V, B]) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if dec.PeekKind() != jsontext.KindBeginObject {
		return json.UnmarshalDecode(dec, (*map[string]V)(d)) // null, or an error
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	var b B
	entries := map[string]V{}
	for dec.PeekKind() != jsontext.KindEndObject {
		if len(entries) == b.Most() {
			return b.TooMany()
		}
		name, err := dec.ReadToken()
		if err != nil {
			return err
		}
		key := name.String()
		var entry V
		if err := json.UnmarshalDecode(dec, &entry); err != nil {
			return err
		}
		entries[key] = entry
	}
	*d = entries
	_, err := dec.ReadToken()
	return err
}
