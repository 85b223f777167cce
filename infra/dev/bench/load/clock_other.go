//go:build !linux

package load

import "time"

// clock is Go's own timer.
type clock struct {
	next  time.Time
	apart time.Duration
}

func newClock(apart time.Duration) (*clock, error) {
	return &clock{time.Now().Add(apart), apart}, nil
}

// wait returns how many ticks have passed since the last call, when it is one or more.
func (c *clock) wait() (uint64, error) {
	time.Sleep(time.Until(c.next))
	passed := 1 + time.Since(c.next)/c.apart
	c.next = c.next.Add(passed * c.apart)
	return uint64(passed), nil
}

func (*clock) stop() {}
