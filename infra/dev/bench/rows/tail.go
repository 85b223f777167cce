package rows

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"example.com/shiptrack/infra/dev/bench/load"
	"example.com/shiptrack/infra/dev/bench/measure"
)

const (
	share     = 0.7             // of the peak
	pacedTurn = 3 * time.Second // some thousand requests, so that the last percent is some dozens
)

// tail is a row on one side's delays. The floor's says what the machine has: each of its stalls is in both.
type tail struct {
	row  measure.Row
	name string
	side contender
}

// tailsOf is a group of tails.
func tailsOf(tails ...tail) Group {
	var rows []measure.Row
	for _, t := range tails {
		rows = append(rows, t.row)
	}
	return Group{rows, func(ctx context.Context, p Place, wanted []measure.Row) (map[string]measure.Series, map[string]string, error) {
		s := &stage{place: p}
		defer s.end()
		turns, missing := []measure.Contender{}, map[string]string{}
		for _, t := range tails {
			if !slices.Contains(wanted, t.row) {
				continue
			}
			asked, why, err := s.start(ctx, t.name, t.side)
			if err != nil {
				return nil, nil, err
			}
			if why != "" {
				missing[t.row.Name] = why
				continue
			}
			turns = append(turns, measure.Contender{Name: t.row.Name, Once: tailOf(asked, p.Progress)})
		}
		values, err := measure.Interleave(ctx, turns, p.Rounds, func(round int, name string, value float64) {
			fmt.Fprintf(p.Progress, "  round %d of %d: %s %.1f\n", round, p.Rounds, name, value)
		})
		return values, missing, err
	}}
}

// tailOf asks for as much as is answered, then for a share of that.
func tailOf(asked *load.Load, progress io.Writer) func(context.Context) (float64, error) {
	return func(ctx context.Context) (float64, error) {
		peak, err := rateOf(asked)(ctx)
		if err != nil {
			return 0, err
		}
		outcome, err := asked.Paced(ctx, share*peak, pacedTurn)
		if err != nil {
			return 0, err
		}
		p50, p99 := outcome.Delay.ValueAtQuantile(50), outcome.Delay.ValueAtQuantile(99)
		fmt.Fprintf(progress, "  peak %.0f/s; at %.0f/s p50 %d µs, p99 %d µs\n", peak, share*peak, p50, p99)
		return float64(p99) / float64(p50), nil
	}
}
