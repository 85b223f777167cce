package tokenvending

import (
	"context"
	"fmt"
	"time"
)

// issueUnit is how exactly AWS tells when a session was vended (aws:TokenIssueTime is in whole seconds). Who revokes the sessions of a tenant
// ends those of the second that is running too, so a new session holds only if it is vended this long after the revocation.
const issueUnit = time.Second

// renewal is the replacement of a session that was refused as revoked.
type renewal struct {
	done  chan struct{} // closed when the old session is dropped
	ended time.Time     // when it was dropped; set before done is closed, as is final
	final time.Time     // until then a refusal of the new session is final
	times int           // in a row
}

// Renew replaces id's session, which a service has refused as revoked: it was vended before the tenant's sessions were ended. used is a time
// before the call that was refused began. It returns true after a second, when the next Retrieve hands out another session than the refused
// one; false where the session that was refused is a new one already: the tenant itself is refused. Then the same answer is given, without a
// call of STS, for a second, and after each further refusal for twice as long, up to thirty seconds. It fails with ctx's own error alone.
func (m *MachineOf[ID]) Renew(ctx context.Context, id ID, used time.Time) (bool, error) {
	r, again := m.renewal(id, used)
	if r == nil {
		return again, nil
	}
	select {
	case <-r.done:
		return true, nil
	case <-ctx.Done():
		return false, fmt.Errorf("tokenvending: waiting for a new session: %w", ctx.Err())
	}
}

// renewal returns the renewal to wait for, which it begins where there is none; nil where there is nothing to wait for.
func (m *MachineOf[ID]) renewal(id ID, used time.Time) (_ *renewal, again bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	last := m.renewals.get(id)
	switch {
	case last != nil && last.isUnderWay():
		return last, true
	case last != nil && last.ended.After(used): // it was replaced since the call began
		return nil, true
	case last != nil && now.Before(last.final):
		return nil, false
	}
	times := 1
	if last != nil && now.Sub(last.final) < maxBackoff {
		times = last.times + 1
	}
	r := m.renewals.set(id, func(r *renewal) { *r = renewal{done: make(chan struct{}), times: times} })
	time.AfterFunc(issueUnit, func() { m.replace(id, r) }) // not bound to a request: others wait for it
	return r, true
}

func (r *renewal) isUnderWay() bool {
	select {
	case <-r.done:
		return false
	default:
		return true
	}
}

// replace drops id's session, and ends r.
func (m *MachineOf[ID]) replace(id ID, r *renewal) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sessions.drop(id)
	r.ended = time.Now()
	r.final = r.ended.Add(wait(r.times))
	close(r.done)
}
