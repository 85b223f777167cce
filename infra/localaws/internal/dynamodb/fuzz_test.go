package dynamodb

import (
	"slices"
	"testing"
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
		call, err := s.Read(t.Context(), requestOf(operation, string(body)))
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
