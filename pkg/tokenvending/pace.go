package tokenvending

import (
	"context"
	"sync"
	"time"
)

// slowest is the longest time between two calls that throttling can lead to.
const slowest = time.Second

// pace bounds how many calls of STS are under way, and spaces them out: at most so many in any second. Where STS throttles
// nevertheless, because others use the account's quota too, it learns: the time between two calls doubles, and each
// call that is answered makes it a twentieth shorter again. It is safe for concurrent use.
type pace struct {
	places chan struct{} // one for each call under way
	gate   chan struct{} // held by the call whose turn is next: the others wait in order
	least  time.Duration // between two calls

	mu      sync.Mutex
	between time.Duration // least, or more after throttling
	next    time.Time     // no call before
	slowed  time.Time     // when between was doubled last
}

func newPace(perSecond, inFlight int) *pace {
	least := (time.Second + time.Duration(perSecond) - 1) / time.Duration(perSecond)
	return &pace{places: make(chan struct{}, inFlight), gate: make(chan struct{}, 1), least: least, between: least}
}

// enter waits for a place among the calls under way. After it returned nil, leave must be called.
func (p *pace) enter(ctx context.Context) error { return put(ctx, p.places) }

func (p *pace) leave() { <-p.places }

// turn waits until the next call may be sent.
func (p *pace) turn(ctx context.Context) error {
	if err := put(ctx, p.gate); err != nil {
		return err
	}
	defer func() { <-p.gate }()
	for {
		wait := p.claim(time.Now())
		if wait <= 0 {
			return nil
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

// claim takes the turn at now and returns 0, or returns how long there is to wait.
func (p *pace) claim(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if wait := p.next.Sub(now); wait > 0 {
		return wait
	}
	p.next = now.Add(p.between)
	return 0
}

// throttled says that STS refused a call, sent at sent, since there were too many. Calls that were sent before the pace
// was slowed down say nothing about the new pace.
func (p *pace) throttled(sent, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if sent.Before(p.slowed) {
		return
	}
	p.between, p.slowed = min(2*p.between, slowest), now
	p.next = now.Add(p.between)
}

// answered says that STS did not throttle a call.
func (p *pace) answered() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.between = max(p.between-p.between/20, p.least)
}

func put(ctx context.Context, into chan<- struct{}) error {
	select {
	case into <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
