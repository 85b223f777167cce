package load

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// All requests are due at once, and the server holds the first of each connection. Those that wait for a connection have waited as
// long as it was held.
func TestTheDelayOfAPacedRequestCountsFromWhenItWasDue(t *testing.T) {
	const total = 40
	var in sync.WaitGroup
	in.Add(Connections)
	var mu sync.Mutex
	asked, held := 0, time.Time{}
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		mu.Lock()
		asked++
		first := asked <= Connections
		mu.Unlock()
		if first {
			in.Done()
			<-release
		}
	}))
	defer server.Close()
	l, err := New(server.Listener.Addr().String(), requests(Connections))
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	go func() {
		in.Wait()
		for time.Since(began) < 20*time.Millisecond { // clearly more than an answer takes
			<-time.After(time.Millisecond)
		}
		held = time.Now()
		close(release)
	}()
	outcome, err := l.Paced(t.Context(), 1e6, total*time.Microsecond)
	if err != nil || asked != total || outcome.Delay.TotalCount() != total {
		t.Fatalf("%d asked, %d recorded (%v), want %d", asked, outcome.Delay.TotalCount(), err, total)
	}
	if least := held.Sub(began) - 5*time.Millisecond; time.Duration(outcome.Delay.Min())*time.Microsecond < least {
		t.Errorf("a request waited %d µs only, want at least %v", outcome.Delay.Min(), least)
	}
}

func TestAnAnswerBut200EndsAPacedRun(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	l, err := New(server.Listener.Addr().String(), requests(Connections))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Paced(t.Context(), 1000, time.Minute); err == nil {
		t.Error("no error")
	}
}

func TestAPacedRunEndsWithItsContextAndNotWithTheNextTick(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	l, err := New(server.Listener.Addr().String(), requests(Connections))
	if err != nil {
		t.Fatal(err)
	}
	const apart = 10 * time.Second
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err := l.Paced(ctx, 1/apart.Seconds(), 2*apart); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) >= apart {
		t.Errorf("%v after %v, want the end of the context", err, time.Since(began))
	}
}

func TestAPacedRunEndsWithItsLastRequestAndNotATickLater(t *testing.T) {
	tick, err := newClock(time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	defer tick.stop()
	p := &pace{due: make(chan time.Time)} // room for no request: all are sent
	if err := p.send(t.Context(), tick); err != nil {
		t.Error(err)
	}
}

func TestNoTickComesEarlyAndNoneIsLost(t *testing.T) {
	const apart = time.Millisecond
	before := time.Now()
	c, err := newClock(apart)
	if err != nil {
		t.Fatal(err)
	}
	defer c.stop()
	began := time.Now() // the first tick is between before and began, and one apart
	for ticks := time.Duration(0); ticks < 20; {
		least := time.Since(began) / apart
		passed, err := c.wait()
		if err != nil || passed == 0 {
			t.Fatalf("wait = %d, %v", passed, err)
		}
		ticks += time.Duration(passed)
		if most := time.Since(before) / apart; ticks < least || ticks > most {
			t.Errorf("%d ticks, want %d to %d", ticks, least, most)
		}
	}
}
