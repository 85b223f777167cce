package main

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// The fleet. All instances start at once without a session, as after a deployment that replaces all of them.
const (
	tenants   = 10_000
	instances = 50
	rate      = 1000          // requests a second, of the whole fleet
	exponent  = 1.0           // of Zipf's law: the tenant of rank r asks 1/r as often as the first
	long      = 2 * time.Hour // the second hour is the steady state
	seed      = 17
	minutes   = int(long / time.Minute)
)

// What a call of STS takes, and how many are made: as pkg/tokenvending paces them, within AWS's quota of an account and region.
const (
	answered    = 20 * time.Millisecond
	ofInstance  = time.Second / 50 // between two calls
	ofAccount   = 600              // calls in a second
	expiry      = 30 * time.Second // before its end a session is no longer handed out
	renewalFrom = 0.8              // of a session's lifetime, and up to a tenth later
)

// policy is how sessions are kept.
type policy struct {
	Name     string
	Capacity int           // sessions that an instance keeps
	Sticky   int           // instances that a tenant's requests go to; 0: all
	Lifetime time.Duration // of a session
}

// outcome is what a policy led to.
type outcome struct {
	policy
	Calls, Waited, Requests []int                   // by each minute
	Start, Steady           *hdrhistogram.Histogram // waits in the first hour and in the second, in milliseconds
	Answered                []int                   // requests, by each instance
}

// kept is a session in an instance's cache. Times count from the start.
type kept struct{ there, due, until time.Duration }

// fleet is the state of a simulation.
type fleet struct {
	policy
	random  *rand.Rand
	caches  []*simplelru.LRU[uint16, kept]
	turns   []time.Duration // when each instance may call next
	seconds []int           // calls in each second, of the account
	out     *outcome
}

func newFleet(p policy) (*fleet, error) {
	f := &fleet{
		policy: p, random: rand.New(rand.NewPCG(seed, seed)), turns: make([]time.Duration, instances), seconds: make([]int, int((2*long)/time.Second)),
		out: &outcome{
			policy: p, Calls: make([]int, minutes), Waited: make([]int, minutes), Requests: make([]int, minutes), Answered: make([]int, instances),
			Start: hdrhistogram.New(1, time.Hour.Milliseconds(), 3), Steady: hdrhistogram.New(1, time.Hour.Milliseconds(), 3),
		},
	}
	for range instances {
		cache, err := simplelru.NewLRU[uint16, kept](p.Capacity, nil)
		if err != nil {
			return nil, err
		}
		f.caches = append(f.caches, cache)
	}
	return f, nil
}

// simulate sends requests at even distances; who asks, and which instance is asked, is drawn from a source with a fixed seed.
func simulate(p policy) (*outcome, error) {
	f, err := newFleet(p)
	if err != nil {
		return nil, err
	}
	ranks := zipf()
	for now := time.Duration(0); now < long; now += time.Second / rate {
		tenant := ranks[f.random.Uint64()%uint64(len(ranks))]
		if err := f.request(now, tenant, f.route(tenant)); err != nil {
			return nil, err
		}
	}
	return f.out, nil
}

// zipf has each tenant as often as it asks: a draw from it is a draw by Zipf's law, to a millionth.
func zipf() []uint16 {
	sum := 0.0
	for r := range tenants {
		sum += math.Pow(float64(r+1), -exponent)
	}
	ranks, reached := make([]uint16, 1<<20), 0.0
	next := 0
	for r := range tenants {
		reached += math.Pow(float64(r+1), -exponent) / sum
		for ; next < int(math.Round(reached*float64(len(ranks)))); next++ {
			ranks[next] = uint16(r)
		}
	}
	return ranks
}

// route is the instance that a request goes to.
func (f *fleet) route(tenant uint16) int {
	if f.Sticky == 0 {
		return f.random.IntN(instances)
	}
	return (int(tenant)*f.Sticky + f.random.IntN(f.Sticky)) % instances
}

func (f *fleet) request(now time.Duration, tenant uint16, instance int) error {
	minute := int(now / time.Minute)
	f.out.Requests[minute]++
	f.out.Answered[instance]++
	cache := f.caches[instance]
	session, ok := cache.Get(tenant)
	switch {
	case !ok || now >= session.until:
		session = f.call(now, instance)
		cache.Add(tenant, session)
	case now >= session.due:
		renewed := f.call(now, instance)
		renewed.there = now // the former one is handed out until then
		cache.Add(tenant, renewed)
		return nil
	case now >= session.there:
		return nil
	}
	f.out.Waited[minute]++
	waits := f.out.Steady
	if now < long/2 {
		waits = f.out.Start
	}
	return waits.RecordValue((session.there - now).Milliseconds())
}

// call is one of STS: it waits for the instance's turn. Where the account has used up a second, STS refuses, and the call is sent again in
// the next.
func (f *fleet) call(now time.Duration, instance int) kept {
	turn := max(now, f.turns[instance])
	f.turns[instance] = turn + ofInstance
	second := int(turn / time.Second)
	for f.seconds[second] >= ofAccount {
		second++
		turn = time.Duration(second) * time.Second
	}
	f.seconds[second]++
	if minute := int(turn / time.Minute); minute < len(f.out.Calls) {
		f.out.Calls[minute]++
	}
	lifetime := float64(f.Lifetime)
	due := turn + time.Duration(lifetime*(renewalFrom+0.1*f.random.Float64()))
	return kept{turn + answered, due, turn + f.Lifetime - expiry}
}
