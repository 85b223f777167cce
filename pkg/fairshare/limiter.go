package fairshare

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"

	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/pkg/tenant"
)

// DefaultCapacity is how many tenants' buckets are kept, about 250 bytes each.
const DefaultCapacity = 50_000

// The names of the two limits, in the header fields of answers and in metrics.
const (
	limitRate     = "requests"
	limitInFlight = "in-flight"
)

// Config is what a Limiter needs.
type Config struct {
	Tiers    *Tiers // must be set
	Registry prometheus.Registerer
	Capacity int // 0 is DefaultCapacity
}

// Limiter holds each tenant to the limits of its tier, in one process. It is safe for concurrent use. Its memory is bounded,
// however many tenants there are.
type Limiter struct {
	tiers    *Tiers
	capacity int

	mu       sync.Mutex
	buckets  *simplelru.LRU[tenant.ID, *rate.Limiter]
	inFlight map[tenant.ID]int // of tenants that have some: bounded by the connections of the server
	pressed  time.Time         // until when a tenant that is new begins with one request: see bucket

	refused *prometheus.CounterVec
	dropped prometheus.Counter
}

// New returns a Limiter, or an error where config cannot be used.
func New(config Config) (*Limiter, error) {
	if config.Tiers == nil || config.Registry == nil || config.Capacity < 0 {
		return nil, errors.New("fairshare: New needs Tiers, a Registry, and no negative Capacity")
	}
	if config.Capacity == 0 {
		config.Capacity = DefaultCapacity
	}
	buckets, err := simplelru.NewLRU[tenant.ID, *rate.Limiter](config.Capacity, nil)
	if err != nil {
		return nil, err
	}
	l := &Limiter{
		tiers: config.Tiers, capacity: config.Capacity, buckets: buckets, inFlight: map[tenant.ID]int{},
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "shiptrack_limited_requests_total", Help: "Requests answered 429, by the tenant's tier and the limit.",
		}, []string{"tier", "limit"}),
		dropped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "shiptrack_limit_buckets_dropped_total", Help: "Tenants that were forgotten before they had their whole burst again, because too many others asked.",
		}),
	}
	for _, c := range []prometheus.Collector{l.refused, l.dropped} {
		if err := config.Registry.Register(c); err != nil {
			return nil, fmt.Errorf("fairshare: metrics: %w", err)
		}
	}
	return l, nil
}

// Enter counts a request of the tenant, whose token was verified, and returns what its answer says of the limits. A nil error
// means that the request may be answered; then Leave must be called at its end. Else the error is a problem of kind
// LimitExceeded, and the request has cost the tenant nothing.
func (l *Limiter) Enter(id tenant.ID) (problem.Quota, error) {
	of := l.tiers.tierOf(id)
	l.mu.Lock()
	now := time.Now() // under the lock: a bucket's time never goes back
	bucket, running := l.bucket(id, of, now), l.inFlight[id]
	exceeded := ""
	switch {
	case running >= of.InFlight:
		exceeded = limitInFlight
	case !bucket.AllowN(now, 1):
		exceeded = limitRate
	default:
		running++
		l.inFlight[id] = running
	}
	tokens := bucket.TokensAt(now)
	l.mu.Unlock()
	quota := of.quota(tokens, of.InFlight-running)
	if exceeded == "" {
		return quota, nil
	}
	l.refused.WithLabelValues(of.name, exceeded).Inc()
	return quota, of.refusal(exceeded, tokens, quota)
}

// Leave ends a request that Enter let pass.
func (l *Limiter) Leave(id tenant.ID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.inFlight[id]--; l.inFlight[id] <= 0 {
		delete(l.inFlight, id)
	}
}

// bucket returns the tenant's bucket; l.mu is held.
//
// To drop a bucket that is full again loses nothing. Where one has to be dropped before, its tenant must not come back to a new
// burst. So until the time at which it would be full again, each tenant that is new begins with one request instead of its
// burst. Nobody can gain by it: a tenant gets one request for each time that as many others as there are buckets asked since
// its last. Nobody else can be pushed out by one tenant, which has one bucket.
func (l *Limiter) bucket(id tenant.ID, of *tier, now time.Time) *rate.Limiter {
	if known, ok := l.buckets.Get(id); ok {
		return known
	}
	if l.buckets.Len() >= l.capacity {
		_, oldest, _ := l.buckets.RemoveOldest()
		if lacks := float64(oldest.Burst()) - oldest.TokensAt(now); lacks > 0 {
			l.dropped.Inc()
			if full := now.Add(inTime(lacks, float64(oldest.Limit()))); full.After(l.pressed) {
				l.pressed = full
			}
		}
	}
	bucket := rate.NewLimiter(rate.Limit(of.Rate), of.Burst)
	if now.Before(l.pressed) {
		bucket.AllowN(now, of.Burst-1)
	}
	l.buckets.Add(id, bucket)
	return bucket
}

// inTime is how long a rate takes to bring so many requests, a little more rather than less.
func inTime(requests, perSecond float64) time.Duration {
	return time.Duration(math.Ceil(requests / perSecond * float64(time.Second)))
}

// seconds is inTime in whole seconds.
func seconds(requests, perSecond float64) int { return int(math.Ceil(requests / perSecond)) }

func newTier(name string, t Tier) *tier {
	return &tier{Tier: t, name: name,
		overRate:     fmt.Sprintf("this tenant's limit of %v requests a second, with bursts of %d, is exceeded; try again after the time in Retry-After", t.Rate, t.Burst),
		overInFlight: fmt.Sprintf("this tenant's limit of %d requests in flight is reached; try again when one of them has ended", t.InFlight),
		policy: fmt.Sprintf(`%q;q=%d;w=%d, %q;q=%d;qu="concurrent-requests"`,
			limitRate, t.Burst, seconds(float64(t.Burst), t.Rate), limitInFlight, t.InFlight)}
}

// quota says that the tenant has tokens left, and places for requests in flight. The time t is the one in which a client that
// keeps to the rate uses what is left, and at least that until the next request is allowed: the draft wants no r for which
// a shorter t would promise more than the rate.
func (t *tier) quota(tokens float64, places int) problem.Quota {
	left := int(tokens)
	until := max(seconds(float64(left), t.Rate), seconds(float64(left+1)-tokens, t.Rate))
	return problem.Quota{
		RateLimit: `"` + limitRate + `";r=` + strconv.Itoa(left) + ";t=" + strconv.Itoa(until) +
			`, "` + limitInFlight + `";r=` + strconv.Itoa(places),
		RateLimitPolicy: t.policy,
	}
}

// refusal is the answer to a request that exceeds a limit.
func (t *tier) refusal(exceeded string, tokens float64, quota problem.Quota) error {
	if exceeded == limitInFlight {
		return problem.WrapLimitExceeded(nil, t.overInFlight, time.Second, quota)
	}
	return problem.WrapLimitExceeded(nil, t.overRate, inTime(1-tokens, t.Rate), quota)
}
