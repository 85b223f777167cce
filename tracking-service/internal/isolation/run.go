package isolation

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"
)

// The time between two checks while isolation is not shown to hold, never longer than Config.Interval. Before the first
// result it is a quarter of the time since the start, within these bounds: a service whose roles and table are made at the
// same time is ready soon after them.
const (
	minFirstRetry = 50 * time.Millisecond
	maxFirstRetry = 5 * time.Second
	retry         = 10 * time.Second // after the first result
)

// warnEvery is after how many checks in a row that show nothing a warning is due.
const warnEvery = 3

// remindEvery is how often a gate that does not enforce says so.
const remindEvery = time.Hour

// Run checks until ctx is done.
func (g *Gate) Run(ctx context.Context) {
	g.started = time.Now()
	if !g.config.Enforce {
		go g.remind(ctx)
	}
	for {
		found := g.config.Check(ctx)
		if ctx.Err() != nil {
			return // the check was cut off, which shows nothing
		}
		g.settle(ctx, found)
		if !sleep(ctx, jitter(g.wait())) {
			return
		}
	}
}

// wait returns the time until the next check, before jitter.
func (g *Gate) wait() time.Duration {
	wait := retry
	switch s := g.state; {
	case s.last.Result == Holds, s.last.Result == Violated && !g.config.Enforce:
		return g.config.Interval
	case s.stands == "":
		wait = min(max(time.Since(g.started)/4, minFirstRetry), maxFirstRetry)
	}
	return min(wait, g.config.Interval)
}

// jitter returns d less up to a fifth by chance, so that instances do not ask AWS at the same time.
func jitter(d time.Duration) time.Duration { return d - rand.N(d/5+1) }

// remind says at once, and then each hour, that nothing is enforced.
func (g *Gate) remind(ctx context.Context) {
	for {
		g.config.Logger.LogAttrs(ctx, slog.LevelWarn,
			"ISOLATION_CHECK=report: the service serves even where the isolation check shows that isolation does not hold; never in production")
		if !sleep(ctx, remindEvery) {
			return
		}
	}
}

// sleep returns false where ctx ends before d is over.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
