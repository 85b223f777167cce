// Package openapitest compares a server under test with its OpenAPI document: its routes with the paths, and
// its answers with the responses. Unlike a client it also refuses fields that the document does not name.
package openapitest

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// Document is a document that answers are compared with.
type Document struct{ t *openapi3.T }

// Load returns the Document, which must not refer to other documents.
func Load(t testing.TB, yaml []byte) *Document {
	t.Helper()
	document, err := openapi3.NewLoader().LoadFromData(yaml)
	if err != nil {
		t.Fatalf("openapitest: %v", err)
	}
	return &Document{t: document}
}

// Operations returns all operations, such as "GET /shipments/{shipmentId}", sorted.
func (d *Document) Operations() []string {
	var operations []string
	for template, item := range d.t.Paths.Map() {
		for method := range item.Operations() {
			operations = append(operations, method+" "+template)
		}
	}
	slices.Sort(operations)
	return operations
}

// CheckResponse returns an error where an answer with this status, header and body is not one that the document
// has for operation (as Operations writes it).
func (d *Document) CheckResponse(operation string, status int, header http.Header, body []byte) error {
	method, template, _ := strings.Cut(operation, " ")
	item := d.t.Paths.Value(template)
	if item == nil || item.GetOperation(method) == nil {
		return fmt.Errorf("openapitest: no operation %s", operation)
	}
	ref := item.GetOperation(method).Responses.Status(status)
	if ref == nil {
		return fmt.Errorf("openapitest: %s has no response %d", operation, status)
	}
	for name, h := range ref.Value.Headers {
		if h.Value.Required && header.Get(name) == "" {
			return fmt.Errorf("openapitest: %s %d lacks the header %s", operation, status, name)
		}
	}
	return checkBody(ref.Value.Content, header.Get("Content-Type"), body)
}

func checkBody(content openapi3.Content, contentType string, body []byte) error {
	if len(content) == 0 { // 304, say
		if len(body) > 0 {
			return fmt.Errorf("openapitest: a body of %d bytes is not documented", len(body))
		}
		return nil
	}
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return fmt.Errorf("openapitest: media type %q: %w", contentType, err)
	}
	documented, ok := content[media]
	if !ok {
		return fmt.Errorf("openapitest: the media type %s is not documented", media)
	}
	if !strings.HasSuffix(media, "json") {
		return nil
	}
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return fmt.Errorf("openapitest: body %s: %w", body, err)
	}
	schema := documented.Schema.Value
	if err := schema.VisitJSON(value, openapi3.VisitAsResponse(), openapi3.EnableFormatValidation()); err != nil {
		return fmt.Errorf("openapitest: body %s: %w", body, err)
	}
	if names := undeclared(schema, value); len(names) > 0 && len(schema.Properties)+len(schema.AllOf) > 0 {
		return fmt.Errorf("openapitest: body %s has fields that are not documented: %v", body, names)
	}
	return nil
}

// undeclared returns the names in value that schema does not know, at any depth.
func undeclared(schema *openapi3.Schema, value any) []string {
	switch value := value.(type) {
	case map[string]any:
		properties := propertiesOf(schema)
		var names []string
		for name, v := range value {
			if property := properties[name]; property == nil {
				names = append(names, name)
			} else {
				names = append(names, undeclared(property.Value, v)...)
			}
		}
		return names
	case []any:
		var names []string
		for _, v := range value {
			names = append(names, undeclared(schema.Items.Value, v)...)
		}
		return names
	}
	return nil
}

func propertiesOf(schema *openapi3.Schema) openapi3.Schemas {
	properties := openapi3.Schemas{}
	for name, property := range schema.Properties {
		properties[name] = property
	}
	for _, part := range schema.AllOf {
		for name, property := range propertiesOf(part.Value) {
			properties[name] = property
		}
	}
	return properties
}
