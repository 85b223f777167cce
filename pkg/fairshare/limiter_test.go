package fairshare_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"pgregory.net/rapid"

	"example.com/shiptrack/pkg/fairshare"
	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/pkg/tenant"
)

// newLimiter returns a Limiter by good: 10 requests a second, 20 at once, 3 in flight; for yellow ten times as much.
func newLimiter(t testing.TB, capacity int) (*fairshare.Limiter, *prometheus.Registry) {
	t.Helper()
	tiers, err := fairshare.Read(write(t, good))
	if err != nil {
		t.Fatal(err)
	}
	registry := prometheus.NewRegistry()
	l, err := fairshare.New(fairshare.Config{Tiers: tiers, Registry: registry, Capacity: capacity})
	if err != nil {
		t.Fatal(err)
	}
	return l, registry
}

// ask is a request that ends at once. It reports whether it was answered.
func ask(l *fairshare.Limiter, id tenant.ID) bool {
	_, err := l.Enter(id)
	if err == nil {
		l.Leave(id)
	}
	return err == nil
}

// asked returns how many of n requests were answered.
func asked(l *fairshare.Limiter, id tenant.ID, n int) (answered int) {
	for range n {
		if ask(l, id) {
			answered++
		}
	}
	return answered
}

func TestATenantHasItsBurstAndThenItsRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, registry := newLimiter(t, 0)
		blue, yellow := parse(t, "blue"), parse(t, "yellow")
		if got := asked(l, blue, 100); got != 20 {
			t.Errorf("%d of 100 at once are answered, want the burst of 20", got)
		}
		if got := asked(l, yellow, 300); got != 200 {
			t.Errorf("yellow, of a larger tier: %d of 300, want 200", got)
		}
		time.Sleep(time.Second)
		if got := asked(l, blue, 100); got != 10 {
			t.Errorf("%d of 100 a second later, want the rate of 10", got)
		}
		time.Sleep(time.Hour)
		if got := asked(l, blue, 100); got != 20 {
			t.Errorf("%d of 100 after an hour, want no more than the burst of 20", got)
		}
		want := `
			# HELP shiptrack_limited_requests_total Requests answered 429, by the tenant's tier and the limit.
			# TYPE shiptrack_limited_requests_total counter
			shiptrack_limited_requests_total{limit="requests",tier="large"} 100
			shiptrack_limited_requests_total{limit="requests",tier="standard"} 250
		`
		if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "shiptrack_limited_requests_total"); err != nil {
			t.Error(err)
		}
	})
}

func TestRequestsInFlightAreLimitedAndAPlaceComesBackAtTheEnd(t *testing.T) {
	l, _ := newLimiter(t, 0)
	blue := parse(t, "blue")
	for i := range 3 {
		if _, err := l.Enter(blue); err != nil {
			t.Fatalf("request %d: %v", i+1, err)
		}
	}
	_, err := l.Enter(blue)
	if problem.KindOf(err) != problem.LimitExceeded || !strings.Contains(err.Error(), "3 requests in flight") {
		t.Errorf("the fourth: %v, want a refusal that names the limit", err)
	}
	l.Leave(blue)
	if _, err := l.Enter(blue); err != nil {
		t.Errorf("after one has ended: %v", err)
	}
}

func TestARefusalCostsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, _ := newLimiter(t, 0)
		blue := parse(t, "blue")
		asked(l, blue, 20)
		time.Sleep(99 * time.Millisecond)
		if got := asked(l, blue, 1000); got != 0 {
			t.Errorf("%d answered before the next is allowed", got)
		}
		time.Sleep(time.Millisecond)
		if got := asked(l, blue, 1000); got != 1 {
			t.Errorf("%d answered after a tenth of a second, want 1, whatever was refused before", got)
		}
	})
}

func TestAnswersSayWhatIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, _ := newLimiter(t, 0)
		blue := parse(t, "blue")
		for range 19 {
			ask(l, blue)
		}
		first, err := l.Enter(blue)
		if want := (problem.Quota{RateLimit: `"requests";r=0;t=1, "in-flight";r=2`, RateLimitPolicy: `"requests";q=20;w=2, "in-flight";q=3;qu="concurrent-requests"`}); err != nil || first != want {
			t.Errorf("got %v, %v, want %v", first, err, want)
		}
		_, err = l.Enter(blue)
		refused, _ := errors.AsType[*problem.Error](err)
		if refused == nil || refused.RetryAfter != 100*time.Millisecond || refused.Quota.RateLimit != first.RateLimit {
			t.Errorf("the next: %+v, want a refusal for 100 ms with the same quota", refused)
		}
		l.Leave(blue)
		time.Sleep(time.Minute)
		if full, _ := l.Enter(blue); full.RateLimit != `"requests";r=19;t=2, "in-flight";r=2` {
			t.Errorf("after a minute: %v, want 19 in two seconds, as the rate is", full)
		}
	})
}

// TestOneTenantsLimitNeverAffectsAnothers asks in any order for several tenants, and for each of them alone, and wants the same answers.
func TestOneTenantsLimitNeverAffectsAnothers(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		names := []string{"yellow", "blue", "green"}
		requests := rapid.SliceOfN(rapid.SampledFrom(names), 1, 300).Draw(r, "requests")
		waits := rapid.SliceOfN(rapid.IntRange(0, 200), len(requests), len(requests)).Draw(r, "milliseconds before each")
		run := func(of func(string) bool) (answers []bool) {
			synctest.Test(t, func(t *testing.T) {
				l, _ := newLimiter(t, 0)
				for i, name := range requests {
					time.Sleep(time.Duration(waits[i]) * time.Millisecond)
					if of(name) {
						_, err := l.Enter(parse(t, name)) // it stays in flight, so that both limits are met
						if answers = append(answers, err == nil); err == nil && waits[i] > 0 {
							l.Leave(parse(t, name))
						}
					}
				}
			})
			return answers
		}
		together := run(func(string) bool { return true })
		for _, name := range names {
			alone := run(func(other string) bool { return other == name })
			at := 0
			for i, other := range requests {
				if other == name {
					if together[i] != alone[at] {
						r.Fatalf("%s's request %d: answered %v among others, %v alone", name, i, together[i], alone[at])
					}
					at++
				}
			}
		}
	})
}

// TestNobodyGetsMoreThanBurstAndRateByBeingForgotten lets more tenants ask than there are buckets. In any time a tenant gets its
// burst, its rate, and one request for each time that it was forgotten, at most.
func TestNobodyGetsMoreThanBurstAndRateByBeingForgotten(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		const capacity, rate, burst = 3, 10, 20
		requests := rapid.SliceOfN(rapid.IntRange(0, 6), 50, 400).Draw(r, "tenants")
		waits := rapid.SliceOfN(rapid.SampledFrom([]int{0, 0, 0, 1, 30, 900}), len(requests), len(requests)).Draw(r, "milliseconds before each")
		answered, forgotten := map[int][]time.Time{}, map[int]int{}
		synctest.Test(t, func(t *testing.T) {
			l, _ := newLimiter(t, capacity)
			others := map[int]map[int]bool{} // that asked since the tenant's last request
			for i, who := range requests {
				time.Sleep(time.Duration(waits[i]) * time.Millisecond)
				if len(others[who]) >= capacity {
					forgotten[who]++
				}
				for other := range 7 {
					if others[other] == nil || other == who {
						others[other] = map[int]bool{}
					}
					if other != who {
						others[other][who] = true
					}
				}
				id := parse(t, fmt.Sprintf("tenant-%d", who))
				for range 25 {
					if ask(l, id) {
						answered[who] = append(answered[who], time.Now())
					}
				}
			}
		})
		for who, at := range answered {
			for first := range at {
				for last := first; last < len(at); last++ {
					most := burst + rate*at[last].Sub(at[first]).Seconds() + float64(forgotten[who]) + 1e-6
					if got := float64(last - first + 1); got > most {
						r.Fatalf("tenant %d: %v requests in %v, want at most %v", who, got, at[last].Sub(at[first]), most)
					}
				}
			}
		}
	})
}

// TestATenantThatWasForgottenAfterARestHasItsBurst: to forget who has rested takes nothing from anybody.
func TestATenantThatWasForgottenAfterARestHasItsBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, registry := newLimiter(t, 2)
		for i := range 10 {
			id := parse(t, fmt.Sprintf("tenant-%d", i))
			if got := asked(l, id, 30); got != 20 {
				t.Errorf("tenant %d: %d of 30, want the burst of 20", i, got)
			}
			time.Sleep(2 * time.Second)
		}
		if got, err := testutil.GatherAndCount(registry, "shiptrack_limit_buckets_dropped_total"); err != nil || got != 1 {
			t.Errorf("%d metrics, %v", got, err)
		}
		if err := testutil.GatherAndCompare(registry, strings.NewReader("# HELP shiptrack_limit_buckets_dropped_total Tenants that were forgotten before they had their whole burst again, because too many others asked.\n# TYPE shiptrack_limit_buckets_dropped_total counter\nshiptrack_limit_buckets_dropped_total 0\n"), "shiptrack_limit_buckets_dropped_total"); err != nil {
			t.Error(err)
		}
	})
}

// TestMemoryIsBoundedForAMillionTenants: it does not grow once the buckets are all in use.
func TestMemoryIsBoundedForAMillionTenants(t *testing.T) {
	if testing.Short() {
		t.Skip("a million tenants")
	}
	l, _ := newLimiter(t, 0)
	used := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := used()
	for i := range 1_000_000 {
		ask(l, parse(t, fmt.Sprintf("tenant-%d", i)))
	}
	grown := int64(used()) - int64(before)
	t.Logf("%d bytes for each of %d buckets", grown/fairshare.DefaultCapacity, fairshare.DefaultCapacity)
	if most := int64(400 * fairshare.DefaultCapacity); grown > most {
		t.Errorf("the heap has grown by %d bytes, want at most %d", grown, most)
	}
	runtime.KeepAlive(l)
}

func TestManyAtOnceGetNoMoreThanTheLimits(t *testing.T) {
	l, _ := newLimiter(t, 0)
	blue := parse(t, "blue")
	var all sync.WaitGroup
	var mu sync.Mutex
	passed := 0
	for range 50 {
		all.Go(func() {
			if _, err := l.Enter(blue); err == nil {
				mu.Lock()
				passed++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if passed != 3 {
		t.Errorf("%d of 50 pass, want the 3 that may be in flight", passed)
	}
}

func TestNewNeedsItsConfig(t *testing.T) {
	if _, err := fairshare.New(fairshare.Config{}); err == nil {
		t.Error("an empty Config is accepted")
	}
}
