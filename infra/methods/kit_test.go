package methods

import (
	"context"
	"sync"
	"testing"
)

// compare is Compare, once for all tests.
var compare = sync.OnceValues(func() ([]Result, error) { return Compare(context.Background()) })

func compared(t *testing.T) []Result {
	t.Helper()
	results, err := compare()
	if err != nil {
		t.Fatal(err)
	}
	return results
}

func define(t *testing.T, n int) []Definition {
	t.Helper()
	definitions, err := Definitions(n)
	if err != nil {
		t.Fatal(err)
	}
	return definitions
}

// world is a World that ends with the test.
func world(t *testing.T, m Method, definitions []Definition, tenants ...string) *World {
	t.Helper()
	w, err := NewWorld(t.Context(), m, definitions, tenants...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}
