package trackingapi_test

import (
	"encoding/json"
	"net/http/httptest"
	"testing"
	"time"

	"pgregory.net/rapid"

	"example.com/shiptrack/pkg/trackingapi"
)

// The answer is what encoding/json makes of it, as the generated types have it.
func TestAnETAIsAnsweredAsEncodingJSONHasIt(t *testing.T) {
	moment := rapid.Map(rapid.Int64Range(946684800, 7258118399), func(s int64) time.Time { return time.Unix(s, s%7*1000).UTC() })
	rapid.Check(t, func(t *rapid.T) {
		eta := trackingapi.ETA{
			ShipmentID: rapid.StringMatching(`[A-Za-z0-9][A-Za-z0-9-]{0,63}`).Draw(t, "id"), Status: rapid.SampledFrom([]trackingapi.Status{"PLANNED", "DELIVERED"}).Draw(t, "status"),
			Eta: moment.Draw(t, "eta"), PlannedArrival: moment.Draw(t, "planned"), DelayMinutes: rapid.Int64Range(-1e6, 1e6).Draw(t, "delay"),
		}
		if rapid.Bool().Draw(t, "begun") {
			text := rapid.OneOf(rapid.Just("SGSIN"), rapid.SampledFrom([]string{"<b>&", "a\u2028b", "\x00", `"\`}), rapid.String()).Draw(t, "text") // of a service that is not ours
			eta.LastMilestone = &trackingapi.Milestone{Type: "DEPA", Location: text, Planned: moment.Draw(t, "milestone")}
			for _, at := range []**time.Time{&eta.LastMilestone.Estimated, &eta.LastMilestone.Actual} {
				if rapid.Bool().Draw(t, "known") {
					*at = new(moment.Draw(t, "time"))
				}
			}
		}
		want, err := json.Marshal(eta)
		if err != nil {
			t.Fatal(err)
		}
		answer := httptest.NewRecorder()
		if err := eta.VisitGetShippingETAResponse(answer); err != nil {
			t.Fatal(err)
		}
		if got := answer.Body.String(); got != string(want)+"\n" || answer.Code != 200 || answer.Header().Get("Content-Type") != "application/json" {
			t.Fatalf("got %d %s, want %s", answer.Code, got, want)
		}
	})
}
