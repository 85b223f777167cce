package main

import (
	"net/http"
	"strings"
	"testing"

	"example.com/shiptrack/pkg/tenant"
	"example.com/shiptrack/tracking-service/internal/opensearch/opensearchtest"
)

const (
	hamburg      = "/shipments/search?q=hamburg"
	domainHolds  = `shiptrack_isolation_holds{store="opensearch"} 1`
	notSearched  = "opensearch is not served"
	foundByWords = `{"shipments":[{"shipmentId":"`
)

func TestEachTenantFindsItsOwnShipments(t *testing.T) {
	w, s := serving(t, hamburg)
	bodies := map[string]bool{}
	for _, owner := range []string{"yellow", "blue", "green"} {
		status, body := s.get(t, hamburg, w.issuer.Token(owner, "ana"))
		if bodies[body] = true; status != http.StatusOK || !strings.HasPrefix(body, foundByWords) {
			t.Errorf("%s: %d %s", owner, status, body)
		}
	}
	if len(bodies) != 3 {
		t.Errorf("three tenants get %d answers", len(bodies))
	}
	if status, body := s.get(t, hamburg, w.issuer.Token("violet", "ana")); status != http.StatusOK || body != `{"shipments":[],"total":0}`+"\n" {
		t.Errorf("a tenant without an index: %d %s", status, body)
	}
	for _, want := range []string{
		`"action":"es:ESHttpGet","resource":"blue-shipments/_search"`, "assumed-role/TrackingAccessRole/blue@test-1",
	} {
		if !strings.Contains(s.logs.String(), want) {
			t.Errorf("the audit log lacks %s", want)
		}
	}
	s.wantMetric(t, domainHolds)
	s.wantMetric(t, "shiptrack_denials_total 0")
}

func TestSeedWritesWhatIsFoundUnderItsOwnSession(t *testing.T) {
	w := newBackend(t)
	w.seed(t)
	for _, owner := range []string{"yellow", "blue", "green"} {
		if all := w.domain.Documents(owner + "-shipments"); len(all) != 13 || !strings.Contains(all["1001"], `"statusCode":"`) {
			t.Errorf("%s has %d documents, 1001 is %s", owner, len(all), all["1001"])
		}
	}
}

func TestDenialByTheDomainIsAnAlarm(t *testing.T) {
	w, s := serving(t, hamburg)
	w.domain.Refuse(func(c opensearchtest.Call) opensearchtest.Refusal {
		if strings.HasPrefix(c.Target, "/yellow-") {
			return opensearchtest.Denied
		}
		return otherIndexes(c)
	})
	if status, body := s.get(t, hamburg, w.issuer.Token("yellow", "ana")); status != http.StatusForbidden {
		t.Errorf("%d %s, want 403", status, body)
	}
	if status, _ := s.get(t, hamburg, w.issuer.Token("blue", "ben")); status != http.StatusOK {
		t.Errorf("the control: %d", status)
	}
	s.awaitLog(t, `"kind":"access","decision":"deny"`, `"action":"es:ESHttpGet"`)
	s.wantMetric(t, "shiptrack_denials_total 1")
}

func TestDomainThatIsAwayTakesSearchesAloneAway(t *testing.T) {
	w, s := serving(t, hamburg)
	w.domain.Refuse(func(opensearchtest.Call) opensearchtest.Refusal {
		return opensearchtest.Refusal{Status: http.StatusServiceUnavailable}
	})
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+hamburg, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+w.issuer.Token("yellow", "ana"))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") == "" {
		t.Errorf("%d %v, want 503 with Retry-After", response.StatusCode, response.Header)
	}
	s.wantETAs(t, w, "opensearch is away")
	s.awaitLog(t, `"level":"WARN"`, storeIsAway, `"store":"opensearch"`)
	w.domain.Refuse(otherIndexes)
	s.awaitServed(t, w, hamburg)
	if status, body := s.get(t, "/readyz", ""); status != http.StatusOK || body != "ok\n" {
		t.Errorf("/readyz: %d %q, want no note any more", status, body)
	}
	s.awaitLog(t, `"msg":"the store answers again"`, `"store":"opensearch"`)
}

// TestDomainThatIsNotShownToBeIsolatedTakesSearchesAloneAway: each fault is mended while the service runs.
func TestDomainThatIsNotShownToBeIsolatedTakesSearchesAloneAway(t *testing.T) {
	a, _ := tenant.IsolationCheck()
	for _, tc := range []struct {
		name   string
		answer opensearchtest.Refusal
		says   []string
	}{
		{"no index of the check", opensearchtest.Refusal{Status: 404, Body: `{"error":{"type":"index_not_found_exception","reason":"no such index"},"status":404}`}, []string{"own-index: index_not_found_exception", "or there is no index of the check"}},
		{"no permission", opensearchtest.Denied, []string{"own-index: AccessDeniedException"}},
		{"no domain at all, but what answers everything", opensearchtest.Refusal{Status: 200, Body: "<html>Welcome</html>"}, []string{"own-index: ", "inconclusive"}},
		{"away", opensearchtest.Refusal{Status: 503}, []string{"own-index: ", "inconclusive"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newBackend(t)
			w.seed(t)
			w.become(t, "TrackingServiceRole")
			w.domain.Refuse(func(c opensearchtest.Call) opensearchtest.Refusal {
				if strings.HasPrefix(c.Target, "/"+a.String()+"-") {
					return tc.answer
				}
				return otherIndexes(c)
			})
			s := start(t, w.environ())
			s.awaitReady(t)
			s.awaitLog(t, append(tc.says, `"msg":"the isolation check shows nothing"`, `"store":"opensearch"`)...)
			s.wantETAs(t, w, notSearched)
			if status, body := s.get(t, hamburg, w.issuer.Token("yellow", "ana")); status != http.StatusServiceUnavailable || !strings.Contains(body, unavailable) {
				t.Errorf("a search: %d %s, want 503", status, body)
			}
			w.domain.Refuse(otherIndexes)
			s.awaitServed(t, w, hamburg)
			s.wantETAs(t, w, "")
			s.wantMetric(t, domainHolds)
			s.wantMetric(t, "shiptrack_denials_total 0")
		})
	}
}

func TestAHoleInTheDomainClosesAll(t *testing.T) {
	_, b := tenant.IsolationCheck()
	for name, tc := range map[string]struct {
		method string
		answer opensearchtest.Refusal
		says   string
	}{
		"other-index":    {http.MethodGet, opensearchtest.Refusal{}, "other-index: AWS allowed it"},
		"other-document": {http.MethodPut, opensearchtest.Refusal{}, "other-document: AWS allowed it"},
		"after IAM":      {http.MethodGet, opensearchtest.Refusal{Status: 404, Body: `{"error":{"type":"index_not_found_exception","reason":"no such index"},"status":404}`}, "other-index: IAM allowed it"},
	} {
		t.Run(name, func(t *testing.T) {
			w, s := serving(t, hamburg, "ISOLATION_CHECK_INTERVAL=1s")
			w.domain.Refuse(func(c opensearchtest.Call) opensearchtest.Refusal {
				if c.Method == tc.method && strings.HasPrefix(c.Target, "/"+b.String()+"-") {
					return tc.answer
				}
				return otherIndexes(c)
			})
			s.awaitLog(t, `"level":"ERROR"`, `"msg":"ISOLATION DOES NOT HOLD"`, `"store":"opensearch"`, tc.says)
			s.awaitNotIsolated(t)
			s.wantNothingServed(t, w, notIsolated)
			for _, path := range []string{hamburg, lading} {
				if status, body := s.get(t, path, w.issuer.Token("yellow", "ana")); status != http.StatusServiceUnavailable || !strings.Contains(body, notIsolated) {
					t.Errorf("%s: %d %s", path, status, body)
				}
			}
			s.wantMetric(t, `shiptrack_isolation_holds{store="opensearch"} 0`)
			w.domain.Refuse(otherIndexes)
			s.awaitReady(t)
			s.awaitServed(t, w, hamburg)
		})
	}
}

// A hole in the table closes searches too.
func TestAHoleInAnotherStoreClosesSearches(t *testing.T) {
	w, s := serving(t, hamburg, "ISOLATION_CHECK_INTERVAL=1s")
	w.edit(t, accessPolicy, withoutLeadingKeys(t))
	poll(t, "searches are no longer answered", func() bool {
		status, body := s.get(t, hamburg, w.issuer.Token("yellow", "ana"))
		return status == http.StatusServiceUnavailable && strings.Contains(body, notIsolated)
	})
}
