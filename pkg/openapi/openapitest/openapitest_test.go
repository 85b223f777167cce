package openapitest_test

import (
	"net/http"
	"strings"
	"testing"

	"example.com/shiptrack/pkg/openapi/openapitest"
	"example.com/shiptrack/pkg/trackingapi"
)

// Other tests rely on this check, so a test must see that it can fail.
func TestAnswersThatTheDocumentHasNotAreFound(t *testing.T) {
	document := openapitest.Load(t, trackingapi.Document())
	const good = `{"shipmentId":"1","status":"PLANNED","eta":"2026-03-20T06:00:00Z","plannedArrival":"2026-03-20T06:00:00Z","delayMinutes":0}`
	for name, tc := range map[string]struct {
		operation, media, body string
		status                 int
		ok                     bool
	}{
		"good":                    {"GET /shipments/{shipmentId}/eta", "application/json", good, 200, true},
		"another status":          {"GET /shipments/{shipmentId}/eta", "application/json", good, 202, false},
		"another media type":      {"GET /shipments/{shipmentId}/eta", "text/plain", good, 200, false},
		"a field more":            {"GET /shipments/{shipmentId}/eta", "application/json", strings.Replace(good, "{", `{"tenant":"t",`, 1), 200, false},
		"a field less":            {"GET /shipments/{shipmentId}/eta", "application/json", strings.Replace(good, `"delayMinutes"`, `"delay"`, 1), 200, false},
		"a field of another type": {"GET /shipments/{shipmentId}/eta", "application/json", strings.Replace(good, `:0}`, `:"0"}`, 1), 200, false},
		"a time that is none":     {"GET /shipments/{shipmentId}/eta", "application/json", strings.Replace(good, "T06:00:00Z", "", 1), 200, false},
		"a field more inside":     {"GET /shipments", "application/json", `{"shipments":[],"notFound":[],"errors":[{"a":1}]}`, 200, false},
		"not JSON":                {"GET /shipments", "application/json", `{`, 200, false},
		"401 without its header":  {"GET /shipments", "application/problem+json", `{"type":"t","title":"t","status":401}`, 401, false},
		"an unknown operation":    {"PUT /shipments", "application/json", good, 200, false},
	} {
		err := document.CheckResponse(tc.operation, tc.status, http.Header{"Content-Type": {tc.media}}, []byte(tc.body))
		if (err == nil) != tc.ok {
			t.Errorf("%s: %v, want ok = %v", name, err, tc.ok)
		}
	}
}
