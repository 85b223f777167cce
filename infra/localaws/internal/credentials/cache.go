package credentials

import (
	"context"
	"time"
)

// Renewal: AWS's SDKs ask again five minutes ahead of expiry, and must get a session with more left
// than that.
const (
	renewAhead = 15 * time.Minute // at most; half of a shorter session's life
	backOff    = time.Second      // after a failure
)

// Cache keeps one session and renews it ahead of its expiry. While localaws does not answer, it keeps the
// session that it has, until that expires. It is safe for concurrent use, and makes one fetch at a time.
type Cache struct {
	fetch   func(context.Context) (*Session, error)
	now     func() time.Time
	turn    chan struct{} // holds the fields below
	current *Session
	renewAt time.Time
	retryAt time.Time
	failure error
}

// NewCache returns a Cache over fetch, which must end by itself (Client.Fetch).
func NewCache(fetch func(context.Context) (*Session, error), now func() time.Time) *Cache {
	return &Cache{fetch: fetch, now: now, turn: make(chan struct{}, 1)}
}

// Session returns a session that is valid now, or fetch's error.
func (c *Cache) Session(ctx context.Context) (*Session, error) {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	now := c.now()
	if c.current != nil && now.Before(c.renewAt) {
		return c.current, nil
	}
	if !now.Before(c.retryAt) {
		c.renew(ctx)
	}
	if c.current != nil && c.now().Before(c.current.Expiration) {
		return c.current, nil
	}
	return nil, c.failure
}

func (c *Cache) renew(ctx context.Context) {
	// Others wait for this fetch too: it does not end with the one that began it.
	session, err := c.fetch(context.WithoutCancel(ctx))
	now := c.now()
	if err != nil {
		c.failure, c.retryAt = err, now.Add(backOff)
		return
	}
	life := session.Expiration.Sub(now)
	c.current, c.renewAt = session, session.Expiration.Add(-min(renewAhead, life/2))
	c.failure, c.retryAt = errExpiredAtOnce, time.Time{}
}

// errExpiredAtOnce is answered where a session ran out between its fetch and its use.
var errExpiredAtOnce = &Error{Code: Unreachable, Message: "localaws gave a session that had expired"}
