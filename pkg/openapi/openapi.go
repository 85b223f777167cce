// Package openapi checks each request of a service against the service's OpenAPI document, which it makes
// self-contained. It refuses query parameters, repeated parameters and bodies that the document does not name,
// where others ignore them.
package openapi

import (
	"context"
	"fmt"
	"net/url"
	"path"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
	"go.yaml.in/yaml/v4"
)

// Config is an OpenAPI 3.0 document. Two extensions of a parameter are understood: x-reason, what to tell
// the caller whatever is wrong with the parameter (of a schema: with a value), and x-excludes, the names of the query parameters that
// must not stand beside it.
type Config struct {
	Document   []byte
	References map[string][]byte // the documents that Document refers to, by the path in its $ref
}

// Contract is a valid document. It is immutable and safe for concurrent use.
type Contract struct {
	document   *openapi3.T
	operations map[string]operation
}

type operation struct {
	route      *routers.Route
	parameters []*openapi3.Parameter
}

// New returns the Contract of cfg's document, or an error where it or a reference is not valid OpenAPI.
func New(cfg Config) (*Contract, error) {
	ctx := context.Background()
	loader := openapi3.NewLoader()
	loader.IsExternalRefsAllowed = len(cfg.References) > 0
	loader.ReadFromURIFunc = func(_ *openapi3.Loader, uri *url.URL) ([]byte, error) {
		if referred, ok := cfg.References[uri.Path]; ok {
			return referred, nil
		}
		return nil, fmt.Errorf("openapi: the document refers to %s, which was not given", uri)
	}
	document, err := loader.LoadFromDataWithPath(cfg.Document, &url.URL{Path: "openapi.yaml"})
	if err != nil {
		return nil, fmt.Errorf("openapi: load: %w", err)
	}
	document.InternalizeRefs(ctx, lastElement)
	if err := document.Validate(ctx); err != nil {
		return nil, fmt.Errorf("openapi: validate: %w", err)
	}
	operations := operationsOf(document)
	for id, op := range operations {
		if err := op.checkExclusions(); err != nil {
			return nil, fmt.Errorf("contract: %s: %w", id, err)
		}
	}
	return &Contract{document: document, operations: operations}, nil
}

// checkExclusions returns an error where an x-excludes would have no effect.
func (op operation) checkExclusions() error {
	for _, p := range op.parameters {
		extension, isSet := p.Extensions["x-excludes"]
		names, isList := extension.([]any)
		if isSet && (!isList || p.In != openapi3.ParameterInQuery) {
			return fmt.Errorf("x-excludes of %s: want a list, at a query parameter", p.Name)
		}
		for _, name := range names {
			if !slices.ContainsFunc(op.parameters, func(other *openapi3.Parameter) bool {
				return other != p && other.In == openapi3.ParameterInQuery && other.Name == name
			}) {
				return fmt.Errorf("x-excludes of %s: %v is no other query parameter of the operation", p.Name, name)
			}
		}
	}
	return nil
}

// lastElement names a component of another document as it is named there.
func lastElement(_ *openapi3.T, ref openapi3.ComponentRef) string {
	return path.Base(ref.RefPath().Fragment)
}

func operationsOf(document *openapi3.T) map[string]operation {
	operations := map[string]operation{}
	for template, item := range document.Paths.Map() {
		for method, op := range item.Operations() {
			operations[op.OperationID] = operation{
				route:      &routers.Route{Spec: document, Path: template, PathItem: item, Method: method, Operation: op},
				parameters: parametersOf(item, op),
			}
		}
	}
	return operations
}

func parametersOf(item *openapi3.PathItem, op *openapi3.Operation) []*openapi3.Parameter {
	var parameters []*openapi3.Parameter
	for _, ref := range op.Parameters {
		parameters = append(parameters, ref.Value)
	}
	for _, ref := range item.Parameters {
		if op.Parameters.GetByInAndName(ref.Value.In, ref.Value.Name) == nil {
			parameters = append(parameters, ref.Value)
		}
	}
	return parameters
}

// YAML returns the document, its references replaced by components of its own.
func (c *Contract) YAML() ([]byte, error) {
	tree, err := c.document.MarshalYAML()
	if err != nil {
		return nil, fmt.Errorf("openapi: render: %w", err)
	}
	return yaml.Marshal(tree)
}

// OperationIDs returns the operations that carry tag, in no order.
func (c *Contract) OperationIDs(tag string) []string {
	var ids []string
	for id, op := range c.operations {
		for _, t := range op.route.Operation.Tags {
			if t == tag {
				ids = append(ids, id)
			}
		}
	}
	return ids
}
