package load

import (
	"context"
	"time"
)

// Paced sends rate requests a second for as long as given, at even distances, however long answers take (an open loop). A request
// that finds all connections busy waits, and its delay counts from the moment at which it was due.
func (l *Load) Paced(ctx context.Context, rate float64, long time.Duration) (Outcome, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	apart := time.Duration(float64(time.Second) / rate)
	began := time.Now() // before the clock begins: no delay is told shorter than it was
	tick, err := newClock(apart)
	if err != nil {
		return Outcome{}, err
	}
	p := &pace{began: began, apart: apart, due: make(chan time.Time, long/apart)}
	go func() {
		defer tick.stop()
		if err := p.send(ctx, tick); err != nil {
			stop(err)
		}
		close(p.due)
	}()
	return l.all(ctx, stop, func(w *worker, each *recorder) error { return w.paced(ctx, p.due, each) })
}

// pace hands out the moments at which requests are due, when they are. due has room for all of them.
type pace struct {
	began time.Time
	apart time.Duration
	due   chan time.Time
}

func (p *pace) send(ctx context.Context, tick *clock) error {
	for sent := 0; sent < cap(p.due) && ctx.Err() == nil; {
		passed, err := tick.wait()
		if err != nil {
			return err
		}
		for range min(passed, uint64(cap(p.due)-sent)) {
			sent++
			p.due <- p.began.Add(time.Duration(sent) * p.apart)
		}
	}
	return nil
}

func (w *worker) paced(ctx context.Context, dues <-chan time.Time, each *recorder) error {
	for {
		var due time.Time
		select {
		case <-ctx.Done():
			return ctx.Err()
		case at, ok := <-dues:
			if !ok {
				return nil
			}
			due = at
		}
		if err := w.ask(); err != nil {
			return err
		}
		if err := each.record(time.Since(due)); err != nil {
			return err
		}
	}
}
