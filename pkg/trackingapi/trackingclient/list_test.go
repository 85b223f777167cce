package trackingclient_test

import (
	"net/http"
	"testing"

	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/pkg/trackingapi"
)

func TestShipmentMustBeWholeAndTheOneAskedFor(t *testing.T) {
	for name, tc := range map[string]struct {
		body string
		ok   bool
	}{
		"the one asked for": {shipmentOf("1001"), true},
		"another one":       {shipmentOf("1002"), false},
		"only its ETA":      {etaOf("1001"), false},
	} {
		answer, err := service(t, answering(http.StatusOK, "application/json", tc.body)).GetShipment(caller(t), "1001")
		if tc.ok && (err != nil || answer.ShipmentID != "1001" || len(answer.Milestones) != 1) {
			t.Errorf("%s: %+v, %v, want the shipment", name, answer, err)
		}
		if !tc.ok && kindOf(t, err) != problem.Internal {
			t.Errorf("%s: %v, want internal", name, err)
		}
	}
}

func TestListMustAnswerWhatWasAsked(t *testing.T) {
	batch := func(ids ...string) trackingapi.ListShipmentsParams { return trackingapi.ListShipmentsParams{Ids: &ids} }
	page := func(limit int32) trackingapi.ListShipmentsParams {
		cursor := "abc"
		return trackingapi.ListShipmentsParams{Limit: &limit, Cursor: &cursor}
	}
	one, two := shipmentOf("1001"), shipmentOf("1002")
	for _, tc := range []struct {
		name, query, body string
		params            trackingapi.ListShipmentsParams
		ok                bool
	}{
		{"batch", "ids=1001,1002", `{"shipments":[` + one + `],"notFound":["1002"]}`, batch("1001", "1002"), true},
		{"batch, all found", "ids=1001", `{"shipments":[` + one + `],"notFound":[]}`, batch("1001"), true},
		{"batch, none found", "ids=1001", `{"shipments":[],"notFound":["1001"]}`, batch("1001"), true},
		{"batch without notFound", "ids=1001", `{"shipments":[` + one + `]}`, batch("1001"), false},
		{"batch with a cursor", "ids=1001", `{"shipments":[` + one + `],"notFound":[],"nextCursor":"a"}`, batch("1001"), false},
		{"batch with one more", "ids=1001", `{"shipments":[` + one + `,` + two + `],"notFound":[]}`, batch("1001"), false},
		{"batch with one less", "ids=1001,1002", `{"shipments":[` + one + `],"notFound":[]}`, batch("1001", "1002"), false},
		{"batch with one twice", "ids=1001,1002", `{"shipments":[` + one + `,` + one + `],"notFound":[]}`, batch("1001", "1002"), false},
		{"batch with one found and not", "ids=1001", `{"shipments":[` + one + `],"notFound":["1001"]}`, batch("1001"), false},
		{"batch of another", "ids=1001", `{"shipments":[` + two + `],"notFound":[]}`, batch("1001"), false},
		{"batch with one that is not whole", "ids=1001", `{"shipments":[` + etaOf("1001") + `],"notFound":[]}`, batch("1001"), false},
		{"page", "limit=2&cursor=abc", `{"shipments":[` + one + `,` + two + `],"nextCursor":"def"}`, page(2), true},
		{"last page", "limit=2&cursor=abc", `{"shipments":[]}`, page(2), true},
		{"page that is too long", "limit=1&cursor=abc", `{"shipments":[` + one + `,` + two + `]}`, page(1), false},
		{"page with one twice", "limit=2&cursor=abc", `{"shipments":[` + one + `,` + one + `]}`, page(2), false},
		{"page with notFound", "limit=1&cursor=abc", `{"shipments":[],"notFound":[]}`, page(1), false},
		{"page without shipments", "limit=1&cursor=abc", `{}`, page(1), false},
		{"first page", "", `{"shipments":[` + one + `]}`, trackingapi.ListShipmentsParams{}, true},
	} {
		var query string
		client := service(t, func(w http.ResponseWriter, r *http.Request) {
			query = r.URL.RawQuery
			answering(http.StatusOK, "application/json", tc.body)(w, r)
		})
		_, err := client.ListShipments(caller(t), tc.params)
		if query != tc.query {
			t.Errorf("%s: asked ?%s, want ?%s", tc.name, query, tc.query)
		}
		if tc.ok && err != nil || !tc.ok && kindOf(t, err) != problem.Internal {
			t.Errorf("%s: %v, want ok = %v, else internal", tc.name, err, tc.ok)
		}
	}
}

func TestSearchMustAnswerWhatWasAsked(t *testing.T) {
	hit := func(id string) string {
		return `{"shipmentId":"` + id + `","status":"PLANNED","eta":"2026-03-20T00:00:00Z","delayMinutes":0,"carrier":"MAEU","carrierBookingReference":"B","origin":"SGSIN","destination":"NLRTM","highlights":{}}`
	}
	planned, delivered, limit := trackingapi.StatusPLANNED, trackingapi.StatusDELIVERED, int32(1)
	for _, tc := range []struct {
		name, body string
		params     trackingapi.SearchShipmentsParams
		ok         bool
	}{
		{"hits", `{"shipments":[` + hit("1001") + `,` + hit("1002") + `],"total":7,"nextCursor":"abc"}`, trackingapi.SearchShipmentsParams{}, true},
		{"none", `{"shipments":[],"total":0}`, trackingapi.SearchShipmentsParams{}, true},
		{"of the status", `{"shipments":[` + hit("1001") + `],"total":1}`, trackingapi.SearchShipmentsParams{Status: &planned, Limit: &limit}, true},
		{"of another status", `{"shipments":[` + hit("1001") + `],"total":1}`, trackingapi.SearchShipmentsParams{Status: &delivered}, false},
		{"more than the limit", `{"shipments":[` + hit("1001") + `,` + hit("1002") + `],"total":2}`, trackingapi.SearchShipmentsParams{Limit: &limit}, false},
		{"one twice", `{"shipments":[` + hit("1001") + `,` + hit("1001") + `],"total":2}`, trackingapi.SearchShipmentsParams{}, false},
		{"more than the total", `{"shipments":[` + hit("1001") + `],"total":0}`, trackingapi.SearchShipmentsParams{}, false},
		{"a hit without an id", `{"shipments":[` + hit("") + `],"total":1}`, trackingapi.SearchShipmentsParams{}, false},
		{"no list", `{"total":0}`, trackingapi.SearchShipmentsParams{}, false},
	} {
		answer, err := service(t, answering(http.StatusOK, "application/json", tc.body)).SearchShipments(caller(t), tc.params)
		if tc.ok && (err != nil || answer.Shipments == nil) {
			t.Errorf("%s: %+v, %v, want the result", tc.name, answer, err)
		}
		if !tc.ok && kindOf(t, err) != problem.Internal {
			t.Errorf("%s: %v, want internal", tc.name, err)
		}
	}
}
