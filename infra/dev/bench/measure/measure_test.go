package measure

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestMedianAndSpreadOfRounds(t *testing.T) {
	for _, tc := range []struct {
		values         Series
		median, spread float64
	}{
		{nil, 0, 0}, {Series{4}, 4, 0}, {Series{3, 1, 2}, 2, 0.5}, {Series{4, 1, 3, 2}, 2.5, 0.6}, {Series{10, 10, 10, 1000, 10}, 10, 0},
	} {
		if got := tc.values.Median(); got != tc.median {
			t.Errorf("median of %v = %v, want %v", tc.values, got, tc.median)
		}
		if got := tc.values.Spread(); math.Abs(got-tc.spread) > 1e-9 {
			t.Errorf("spread of %v = %v, want %v", tc.values, got, tc.spread)
		}
	}
	values := Series{3, 1, 2}
	if values.Median(); !slices.Equal(values, Series{3, 1, 2}) {
		t.Errorf("the median sorted the rounds: %v", values)
	}
}

func TestRatiosAreOfTheSameRound(t *testing.T) {
	if got := (Series{10, 40, 9}).Over(Series{10, 20}); !slices.Equal(got, Series{1, 2}) {
		t.Errorf("got %v, want [1 2]", got)
	}
}

func TestContendersTakeTurnsAndEachRoundBeginsWithAnother(t *testing.T) {
	var order []string
	contender := func(name string) Contender {
		return Contender{name, func(context.Context) (float64, error) {
			order = append(order, name)
			return float64(len(order)), nil
		}}
	}
	all, err := Interleave(t.Context(), []Contender{contender("a"), contender("b"), contender("c")}, 2, func(int, string, float64) {})
	if want := []string{"a", "b", "c", "b", "c", "a"}; err != nil || !slices.Equal(order, want) {
		t.Errorf("order %v (%v), want %v", order, err, want)
	}
	if want := (Series{1, 6}); !slices.Equal(all["a"], want) {
		t.Errorf("a has %v, want %v", all["a"], want)
	}
}

func TestATurnThatFailsOrIsInterruptedEndsTheRun(t *testing.T) {
	broken := errors.New("broken")
	ctx, interrupt := context.WithCancel(t.Context())
	for want, once := range map[error]func(context.Context) (float64, error){
		broken:           func(context.Context) (float64, error) { return 0, broken },
		context.Canceled: func(context.Context) (float64, error) { interrupt(); return 1, nil },
	} {
		all, err := Interleave(ctx, []Contender{{"a", once}}, 3, func(int, string, float64) {})
		if !errors.Is(err, want) || all != nil {
			t.Errorf("got %v, %v; want %v and no figure", all, err, want)
		}
		if errors.Is(want, broken) && !strings.HasPrefix(fmt.Sprint(err), "a: ") {
			t.Errorf("%v does not name the contender", err)
		}
	}
}

func TestTableSaysWhatIsMetAndWhatIsNotMeasured(t *testing.T) {
	results := []Result{
		{Row: Row{Name: "high", Must: 0.8}, Values: Series{0.8}},
		{Row: Row{Name: "low", Must: 0.8}, Values: Series{0.79}},
		{Row: Row{Name: "slow", Most: true, Must: 4}, Values: Series{5}},
		{Row: Row{Name: "none", Most: true}, Values: Series{0}},
		{Row: Row{Name: "told", Said: true}, Values: Series{0.1}},
		{Row: Row{Name: "absent", Must: 3}, Missing: "there is no java"},
	}
	var table strings.Builder
	if err := Table(&table, results); err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(strings.TrimSpace(table.String()), "\n")[1:] {
		want := []string{"met", "NOT MET", "NOT MET", "met", "said", "not measured: there is no java"}[i]
		if !strings.HasPrefix(line, results[i].Name) || !strings.HasSuffix(strings.TrimSpace(line), "  "+want) {
			t.Errorf("%q, want %s: %s", line, results[i].Name, want)
		}
	}
	text, err := JSON(results)
	if err != nil || strings.Contains(string(text), "absent") || !strings.Contains(string(text), `"none": 0`) {
		t.Errorf("%s, %v: want all that was measured, zero included, and nothing else", text, err)
	}
}
