package tokenvending_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"example.com/shiptrack/pkg/tokenvending"
)

var errConnection = errors.New("connection refused")

// refusal is what *sts.Client returns where STS answers with status and code.
func refusal(status int, code string) error {
	return &awshttp.ResponseError{RequestID: "r-1", ResponseError: &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}},
		Err:      &smithy.GenericAPIError{Code: code, Message: "as STS words it"},
	}}
}

func TestOneCallServesAThousandWaiters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := &fakeSTS{latency: time.Second}
		machine := newMachine(t, tokenvending.Config{STS: fake})
		start := time.Now()
		var wg sync.WaitGroup
		for range 1000 {
			wg.Go(func() { wantKey(t, machine, as(t, "yellow"), "AKIA-yellow-1") })
		}
		wg.Wait()
		if got := fake.callsFor("yellow"); got != 1 {
			t.Errorf("%d calls of STS, want 1", got)
		}
		if took := time.Since(start); took != time.Second {
			t.Errorf("the waiters were served after %v, want the one call's second", took)
		}
	})
}

func TestWaiterThatGivesUpDoesNotCancelTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := &fakeSTS{latency: 2 * time.Second}
		machine := newMachine(t, tokenvending.Config{STS: fake})
		start := time.Now()
		var wg sync.WaitGroup
		wg.Go(func() { // the first one, whose request started the call
			ctx, cancel := context.WithTimeout(as(t, "yellow"), time.Second)
			defer cancel()
			got, err := machine.Retrieve(ctx)
			if !errors.Is(err, context.DeadlineExceeded) || got.HasKeys() || time.Since(start) != time.Second {
				t.Errorf("impatient: key %q, error %v after %v, want its own deadline after 1s", got.AccessKeyID, err, time.Since(start))
			}
		})
		synctest.Wait()
		wg.Go(func() { wantKey(t, machine, as(t, "yellow"), "AKIA-yellow-1") })
		wg.Wait()
		if got := fake.callsFor("yellow"); got != 1 {
			t.Errorf("%d calls of STS, want 1", got)
		}
	})
}

func TestOutageDoesNotReachTenantsWithAValidSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := &fakeSTS{}
		machine := newMachine(t, tokenvending.Config{STS: fake, Duration: time.Hour})
		ctx := as(t, "yellow")
		wantKey(t, machine, ctx, "AKIA-yellow-1")
		fake.fail(errConnection)
		for end := time.Now().Add(time.Hour - tokenvending.ExpiryWindow); time.Now().Before(end); time.Sleep(time.Second) {
			wantKey(t, machine, ctx, "AKIA-yellow-1")
		}
		if got := fake.callsFor("yellow"); got < 10 || got > 40 {
			t.Errorf("%d calls in the 6 to 12 minutes of an outage after renewal was due, want one in up to 30 s", got-1)
		}
		_, _ = machine.Retrieve(ctx) // tries STS once more or not, as the last wait has it
		wantError(t, machine, ctx, tokenvending.Unavailable, true)
		wantError(t, machine, as(t, "blue"), tokenvending.Unavailable, false) // control: a tenant without a session notices
		fake.fail(nil)
		time.Sleep(30 * time.Second)
		if _, err := machine.Retrieve(ctx); err != nil {
			t.Fatalf("STS is back and Retrieve fails: %v", err)
		}
	})
}

func TestRenewalThatFailedIsTriedAgainWhileTheSessionLives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := &fakeSTS{}
		machine := newMachine(t, tokenvending.Config{STS: fake, Duration: time.Hour})
		ctx := as(t, "yellow")
		wantKey(t, machine, ctx, "AKIA-yellow-1")
		time.Sleep(54 * time.Minute)
		fake.fail(errConnection)
		wantKey(t, machine, ctx, "AKIA-yellow-1")
		synctest.Wait()
		fake.fail(nil)
		time.Sleep(2 * time.Second)
		wantKey(t, machine, ctx, "AKIA-yellow-1")
		synctest.Wait()
		wantKey(t, machine, ctx, "AKIA-yellow-3")
	})
}

func TestFailuresAreBackedOffPerTenant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := &fakeSTS{}
		machine := newMachine(t, tokenvending.Config{STS: fake})
		fake.fail(refusal(http.StatusForbidden, "AccessDenied"))
		wantError(t, machine, as(t, "yellow"), tokenvending.Denied, false)
		for range 50 {
			wantError(t, machine, as(t, "yellow"), tokenvending.Denied, true)
		}
		if got := fake.callsFor("yellow"); got != 1 {
			t.Errorf("%d calls while backed off, want 1", got)
		}
		wantError(t, machine, as(t, "blue"), tokenvending.Denied, false) // another tenant has its own back-off
		fake.fail(nil)
		wantKey(t, machine, as(t, "green"), "AKIA-green-1")
		time.Sleep(time.Second)
		wantKey(t, machine, as(t, "yellow"), "AKIA-yellow-2") // a failure is never kept as an answer
	})
}

func TestBackoffGrowsToItsBoundAndEndsWithSuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := &fakeSTS{}
		machine := newMachine(t, tokenvending.Config{STS: fake, Duration: 15 * time.Minute})
		ctx := as(t, "yellow")
		wait := func() time.Duration {
			_, err := machine.Retrieve(ctx)
			var failed *tokenvending.Error
			if !errors.As(err, &failed) || failed.BackedOff {
				t.Fatalf("Retrieve = %v, want a fresh failure", err)
			}
			return time.Until(failed.RetryAt)
		}
		fake.fail(errConnection)
		for i, longest := range []time.Duration{1, 2, 4, 8, 16, 30, 30, 30} {
			longest *= time.Second
			got := wait()
			if got > longest || got < longest*4/5 {
				t.Errorf("wait after failure %d = %v, want %v less up to a fifth", i+1, got, longest)
			}
			time.Sleep(got)
		}
		fake.fail(nil)
		wantKey(t, machine, ctx, "AKIA-yellow-9")
		fake.fail(errConnection)
		time.Sleep(15 * time.Minute)
		if got := wait(); got > time.Second {
			t.Errorf("wait after the first failure since a success = %v, want up to 1s", got)
		}
	})
}

func TestEventOfARefusalHasTheRequestID(t *testing.T) {
	fake := &fakeSTS{}
	fake.fail(refusal(http.StatusForbidden, "AccessDenied"))
	var got tokenvending.Event
	machine := newMachine(t, tokenvending.Config{STS: fake, Observe: func(_ context.Context, e tokenvending.Event) { got = e }})
	wantError(t, machine, as(t, "yellow"), tokenvending.Denied, false)
	if got.AWSRequestID != "r-1" || got.SessionARN != yellowARN || got.Err == nil || got.Err.Kind != tokenvending.Denied {
		t.Fatalf("event = %+v, want request r-1 of yellow's session, denied", got)
	}
}

func TestCallThatHangsEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		machine := newMachine(t, tokenvending.Config{STS: &fakeSTS{latency: time.Hour}})
		start := time.Now()
		wantError(t, machine, as(t, "yellow"), tokenvending.Unavailable, false)
		if took := time.Since(start); took != 10*time.Second {
			t.Errorf("the call was given up after %v, want 10s", took)
		}
	})
}

func TestKindTellsARefusalFromAnOutage(t *testing.T) {
	synctest.Test(t, testKinds)
}

func testKinds(t *testing.T) {
	for _, test := range []struct {
		err  error
		want tokenvending.Kind
	}{
		{refusal(403, "AccessDenied"), tokenvending.Denied},
		{refusal(403, "SignatureDoesNotMatch"), tokenvending.Denied},
		{refusal(403, "RequestExpired"), tokenvending.ClockSkewed},
		{refusal(400, "ValidationError"), tokenvending.Denied},
		{fmt.Errorf("operation: %w", refusal(403, "AccessDenied")), tokenvending.Denied},
		{refusal(403, "ExpiredToken"), tokenvending.Unavailable},
		{refusal(400, "Throttling"), tokenvending.Unavailable},
		{refusal(429, "Odd"), tokenvending.Unavailable},
		{refusal(500, "InternalFailure"), tokenvending.Unavailable},
		{refusal(503, "AccessDenied"), tokenvending.Unavailable},
		{errConnection, tokenvending.Unavailable},
		{refusal(0, "NoAnswer"), tokenvending.Unavailable}, // the SDK's form of a request that got no answer
		// What a source of base credentials answers is not STS's word.
		{fmt.Errorf("get identity: %w", &smithy.GenericAPIError{Code: "AccessDenied"}), tokenvending.Unavailable},
	} {
		fake := &fakeSTS{}
		fake.fail(test.err)
		_, err := newMachine(t, tokenvending.Config{STS: fake}).Retrieve(as(t, "yellow"))
		var got *tokenvending.Error
		if !errors.As(err, &got) || got.Kind != test.want || !errors.Is(err, test.err) {
			t.Errorf("%v: Retrieve = %v, want kind %v", test.err, err, test.want)
		}
		if got.RetryableError() {
			t.Errorf("%v: the SDK would try the operation again", test.err)
		}
	}
}
