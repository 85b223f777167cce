package tokenvending_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"example.com/shiptrack/pkg/tokenvending"
)

// quota is an STS that takes so many calls in any second and throttles the others. It counts all of them.
type quota struct {
	fakeSTS
	perSecond int

	mu       sync.Mutex
	taken    []time.Time
	calls    int
	underWay atomic.Int32
	most     int32
}

func (q *quota) AssumeRole(ctx context.Context, in *sts.AssumeRoleInput, opts ...func(*sts.Options)) (*sts.AssumeRoleOutput, error) {
	most := q.underWay.Add(1)
	defer q.underWay.Add(-1)
	if !q.takes(most) {
		return nil, refusal(http.StatusBadRequest, "Throttling")
	}
	return q.fakeSTS.AssumeRole(ctx, in, opts...)
}

func (q *quota) takes(underWay int32) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.calls++
	q.most = max(q.most, underWay)
	now := time.Now()
	if n := len(q.taken); n >= q.perSecond && now.Sub(q.taken[n-q.perSecond]) < time.Second {
		return false
	}
	q.taken = append(q.taken, now)
	return true
}

// retrieveAll asks for the sessions of n cold tenants at one moment, and returns how many were served.
func retrieveAll(t *testing.T, machine *tokenvending.Machine, n int) (served int32) {
	t.Helper()
	var wg sync.WaitGroup
	var got atomic.Int32
	for i := range n {
		wg.Go(func() {
			if _, err := machine.Retrieve(as(t, fmt.Sprintf("t%d", 100+i))); err == nil {
				got.Add(1)
			}
		})
	}
	wg.Wait()
	return got.Load()
}

func TestSixHundredColdTenantsTakeSixHundredCalls(t *testing.T) {
	for name, perSecond := range map[string]int{"by default": 0, "as the quota is": 60} {
		synctest.Test(t, func(t *testing.T) {
			fake := &quota{perSecond: 60, fakeSTS: fakeSTS{latency: 100 * time.Millisecond}}
			machine := newMachine(t, tokenvending.Config{STS: fake, Capacity: 1000, CallsPerSecond: perSecond})
			start := time.Now()
			if served := retrieveAll(t, machine, 600); served != 600 || fake.calls != 600 {
				t.Errorf("%s: %d tenants served with %d calls, want 600 with 600", name, served, fake.calls)
			}
			if took := time.Since(start); took > 13*time.Second {
				t.Errorf("%s: it took %v, want 12s at most", name, took)
			}
			if fake.most > tokenvending.DefaultInFlight {
				t.Errorf("%s: %d calls at a time, want %d at most", name, fake.most, tokenvending.DefaultInFlight)
			}
		})
	}
}

func TestPaceLearnsFromThrottling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := &quota{perSecond: 20}
		machine := newMachine(t, tokenvending.Config{STS: fake, Capacity: 1000})
		served := retrieveAll(t, machine, 300)
		if served != 300 || fake.calls > 360 {
			t.Errorf("%d of 300 tenants served with %d calls at 20 calls/s, want all with 360 at most", served, fake.calls)
		}
		fake.perSecond = 1000
		time.Sleep(time.Minute)
		for i := range 200 { // the pace is found again
			wantKey(t, machine, as(t, fmt.Sprintf("again%d", i)), fmt.Sprintf("AKIA-again%d-1", i))
		}
		start := time.Now()
		wantKey(t, machine, as(t, "one"), "AKIA-one-1")
		wantKey(t, machine, as(t, "two"), "AKIA-two-1")
		if took := time.Since(start); took > 45*time.Millisecond {
			t.Errorf("two calls take %v after STS has room again, want 40ms at most", took)
		}
	})
}

func TestThrottlingThatDoesNotEndIsAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := &fakeSTS{}
		fake.fail(refusal(http.StatusBadRequest, "Throttling"))
		machine := newMachine(t, tokenvending.Config{STS: fake})
		wantError(t, machine, as(t, "yellow"), tokenvending.Unavailable, false)
		wantError(t, machine, as(t, "yellow"), tokenvending.Unavailable, true)
		if got := fake.callsFor("yellow"); got != 3 {
			t.Errorf("%d calls, want 3", got)
		}
	})
}

func TestCallsUnderWayAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := &quota{perSecond: 1000, fakeSTS: fakeSTS{latency: 2 * time.Second}}
		machine := newMachine(t, tokenvending.Config{STS: fake, InFlight: 4, CallsPerSecond: 1000})
		if served := retrieveAll(t, machine, 20); served != 20 || fake.most != 4 {
			t.Errorf("%d tenants served, %d calls at a time, want 20 and 4", served, fake.most)
		}
	})
}

func TestCallThatDoesNotGetItsTurnEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := &fakeSTS{latency: 9 * time.Second}
		machine := newMachine(t, tokenvending.Config{STS: fake, InFlight: 1})
		start := time.Now()
		served := retrieveAll(t, machine, 10)
		if took := time.Since(start); served != 4 || took > 40*time.Second {
			t.Errorf("%d tenants served after %v by one call of 9 s at a time, want 4, and the others refused after 30 s", served, took)
		}
	})
}

// The SDK has retries of its own: those of throttled calls would multiply ours, and those of outages would take no turn.
func TestRetriesOfTheSDKTakeTheirTurn(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		body   string
		want   int
	}{
		"throttled":     {400, `<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code></Error></ErrorResponse>`, 3},
		"out of order":  {503, `<ErrorResponse><Error><Code>ServiceUnavailable</Code></Error></ErrorResponse>`, 3},
		"refused":       {403, `<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>`, 1},
		"rate exceeded": {429, ``, 3},
	} {
		synctest.Test(t, func(t *testing.T) {
			var sent []time.Time
			client := sts.New(sts.Options{
				Region: "us-east-1", Credentials: aws.NewCredentialsCache(credentials.NewStaticCredentialsProvider("base", "secret", "")),
				HTTPClient: roundTrip(func(*http.Request) (*http.Response, error) {
					sent = append(sent, time.Now())
					return &http.Response{StatusCode: test.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(test.body))}, nil
				}),
			})
			machine := newMachine(t, tokenvending.Config{STS: client, CallsPerSecond: 1})
			if _, err := machine.Retrieve(as(t, "yellow")); err == nil || len(sent) != test.want {
				t.Errorf("%s: %d requests, error %v, want %d and an error", name, len(sent), err, test.want)
			}
			for i := range len(sent) - 1 {
				if gap := sent[i+1].Sub(sent[i]); gap < time.Second {
					t.Errorf("%s: request %d came %v after the one before, at 1 call a second", name, i+1, gap)
				}
			}
		})
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) Do(r *http.Request) (*http.Response, error) { return f(r) }
