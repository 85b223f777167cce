package authn

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

const (
	refreshInterval = 10 * time.Minute       // while the issuer answers
	firstRetry      = 100 * time.Millisecond // doubled at each failure
	lastRetry       = 30 * time.Second
	maxAge          = 24 * time.Hour // of keys that could not be loaded again since

	// A token that does not fit the known keys asks for a refresh: at most againBurst at once, and one each
	// againInterval. That bounds what a flood of invented kids or signatures costs the issuer, and how long a new
	// key may stay unknown during one.
	againInterval = 10 * time.Second
	againBurst    = 2
)

var errNotLoaded = errors.New("the issuer's keys are not loaded yet")

// unavailableError says that we cannot tell whether a token is valid.
type unavailableError struct {
	cause      error
	retryAfter time.Duration
}

func (e *unavailableError) Error() string { return "authn: " + e.cause.Error() }
func (e *unavailableError) Unwrap() error { return e.cause }

// keySet is the published keys of one provider. It is safe for concurrent use.
type keySet struct {
	source  *source
	now     func() time.Time
	logger  *slog.Logger
	again   *rate.Limiter
	first   chan struct{} // closed when the first attempt has ended
	current atomic.Pointer[published]

	mu        sync.Mutex
	inFlight  chan struct{} // closed when the attempt under way has ended; nil without one
	loadedAt  time.Time     // of the last success; zero before it
	lastErr   error         // of the last attempt
	notBefore time.Time     // the issuer asked not to be asked before
	leftOut   string        // that the log knows of
}

func newKeySet(cfg Config, p Provider) *keySet {
	k := &keySet{
		source: newSource(cfg, p), now: cfg.Now, logger: cfg.Logger.With(slog.String("issuer", p.Issuer)),
		again: rate.NewLimiter(rate.Every(againInterval), againBurst),
		first: make(chan struct{}), lastErr: errNotLoaded,
	}
	k.current.Store(newPublished(nil))
	return k
}

// run loads the keys and keeps them fresh until ctx is done.
func (k *keySet) run(ctx context.Context) {
	retry := firstRetry
	for first := true; ; first = false {
		<-k.start(ctx, func() bool { return true })
		if first {
			close(k.first)
		}
		wait := refreshInterval
		if err := k.lastError(); err != nil {
			wait, retry = retry, min(2*retry, lastRetry)
			k.logger.LogAttrs(ctx, slog.LevelWarn, "the issuer's keys could not be loaded",
				slog.String("error", err.Error()), slog.Duration("retry_in", wait))
		} else {
			retry = firstRetry
		}
		// Many instances that started together must not come back together.
		timer := time.NewTimer(max(wait-rand.N(wait/10), k.pause()))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// start begins an attempt, or joins the one under way, and returns a channel that is closed at its end. Before a
// new attempt it calls allowed, and returns nil where that is false.
func (k *keySet) start(ctx context.Context, allowed func() bool) <-chan struct{} {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.inFlight != nil {
		return k.inFlight
	}
	if !allowed() {
		return nil
	}
	done := make(chan struct{})
	k.inFlight = done
	go func() {
		defer close(done)
		keys, left, err := k.source.fetch(ctx)
		k.loaded(ctx, keys, left, err)
	}()
	return done
}

// loaded takes over the outcome of an attempt.
func (k *keySet) loaded(ctx context.Context, keys []*key, left leftOut, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.inFlight, k.lastErr = nil, err
	if text := left.String(); text != k.leftOut && (err == nil || text != "") {
		if k.leftOut = text; text != "" {
			k.logger.LogAttrs(ctx, slog.LevelWarn, "keys of the issuer are left out", slog.Int("count", left.count), slog.String("reasons", text))
		}
	}
	if busy, ok := errors.AsType[busyError](err); ok {
		k.notBefore = k.now().Add(busy.retryAfter)
	}
	if err != nil {
		return
	}
	k.loadedAt = k.now()
	before, next := k.current.Load(), newPublished(keys)
	if before.generation == 0 || next.digest != before.digest {
		next.generation = before.generation + 1
		k.current.Store(next)
	}
}

func (k *keySet) lastError() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.lastErr
}

// pause returns for how long the issuer asked to be left alone.
func (k *keySet) pause() time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.notBefore.Sub(k.now())
}

// ready returns nil while there are keys that may be used.
func (k *keySet) ready() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.loadedAt.IsZero():
		return &unavailableError{cause: k.lastErr, retryAfter: time.Second}
	case k.now().Sub(k.loadedAt) > maxAge:
		cause := fmt.Errorf("the issuer's keys were last confirmed more than %v ago", maxAge)
		if k.lastErr != nil { // nil: this machine slept, or its clock was set
			cause = fmt.Errorf("%w: %w", cause, k.lastErr)
		}
		return &unavailableError{cause: cause, retryAfter: lastRetry}
	}
	return nil
}

// holds reports whether the issuer's keys are still those of generation, and may be used.
func (k *keySet) holds(generation uint64) bool {
	return k.current.Load().generation == generation && k.ready() == nil
}

// verify checks t's signature by a key that the issuer publishes, and returns the generation of the keys. Where
// no known key verifies it, the issuer may have new ones, under an old kid too: then they are fetched again,
// unless that was done just before. The error is a Reason, or an unavailableError where t names a key that is
// not known and the issuer could not be asked.
func (k *keySet) verify(ctx context.Context, t *token) (uint64, error) {
	if err := wait(ctx, k.first); err != nil {
		return 0, err
	}
	if err := k.ready(); err != nil {
		return 0, err
	}
	known := k.current.Load()
	reason := known.check(t)
	if reason == nil {
		return known.generation, nil
	}
	// Detached: many requests share the refresh, so it must not end with the request that asked first.
	if refresh := k.start(context.WithoutCancel(ctx), k.mayAskAgain); refresh != nil {
		if err := wait(ctx, refresh); err != nil {
			return 0, err
		}
	}
	if latest := k.current.Load(); latest != known {
		if reason = latest.check(t); reason == nil {
			return latest.generation, nil
		}
	}
	if err := k.lastError(); err != nil && !errors.Is(reason, BadSignature) {
		return 0, &unavailableError{cause: err, retryAfter: max(againInterval, k.pause())}
	}
	return 0, reason
}

// mayAskAgain reports whether the issuer may be asked out of turn; k.mu is held.
func (k *keySet) mayAskAgain() bool {
	now := k.now()
	return !now.Before(k.notBefore) && k.again.AllowN(now, 1)
}

// wait waits until done is closed or ctx is done.
func wait(ctx context.Context, done <-chan struct{}) error {
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return &unavailableError{cause: ctx.Err(), retryAfter: time.Second}
	}
}
