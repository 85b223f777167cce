package dynamo_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"example.com/shiptrack/pkg/audit"
	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/tracking-service/internal/awscall/awscalltest"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

func TestKeyAndCredentialsAreOfTheTenantInTheContext(t *testing.T) {
	w := &fakeClient{}
	w.answer = func(_ int, c call) (int, string) {
		owner := map[string]string{"AKIAYELLOW": "yellow", "AKIABLUE": "blue"}[c.accessKey]
		return 200, `{"Item":` + row(owner, "1001") + `}`
	}
	store, _ := newStore(t, w, fakeSTS{})
	for i, id := range []string{"yellow", "blue", "yellow"} {
		shipment, err := store.Get(awscalltest.As(t, id), shipmentID(t, "1001"))
		if err != nil || shipment.ID.String() != "1001" {
			t.Fatalf("Get as %s = %v, %v", id, shipment, err)
		}
		want := map[string]string{"yellow": "AKIAYELLOW", "blue": "AKIABLUE"}[id]
		if got := w.calls[i].accessKey; got != want {
			t.Errorf("call of %s is signed with %s, want %s", id, got, want)
		}
		if got := field(t, w.calls[i].body, "Key", "TenantID", "S"); got != id {
			t.Errorf("call of %s has the partition key %v", id, got)
		}
	}
}

func TestContextWithoutTenantSendsNothing(t *testing.T) {
	w := always(200, `{}`)
	store, _ := newStore(t, w, fakeSTS{})
	_, err := store.Get(t.Context(), shipmentID(t, "1001"))
	awscalltest.WantKind(t, err, problem.Internal)
	_, err = store.BatchGet(t.Context(), []tracking.ShipmentID{shipmentID(t, "1001")})
	awscalltest.WantKind(t, err, problem.Internal)
	_, _, err = store.List(t.Context(), 10, tracking.ShipmentID{})
	awscalltest.WantKind(t, err, problem.Internal)
	awscalltest.WantKind(t, store.Put(t.Context(), nil), problem.Internal)
	if len(w.calls) != 0 {
		t.Errorf("%d calls were sent without a tenant: %v", len(w.calls), w.calls)
	}
}

func TestRowOfAnotherTenantNeverLeaves(t *testing.T) {
	one := func(store storer, t *testing.T) (any, error) {
		return store.Get(awscalltest.As(t, "yellow"), shipmentID(t, "1001"))
	}
	batch := func(store storer, t *testing.T) (any, error) {
		return store.BatchGet(awscalltest.As(t, "yellow"), []tracking.ShipmentID{shipmentID(t, "1001"), shipmentID(t, "1002")})
	}
	list := func(store storer, t *testing.T) (any, error) {
		page, _, err := store.List(awscalltest.As(t, "yellow"), 1, tracking.ShipmentID{})
		return page, err
	}
	for _, test := range []struct {
		name, body string // %s: the tenant in the answer
		ask        func(storer, *testing.T) (any, error)
	}{
		{"GetItem", `{"Item":` + row("%s", "1001") + `}`, one},
		{"BatchGetItem", `{"Responses":{"TrackingData":[` + row("yellow", "1001") + `,` + row("%s", "1002") + `]}}`, batch},
		{"Query", `{"Items":[` + row("yellow", "1001") + `,` + row("%s", "1002") + `]}`, list},
	} {
		t.Run(test.name, func(t *testing.T) {
			store, trail := newStore(t, always(200, fmt.Sprintf(test.body, "blue")), fakeSTS{})
			_, err := test.ask(store, t)
			awscalltest.WantKind(t, err, problem.Internal)
			if got := trail.Last(t); got.Decision != audit.Deny {
				t.Errorf("audited as %q, want %q (an alarm)", got.Decision, audit.Deny)
			}
			store, trail = newStore(t, always(200, fmt.Sprintf(test.body, "yellow")), fakeSTS{}) // control
			if _, err := test.ask(store, t); err != nil || trail.Last(t).Decision != audit.Allow {
				t.Errorf("own rows: error %v, audited as %q, want them answered", err, trail.Last(t).Decision)
			}
		})
	}
}

func TestKeyOfAnotherTenantIsNotFollowed(t *testing.T) {
	for name, body := range map[string]string{
		"LastEvaluatedKey":                  `{"Items":[],"LastEvaluatedKey":` + key("blue", "1") + `}`,
		"LastEvaluatedKey without a tenant": `{"Items":[],"LastEvaluatedKey":{"ShipmentID":{"S":"1"}}}`,
	} {
		w := &fakeClient{answer: func(n int, _ call) (int, string) {
			if n > 1 {
				return 200, `{"Items":[]}`
			}
			return 200, body
		}}
		store, _ := newStore(t, w, fakeSTS{})
		_, _, err := store.List(awscalltest.As(t, "yellow"), 10, tracking.ShipmentID{})
		awscalltest.WantKind(t, err, problem.Internal)
		if len(w.calls) != 1 {
			t.Errorf("%s: %d calls, want the first alone", name, len(w.calls))
		}
	}
}

func TestUnknownShipmentIsNotFoundAndNoAlarm(t *testing.T) {
	store, trail := newStore(t, always(200, `{}`), fakeSTS{})
	_, err := store.Get(awscalltest.As(t, "yellow"), shipmentID(t, "9999"))
	awscalltest.WantKind(t, err, problem.NotFound)
	if got := trail.Last(t).Decision; got != audit.Allow {
		t.Errorf("audited as %q, want %q: AWS did answer", got, audit.Allow)
	}
}

func TestShipmentThatWasNotAskedForIsRefused(t *testing.T) {
	store, _ := newStore(t, always(200, `{"Item":`+row("yellow", "1002")+`}`), fakeSTS{})
	_, err := store.Get(awscalltest.As(t, "yellow"), shipmentID(t, "1001"))
	awscalltest.WantKind(t, err, problem.Internal)
	store, _ = newStore(t, always(200, `{"Responses":{"TrackingData":`+rows("yellow", "1002")+`}}`), fakeSTS{})
	_, err = store.BatchGet(awscalltest.As(t, "yellow"), []tracking.ShipmentID{shipmentID(t, "1001")})
	awscalltest.WantKind(t, err, problem.Internal)
}

func TestListTellsWhetherMoreFollow(t *testing.T) {
	for _, test := range []struct {
		name      string
		limit     int
		answers   []string
		want      string
		next      string
		lastStart string // ExclusiveStartKey of the last call
		lastLimit float64
	}{
		{"fewer than the limit", 3, []string{`{"Items":` + rows("yellow", "a", "b") + `}`}, "a b", "", "", 4},
		{"exactly the limit", 2, []string{`{"Items":` + rows("yellow", "a", "b") + `}`}, "a b", "", "", 3},
		{"one more", 2, []string{`{"Items":` + rows("yellow", "a", "b", "c") + `,"LastEvaluatedKey":` + key("yellow", "c") + `}`}, "a b", "b", "", 3},
		{"cut by DynamoDB", 3, []string{
			`{"Items":` + rows("yellow", "a") + `,"LastEvaluatedKey":` + key("yellow", "a") + `}`,
			`{"Items":[],"LastEvaluatedKey":` + key("yellow", "b") + `}`,
			`{"Items":` + rows("yellow", "c", "d") + `}`,
		}, "a c d", "", "b", 3},
		{"none", 5, []string{`{"Items":[]}`}, "", "", "", 6},
	} {
		w := &fakeClient{answer: func(n int, _ call) (int, string) { return 200, test.answers[n-1] }}
		store, _ := newStore(t, w, fakeSTS{})
		page, next, err := store.List(awscalltest.As(t, "yellow"), test.limit, tracking.ShipmentID{})
		if err != nil || ids(page) != test.want || next.String() != test.next {
			t.Errorf("%s: List = %q, next %q, error %v, want %q, %q", test.name, ids(page), next, err, test.want, test.next)
		}
		last := w.calls[len(w.calls)-1].body
		if got := field(t, last, "Limit"); got != test.lastLimit {
			t.Errorf("%s: last Limit = %v, want %v", test.name, got, test.lastLimit)
		}
		if got := field(t, last, "ExpressionAttributeValues", ":tenant", "S"); got != "yellow" {
			t.Errorf("%s: partition = %v, want yellow", test.name, got)
		}
		if test.lastStart != "" && field(t, last, "ExclusiveStartKey", "ShipmentID", "S") != test.lastStart {
			t.Errorf("%s: last call is %s, want it to start after %s", test.name, last, test.lastStart)
		}
	}
}

func TestListStartsAfterAnIDOfTheSameTenant(t *testing.T) {
	w := always(200, `{"Items":[]}`)
	store, _ := newStore(t, w, fakeSTS{})
	if _, _, err := store.List(awscalltest.As(t, "blue"), 10, shipmentID(t, "1001")); err != nil {
		t.Fatal(err)
	}
	got := field(t, w.calls[0].body, "ExclusiveStartKey")
	if want := field(t, key("blue", "1001")); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("ExclusiveStartKey = %v, want %v", got, want)
	}
}

func TestEachCallIsAuditedWithRequestIDAndSession(t *testing.T) {
	store, trail := newStore(t, always(200, `{"Item":`+row("yellow", "1001")+`}`), fakeSTS{})
	if _, err := store.Get(awscalltest.As(t, "yellow"), shipmentID(t, "1001")); err != nil {
		t.Fatal(err)
	}
	want := audit.Record{
		Tenant: "yellow", Action: "dynamodb:GetItem", Resource: "TrackingData/yellow/1001", AWSRequestID: "aws-1",
		Session: "arn:aws:sts::000000000000:assumed-role/TrackingAccessRole/yellow@test", Decision: audit.Allow,
	}
	if got := trail.Last(t); got != want {
		t.Errorf("audited %+v, want %+v", got, want)
	}
}

func TestTimesAreReadInUTC(t *testing.T) {
	store, _ := newStore(t, always(200, `{"Item":`+row("yellow", "1001")+`}`), fakeSTS{})
	shipment, err := store.Get(awscalltest.As(t, "yellow"), shipmentID(t, "1001"))
	if err != nil {
		t.Fatal(err)
	}
	want := time.Date(2026, 5, 2, 12, 0, 0, 0, time.UTC)
	if m := shipment.Milestones[0]; !m.Actual.Equal(want) || m.Actual.Location() != time.UTC || m.Estimated != nil {
		t.Errorf("milestone = %+v, want actual %v and no estimate", m, want)
	}
}

func TestATimeThatIsNullIsAbsent(t *testing.T) {
	null := strings.Replace(row("yellow", "1001"), `{"S":"2026-05-02T12:00:00Z"}`, `{"NULL":true}`, 1)
	store, _ := newStore(t, always(200, `{"Item":`+null+`}`), fakeSTS{})
	shipment, err := store.Get(awscalltest.As(t, "yellow"), shipmentID(t, "1001"))
	if err != nil || shipment.Milestones[0].Actual != nil {
		t.Errorf("milestone = %+v, %v, want no actual time", shipment.Milestones, err)
	}
}

// storer is what the tests of reading use of a store.
type storer = tracking.Store
