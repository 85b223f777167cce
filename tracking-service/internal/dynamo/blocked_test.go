package dynamo_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"example.com/shiptrack/pkg/audit"
	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/tracking-service/internal/awscall/awscalltest"
)

const deniedPrefix = "User: arn:aws:sts::000000000000:assumed-role/TrackingAccessRole/yellow@test is not authorized to perform: dynamodb:GetItem on resource: arn:aws:dynamodb:us-east-1:000000000000:table/TrackingData"

func denial(words string) string {
	return fmt.Sprintf(`{"__type":"com.amazonaws.dynamodb.v20120810#AccessDeniedException","message":%q}`, deniedPrefix+words)
}

const byBoundary = " with an explicit deny in a permissions boundary: arn:aws:iam::000000000000:policy/TrackingAccessRoleBoundary"

func TestRevokedSessionIsReplacedAndTheCallMadeOnceMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := &countingSTS{}
		w := &fakeClient{answer: func(n int, _ call) (int, string) {
			if n == 1 {
				return 400, denial(byBoundary)
			}
			return 200, `{"Item":` + row("yellow", "1001") + `}`
		}}
		store, trail := newStore(t, w, client)
		if _, err := store.Get(awscalltest.As(t, "yellow"), shipmentID(t, "1001")); err != nil {
			t.Fatal(err)
		}
		if len(w.calls) != 2 || client.calls != 2 {
			t.Errorf("%d calls and %d sessions, want 2 and 2", len(w.calls), client.calls)
		}
		records := trail.All()
		if len(records) != 2 || records[0].Decision != audit.Failed || records[0].AWSRequestID != "aws-1" || records[1].Decision != audit.Allow {
			t.Errorf("audited %+v, want the refusal as no alarm, and the answer", records)
		}
	})
}

func TestSuspendedTenantIsToldSoAndIsNoAlarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := &countingSTS{}
		w := always(400, denial(byBoundary))
		store, trail := newStore(t, w, client)
		for range 3 {
			_, err := store.Get(awscalltest.As(t, "yellow"), shipmentID(t, "1001"))
			awscalltest.WantKind(t, err, problem.TenantSuspended)
		}
		if client.calls != 2 || len(w.calls) != 4 {
			t.Errorf("%d sessions and %d calls for three requests, want 2 and 4", client.calls, len(w.calls))
		}
		for _, r := range trail.All() {
			if r.Decision != audit.Failed {
				t.Errorf("audited %+v, want no alarm", r)
			}
		}
		w.answer = func(int, call) (int, string) { return 200, `{"Item":` + row("yellow", "1001") + `}` }
		if _, err := store.Get(awscalltest.As(t, "yellow"), shipmentID(t, "1001")); err != nil {
			t.Errorf("after it was resumed: %v", err)
		}
	})
}

// TestAnyOtherDenialStaysAnAlarm: the words count where AWS puts them alone, and none are guessed.
func TestAnyOtherDenialStaysAnAlarm(t *testing.T) {
	for _, words := range []string{
		"", " because no identity-based policy allows the dynamodb:GetItem action", " with an explicit deny in an identity-based policy",
		" with an explicit deny in a service control policy", " with an explicit deny",
		" because no permissions boundary allows the dynamodb:GetItem action",
		"/ with an explicit deny in a permissions boundary because no identity-based policy allows the dynamodb:GetItem action", // a resource that is called so
		"/ with an explicit deny in a permissions boundary with an explicit deny in an identity-based policy",
	} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			w := always(400, denial(words))
			store, trail := newStore(t, w, fakeSTS{})
			_, err := store.Get(awscalltest.As(t, "yellow"), shipmentID(t, "1001"))
			awscalltest.WantKind(t, err, problem.Denied)
			if len(w.calls) != 1 || trail.Last(t).Decision != audit.Deny || time.Since(began) != 0 {
				t.Errorf("%q: %d calls, audited %+v; want one, at once, and an alarm", words, len(w.calls), trail.Last(t))
			}
		})
	}
}
