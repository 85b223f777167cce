package tokenvending

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"example.com/shiptrack/pkg/tenant"
)

// callTimeout bounds one AssumeRole with all of the SDK's own retries.
const callTimeout = 10 * time.Second

// Bounds of the wait after a failed call: it doubles with each failure in a row.
const (
	minBackoff = time.Second
	maxBackoff = 30 * time.Second
)

// call is one call of AssumeRole under way. session and err are set before done is closed.
type call struct {
	done    chan struct{}
	session *session
	err     *Error
}

// failure is the last failed call of a tenant; a call that succeeds removes it.
type failure struct {
	err   *Error
	times int // in a row
}

// await returns the credentials of the call for id, which it starts where there is none.
func (m *Machine) await(ctx context.Context, id tenant.ID) (aws.Credentials, error) {
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
func (m *Machine) join(ctx context.Context, id tenant.ID) (*call, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if c, ok := m.calls[id]; ok {
		return c, nil
	}
	now := time.Now()
	// A call may have ended between the caller's look into the cache and the lock.
	if s, ok := m.sessions.get(id); ok && s.isUsable(now) {
		ended := &call{done: make(chan struct{}), session: s}
		close(ended.done)
		return ended, nil
	}
	if last, ok := m.failures.get(id); ok && now.Before(last.err.RetryAt) {
		return nil, last.err.again()
	}
	return m.start(ctx, id, false), nil
}

// refresh starts a renewal of s, which is due, unless another request did; it does not wait.
func (m *Machine) refresh(ctx context.Context, id tenant.ID, s *session) {
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
func (m *Machine) start(ctx context.Context, id tenant.ID, refresh bool) *call {
	c := &call{done: make(chan struct{})}
	m.calls[id] = c
	go func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
		defer cancel()
		event := Event{Tenant: id, SessionARN: m.SessionARN(id), Refresh: refresh}
		start := time.Now()
		c.session, event.AWSRequestID, c.err = m.assume(ctx, id)
		event.Took, event.Err = time.Since(start), c.err
		m.finish(id, c)
		if m.config.Observe != nil {
			m.config.Observe(ctx, event)
		}
		close(c.done)
	}()
	return c
}

// finish keeps the outcome of c. It puts the session into the cache before it removes the call from the list: a request
// in between would find neither, and call again.
func (m *Machine) finish(id tenant.ID, c *call) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.calls, id)
	if c.err == nil {
		m.sessions.set(id, c.session)
		m.failures.drop(id)
		return
	}
	times := 1
	if last, ok := m.failures.get(id); ok {
		times = last.times + 1
	}
	c.err.RetryAt = time.Now().Add(backoff(times))
	m.failures.set(id, &failure{err: c.err, times: times})
	if s, ok := m.sessions.get(id); ok {
		s.due.Store(c.err.RetryAt.UnixNano())
	}
}

// backoff is the wait after the nth failure in a row, less up to a fifth by chance.
func backoff(times int) time.Duration {
	wait := maxBackoff
	if shift := times - 1; shift < 5 {
		wait = min(minBackoff<<shift, maxBackoff)
	}
	return wait - rand.N(wait/5)
}

// assume asks STS for a session of id. requestID is the call's, empty where STS did not answer.
func (m *Machine) assume(ctx context.Context, id tenant.ID) (s *session, requestID string, failed *Error) {
	asked := time.Now()
	out, err := m.config.STS.AssumeRole(ctx, &sts.AssumeRoleInput{
		RoleArn:           aws.String(m.config.RoleARN),
		RoleSessionName:   aws.String(m.sessionName(id)),
		DurationSeconds:   aws.Int32(int32(m.config.Duration / time.Second)),
		Tags:              []types.Tag{{Key: aws.String(TagKey), Value: aws.String(id.String())}},
		TransitiveTagKeys: []string{TagKey},
	})
	if err != nil {
		var answer *awshttp.ResponseError
		if errors.As(err, &answer) {
			requestID = answer.ServiceRequestID()
		}
		return nil, requestID, &Error{Kind: kindOf(err), Tenant: id, cause: err}
	}
	if out != nil {
		requestID, _ = awsmiddleware.GetRequestIDMetadata(out.ResultMetadata)
	}
	s, err = newSession(out, m.SessionARN(id), asked, m.config.Duration)
	if err != nil {
		return nil, requestID, &Error{Kind: Mismatched, Tenant: id, cause: err}
	}
	return s, requestID, nil
}
