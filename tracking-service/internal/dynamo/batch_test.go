package dynamo_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/tracking-service/internal/awscall/awscalltest"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

func shipmentIDs(t testing.TB, texts ...string) []tracking.ShipmentID {
	t.Helper()
	var all []tracking.ShipmentID
	for _, text := range texts {
		all = append(all, shipmentID(t, text))
	}
	return all
}

func TestUnprocessedKeysAreAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answers := []string{
			`{"Responses":{"TrackingData":` + rows("yellow", "a") + `},"UnprocessedKeys":{"TrackingData":{"Keys":[` +
				key("yellow", "b") + `,` + key("yellow", "c") + `]}}}`,
			`{"Responses":{},"UnprocessedKeys":{"TrackingData":{"Keys":[` + key("yellow", "b") + `,` + key("yellow", "c") + `]}}}`,
			`{"Responses":{"TrackingData":` + rows("yellow", "c") + `}}`, // b does not exist
		}
		w := &fakeClient{answer: func(n int, _ call) (int, string) { return 200, answers[n-1] }}
		store, trail := newStore(t, w, fakeSTS{})
		found, err := store.BatchGet(awscalltest.As(t, "yellow"), shipmentIDs(t, "a", "b", "c"))
		if err != nil || ids(found) != "a c" {
			t.Fatalf("BatchGet = %q, %v, want a and c", ids(found), err)
		}
		again := w.calls[2].body
		if strings.Contains(again, `"a"`) || !strings.Contains(again, `"b"`) || !strings.Contains(again, `"c"`) {
			t.Errorf("the last call asks %s, want what was left", again)
		}
		if len(trail.All()) != 3 {
			t.Errorf("%d audit records of 3 calls", len(trail.All()))
		}
	})
}

func TestUnprocessedWithoutEndIsUnavailable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := always(200, `{"Responses":{},"UnprocessedKeys":{"TrackingData":{"Keys":[`+key("yellow", "a")+`]}}}`)
		store, _ := newStore(t, w, fakeSTS{})
		_, err := store.BatchGet(awscalltest.As(t, "yellow"), shipmentIDs(t, "a"))
		awscalltest.WantKind(t, err, problem.Unavailable)
		if len(w.calls) != 8 {
			t.Errorf("%d calls, want 8 at most", len(w.calls))
		}
	})
}

func TestUnprocessedEndsWithTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, _ := newStore(t, always(200, `{"UnprocessedKeys":{"TrackingData":{"Keys":[`+key("yellow", "a")+`]}}}`), fakeSTS{})
		ctx, cancel := context.WithTimeout(awscalltest.As(t, "yellow"), 60*time.Millisecond)
		defer cancel()
		start := time.Now()
		_, err := store.BatchGet(ctx, shipmentIDs(t, "a"))
		awscalltest.WantKind(t, err, problem.Timeout)
		if took := time.Since(start); took > 60*time.Millisecond {
			t.Errorf("took %v, want at most the deadline's 60ms", took)
		}
	})
}

func TestUnprocessedPartOfAnotherTenantIsNotSentAgain(t *testing.T) {
	read := always(200, `{"UnprocessedKeys":{"TrackingData":{"Keys":[`+key("blue", "a")+`]}}}`)
	store, _ := newStore(t, read, fakeSTS{})
	_, err := store.BatchGet(awscalltest.As(t, "yellow"), shipmentIDs(t, "a"))
	awscalltest.WantKind(t, err, problem.Internal)
	written := always(200, `{"UnprocessedItems":{"TrackingData":[{"PutRequest":{"Item":`+row("blue", "a")+`}}]}}`)
	store, _ = newStore(t, written, fakeSTS{})
	awscalltest.WantKind(t, store.Put(awscalltest.As(t, "yellow"), []tracking.Shipment{shipment(t, "a")}), problem.Internal)
	if len(read.calls) != 1 || len(written.calls) != 1 {
		t.Errorf("%d reads and %d writes, want one each", len(read.calls), len(written.calls))
	}
}

// shipment returns a valid one.
func shipment(t testing.TB, id string) tracking.Shipment {
	t.Helper()
	places := [2]tracking.UNLocationCode{}
	for i, text := range []string{"CNSHA", "DEHAM"} {
		place, err := tracking.ParseUNLocationCode(text)
		if err != nil {
			t.Fatal(err)
		}
		places[i] = place
	}
	return tracking.Shipment{
		ID: shipmentID(t, id), CarrierBookingReference: "B1", Carrier: "MAEU", Origin: places[0], Destination: places[1],
		Milestones: []tracking.Milestone{{Type: tracking.Arrived, Location: places[1], Planned: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)}},
	}
}

func TestPutWritesBatchesOfTwentyFiveUnderTheTenant(t *testing.T) {
	w := &fakeClient{answer: func(n int, c call) (int, string) {
		if n == 1 { // one of the first batch is left
			return 200, `{"UnprocessedItems":{"TrackingData":[{"PutRequest":{"Item":` + row("yellow", "s07") + `}}]}}`
		}
		return 200, `{}`
	}}
	store, _ := newStore(t, w, fakeSTS{})
	var all []tracking.Shipment
	for i := range 30 {
		all = append(all, shipment(t, fmt.Sprintf("s%02d", i)))
	}
	if err := store.Put(awscalltest.As(t, "yellow"), all); err != nil {
		t.Fatal(err)
	}
	var sizes []int
	for _, c := range w.calls {
		writes := field(t, c.body, "RequestItems", "TrackingData").([]any)
		sizes = append(sizes, len(writes))
		for i := range writes {
			if got := field(t, c.body, "RequestItems", "TrackingData", i, "PutRequest", "Item", "TenantID", "S"); got != "yellow" {
				t.Errorf("a row is written for %v", got)
			}
		}
	}
	if fmt.Sprint(sizes) != "[25 1 5]" {
		t.Errorf("writes in calls of %v, want 25, the one left, 5", sizes)
	}
}

func TestPutRefusesAMalformedShipment(t *testing.T) {
	w := always(200, `{}`)
	store, _ := newStore(t, w, fakeSTS{})
	bad := shipment(t, "a")
	bad.Milestones = nil
	awscalltest.WantKind(t, store.Put(awscalltest.As(t, "yellow"), []tracking.Shipment{shipment(t, "b"), bad}), problem.Internal)
	if len(w.calls) != 0 {
		t.Errorf("%d calls, want none", len(w.calls))
	}
}

// TestStoredShipmentReadsBackAsItWas puts random shipments and reads back the rows that went over the wire.
func TestStoredShipmentReadsBackAsItWas(t *testing.T) {
	instant := rapid.Custom(func(r *rapid.T) time.Time {
		return time.Unix(rapid.Int64Range(946684800, 7258118399).Draw(r, "s"), rapid.Int64Range(0, 999999999).Draw(r, "ns")).UTC()
	})
	rapid.Check(t, func(r *rapid.T) {
		want := shipment(t, rapid.StringMatching(`[A-Za-z0-9][A-Za-z0-9-]{0,63}`).Draw(r, "id"))
		want.CarrierBookingReference = rapid.StringMatching(`[ -~]{1,35}`).Draw(r, "booking")
		want.TransportDocumentReference = rapid.StringMatching(`[ -~]{0,20}`).Draw(r, "document")
		want.Milestones[0].Planned = instant.Draw(r, "planned")
		if rapid.Bool().Draw(r, "has happened") {
			actual := instant.Draw(r, "actual")
			want.Milestones[0].Actual = &actual
		}
		w := always(200, `{}`)
		store, _ := newStore(t, w, fakeSTS{})
		if err := store.Put(awscalltest.As(t, "yellow"), []tracking.Shipment{want}); err != nil {
			r.Fatal(err)
		}
		_, item, _ := strings.Cut(w.calls[0].body, `"Item":`)
		item = item[:strings.LastIndex(item, `}}]}`)]
		store, _ = newStore(t, always(200, `{"Item":`+item+`}`), fakeSTS{})
		got, err := store.Get(awscalltest.As(t, "yellow"), want.ID)
		if err != nil || fmt.Sprintf("%+v", flat(got)) != fmt.Sprintf("%+v", flat(want)) {
			r.Fatalf("read back %+v, %v, want %+v", got, err, want)
		}
	})
}

// flat replaces pointers by what they point at, for comparing.
func flat(s tracking.Shipment) any {
	actual := time.Time{}
	if s.Milestones[0].Actual != nil {
		actual = *s.Milestones[0].Actual
	}
	s.Milestones[0].Actual = nil
	return []any{s, actual}
}
