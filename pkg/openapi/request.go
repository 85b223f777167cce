package openapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"

	"example.com/shiptrack/pkg/problem"
)

// CheckRequest returns nil where r is a request of the operation as the document has it, and else a problem
// of kind Invalid that names every place of r that is wrong. pathParameter returns a path parameter as it
// stands in the request's path, unreserved characters decoded (httpserver does); one with another escape in it is
// compared as it is.
// It does not check who may send the request.
func (c *Contract) CheckRequest(operationID string, r *http.Request, pathParameter func(name string) string) error {
	op, ok := c.operations[operationID]
	if !ok {
		return problem.New(problem.Internal, "the operation is not in the contract")
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		// url.Values drops pairs that it cannot parse, such as one with a semicolon. We refuse them instead.
		return invalid([]problem.Field{{Name: "query", Reason: "is not well-formed"}})
	}
	fields := op.misplaced(query)
	if r.ContentLength != 0 && op.route.Operation.RequestBody == nil {
		fields = append(fields, problem.Field{Name: "body", Reason: "is not part of this request"})
	}
	input := &openapi3filter.RequestValidationInput{
		Request: r, Route: op.route, QueryParams: query, PathParams: map[string]string{},
		Options: &openapi3filter.Options{SkipSettingDefaults: true},
	}
	for _, p := range op.parameters {
		if p.In == openapi3.ParameterInPath {
			input.PathParams[p.Name] = pathParameter(p.Name)
		}
	}
	for _, p := range op.parameters {
		if slices.ContainsFunc(fields, func(f problem.Field) bool { return f.Name == p.Name }) {
			continue // one reason for each field is enough
		}
		if reason := fault(r.Context(), input, p); reason != "" {
			fields = append(fields, problem.Field{Name: p.Name, Reason: reason})
		}
	}
	return invalid(fields)
}

// invalid returns the problem whose fields are wrong; nil where none is.
func invalid(fields []problem.Field) error {
	if len(fields) == 0 {
		return nil
	}
	e := problem.InvalidField(fields[0].Name, fields[0].Reason)
	e.Fields = fields
	return e
}

// misplaced returns the query parameters that the operation does not have, has once only, or not together.
func (op operation) misplaced(query url.Values) []problem.Field {
	var fields []problem.Field
	names := make([]string, 0, len(query))
	for name := range query {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		i := slices.IndexFunc(op.parameters, func(p *openapi3.Parameter) bool {
			return p.In == openapi3.ParameterInQuery && p.Name == name
		})
		switch {
		case i < 0:
			fields = append(fields, problem.Field{Name: shorten(name), Reason: "is not a parameter of this request"})
		case len(query[name]) > 1:
			fields = append(fields, problem.Field{Name: name, Reason: "must not be repeated"})
		default:
			fields = append(fields, excluded(op.parameters[i], query)...)
		}
	}
	return fields
}

// shorten bounds what an answer repeats of a name that the caller invented.
func shorten(name string) string {
	const longest = 64
	if len(name) <= longest {
		return strings.ToValidUTF8(name, "\uFFFD")
	}
	return strings.ToValidUTF8(name[:longest], "\uFFFD") + "…"
}

func excluded(p *openapi3.Parameter, query url.Values) []problem.Field {
	others, _ := p.Extensions["x-excludes"].([]any)
	for _, other := range others {
		if name, _ := other.(string); query.Has(name) {
			return []problem.Field{{Name: p.Name, Reason: "must not stand beside " + name}}
		}
	}
	return nil
}

// fault says what is wrong with the parameter p of the request; it is empty where nothing is. It never
// repeats the value.
func fault(ctx context.Context, input *openapi3filter.RequestValidationInput, p *openapi3.Parameter) string {
	err := openapi3filter.ValidateParameter(ctx, input, p)
	if err == nil && p.In == openapi3.ParameterInQuery && isInteger(p.Schema.Value) && !isCanonical(input.QueryParams[p.Name]) {
		err = errNotCanonical
	}
	if err == nil {
		return ""
	}
	if reason, ok := p.Extensions["x-reason"].(string); ok {
		return reason
	}
	var violation *openapi3.SchemaError
	switch {
	case isInteger(p.Schema.Value):
		return "must be a whole number" + bounds(p.Schema.Value)
	case errors.As(err, &violation):
		return describe(violation)
	}
	return "must not be missing or empty"
}

var errNotCanonical = errors.New("openapi: not the canonical form of a number")

func isInteger(s *openapi3.Schema) bool { return s.Type.Is(openapi3.TypeInteger) }

// isCanonical refuses the spellings of a number that some parsers take and others do not: +5, 05, -0.
func isCanonical(values []string) bool {
	for _, v := range values {
		if n, err := strconv.ParseInt(v, 10, 64); err != nil || strconv.FormatInt(n, 10) != v {
			return false
		}
	}
	return true
}

func bounds(s *openapi3.Schema) string {
	if s.Min == nil || s.Max == nil {
		return ""
	}
	return fmt.Sprintf(" from %.0f to %.0f", *s.Min, *s.Max)
}

func describe(violation *openapi3.SchemaError) string {
	at := ""
	if pointer := violation.JSONPointer(); len(pointer) == 1 {
		if i, err := strconv.Atoi(pointer[0]); err == nil {
			at = fmt.Sprintf("value %d ", i+1)
		}
	}
	s := violation.Schema
	if reason, ok := s.Extensions["x-reason"].(string); ok {
		return at + reason
	}
	switch violation.SchemaField {
	case "pattern":
		return at + "must match " + s.Pattern
	case "uniqueItems":
		return "must not hold a value twice"
	case "minItems", "maxItems":
		if s.MaxItems != nil {
			return fmt.Sprintf("must hold %d to %d values", s.MinItems, *s.MaxItems)
		}
	}
	return at + "is not valid"
}
