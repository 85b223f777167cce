package rows

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"example.com/shiptrack/infra/dev/bench/measure"
)

func TestRowsThatAreNamedAreMeasuredAlone(t *testing.T) {
	all := []Group{{Rows: []measure.Row{said("a"), said("b")}}, {Rows: []measure.Row{said("c")}}}
	got, err := choose(all, []string{"b"})
	if err != nil || len(got) != 1 || names(got[0].Rows) != "b" {
		t.Errorf("got %v, %v; want b alone", got, err)
	}
	if _, err := choose(all, []string{"d"}); err == nil || !strings.Contains(err.Error(), `"d", but a, b, c`) {
		t.Errorf("an unknown row: %v, want all that are known", err)
	}
}

func TestSidesThatNoWantedRowNeedsAreNotStarted(t *testing.T) {
	ratios := []ratio{{said("a"), "x", "y"}, {said("b"), "x", "z"}}
	if got := sidesOf(ratios, []measure.Row{said("b")}); !slices.Equal(got, []string{"x", "z"}) {
		t.Errorf("got %v, want x and z", got)
	}
}

func TestASideThatIsMissingIsTheReasonOfItsRowsAlone(t *testing.T) {
	ratios := []ratio{{said("a"), "x", "y"}, {said("b"), "x", "z"}}
	values, why := divide(ratios, map[string]measure.Series{"x": {4, 6}, "y": {2, 2}}, map[string]string{"z": "there is no java"})
	if !slices.Equal(values["a"], measure.Series{2, 3}) || values["b"] != nil || why["b"] != "there is no java" || why["a"] != "" {
		t.Errorf("values %v, reasons %v", values, why)
	}
}

func TestAFigureThatABenchmarkLacksIsNotMeasured(t *testing.T) {
	b := benchmark{name: "BenchmarkX", pkg: "p", figures: []figure{{said("ms"), "p50-us", 0.001}, {said("other"), "none", 1}}}
	values, missing := b.read([]byte("BenchmarkX-2 \t 1 \t 5 ns/op \t 1500 p50-us\nBenchmarkX-2 \t 1 \t 5 ns/op \t 500 p50-us\n"))
	if !slices.Equal(values["ms"], measure.Series{1.5, 0.5}) || values["other"] != nil || missing["other"] == "" || missing["ms"] != "" {
		t.Errorf("values %v, missing %v", values, missing)
	}
}

func TestARowWithNeitherValueNorReasonIsAnError(t *testing.T) {
	g := Group{[]measure.Row{said("a")}, func(context.Context, Place, []measure.Row) (map[string]measure.Series, map[string]string, error) {
		return nil, nil, nil
	}}
	if _, err := Measure(t.Context(), Place{Progress: io.Discard}, []Group{g}); err == nil {
		t.Error("no error")
	}
}

func TestAGroupThatFailsLeavesTheOthersMeasured(t *testing.T) {
	broken := Group{[]measure.Row{said("a")}, func(context.Context, Place, []measure.Row) (map[string]measure.Series, map[string]string, error) {
		return nil, nil, errors.New("it does not start")
	}}
	whole := Group{[]measure.Row{said("b")}, func(context.Context, Place, []measure.Row) (map[string]measure.Series, map[string]string, error) {
		return map[string]measure.Series{"b": {1}}, nil, nil
	}}
	results, err := Measure(t.Context(), Place{Progress: io.Discard}, []Group{broken, whole})
	if err == nil || !strings.Contains(err.Error(), "a: it does not start") {
		t.Errorf("%v, want the row and why it failed", err)
	}
	if len(results) != 2 || !strings.Contains(results[0].Missing, "it does not start") || !slices.Equal(results[1].Values, measure.Series{1}) {
		t.Errorf("results %+v", results)
	}
}
