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

// flight is one call of AssumeRole under way. session and err are set before done is closed.
type flight struct {
	done    chan struct{}
	session *session
	err     *Error
}

// failure is the last failed call of a tenant that had none succeed since.
type failure struct {
	err   *Error
	times int // in a row
}

// await returns the credentials of the flight for id, which it starts where there is none.
func (m *Machine) await(ctx context.Context, id tenant.ID) (aws.Credentials, error) {
	if err := ctx.Err(); err != nil {
		return aws.Credentials{}, fmt.Errorf("tokenvending: %w", err)
	}
	f, err := m.board(ctx, id)
	if err != nil {
		return aws.Credentials{}, err
	}
	select {
	case <-f.done:
	case <-ctx.Done():
		return aws.Credentials{}, fmt.Errorf("tokenvending: waiting for STS: %w", ctx.Err())
	}
	if f.err != nil {
		return aws.Credentials{}, f.err
	}
	return f.session.credentials, nil
}

// board returns the flight for id: the one under way, one that has just landed, or a new one. While id is backed
// off it returns the reason instead.
func (m *Machine) board(ctx context.Context, id tenant.ID) (*flight, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if f, ok := m.flights[id]; ok {
		return f, nil
	}
	now := time.Now()
	// A flight may have landed between the caller's look into the cache and the lock.
	if s, ok := m.sessions.GetIfPresent(id); ok && s.isUsable(now) {
		landed := &flight{done: make(chan struct{}), session: s}
		close(landed.done)
		return landed, nil
	}
	if last, ok := m.failures.GetIfPresent(id); ok && now.Before(last.err.RetryAt) {
		return nil, last.err.again()
	}
	return m.depart(ctx, id, false), nil
}

// refresh starts a renewal of s, which is due, unless another request did; it does not wait.
func (m *Machine) refresh(ctx context.Context, id tenant.ID, s *session) {
	now := time.Now()
	if !s.claim(now, now.Add(callTimeout)) {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.flights[id]; !ok {
		m.depart(ctx, id, true)
	}
}

// depart starts a call; m.mu is held. The call keeps ctx's values (its trace), not its end: others wait for it too.
func (m *Machine) depart(ctx context.Context, id tenant.ID, refresh bool) *flight {
	f := &flight{done: make(chan struct{})}
	m.flights[id] = f
	go func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
		defer cancel()
		event := Event{Tenant: id, SessionARN: m.SessionARN(id), Refresh: refresh}
		start := time.Now()
		f.session, event.AWSRequestID, f.err = m.assume(ctx, id)
		event.Took, event.Err = time.Since(start), f.err
		m.land(id, f)
		if m.config.Observe != nil {
			m.config.Observe(ctx, event)
		}
		close(f.done)
	}()
	return f
}

// land keeps the outcome of f. The session is in the cache before the flight is gone, so that no request sees
// neither of them and calls again.
func (m *Machine) land(id tenant.ID, f *flight) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.flights, id)
	if f.err == nil {
		m.sessions.Set(id, f.session)
		m.failures.Invalidate(id)
		return
	}
	times := 1
	if last, ok := m.failures.GetIfPresent(id); ok {
		times = last.times + 1
	}
	f.err.RetryAt = time.Now().Add(backoff(times))
	m.failures.Set(id, &failure{err: f.err, times: times})
	if s, ok := m.sessions.GetIfPresent(id); ok {
		s.due.Store(f.err.RetryAt.UnixNano())
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
