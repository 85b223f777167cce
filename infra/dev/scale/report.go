package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// policies are compared. The first is what the services do, with room for all tenants; the last is the same with short sessions.
var policies = []policy{
	{"all tenants on each instance", tenants, 0, time.Hour},
	{"500 sessions on each instance", 500, 0, time.Hour},
	{"500 sessions, two instances for each tenant", 500, 2, time.Hour},
	{"all tenants on each instance", tenants, 0, 15 * time.Minute},
}

// drawn is how many of them stand in the figure: those with sessions of an hour.
const drawn = 3

// run simulates all policies.
func run(ctx context.Context) ([]*outcome, error) {
	outcomes := make([]*outcome, len(policies))
	group, _ := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, p := range policies {
		group.Go(func() (err error) {
			outcomes[i], err = simulate(p)
			return err
		})
	}
	return outcomes, group.Wait()
}

func sum(values []int) (n int) {
	for _, v := range values {
		n += v
	}
	return n
}

// steady is the second half of the minutes.
func steady(values []int) []int { return values[len(values)/2:] }

// hottest is what the busiest instance answers, over the mean.
func (o *outcome) hottest() float64 {
	return float64(slices.Max(o.Answered)) * instances / float64(sum(o.Answered))
}

// table is what SCALE.md has of the outcomes.
func table(outcomes []*outcome) string {
	var b strings.Builder
	b.WriteString("| sessions are kept | lifetime | first minute: calls a second | requests that wait | second hour: calls a second | by tenant and hour | requests that wait | wait p50, p99 | busiest instance over the mean |\n")
	b.WriteString("| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for _, o := range outcomes {
		hours := (long / 2).Hours()
		calls := float64(sum(steady(o.Calls)))
		fmt.Fprintf(&b, "| %s | %.0f min | %.0f | %.0f %% | %.1f | %.1f | %s | %d ms, %d ms | %.1f |\n", o.Name, o.Lifetime.Minutes(),
			float64(o.Calls[0])/60, 100*float64(o.Waited[0])/float64(o.Requests[0]),
			calls/hours/3600, calls/hours/tenants, percent(sum(steady(o.Waited)), sum(steady(o.Requests))),
			o.Steady.ValueAtQuantile(50), o.Steady.ValueAtQuantile(99), o.hottest())
	}
	return b.String()
}

func percent(part, whole int) string {
	return fmt.Sprintf("%.2g %%", 100*float64(part)/float64(whole))
}
