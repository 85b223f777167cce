package dynamodb

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"example.com/shiptrack/infra/localaws/internal/alloctest"
	"example.com/shiptrack/infra/localaws/internal/api"
)

// keyOperations name keys: where their table is known they must never be authorized without them.
var keyOperations = []string{
	"GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "BatchGetItem", "BatchWriteItem", "TransactGetItems",
	"TransactWriteItems", "ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction", "SearchVectors", "StartBulkPutItems",
}

func FuzzRead(f *testing.F) {
	for _, row := range operationRows {
		f.Add(row.operation, []byte(row.body))
	}
	for _, a := range attacks {
		f.Add(a.operation, []byte(a.attack))
		f.Add(a.operation, []byte(a.control))
	}
	s := newIndexed(f)
	put(f, s, "yellow", "1", `"Carrier":{"S":"fast"},"Weight":{"N":"7"},"Seal":{"B":"AA=="}`)
	f.Fuzz(func(t *testing.T, operation string, body []byte) {
		var call *api.Call
		var err error
		alloctest.Bound(t, len(operation)+len(body), func() { call, err = s.Read(t.Context(), requestOf(operation, string(body))) })
		if err != nil {
			return
		}
		if len(call.Permissions) == 0 {
			t.Errorf("%s %s: no permission", operation, body)
		}
		for _, p := range call.Permissions {
			named := false // an empty value is one
			p.Context.Each(func(name string, values []string, unknown bool) {
				named = named || name == leadingKeys && (unknown || len(values) > 0)
			})
			if slices.Contains(keyOperations, operation) && !named {
				t.Errorf("%s %s: LeadingKeys is absent or empty for %s", operation, body, p.Action)
			}
		}
		if operation != "DeleteTable" {
			_, _ = call.Answer(t.Context()) // it must not panic
		}
	})
}

// FuzzStatement: a statement of PartiQL names its keys, or they are unknown.
func FuzzStatement(f *testing.F) {
	for _, statement := range []string{
		`SELECT * FROM TrackingData WHERE TenantID = 'y'`, `select a.b[0], "c" from "TrackingData"."ByCarrier" where "TenantID" in ('y', ?)`,
		`INSERT INTO TrackingData VALUE {'TenantID':'y','L':[1,[2,<<3>>]]}`, `UPDATE TrackingData SET a = ? WHERE TenantID = 'y' RETURNING ALL OLD *`,
		`DELETE FROM TrackingData WHERE begins_with(TenantID, 'y')`, `SELECT * FROM TrackingData WHERE TenantID = [[[[[[[[1]]]]]]]]`,
		`SELECT * FROM TrackingData WHERE TenantID IN [` + strings.Repeat("1,", 4000) + `1]`,
	} {
		f.Add(statement, "y")
	}
	s := newIndexed(f)
	f.Fuzz(func(t *testing.T, statement, parameter string) {
		body, err := json.Marshal(map[string]any{"Statement": statement, "Parameters": []any{map[string]string{"S": parameter}}})
		if err != nil {
			return
		}
		alloctest.Bound(t, len(body), func() {
			call, err := s.Read(t.Context(), requestOf("ExecuteStatement", string(body)))
			if err != nil {
				return
			}
			for _, p := range call.Permissions {
				named := false
				p.Context.Each(func(name string, values []string, unknown bool) {
					named = named || name == leadingKeys && (unknown || len(values) > 0)
				})
				if !named {
					t.Errorf("%q: LeadingKeys is absent or empty for %s", statement, p.Action)
				}
			}
		})
	})
}
