package main

import (
	"slices"
	"strings"
	"testing"
)

func TestReportKeepsEveryFigureUnderAStableName(t *testing.T) {
	const output = `goos: linux
pkg: example.com/shiptrack/pkg/tokenvending
BenchmarkRetrieve-2         	10000000	        90.5 ns/op	       0 B/op	       0 allocs/op
BenchmarkRetrieve/many-2    	     100	       120 ns/op	       5.0 ratio
PASS
ok  	example.com/shiptrack/pkg/tokenvending	2.1s
`
	var table strings.Builder
	got, err := report(strings.NewReader(output), &table)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]float64{
		"tokenvending.Retrieve/ns/op": 90.5, "tokenvending.Retrieve/allocs/op": 0,
		"tokenvending.Retrieve/many/ns/op": 120, "tokenvending.Retrieve/many/ratio": 5,
	} {
		if value, ok := got[name]; !ok || value != want {
			t.Errorf("%s = %v (there: %v), want %v; all: %v", name, value, ok, want, got)
		}
	}
	if !strings.Contains(table.String(), "tokenvending.Retrieve/many") {
		t.Errorf("the table lacks a row:\n%s", table.String())
	}
}

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
