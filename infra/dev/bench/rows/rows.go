// Package rows has the rows of make bench: what each one measures, and what it must reach.
package rows

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"example.com/shiptrack/infra/dev/bench/measure"
)

// Place is where rows are measured.
type Place struct {
	Bin      string // the binaries of make build
	Work     string // for what a row writes
	Rounds   int
	Progress io.Writer
}

// Group is rows that are measured together, because they share a side.
type Group struct {
	Rows []measure.Row
	// measure returns the values of those rows that are wanted, or why a row cannot be measured here.
	measure func(ctx context.Context, p Place, wanted []measure.Row) (map[string]measure.Series, map[string]string, error)
}

// Select returns the groups with those of their rows that are named; with all where none is.
func Select(names []string) ([]Group, error) { return choose(groups(), names) }

func choose(all []Group, names []string) ([]Group, error) {
	var known []string
	var chosen []Group
	for _, g := range all {
		var kept []measure.Row
		for _, r := range g.Rows {
			known = append(known, r.Name)
			if len(names) == 0 || slices.Contains(names, r.Name) {
				kept = append(kept, r)
			}
		}
		if len(kept) > 0 {
			chosen = append(chosen, Group{kept, g.measure})
		}
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("there is no row %q, but %s", name, strings.Join(known, ", "))
		}
	}
	return chosen, nil
}

// Measure measures the groups one after the other, and returns a result for each of their rows. A group that fails does not end the run: its
// rows say why, and the error is that of all such groups.
func Measure(ctx context.Context, p Place, groups []Group) ([]measure.Result, error) {
	var results []measure.Result
	var failed []error
	for i, g := range groups {
		fmt.Fprintf(p.Progress, "[%d of %d] %s\n", i+1, len(groups), names(g.Rows))
		values, missing, err := g.measure(ctx, p, g.Rows)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", names(g.Rows), err))
		}
		for _, r := range g.Rows {
			result := measure.Result{Row: r, Values: values[r.Name], Missing: missing[r.Name]}
			switch {
			case err != nil:
				result = measure.Result{Row: r, Missing: "it failed: " + err.Error()}
			case len(result.Values) == 0 && result.Missing == "":
				return nil, fmt.Errorf("%s: no value, and no reason why", r.Name)
			}
			results = append(results, result)
		}
	}
	return results, errors.Join(failed...)
}

func names(rows []measure.Row) string {
	var all []string
	for _, r := range rows {
		all = append(all, r.Name)
	}
	return strings.Join(all, ", ")
}

func atLeast(name string, must float64) measure.Row { return measure.Row{Name: name, Must: must} }
func atMost(name string, must float64) measure.Row {
	return measure.Row{Name: name, Must: must, Most: true}
}
func said(name string) measure.Row { return measure.Row{Name: name, Said: true} }
