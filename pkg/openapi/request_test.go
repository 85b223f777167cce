package openapi_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"example.com/shiptrack/pkg/alloctest"
	"example.com/shiptrack/pkg/openapi"
	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/pkg/trackingapi"
)

func rules(t testing.TB) *openapi.Contract {
	t.Helper()
	c, err := openapi.New(openapi.Config{Document: trackingapi.Document()})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func get(target string) *http.Request { return httptest.NewRequest(http.MethodGet, target, nil) }

// none is the path parameter of an operation that has none.
func none(string) string { return "" }

// faults returns the fields that CheckRequest names, and fails the test where err is not Invalid.
func faults(t testing.TB, err error) []problem.Field {
	t.Helper()
	if err == nil {
		return nil
	}
	var p *problem.Error
	if !errors.As(err, &p) || p.Kind != problem.Invalid || len(p.Fields) == 0 {
		t.Fatalf("error = %v, want a problem of kind invalid with fields", err)
	}
	return p.Fields
}

func ids(n int) string {
	texts := make([]string, n)
	for i := range n {
		texts[i] = strconv.Itoa(1001 + i)
	}
	return strings.Join(texts, ",")
}

const (
	limitReason  = "must be a whole number from 1 to 100"
	cursorReason = "is not the nextCursor of a page given to you within the last hour"
	idReason     = "must match ^[A-Za-z0-9][A-Za-z0-9-]{0,63}$, and must not be search"
)

func TestListShipmentsQueryIsHeldToTheDocument(t *testing.T) {
	c := rules(t)
	for _, tc := range []struct {
		query string
		want  []problem.Field
	}{
		{"", nil},
		{"limit=1", nil},
		{"limit=100&cursor=abc_-9", nil},
		{"ids=1001", nil},
		{"ids=1001,1002,A-1", nil},
		{"ids=1001%2C1002", nil}, // what URLSearchParams makes of a comma
		{"ids=" + ids(100), nil},

		{"limit=0", []problem.Field{{Name: "limit", Reason: limitReason}}},
		{"limit=101", []problem.Field{{Name: "limit", Reason: limitReason}}},
		{"limit=-1", []problem.Field{{Name: "limit", Reason: limitReason}}},
		{"limit=%2B5", []problem.Field{{Name: "limit", Reason: limitReason}}},
		{"limit=+5", []problem.Field{{Name: "limit", Reason: limitReason}}},
		{"limit=05", []problem.Field{{Name: "limit", Reason: limitReason}}},
		{"limit=1e1", []problem.Field{{Name: "limit", Reason: limitReason}}},
		{"limit=1.0", []problem.Field{{Name: "limit", Reason: limitReason}}},
		{"limit=0x1", []problem.Field{{Name: "limit", Reason: limitReason}}},
		{"limit=1_0", []problem.Field{{Name: "limit", Reason: limitReason}}},
		{"limit=%D9%A3", []problem.Field{{Name: "limit", Reason: limitReason}}}, // ٣
		{"limit=", []problem.Field{{Name: "limit", Reason: limitReason}}},
		{"limit", []problem.Field{{Name: "limit", Reason: limitReason}}},
		{"limit=ten", []problem.Field{{Name: "limit", Reason: limitReason}}},
		{"limit=99999999999999999999", []problem.Field{{Name: "limit", Reason: limitReason}}},
		{"limit=4294967297", []problem.Field{{Name: "limit", Reason: limitReason}}}, // 1 in 32 bits
		{"limit=5&limit=5", []problem.Field{{Name: "limit", Reason: "must not be repeated"}}},

		{"cursor=", []problem.Field{{Name: "cursor", Reason: cursorReason}}},
		{"cursor=a%2Bb", []problem.Field{{Name: "cursor", Reason: cursorReason}}},
		{"cursor=abc%0A", []problem.Field{{Name: "cursor", Reason: cursorReason}}},
		{"cursor=" + strings.Repeat("a", 513), []problem.Field{{Name: "cursor", Reason: cursorReason}}},

		{"ids=", []problem.Field{{Name: "ids", Reason: "must not be missing or empty"}}},
		{"ids=" + ids(101), []problem.Field{{Name: "ids", Reason: "must hold 1 to 100 values"}}},
		{"ids=1001,1002,1001", []problem.Field{{Name: "ids", Reason: "must not hold a value twice"}}},
		{"ids=1001,,1002", []problem.Field{{Name: "ids", Reason: "value 2 " + idReason}}},
		{"ids=1001,", []problem.Field{{Name: "ids", Reason: "value 2 " + idReason}}},
		{"ids=-1", []problem.Field{{Name: "ids", Reason: "value 1 " + idReason}}},
		{"ids=1001,+1002", []problem.Field{{Name: "ids", Reason: "value 2 " + idReason}}},
		{"ids=a/b", []problem.Field{{Name: "ids", Reason: "value 1 " + idReason}}},
		{"ids=a%00b", []problem.Field{{Name: "ids", Reason: "value 1 " + idReason}}},
		{"ids=1001,search", []problem.Field{{Name: "ids", Reason: "value 2 " + idReason}}},
		{"ids=Search,search-1,research", nil},
		{"ids=" + strings.Repeat("a", 65), []problem.Field{{Name: "ids", Reason: "value 1 " + idReason}}},
		{"ids=1001&ids=1002", []problem.Field{{Name: "ids", Reason: "must not be repeated"}}},
		{"ids[]=1001", []problem.Field{{Name: "ids[]", Reason: "is not a parameter of this request"}}},
		{"ids=1001&limit=5", []problem.Field{{Name: "ids", Reason: "must not stand beside limit"}}},
		{"ids=1001&cursor=abc", []problem.Field{{Name: "ids", Reason: "must not stand beside cursor"}}},

		{"tenant=blue", []problem.Field{{Name: "tenant", Reason: "is not a parameter of this request"}}},
		{"TenantID=blue&limit=5", []problem.Field{{Name: "TenantID", Reason: "is not a parameter of this request"}}},
		{"Limit=5", []problem.Field{{Name: "Limit", Reason: "is not a parameter of this request"}}},
		{"limit=5;tenant=blue", []problem.Field{{Name: "query", Reason: "is not well-formed"}}},
		{"limit=%zz", []problem.Field{{Name: "query", Reason: "is not well-formed"}}},
		{"a=1&limit=0&cursor=%21", []problem.Field{
			{Name: "a", Reason: "is not a parameter of this request"},
			{Name: "limit", Reason: limitReason},
			{Name: "cursor", Reason: cursorReason},
		}},
	} {
		r := get("/shipments")
		r.URL.RawQuery = tc.query
		if got := faults(t, c.CheckRequest("ListShipments", r, none)); !slices.Equal(got, tc.want) {
			t.Errorf("?%s: fields %+v, want %+v", tc.query, got, tc.want)
		}
	}
}

func TestShipmentIDIsHeldToTheDocument(t *testing.T) {
	c := rules(t)
	for id, ok := range map[string]bool{
		"1001": true, "a": true, "A-1-": true, strings.Repeat("z", 64): true,
		"": false, "-1": false, strings.Repeat("z", 65): false, "a_b": false, "a.b": false, "..": false,
		"%31001": false, "a%2Fb": false, "a%00": false, "a;b": false, "a b": false, "a\n": false, "é": false,
		"a,b": false, "٣": false, "search": false, "searc": true, "searching": true, "Search": true, "search-1": true, "s": true,
	} {
		for _, operation := range []string{"GetShippingETA", "GetShipment"} {
			got := faults(t, c.CheckRequest(operation, get("/"), func(string) string { return id }))
			if ok && got != nil || !ok && (len(got) != 1 || got[0].Name != "shipmentId") {
				t.Errorf("%s %q: fields %+v, want ok = %v, else the one field shipmentId", operation, id, got, ok)
			}
		}
	}
}

func TestBodyOfAGetIsRefused(t *testing.T) {
	c := rules(t)
	with := httptest.NewRequest(http.MethodGet, "/shipments", strings.NewReader(`{"tenant":"blue"}`))
	chunked := httptest.NewRequest(http.MethodGet, "/shipments", http.NoBody)
	chunked.ContentLength = -1
	for name, r := range map[string]*http.Request{"with length": with, "chunked": chunked} {
		got := faults(t, c.CheckRequest("ListShipments", r, none))
		if len(got) != 1 || got[0].Name != "body" {
			t.Errorf("%s: fields %+v, want the one field body", name, got)
		}
	}
	if err := c.CheckRequest("ListShipments", get("/shipments"), none); err != nil {
		t.Errorf("the same without a body: %v, want no error", err)
	}
}

func TestOperationOutsideTheDocumentIsRefused(t *testing.T) {
	if err := rules(t).CheckRequest("DeleteShipment", get("/"), none); problem.From(err).Kind != problem.Internal || err == nil {
		t.Fatalf("error = %v, want a problem of kind internal", err)
	}
}

func TestAnInventedNameIsShortenedInTheAnswer(t *testing.T) {
	r := get("/shipments")
	r.URL.RawQuery = url.QueryEscape(strings.Repeat("é", 1000)+"\xff") + "=1"
	got := faults(t, rules(t).CheckRequest("ListShipments", r, none))
	if len(got) != 1 || len(got[0].Name) > 80 {
		t.Fatalf("fields %+v, want one short name", got)
	}
}

// FuzzListShipmentsQuery checks the promise that handlers rely on: a query that passes follows the document, whichever
// parser reads it.
func FuzzListShipmentsQuery(f *testing.F) {
	for _, query := range []string{
		"", "limit=5", "limit=+5", "limit=05", "ids=a,b", "ids=a%2Cb", "ids=a,a", "cursor=x&limit=100", "limit=1&limit=2", "a;b", "%",
	} {
		f.Add(query)
	}
	c := rules(f)
	id := regexp.MustCompile(`\A[A-Za-z0-9][A-Za-z0-9-]{0,63}\z`)
	f.Fuzz(func(t *testing.T, query string) {
		r := get("/shipments")
		r.URL.RawQuery = query
		var err error
		alloctest.Bound(t, len(query), func() { err = c.CheckRequest("ListShipments", r, none) })
		if faults(t, err) != nil {
			return
		}
		if err := allowed(query, id); err != nil {
			t.Fatalf("?%q passed: %v", query, err)
		}
	})
}

func allowed(query string, id *regexp.Regexp) error {
	values, err := url.ParseQuery(query)
	if err != nil {
		return err
	}
	for name, all := range values {
		if len(all) != 1 || !slices.Contains([]string{"ids", "limit", "cursor"}, name) {
			return fmt.Errorf("%q has %d values", name, len(all))
		}
	}
	if values.Has("ids") {
		list := strings.Split(values.Get("ids"), ",")
		unique := slices.Compact(slices.Sorted(slices.Values(list)))
		if len(values) > 1 || len(list) > 100 || len(unique) != len(list) || slices.ContainsFunc(list, func(s string) bool { return s == "search" || !id.MatchString(s) }) {
			return fmt.Errorf("ids %q", list)
		}
	}
	if values.Has("limit") {
		if n, err := strconv.Atoi(values.Get("limit")); err != nil || n < 1 || n > 100 || strconv.Itoa(n) != values.Get("limit") {
			return fmt.Errorf("limit %q", values.Get("limit"))
		}
	}
	return nil
}

// TestEachRuleOfATextInThePathHolds: those that trackingapi's own document does not have, too.
func TestEachRuleOfATextInThePathHolds(t *testing.T) {
	for _, tc := range []struct{ version, schema, good, bad string }{
		{"3.0.3", "type: string, enum: [red, blue]", "blue", "green"},
		{"3.0.3", "type: string, pattern: ^a+$", "aa", "b"},
		{"3.0.3", "type: string, minLength: 2", "ab", "a"},
		{"3.0.3", "type: string, maxLength: 2", "ab", "abc"},
		{"3.0.3", "type: string, format: date", "2026-05-01", "today"},
		{"3.0.3", "type: string, not: {enum: [no]}", "", "no"}, // the library cannot decode it: nothing fits
		{"3.0.3", "type: integer", "5", "five"},
		{"3.1.0", "type: string, const: red", "red", "blue"},
		{"3.1.0", "type: string, if: {minLength: 3}, then: {pattern: ^a}", "abc", "bcd"},
	} {
		document := fmt.Sprintf(`{openapi: %s, info: {title: t, version: "1"}, paths: {"/a/{x}": {get: {operationId: Get,
  parameters: [{name: x, in: path, required: true, schema: {%s}}], responses: {'200': {description: yes}}}}}}`, tc.version, tc.schema)
		c, err := openapi.New(openapi.Config{Document: []byte(document)})
		if err != nil {
			t.Fatalf("%s: %v", tc.schema, err)
		}
		check := func(value string) error {
			return c.CheckRequest("Get", get("/"), func(string) string { return value })
		}
		if tc.good != "" && faults(t, check(tc.good)) != nil {
			t.Errorf("%s: %q is refused: %v", tc.schema, tc.good, check(tc.good))
		}
		if got := faults(t, check(tc.bad)); len(got) != 1 || got[0].Name != "x" {
			t.Errorf("%s: %q: fields %+v, want the one field x", tc.schema, tc.bad, got)
		}
	}
}
