package prove

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"
)

// throttled are the codes by which AWS asks to come again later. Attacks are sent without the SDK's clients, which would.
var throttled = []string{"Throttling", "ThrottlingException", "ThrottledException", "RequestLimitExceeded", "ProvisionedThroughputExceededException", "SlowDown", "RequestThrottled"}

// backoff is how long to wait after the first answer that is throttled; after each next one it is twice as long, at most maxBackoff.
const (
	backoff    = 200 * time.Millisecond
	maxBackoff = 20 * time.Second
)

// errExpired: the credentials that prove was started with are no longer good, so that no further request is answered.
var errExpired = errors.New("the credentials expired: renew them, and run the same command again")

// lives returns errExpired where a says that of a caller whose credentials a run did not get itself.
func (w *World) lives(q request, a Answer) error {
	given := q.by == root || q.by == service || q.by == seedTask
	if w.account != nil && given && q.before == nil && q.after == nil && (a.Code == "ExpiredToken" || a.Code == "ExpiredTokenException") {
		return errExpired
	}
	return nil
}

// patiently sends a request until it is not throttled, or attempts times. Each time it is signed anew.
func (w *World) patiently(ctx context.Context, send func() (Answer, error)) (Answer, error) {
	wait := backoff
	for i := 1; ; i++ {
		a, err := send()
		if w.account == nil || err != nil || i == attempts || !slices.Contains(throttled, a.Code) && a.Status != http.StatusServiceUnavailable {
			return a, err
		}
		timer := time.NewTimer(wait/2 + rand.N(wait/2)) // not all at once
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return a, ctx.Err()
		}
		wait = min(2*wait, maxBackoff)
	}
}
