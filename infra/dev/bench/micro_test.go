package main

import (
	"slices"
	"testing"
)

func TestPackagesWithoutABenchmarkAreNotBuilt(t *testing.T) {
	const module = "example.com/shiptrack/"
	got, err := withBenchmarks(t.Context(), []string{module + "pkg/problem", module + "pkg/tokenvending", module + "pkg/tenant", module + "pkg/authn"})
	if want := []string{module + "pkg/authn", module + "pkg/tokenvending"}; err != nil || !slices.Equal(slices.Sorted(slices.Values(got)), want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
	if got, err := withBenchmarks(t.Context(), []string{module + "pkg/tenant"}); err == nil {
		t.Errorf("got %v of a package without one, want an error", got)
	}
}
