package authn

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/MicahParks/jwkset"
	"golang.org/x/time/rate"
)

const (
	refreshInterval = 10 * time.Minute       // while the issuer answers
	firstRetry      = 100 * time.Millisecond // doubled at each failure
	lastRetry       = 30 * time.Second
	maxAge          = 24 * time.Hour // of keys that could not be loaded again since

	// A token that names an unknown key asks for a refresh: at most unknownBurst at once, and one each
	// unknownInterval. That bounds what a flood of invented kids costs the issuer, and how long a new key
	// may stay unknown during one.
	unknownInterval = 10 * time.Second
	unknownBurst    = 2
)

var errNotLoaded = errors.New("the issuer's keys are not loaded yet")

// unavailableError says that we cannot tell whether a token is valid.
type unavailableError struct {
	cause      error
	retryAfter time.Duration
}

func (e *unavailableError) Error() string { return "authn: " + e.cause.Error() }
func (e *unavailableError) Unwrap() error { return e.cause }

// keySet is the issuer's published keys. KeyRead, through which keyfunc asks for one, refreshes the set
// for a kid that it does not know. It is safe for concurrent use.
type keySet struct {
	*jwkset.MemoryJWKSet
	source  *source
	now     func() time.Time
	logger  *slog.Logger
	unknown *rate.Limiter
	first   chan struct{} // closed when the first attempt has ended

	mu       sync.Mutex
	inFlight chan struct{} // closed when the attempt under way has ended; nil without one
	loadedAt time.Time     // of the last success; zero before it
	lastErr  error         // of the last attempt
}

func newKeySet(cfg Config) *keySet {
	return &keySet{
		MemoryJWKSet: jwkset.NewMemoryStorage(),
		source:       newSource(cfg), now: cfg.Now, logger: cfg.Logger,
		unknown: rate.NewLimiter(rate.Every(unknownInterval), unknownBurst),
		first:   make(chan struct{}), lastErr: errNotLoaded,
	}
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
			k.logger.LogAttrs(ctx, slog.LevelWarn, "the issuer's keys could not be loaded",
				slog.String("error", err.Error()), slog.Duration("retry_in", retry))
			wait, retry = retry, min(2*retry, lastRetry)
		} else {
			retry = firstRetry
		}
		// Many instances that started together must not come back together.
		timer := time.NewTimer(wait - rand.N(wait/10))
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
		keys, err := k.source.fetch(ctx)
		if err == nil {
			err = k.KeyReplaceAll(ctx, keys)
		}
		k.mu.Lock()
		defer k.mu.Unlock()
		k.inFlight, k.lastErr = nil, err
		if err == nil {
			k.loadedAt = k.now()
		}
	}()
	return done
}

func (k *keySet) lastError() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.lastErr
}

// ready returns nil while there are keys that may be used.
func (k *keySet) ready() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.loadedAt.IsZero():
		return &unavailableError{cause: k.lastErr, retryAfter: time.Second}
	case k.now().Sub(k.loadedAt) > maxAge:
		return &unavailableError{
			cause:      fmt.Errorf("the issuer's keys were last confirmed more than %v ago: %w", maxAge, k.lastErr),
			retryAfter: lastRetry,
		}
	}
	return nil
}

// KeyRead returns the published key kid. An unknown kid is UnknownKey where the published set is known,
// and an unavailableError where the issuer could not be asked.
func (k *keySet) KeyRead(ctx context.Context, kid string) (jwkset.JWK, error) {
	if err := wait(ctx, k.first); err != nil {
		return jwkset.JWK{}, err
	}
	if err := k.ready(); err != nil {
		return jwkset.JWK{}, err
	}
	if key, err := k.MemoryJWKSet.KeyRead(ctx, kid); err == nil {
		return key, nil
	}
	// Detached: many requests share the refresh, so it must not end with the request that asked first.
	refresh := k.start(context.WithoutCancel(ctx), func() bool { return k.unknown.AllowN(k.now(), 1) })
	if refresh != nil {
		if err := wait(ctx, refresh); err != nil {
			return jwkset.JWK{}, err
		}
	}
	key, err := k.MemoryJWKSet.KeyRead(ctx, kid)
	if err == nil {
		return key, nil
	}
	if err := k.lastError(); err != nil {
		return jwkset.JWK{}, &unavailableError{cause: err, retryAfter: unknownInterval}
	}
	return jwkset.JWK{}, UnknownKey
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
