package opensearch

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"example.com/shiptrack/infra/localaws/internal/api"
)

// Guard refuses a request to OpenSearch that may name another index than its path does. IAM cannot see that: neither the body nor
// the query plays a part in its decision. It refuses what it cannot read, and a field that is called as one of these names. The
// body of INDEX/_doc/ID is a document, which names nothing.
func Guard(r *Reading, contentType string, body []byte) error {
	for _, name := range []string{"index", "source", "source_content_type"} {
		if r.Form.Has(name) {
			return guarded("its query has %s", api.Own(name))
		}
	}
	if last := len(r.Segments) - 1; last >= 0 && r.Segments[last] == "template" {
		return guarded("a template makes it")
	}
	if len(body) == 0 || len(r.Segments) == 3 && r.Segments[1] == "_doc" {
		return nil
	}
	if !IsJSON(contentType) {
		return guarded("its body is not JSON")
	}
	return guardBody(jsontext.NewDecoder(bytes.NewReader(body)))
}

func guarded(format string, args ...any) error {
	e := api.Errorf(400, "GuardedSearch", "The request may name another index than its path, which localaws was told to refuse: "+format+".", args...)
	e.Refusal = true
	return e
}

// guardedNames are members that name an index, or hide one that does, without underscores: OpenSearch reads some names with and without.
var guardedNames = map[string]bool{
	"index": true, "indices": true, // lookups of terms, percolate, lists of documents
	"indexedshape": true, // of a geo query; its index has a default
	"pit":          true, // a point in time is of any index
	"indicesboost": true, // tells whether an index exists
	"alias":        true, "aliases": true,
	"wrapper": true, // a query in Base64
}

// guardBody looks at each member of a body, which OpenSearch could read in no other way: doubled members, comments and further values are
// refused.
func guardBody(d *jsontext.Decoder) error {
	if d.PeekKind() != '{' {
		return guarded("its body is no object")
	}
	within := []string{""} // the name of the member that each open object or array is, or stands in
	for values := 0; ; {
		token, err := d.ReadToken()
		if errors.Is(err, io.EOF) && values == 1 {
			return nil
		}
		if err != nil {
			return guarded("its body is not one value of JSON")
		}
		switch token.Kind() {
		case '{':
			if name := within[len(within)-1]; name == "like" || name == "unlike" {
				return guarded("%s has a document of an index", api.Own(name))
			}
			within = append(within, "")
		case '[':
			within = append(within, within[len(within)-1])
		case '}', ']':
			within = within[:len(within)-1]
		case '"':
			kind, length := d.StackIndex(d.StackDepth())
			if kind != '{' || length%2 == 0 {
				continue // a value
			}
			name := strings.ToLower(token.String())
			if guardedNames[strings.ReplaceAll(name, "_", "")] {
				return guarded("its body has the member %s", token.String())
			}
			within[len(within)-1] = name
		}
		if d.StackDepth() == 0 {
			values++
		}
	}
}
