package load

import (
	"context"
	"sync/atomic"
	"time"
)

// Paced sends rate requests a second for as long as given, at even distances, however long answers take (an open loop). A request
// that finds all connections busy waits, and its delay counts from the moment at which it was due.
func (l *Load) Paced(ctx context.Context, rate float64, long time.Duration) (Outcome, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	apart := time.Duration(float64(time.Second) / rate)
	p := &pace{began: time.Now(), apart: apart, total: int64(long / apart)}
	return l.all(ctx, stop, func(w *worker, each *recorder) error { return w.paced(ctx, p, each) })
}

// pace hands out the moments at which requests are due.
type pace struct {
	began time.Time
	apart time.Duration
	total int64
	taken atomic.Int64
}

func (p *pace) next() (due time.Time, ok bool) {
	i := p.taken.Add(1) - 1
	return p.began.Add(time.Duration(i) * p.apart), i < p.total
}

func (w *worker) paced(ctx context.Context, p *pace, each *recorder) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		due, ok := p.next()
		if !ok {
			return nil
		}
		timer.Reset(time.Until(due))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
		}
		if err := w.ask(); err != nil {
			return err
		}
		if err := each.record(time.Since(due)); err != nil {
			return err
		}
	}
}
