package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"example.com/shiptrack/infra/localaws"
)

func TestTwoTenantsGetTheirOwnETAs(t *testing.T) {
	w := newBackend(t)
	if got := w.seed(t); strings.Count(got, "\n") != 3 || !strings.Contains(got, "seeded blue: ") {
		t.Errorf("seed prints %q, want a line for each tenant", got)
	}
	w.seed(t) // again does no harm
	w.become(t, "TrackingServiceRole")
	s := start(t, w.environ())
	s.awaitReady(t)
	etas := map[string]string{}
	for _, tenant := range []string{"yellow", "blue", "green"} {
		status, body := s.get(t, "/shipments/1001/eta", w.issuer.Token(tenant, "ana"))
		var answer struct{ ShipmentID, ETA string }
		if err := json.Unmarshal([]byte(body), &answer); err != nil || status != 200 || answer.ShipmentID != "1001" {
			t.Fatalf("1001 as %s: %d %s", tenant, status, body)
		}
		etas[answer.ETA] = tenant
	}
	if len(etas) != 3 {
		t.Errorf("ETAs of 1001 are %v, want three different ones", etas)
	}
	foreign, foreignBody := s.get(t, "/shipments/1002/eta", w.issuer.Token("blue", "ben"))
	unknown, unknownBody := s.get(t, "/shipments/9999/eta", w.issuer.Token("blue", "ben"))
	if foreign != 404 || unknown != 404 || foreignBody != unknownBody {
		t.Errorf("yellow's shipment as blue: %d %s; an unknown one: %d %s; want the same 404", foreign, foreignBody, unknown, unknownBody)
	}
	if status, body := s.get(t, "/shipments/1002/eta", w.issuer.Token("yellow", "ana")); status != 200 {
		t.Errorf("yellow's own 1002: %d %s", status, body)
	}
	if status, _ := s.get(t, "/shipments/1001/eta", ""); status != 401 {
		t.Errorf("without a token: %d, want 401", status)
	}
	checkTrail(t, w, s)
}

// checkTrail asserts that the audit log joins the subject to the request id that AWS has, and names the session.
func checkTrail(t *testing.T, w backend, s service) {
	t.Helper()
	known := map[string]bool{}
	for _, entry := range w.local.Entries(t) {
		known[entry.RequestID] = true
	}
	actions, checks := map[string]int{}, map[string]string{}
	for line := range strings.Lines(s.logs.String()) {
		var record struct {
			Log, Kind, Check, Tenant, Subject, Action, Session, Decision string
			ID                                                           string `json:"aws_request_id"`
		}
		if err := json.Unmarshal([]byte(line), &record); err != nil || record.Log != "audit" || record.Kind == "request" {
			continue
		}
		if strings.HasPrefix(record.Action, "s3:") || strings.HasPrefix(record.Check, "read-") || strings.HasPrefix(record.Check, "write-") ||
			strings.HasPrefix(record.Action, "es:") || strings.HasPrefix(record.Check, "search-") {
			continue // of documents and searches
		}
		want := "arn:aws:sts::000000000000:assumed-role/TrackingAccessRole/" + record.Tenant + "@test-1"
		if !known[record.ID] || record.Session != want {
			t.Errorf("audit record %s does not join a call of AWS under %s", line, want)
		}
		if record.Kind == "check" {
			checks[record.Check] = record.Tenant + " " + record.Action + " " + record.Decision
			continue
		}
		actions[record.Action]++
		if record.Subject == "" || record.Decision != "allow" {
			t.Errorf("audit record %s does not name a subject, or is no allow", line)
		}
	}
	if want := map[string]string{
		"session": "check.a sts:AssumeRole allow", "own-key": "check.a dynamodb:GetItem allow",
		"other-key": "check.a dynamodb:GetItem deny", "no-tag": "check.a sts:AssumeRole deny",
	}; !maps.Equal(checks, want) {
		t.Errorf("of the isolation check %v is audited, want %v", checks, want)
	}
	if actions["sts:AssumeRole"] != 3 || actions["dynamodb:GetItem"] != 6 {
		t.Errorf("audited %v, want one session for each of three tenants and six reads", actions)
	}
	if _, body := s.get(t, s.metrics, ""); !strings.Contains(body, `shiptrack_session_seconds_count{outcome="vended"} 3`) ||
		!strings.Contains(body, "shiptrack_denials_total 0") {
		t.Error("the metrics lack three vended sessions and no denial")
	}
}

func TestPagesAndBatchesAreTheTenantsOwn(t *testing.T) {
	w := newBackend(t)
	w.seed(t)
	w.become(t, "TrackingServiceRole")
	s := start(t, w.environ())
	s.awaitReady(t)
	token := w.issuer.Token("blue", "ben")
	var ids []string
	cursor := ""
	for pages := range 10 {
		status, body := s.get(t, "/shipments?limit=5&cursor="+url.QueryEscape(cursor), token)
		if cursor == "" {
			status, body = s.get(t, "/shipments?limit=5", token)
		}
		var answer struct {
			Shipments  []struct{ ShipmentID string }
			NextCursor string
		}
		if err := json.Unmarshal([]byte(body), &answer); err != nil || status != 200 {
			t.Fatalf("page %d: %d %s", pages, status, body)
		}
		for _, shipment := range answer.Shipments {
			ids = append(ids, shipment.ShipmentID)
		}
		if cursor = answer.NextCursor; cursor == "" {
			break
		}
	}
	want := "1001 2001 2002 2003 2004 2005 2006 2007 2008 2009 2010 2011 2012"
	if got := strings.Join(ids, " "); got != want {
		t.Errorf("pages have %s, want %s", got, want)
	}
	status, body := s.get(t, "/shipments?ids=1001,1002,2002", token)
	var batch struct{ NotFound []string }
	if err := json.Unmarshal([]byte(body), &batch); err != nil || status != 200 || fmt.Sprint(batch.NotFound) != "[1002]" {
		t.Errorf("batch: %d %s, want 1002, which is yellow's, not found", status, body)
	}
}

func TestDenialByAWSIsAnAlarm(t *testing.T) {
	w := newBackend(t)
	w.seed(t)
	w.become(t, "TrackingServiceRole")
	s := start(t, w.environ("ISOLATION_CHECK=report", "TRACKING_ACCESS_ROLE_ARN="+w.local.RoleARN("TrackingSeedRole"))) // which does not trust us
	s.awaitReady(t)
	if status, body := s.get(t, "/shipments/1001/eta", w.issuer.Token("yellow", "ana")); status != http.StatusForbidden {
		t.Errorf("%d %s, want 403", status, body)
	}
	if _, body := s.get(t, s.metrics, ""); strings.Contains(body, "shiptrack_denials_total 0") {
		t.Error("the denial is not counted")
	}
	for _, action := range []string{"sts:AssumeRole", "dynamodb:GetItem"} {
		isDenied := false
		for line := range strings.Lines(s.logs.String()) {
			isDenied = isDenied || strings.Contains(line, `"kind":"access","decision":"deny"`) && strings.Contains(line, `"action":"`+action+`"`)
		}
		if !isDenied {
			t.Errorf("the denial of %s is not in the audit log:\n%s", action, s.logs)
		}
	}
}

// TestReadinessWaitsForSTSAndOutlivesIt: an outage of STS must not take the service out while sessions are valid.
func TestReadinessWaitsForSTSAndOutlivesIt(t *testing.T) {
	w := newBackend(t)
	w.seed(t)
	w.become(t, "TrackingServiceRole")
	away := make(chan bool, 1)
	away <- true
	target, err := url.Parse(w.local.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		isAway := <-away
		away <- isAway
		if isAway {
			http.Error(rw, "away", http.StatusServiceUnavailable)
			return
		}
		forward(rw, r, target)
	}))
	defer proxy.Close()
	t.Setenv("AWS_ENDPOINT_URL_STS", proxy.URL)
	s := start(t, w.environ())
	poll(t, "the log says unasked why the service is not ready", func() bool {
		return strings.Contains(s.logs.String(), `"msg":"not ready"`) && strings.Contains(s.logs.String(), "AssumeRole")
	})
	if status, _ := s.get(t, "/readyz", ""); status != 503 {
		t.Errorf("/readyz = %d while STS is away, want 503", status)
	}
	<-away
	away <- false
	s.awaitReady(t)
	token := w.issuer.Token("yellow", "ana")
	if status, body := s.get(t, "/shipments/1001/eta", token); status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	<-away
	away <- true
	if status, body := s.get(t, "/shipments/1002/eta", token); status != 200 {
		t.Errorf("yellow, whose session is valid, gets %d %s while STS is away", status, body)
	}
	if status, _ := s.get(t, "/shipments/1001/eta", w.issuer.Token("blue", "ben")); status != 503 {
		t.Errorf("blue, who has no session, gets %d while STS is away, want 503", status)
	}
	if status, _ := s.get(t, "/readyz", ""); status != 200 {
		t.Errorf("/readyz = %d during an outage of STS, want 200", status)
	}
}

func TestWhatTheSDKSaysIsInTheServicesOwnLog(t *testing.T) {
	w := newBackend(t)
	w.seed(t)
	w.become(t, "TrackingServiceRole")
	target, err := url.Parse(w.local.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("X-Amz-Crc32", "1") // which the SDK warns of
		forward(rw, r, target)
	}))
	defer proxy.Close()
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", proxy.URL)
	s := start(t, w.environ())
	s.awaitReady(t)
	if status, body := s.get(t, "/shipments/1001/eta", w.issuer.Token("yellow", "ana")); status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	for line := range strings.Lines(s.logs.String()) {
		if strings.Contains(line, `"level":"WARN","msg":"AWS SDK"`) && strings.Contains(line, "checksum") {
			return
		}
	}
	t.Errorf("the SDK's warning is not in the log:\n%s", s.logs)
}

func TestEachCallOfAWSTellsTheRequestIDThatIsAudited(t *testing.T) {
	w := newBackend(t)
	w.seed(t)
	w.become(t, "TrackingServiceRole")
	target, err := url.Parse(w.local.URL)
	if err != nil {
		t.Fatal(err)
	}
	agents := make(chan string, 10)
	proxy := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		agents <- r.UserAgent()
		forward(rw, r, target)
	}))
	defer proxy.Close()
	t.Setenv("AWS_ENDPOINT_URL", proxy.URL)
	s := start(t, w.environ())
	s.awaitReady(t)
	for len(agents) > 0 {
		if agent := <-agents; strings.Contains(agent, "request-id") {
			t.Errorf("a call for no request says %q", agent)
		}
	}
	if status, body := s.get(t, "/shipments/1001/eta", w.issuer.Token("yellow", "ana")); status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	_, id, _ := strings.Cut(s.logs.String(), `"log":"audit","kind":"access"`)
	_, id, _ = strings.Cut(id, `"request_id":"`)
	id, _, _ = strings.Cut(id, `"`)
	for _, call := range []string{"AssumeRole", "GetItem"} {
		if agent := <-agents; id == "" || !strings.HasSuffix(agent, " md/request-id#"+id) || strings.Contains(agent, "origin") {
			t.Errorf("%s says %q, want the request id %q of the audit record, and no id of a caller that gave none", call, agent, id)
		}
	}
	if status := s.getAs(t, "/shipments/1001/eta", w.issuer.Token("yellow", "ana"), "SHIPMENTSOWN1"); status != 200 {
		t.Fatalf("with an id of the caller's: %d", status)
	}
	if agent := <-agents; !strings.Contains(agent, " md/origin-request-id#SHIPMENTSOWN1 md/request-id#") {
		t.Errorf("GetItem says %q, want the caller's id before ours", agent)
	}
	if found, err := localaws.FetchDecisions(t.Context(), w.local.URL, "", "SHIPMENTSOWN1"); err != nil || len(found) != 1 || found[0].Action != "dynamodb:GetItem" {
		t.Errorf("localaws finds %v, %v by the caller's id, want the one decision", found, err)
	}
}

// getAs is get with an id of the caller's own, as the shipment service sends one.
func (s service) getAs(t *testing.T, path, token, id string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("X-Request-Id", id)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}

// forward sends r on to target with the Host that it was signed for.
func forward(rw http.ResponseWriter, r *http.Request, target *url.URL) {
	out := r.Clone(r.Context())
	out.RequestURI, out.URL.Scheme, out.URL.Host = "", target.Scheme, target.Host
	response, err := http.DefaultTransport.RoundTrip(out)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusBadGateway)
		return
	}
	defer response.Body.Close()
	rw.Header().Set("Content-Type", response.Header.Get("Content-Type"))
	rw.WriteHeader(response.StatusCode)
	var body bytes.Buffer
	_, _ = body.ReadFrom(response.Body)
	_, _ = rw.Write(body.Bytes())
}

func TestHealthTellsWhetherTheServiceIsReady(t *testing.T) {
	w := newBackend(t)
	w.become(t, "TrackingServiceRole")
	s := start(t, w.environ())
	s.awaitReady(t)
	var out bytes.Buffer
	environ := []string{"LISTEN_ADDR=" + strings.TrimPrefix(s.url, "http://")}
	if code := run(t.Context(), []string{"health"}, environ, &out, &out); code != 0 {
		t.Errorf("health of a ready service exits %d: %s", code, out.String())
	}
	w.issuer.SetUnavailable(true) // a service that never gets the issuer's keys
	unready := start(t, w.environ())
	environ = []string{"LISTEN_ADDR=" + strings.TrimPrefix(unready.url, "http://")}
	if code := run(t.Context(), []string{"health"}, environ, &out, &out); code != 1 {
		t.Errorf("health of a service that is not ready exits %d, want 1", code)
	}
}

func TestSeedUnderTheReadingRoleIsRefused(t *testing.T) {
	w := newBackend(t)
	w.become(t, "TrackingServiceRole")
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"seed"}, []string{"TRACKING_ACCESS_ROLE_ARN=" + w.local.RoleARN("TrackingAccessRole"), "DOCUMENTS_BUCKET=" + testBucket, "OPENSEARCH_ENDPOINT=" + w.domain.URL}, &stdout, &stderr)
	if code != 1 || stdout.Len() > 0 || !strings.Contains(stderr.String(), "denied") {
		t.Errorf("seed exits %d with %q and %q, want 1 and a denial", code, stdout.String(), stderr.String())
	}
}
