package dynamo_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"example.com/shiptrack/pkg/audit"
	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/tracking-service/internal/awscall/awscalltest"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

func TestFailuresMapToTheirKind(t *testing.T) {
	for _, test := range []struct {
		name     string
		status   int
		code     string
		want     problem.Kind
		decision audit.Decision
	}{
		{"a denial is an alarm", 400, "AccessDeniedException", problem.Denied, audit.Deny},
		{"an unknown key", 400, "UnrecognizedClientException", problem.Denied, audit.Deny},
		{"throttled", 400, "ProvisionedThroughputExceededException", problem.Unavailable, audit.Failed},
		{"its own failure", 500, "InternalServerError", problem.Unavailable, audit.Failed},
		{"expired session", 400, "ExpiredTokenException", problem.Unavailable, audit.Failed},
		{"no such table", 400, "ResourceNotFoundException", problem.Internal, audit.Failed},
		{"our mistake", 400, "ValidationException", problem.Internal, audit.Failed},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				body := fmt.Sprintf(`{"__type":"com.amazonaws.dynamodb.v20120810#%s","message":"as AWS words it"}`, test.code)
				store, trail := newStore(t, always(test.status, body), fakeSTS{})
				_, err := store.Get(awscalltest.As(t, "yellow"), shipmentID(t, "1001"))
				awscalltest.WantKind(t, err, test.want)
				record := trail.Last(t)
				if record.Decision != test.decision || !strings.HasPrefix(record.AWSRequestID, "aws-") ||
					!strings.Contains(record.Reason, test.code) {
					t.Errorf("audited %+v, want %s, AWS's request id and the code", record, test.decision)
				}
				if detail := problem.From(err).Detail; strings.Contains(detail, "AWS") || strings.Contains(detail, test.code) {
					t.Errorf("the caller is told %q", detail)
				}
			})
		})
	}
}

// DynamoDB tells a wrong clock and a wrong key by one code; only the latter is an alarm.
func TestClockThatIsOffIsNoDenial(t *testing.T) {
	for message, want := range map[string]problem.Kind{
		"Signature expired: 20260301T120000Z is now earlier than 20260301T125500Z (20260301T130000Z - 5 min.)":            problem.Unavailable,
		"Signature not yet current: 20260301T140000Z is still later than 20260301T130500Z (20260301T130000Z + 5 min.)":    problem.Unavailable,
		"The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key": problem.Denied,
	} {
		synctest.Test(t, func(t *testing.T) {
			store, trail := newStore(t, always(400, fmt.Sprintf(`{"__type":"com.amazon.coral.service#InvalidSignatureException","message":%q}`, message)), fakeSTS{})
			_, err := store.Get(awscalltest.As(t, "yellow"), shipmentID(t, "1001"))
			awscalltest.WantKind(t, err, want)
			record := trail.Last(t)
			if tellsClock := strings.Contains(record.Reason, "check this machine's clock"); tellsClock != (want == problem.Unavailable) || (record.Decision == audit.Deny) != (want == problem.Denied) {
				t.Errorf("%s: audited %+v, want the clock told: %t", message, record, want == problem.Unavailable)
			}
		})
	}
}

func TestDenialIsNotTriedAgain(t *testing.T) {
	w := always(400, `{"__type":"com.amazonaws.dynamodb.v20120810#AccessDeniedException"}`)
	store, _ := newStore(t, w, fakeSTS{})
	_, err := store.Get(awscalltest.As(t, "yellow"), shipmentID(t, "1001"))
	awscalltest.WantKind(t, err, problem.Denied)
	if len(w.calls) != 1 {
		t.Errorf("%d calls, want 1", len(w.calls))
	}
}

// countingSTS counts the sessions that were asked for.
type countingSTS struct {
	fakeSTS
	calls int
}

func (c *countingSTS) AssumeRole(ctx context.Context, in *sts.AssumeRoleInput, opts ...func(*sts.Options)) (*sts.AssumeRoleOutput, error) {
	c.calls++
	return c.fakeSTS.AssumeRole(ctx, in, opts...)
}

func TestSessionThatIsRefusedIsReplaced(t *testing.T) {
	for code, sessions := range map[string]int{
		"UnrecognizedClientException": 2, // the role was made anew, say
		"ExpiredTokenException":       2,
		"AccessDeniedException":       1, // the session is known: another would be denied too
	} {
		synctest.Test(t, func(t *testing.T) {
			client := &countingSTS{}
			w := &fakeClient{}
			store, _ := newStore(t, w, client)
			ctx := awscalltest.As(t, "yellow")
			w.answer = func(n int, _ call) (int, string) {
				if n == 2 {
					return 400, `{"__type":"com.amazonaws.dynamodb.v20120810#` + code + `"}`
				}
				return 200, `{"Item":` + row("yellow", "1001") + `}`
			}
			if _, err := store.Get(ctx, shipmentID(t, "1001")); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			if _, err := store.Get(ctx, shipmentID(t, "1001")); err == nil {
				t.Fatalf("%s was not told", code)
			}
			if _, err := store.Get(ctx, shipmentID(t, "1001")); err != nil || client.calls != sessions {
				t.Errorf("after %s: error %v, %d sessions, want none and %d", code, err, client.calls, sessions)
			}
		})
	}
}

func TestStopIsNotATableThatIsSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, trail := newStore(t, always(0, ""), fakeSTS{})
		ctx, cancel := context.WithCancel(awscalltest.As(t, "yellow"))
		time.AfterFunc(time.Millisecond, cancel)
		_, err := store.Get(ctx, shipmentID(t, "1001"))
		awscalltest.WantKind(t, err, problem.Unavailable)
		if record := trail.Last(t); record.Decision != audit.Failed {
			t.Errorf("audited %+v, want a failure", record)
		}
	})
}

func TestTriesEndWithTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, trail := newStore(t, always(0, ""), fakeSTS{})
		ctx, cancel := context.WithTimeout(awscalltest.As(t, "yellow"), 2*time.Second)
		defer cancel()
		start := time.Now()
		_, err := store.Get(ctx, shipmentID(t, "1001"))
		awscalltest.WantKind(t, err, problem.Timeout)
		if took := time.Since(start); took != 2*time.Second {
			t.Errorf("took %v, want the deadline's 2s", took)
		}
		if got := trail.Last(t); got.Decision != audit.Failed || got.AWSRequestID != "" {
			t.Errorf("audited %+v, want a failure without a request id", got)
		}
	})
}

func TestFailureOfTokenVendingIsTold(t *testing.T) {
	refused := &awshttp.ResponseError{RequestID: "sts-1", ResponseError: &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: http.StatusForbidden}},
		Err:      &smithy.GenericAPIError{Code: "AccessDenied"},
	}}
	for _, test := range []struct {
		name     string
		err      error
		want     problem.Kind
		decision audit.Decision
	}{
		{"STS refuses", refused, problem.Denied, audit.Deny},
		{"STS is away", errors.New("connection refused"), problem.Unavailable, audit.Failed},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := always(200, `{}`)
			store, trail := newStore(t, w, fakeSTS{err: test.err})
			for range 2 { // the second is answered from back-off
				start := time.Now()
				_, err := store.Get(awscalltest.As(t, "yellow"), shipmentID(t, "1001"))
				awscalltest.WantKind(t, err, test.want)
				if test.want == problem.Unavailable && problem.From(err).RetryAfter < time.Second/2 {
					t.Errorf("RetryAfter = %v, want the back-off's", problem.From(err).RetryAfter)
				}
				if took := time.Since(start); took > 500*time.Millisecond {
					t.Errorf("took %v: the SDK tried again what will not change", took)
				}
			}
			if got := trail.Last(t); got.Decision != test.decision || got.AWSRequestID != "" {
				t.Errorf("audited %+v, want %s and no request id: DynamoDB was not asked", got, test.decision)
			}
			if len(w.calls) != 0 {
				t.Errorf("%d calls of DynamoDB without a session", len(w.calls))
			}
		})
	}
}

func TestMalformedRowIsAnErrorNotAShipment(t *testing.T) {
	good := row("yellow", "1001")
	for name, body := range map[string]string{
		"no milestones":       strings.Replace(good, `"Milestones"`, `"Milestone"`, 1),
		"unknown type":        strings.Replace(good, "ARRI", "ZZZZ", 1),
		"no arrival":          strings.Replace(good, "ARRI", "DEPA", 1),
		"bad place":           strings.Replace(good, "CNSHA", "cnsha", 1),
		"time without zone":   strings.Replace(good, "2026-05-01T12:00:00Z", "2026-05-01T12:00:00", 1),
		"time that is number": strings.Replace(good, `{"S":"2026-05-01T12:00:00Z"}`, `{"N":"5"}`, 1),
		"actual, a number":    strings.Replace(good, `{"S":"2026-05-02T12:00:00Z"}`, `{"N":"5"}`, 1),
		"bad actual time":     strings.Replace(good, "2026-05-02T12:00:00Z", "yesterday", 1),
	} {
		if body == good {
			t.Fatalf("%s: nothing was replaced", name)
		}
		store, trail := newStore(t, always(200, `{"Item":`+body+`}`), fakeSTS{})
		_, err := store.Get(awscalltest.As(t, "yellow"), shipmentID(t, "1001"))
		awscalltest.WantKind(t, err, problem.Internal)
		if !errors.Is(err, tracking.ErrMalformed) {
			t.Errorf("%s: error = %v, want ErrMalformed", name, err)
		}
		if got := trail.Last(t).Decision; got != audit.Failed {
			t.Errorf("%s: audited as %q, want %q", name, got, audit.Failed)
		}
	}
}
