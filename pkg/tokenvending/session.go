package tokenvending

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// session is what STS gave for one tenant. It is constant.
type session struct {
	credentials aws.Credentials
	asked       time.Time
}

// kept is a session in the cache.
type kept struct {
	due atomic.Int64 // Unix time in nanoseconds from which a renewal may be tried
	session
}

// take makes k of s.
func (k *kept) take(s *session) {
	k.session = *s
	k.due.Store(renewalTime(s.asked, s.credentials.Expires).UnixNano())
}

// isUsable derives its end each time: what is kept is kept for each of a million tenants.
func (s *session) isUsable(now time.Time) bool {
	return now.Before(s.credentials.Expires.Add(-ExpiryWindow))
}

func (k *kept) isDue(now time.Time) bool { return now.UnixNano() >= k.due.Load() }

// claim postpones the next renewal to until, and reports whether the caller is the one to renew now.
func (k *kept) claim(now, until time.Time) bool {
	due := k.due.Load()
	return now.UnixNano() >= due && k.due.CompareAndSwap(due, until.UnixNano())
}

// errClock says that a session is at its end by our clock as soon as it is vended.
var errClock = errors.New("check this machine's clock")

// newSession reads STS's answer to a request for the session arn. The answer must name the same session: credentials
// that may be another tenant's are never kept. Where the clocks differ, the earlier of the two ends counts.
func newSession(out *sts.AssumeRoleOutput, arn string, asked time.Time, duration time.Duration) (*session, error) {
	if out == nil || out.AssumedRoleUser == nil || out.Credentials == nil {
		return nil, fmt.Errorf("the answer lacks the assumed role or the credentials")
	}
	if got := aws.ToString(out.AssumedRoleUser.Arn); got != arn {
		return nil, fmt.Errorf("the answer is for %q, not for %q", got, arn)
	}
	c := out.Credentials
	credentials := aws.Credentials{
		AccessKeyID:     aws.ToString(c.AccessKeyId),
		SecretAccessKey: aws.ToString(c.SecretAccessKey),
		SessionToken:    aws.ToString(c.SessionToken),
		Source:          "TokenVending",
		CanExpire:       true,
		Expires:         aws.ToTime(c.Expiration),
	}
	if !credentials.HasKeys() || credentials.SessionToken == "" || credentials.Expires.IsZero() {
		return nil, fmt.Errorf("the answer's credentials are incomplete")
	}
	// Round drops the monotonic clock, which stands still while the machine sleeps; STS's does not.
	if end := asked.Add(duration).Round(0); credentials.Expires.After(end) {
		credentials.Expires = end
	}
	s := &session{credentials: credentials, asked: asked}
	if !s.isUsable(asked) {
		ahead := asked.Add(duration).Sub(credentials.Expires).Round(time.Second)
		return nil, fmt.Errorf("the session ends at %v by STS's clock, which is %v behind ours: %w", credentials.Expires.Round(0), ahead, errClock)
	}
	return s, nil
}

// renewalTime is somewhere in the first half of the last fifth, so that sessions vended together are not renewed
// together, and half of that fifth remains for STS to come back.
func renewalTime(start, end time.Time) time.Time {
	lifetime := end.Sub(start)
	return end.Add(-lifetime / 5).Add(rand.N(lifetime / 10))
}
