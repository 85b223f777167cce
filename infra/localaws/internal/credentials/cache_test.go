package credentials_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/shiptrack/infra/localaws/internal/credentials"
)

// source is a fake localaws behind the cache: each session lives for life, unless failure is set.
type source struct {
	life    time.Duration
	failure error
	calls   int
}

func (s *source) fetch(context.Context) (*credentials.Session, error) {
	s.calls++
	time.Sleep(time.Millisecond) // of the bubble's clock
	if s.failure != nil {
		return nil, s.failure
	}
	return &credentials.Session{AccessKeyID: "ASIA", Expiration: time.Now().Add(s.life)}, nil
}

func (s *source) cache() *credentials.Cache { return credentials.NewCache(s.fetch, time.Now) }

var errAway = errors.New("away")

func TestSessionIsRenewedAQuarterOfAnHourAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{life: time.Hour}
		c := s.cache()
		first := wantSession(t, c)
		time.Sleep(45*time.Minute - 2*time.Millisecond)
		if wantSession(t, c) != first || s.calls != 1 {
			t.Fatalf("renewed too early: %d fetches", s.calls)
		}
		time.Sleep(2 * time.Millisecond)
		if wantSession(t, c) == first || s.calls != 2 {
			t.Fatalf("not renewed 15 minutes ahead: %d fetches", s.calls)
		}
	})
}

func TestShortSessionIsRenewedAtHalfItsLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{life: 10 * time.Minute}
		c := s.cache()
		first := wantSession(t, c)
		time.Sleep(5*time.Minute - 2*time.Millisecond)
		if wantSession(t, c) != first {
			t.Fatal("renewed too early")
		}
		time.Sleep(2 * time.Millisecond)
		if wantSession(t, c) == first {
			t.Fatal("not renewed at half its life")
		}
	})
}

func TestValidSessionIsServedWhileLocalawsIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{life: time.Hour}
		c := s.cache()
		first := wantSession(t, c)
		s.failure = errAway
		time.Sleep(50 * time.Minute)
		if wantSession(t, c) != first || s.calls != 2 {
			t.Fatalf("want the old session after a failed renewal, %d fetches", s.calls)
		}
		time.Sleep(10*time.Minute + time.Second)
		if _, err := c.Session(t.Context()); !errors.Is(err, errAway) {
			t.Fatalf("got %v, want the failure once the session expired", err)
		}
		s.failure = nil
		time.Sleep(time.Second)
		wantSession(t, c)
	})
}

func TestFailureIsTriedAgainAfterASecondOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{life: time.Hour, failure: errAway}
		c := s.cache()
		for range 3 {
			if _, err := c.Session(t.Context()); !errors.Is(err, errAway) {
				t.Fatalf("got %v, want the failure", err)
			}
		}
		if s.calls != 1 {
			t.Fatalf("got %d fetches within the back-off, want 1", s.calls)
		}
		s.failure = nil
		time.Sleep(time.Second)
		wantSession(t, c)
	})
}

func TestManyCallersShareOneFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{life: time.Hour}
		c := s.cache()
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() { wantSession(t, c) })
		}
		all.Wait()
		if s.calls != 1 {
			t.Fatalf("got %d fetches, want 1", s.calls)
		}
	})
}

func TestCallerThatLeavesDoesNotEndTheFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gone, leave := context.WithCancel(t.Context())
		c := credentials.NewCache(func(ctx context.Context) (*credentials.Session, error) {
			leave()
			return &credentials.Session{Expiration: time.Now().Add(time.Hour)}, ctx.Err()
		}, time.Now)
		if _, err := c.Session(gone); err != nil {
			t.Fatalf("got %v, want the session for those who wait", err)
		}
	})
}

func TestWaitingCallerCanLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{life: time.Hour}
		c := s.cache()
		var first sync.WaitGroup
		first.Go(func() { wantSession(t, c) })
		defer first.Wait()
		synctest.Wait()
		gone, leave := context.WithCancel(t.Context())
		leave()
		if _, err := c.Session(gone); !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v, want context.Canceled", err)
		}
	})
}

func wantSession(t *testing.T, c *credentials.Cache) *credentials.Session {
	t.Helper()
	s, err := c.Session(t.Context())
	if err != nil {
		t.Errorf("got %v, want a session", err)
	}
	return s
}
