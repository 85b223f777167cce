package rows

import (
	"context"
	"fmt"
	"time"

	"example.com/shiptrack/infra/dev/bench/measure"
)

const (
	share     = 0.7             // of the peak
	pacedTurn = 3 * time.Second // some thousand requests, so that the last percent is some dozens
)

// tails asks the product for as much as it answers, then for a share of that, in each round.
func tails(ctx context.Context, p Place, _ []measure.Row) (map[string]measure.Series, map[string]string, error) {
	s := &stage{place: p}
	defer s.end()
	asked, _, err := etas(product)(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	var ratios measure.Series
	for round := range p.Rounds {
		peak, err := rateOf(asked)(ctx)
		if err != nil {
			return nil, nil, err
		}
		outcome, err := asked.Paced(ctx, share*peak, pacedTurn)
		if err != nil {
			return nil, nil, err
		}
		p50, p99 := outcome.Delay.ValueAtQuantile(50), outcome.Delay.ValueAtQuantile(99)
		fmt.Fprintf(p.Progress, "  round %d of %d: peak %.0f/s; at %.0f/s p50 %d µs, p99 %d µs\n", round+1, p.Rounds, peak, share*peak, p50, p99)
		ratios = append(ratios, float64(p99)/float64(p50))
	}
	return map[string]measure.Series{"p99_over_p50": ratios}, nil, nil
}
