package main

import (
	"net/http"
	"strings"
	"testing"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/iam/iamtest"
	"example.com/shiptrack/infra/localaws/localawstest"
)

const searchIndexes = "TrackingAccessRole/TrackingAccessPolicyOpenSearch.json"

func TestSearchesUnderPoliciesThatAreEnforced(t *testing.T) {
	w := overLocalaws(t)
	s := start(t, w.environ("DOCUMENTS_BUCKET="+localawstest.Bucket, "OPENSEARCH_ENDPOINT="+w.local.URL))
	s.awaitReady(t)
	s.awaitServed(t, w, hamburg)
	s.wantMetric(t, domainHolds)
	yellow, blue := w.issuer.Token("yellow", "ana"), w.issuer.Token("blue", "ben")
	if status, body := s.get(t, "/shipments/search?q=hamburg+delayed&status=IN_TRANSIT", yellow); status != http.StatusOK ||
		!strings.Contains(body, `"shipmentId":"1001"`) || !strings.Contains(body, `"status":["in transit, \u003cem\u003edelayed\u003c/em\u003e`) {
		t.Errorf("yellow: %d %s", status, body)
	}
	// 1002 is yellow's alone, and so is its booking.
	const booking = "/shipments/search?q=HL65024911"
	if status, body := s.get(t, booking, yellow); status != http.StatusOK || !strings.Contains(body, `"total":1`) {
		t.Errorf("yellow's own booking: %d %s", status, body)
	}
	foreign, foreignBody := s.get(t, booking, blue)
	unknown, unknownBody := s.get(t, "/shipments/search?q=HL00000000", blue)
	if foreign != http.StatusOK || unknown != http.StatusOK || foreignBody != unknownBody {
		t.Errorf("blue can tell yellow's booking (%d %s) from one that nobody has (%d %s)", foreign, foreignBody, unknown, unknownBody)
	}
	s.wantMetric(t, "shiptrack_denials_total 0")
}

// TestHolesInThePolicyOfIndexesAreFound: each stops the service, and the hardened policies start it again.
func TestHolesInThePolicyOfIndexesAreFound(t *testing.T) {
	const own = `domain/<domain>/${aws:PrincipalTag/TenantID}-shipments/_search`
	for _, tc := range []struct{ name, from, to, says string }{
		{"searches any index", own, "domain/<domain>/*-shipments/_search", "other-index: AWS allowed it"},
		{"writes any index", `"es:ESHttpGet",
      "Resource": "arn:aws:es:<region>:<account-id>:` + own + `"`, `["es:ESHttpGet", "es:ESHttpPut"],
      "Resource": ["arn:aws:es:<region>:<account-id>:` + own + `", "arn:aws:es:<region>:<account-id>:domain/<domain>/*/_doc/*"]`, "other-document: AWS allowed it"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := overLocalaws(t)
			s := start(t, w.environ("DOCUMENTS_BUCKET="+localawstest.Bucket, "OPENSEARCH_ENDPOINT="+w.local.URL, "ISOLATION_CHECK_INTERVAL=1s"))
			s.awaitReady(t)
			s.awaitServed(t, w, hamburg)
			w.replace(t, searchIndexes, tc.from, tc.to)
			s.awaitLog(t, `"msg":"ISOLATION DOES NOT HOLD"`, `"store":"opensearch"`, tc.says)
			s.awaitNotIsolated(t)
			s.wantNothingServed(t, w, notIsolated)
			iamtest.Load(t, w.local, iam.Hardened)
			s.awaitReady(t)
			s.awaitServed(t, w, hamburg)
		})
	}
}
