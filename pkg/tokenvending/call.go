package tokenvending

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// callTimeout bounds one AssumeRole with all of the SDK's own retries. queueTimeout bounds the wait for its turn before.
const (
	callTimeout  = 10 * time.Second
	queueTimeout = 30 * time.Second
)

// Bounds of the wait after a failed call: it doubles with each failure in a row.
const (
	minBackoff = time.Second
	maxBackoff = 30 * time.Second
)

// call is one call of AssumeRole under way. session and err are set before done is closed.
type call[ID comparable] struct {
	done    chan struct{}
	session *session
	err     *ErrorOf[ID]
}

// failure is the last failed call of a tenant; a call that succeeds removes it.
type failure[ID comparable] struct {
	err   *ErrorOf[ID]
	times int // in a row
}

// await returns the credentials of the call for id, which it starts where there is none.
func (m *MachineOf[ID]) await(ctx context.Context, id ID) (aws.Credentials, error) {
	if err := ctx.Err(); err != nil {
		return aws.Credentials{}, fmt.Errorf("tokenvending: %w", err)
	}
	c, err := m.join(ctx, id)
	if err != nil {
		return aws.Credentials{}, err
	}
	select {
	case <-c.done:
	case <-ctx.Done():
		return aws.Credentials{}, fmt.Errorf("tokenvending: waiting for STS: %w", ctx.Err())
	}
	if c.err != nil {
		return aws.Credentials{}, c.err
	}
	return c.session.credentials, nil
}

// join returns the call for id: the one under way, one that has just ended, or a new one. While id is backed
// off it returns the reason instead.
func (m *MachineOf[ID]) join(ctx context.Context, id ID) (*call[ID], error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if c, ok := m.calls[id]; ok {
		return c, nil
	}
	now := time.Now()
	// A call may have ended between the caller's look into the cache and the lock.
	if s := m.sessions.get(id); s != nil && s.isUsable(now) {
		ended := &call[ID]{done: make(chan struct{}), session: &s.session}
		close(ended.done)
		return ended, nil
	}
	if last := m.failures.get(id); last != nil && now.Before(last.err.RetryAt) {
		return nil, last.err.again()
	}
	return m.start(ctx, id, false), nil
}

// refresh starts a renewal of s, which is due, unless another request did; it does not wait.
func (m *MachineOf[ID]) refresh(ctx context.Context, id ID, s *kept) {
	now := time.Now()
	if !s.claim(now, now.Add(callTimeout)) {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.calls[id]; !ok {
		m.start(ctx, id, true)
	}
}

// start begins a call; m.mu is held. The call has ctx's values (its trace), but does not end with ctx: others wait for it.
func (m *MachineOf[ID]) start(ctx context.Context, id ID, refresh bool) *call[ID] {
	c := &call[ID]{done: make(chan struct{})}
	m.calls[id] = c
	go func() {
		defer close(c.done)
		m.carryOut(context.WithoutCancel(ctx), id, refresh, c)
	}()
	return c
}

// carryOut sets the outcome of c and keeps it. Code that is not ours runs in between (the STS client, functions of the
// Config): whatever becomes of that, c ends.
func (m *MachineOf[ID]) carryOut(ctx context.Context, id ID, refresh bool, c *call[ID]) {
	event := EventOf[ID]{Tenant: id, Refresh: refresh}
	start := time.Now()
	err := guarded("the call of STS", func() {
		event.SessionARN = m.SessionARN(id)
		c.session, event.AWSRequestID, c.err = m.assume(ctx, id)
	})
	if err != nil {
		c.session, c.err = nil, &ErrorOf[ID]{Kind: Unavailable, Tenant: id, cause: err}
	}
	m.backOff(id, c.err)
	event.Took, event.Err = time.Since(start), c.err
	if m.config.Observe != nil {
		if err := guarded("Observe", func() { m.config.Observe(ctx, event) }); err != nil {
			c.session, c.err = nil, &ErrorOf[ID]{Kind: Unavailable, Tenant: id, cause: err}
			m.backOff(id, c.err)
		}
	}
	m.finish(id, c)
}

// backOff keeps a failure, and sets how long it is answered in place of a call. It does nothing without one.
func (m *MachineOf[ID]) backOff(id ID, failed *ErrorOf[ID]) {
	if failed == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	times := 1
	if last := m.failures.get(id); last != nil {
		times = last.times + 1
	}
	failed.RetryAt = time.Now().Add(wait(times))
	m.failures.set(id, func(f *failure[ID]) { *f = failure[ID]{err: failed, times: times} })
	if s := m.sessions.get(id); s != nil {
		s.due.Store(failed.RetryAt.UnixNano())
	}
}

// finish keeps the session of c, if it has one. It puts the session into the cache before it removes the call from the
// list: a request in between would find neither, and call again.
func (m *MachineOf[ID]) finish(id ID, c *call[ID]) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.calls, id)
	if c.err == nil {
		m.sessions.set(id, func(k *kept) { k.take(c.session) })
		m.failures.drop(id)
	}
}

// wait is the time after the nth failure in a row, less up to a fifth by chance.
func wait(times int) time.Duration {
	longest := maxBackoff
	if shift := times - 1; shift < 5 {
		longest = min(minBackoff<<shift, maxBackoff)
	}
	return longest - rand.N(longest/5)
}

// assume asks STS for a session of id. requestID is the call's, empty where STS did not answer.
func (m *MachineOf[ID]) assume(ctx context.Context, id ID) (s *session, requestID string, failed *ErrorOf[ID]) {
	a, err := m.ask(ctx, id)
	if err != nil {
		return nil, a.requestID, &ErrorOf[ID]{Kind: kindOf(err), Tenant: id, cause: err}
	}
	s, err = newSession(a.out, m.SessionARN(id), a.sent, m.config.Duration)
	switch {
	case errors.Is(err, errClock):
		return nil, a.requestID, &ErrorOf[ID]{Kind: ClockSkewed, Tenant: id, cause: err}
	case err != nil:
		return nil, a.requestID, &ErrorOf[ID]{Kind: Mismatched, Tenant: id, cause: err}
	}
	return s, a.requestID, nil
}
