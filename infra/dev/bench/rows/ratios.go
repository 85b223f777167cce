package rows

import (
	"context"
	"fmt"
	"slices"
	"time"

	"example.com/shiptrack/infra/dev/bench/load"
	"example.com/shiptrack/infra/dev/bench/measure"
)

// turn is how long a contender is asked in one round, after warm.
const (
	turn = 1500 * time.Millisecond
	warm = 300 * time.Millisecond
)

// ratio is a row that divides the answers a second of one contender by those of another.
type ratio struct {
	row         measure.Row
	over, under string
}

// contender starts something that is asked. Where it cannot be started here, missing says why.
type contender func(ctx context.Context, s *stage) (asked *load.Load, missing string, err error)

// ratiosOf is a group of ratios. Contenders that no wanted row needs are not started.
func ratiosOf(contenders map[string]contender, ratios ...ratio) Group {
	var rows []measure.Row
	for _, r := range ratios {
		rows = append(rows, r.row)
	}
	return Group{rows, func(ctx context.Context, p Place, wanted []measure.Row) (map[string]measure.Series, map[string]string, error) {
		s := &stage{place: p}
		defer s.end()
		turns, missing := []measure.Contender{}, map[string]string{}
		for _, name := range sidesOf(ratios, wanted) {
			asked, why, err := s.start(ctx, name, contenders[name])
			if err != nil {
				return nil, nil, err
			}
			if why != "" {
				missing[name] = why
				continue
			}
			turns = append(turns, measure.Contender{Name: name, Once: rateOf(asked)})
		}
		rates, err := measure.Interleave(ctx, turns, p.Rounds, func(round int, name string, rate float64) {
			fmt.Fprintf(p.Progress, "  round %d of %d: %s %.0f/s\n", round, p.Rounds, name, rate)
		})
		if err != nil {
			return nil, nil, err
		}
		values, why := divide(ratios, rates, missing)
		return values, why, nil
	}}
}

// rateOf asks for a moment first: what stood still has to get warm.
func rateOf(asked *load.Load) func(context.Context) (float64, error) {
	return func(ctx context.Context) (float64, error) {
		if _, err := asked.Run(ctx, warm); err != nil {
			return 0, err
		}
		outcome, err := asked.Run(ctx, turn)
		return outcome.Rate, err
	}
}

func sidesOf(ratios []ratio, wanted []measure.Row) (sides []string) {
	for _, r := range ratios {
		if !slices.Contains(wanted, r.row) {
			continue
		}
		for _, name := range []string{r.over, r.under} {
			if !slices.Contains(sides, name) {
				sides = append(sides, name)
			}
		}
	}
	return sides
}

func divide(ratios []ratio, rates map[string]measure.Series, missing map[string]string) (map[string]measure.Series, map[string]string) {
	values, why := map[string]measure.Series{}, map[string]string{}
	for _, r := range ratios {
		for _, side := range []string{r.over, r.under} {
			if missing[side] != "" {
				why[r.row.Name] = missing[side]
			}
		}
		if why[r.row.Name] == "" {
			values[r.row.Name] = rates[r.over].Over(rates[r.under])
		}
	}
	return values, why
}
