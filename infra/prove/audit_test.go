package prove

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws"
)

func hardenedWorld(t *testing.T) *World {
	t.Helper()
	w, err := NewWorld(t.Context(), namesOf(t), roles(t, iam.Hardened))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func TestAuditNamesWhatTheDecisionLogLacksAndTheSecretsInIt(t *testing.T) {
	w := hardenedWorld(t)
	get := request{by: attacker, operation: "GetItem", body: `{"TableName":"TrackingData","Key":` + strings.ReplaceAll(key, "@", attacker) + `}`}
	answer, err := w.send(t.Context(), get)
	if err != nil || !answer.ok() {
		t.Fatal(err, answer.Message)
	}
	whole, err := w.audit()
	if err != nil || len(whole.Missing) > 0 || whole.AWS < 10 || whole.HTTP != 0 {
		t.Fatalf("audit: %+v, %v", whole, err)
	}
	if secrets := w.secrets(); len(secrets) < 10 {
		t.Errorf("%d secrets, want those of five sessions", len(secrets))
	}
	delete(w.log.byID, answer.RequestID)
	fmt.Fprintln(&w.log.text, "a line with "+w.callers[victim].SessionToken)
	broken, err := w.audit()
	if err != nil {
		t.Fatal(err)
	}
	if said := strings.Join(broken.Missing, "\n"); said != `the decision log lacks the request "`+answer.RequestID+"\"\na secret stands in the log decisions" {
		t.Errorf("got %s", said)
	}
	r := &Report{Rows: []Row{{Attack: new(Attack), Verdict: Holds}}, Audit: broken}
	if r.Holds() || !strings.Contains(r.Summary(), "the logs: a secret") {
		t.Errorf("the report: %s", r.Summary())
	}
	var junit strings.Builder
	if err := r.JUnit(&junit); err != nil || !strings.Contains(junit.String(), `failures="1"`) || !strings.Contains(junit.String(), "a secret stands in the log") {
		t.Errorf("JUnit: %v, %s", err, junit.String())
	}
}

func TestAuditNamesDenialsWhoseDetailsAreNotThoseOfTheLog(t *testing.T) {
	w := hardenedWorld(t)
	answer, err := w.send(t.Context(), request{by: attacker, operation: "GetItem", body: `{"TableName":"TrackingData","Key":` + strings.ReplaceAll(key, "@", victim) + `}`})
	if err != nil || answer.ok() {
		t.Fatal(err, answer.Status)
	}
	logged := w.log.byID[answer.RequestID]
	for name, change := range map[string]func(e *localaws.Entry){
		"":         func(*localaws.Entry) {},
		"action":   func(e *localaws.Entry) { e.Action = "dynamodb:Scan" },
		"resource": func(e *localaws.Entry) { e.Resource = "*" },
		"effect":   func(e *localaws.Entry) { e.Effect = "ExplicitDeny" },
		"context":  func(e *localaws.Entry) { e.Context = e.Context[1:] },
	} {
		changed := logged[0]
		change(&changed)
		w.log.byID[answer.RequestID] = []localaws.Entry{changed}
		wrong, err := w.unexplained(t.Context())
		if err != nil || (len(wrong) == 1) != (name != "") {
			t.Errorf("another %s: %q, %v", name, wrong, err)
		}
	}
}

// A line of the tracking service is found by its own id, and by that of the request in front.
func TestLinesAreFoundByTheRequestInFront(t *testing.T) {
	for want, l := range map[string]logLine{"own": {RequestID: "own"}, "own front": {RequestID: "own", CallerID: "front"}} {
		if got := strings.Join(l.ids(), " "); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestAuditComparesTheLogsOfTheServices(t *testing.T) {
	token := "h." + base64.RawURLEncoding.EncodeToString([]byte(`{"TenantID":"yellow","sub":"ana"}`)) + ".s"
	const session = "arn:aws:sts::000000000000:assumed-role/TrackingAccessRole/yellow@prove"
	w := &World{names: namesOf(t), log: &decisions{byID: map[string][]localaws.Entry{"aws": {{Principal: session, SessionTags: map[string]string{"TenantID": "yellow"}, Decision: "allow"}}}}}
	asked := sent{service: shipmentService, path: "/", token: token, id: "id", status: "200"}
	logged := logLine{Log: "audit", Kind: kindRequest, Status: "200", Tenant: "yellow", Subject: "ana", RequestID: "id"}
	record := logLine{Log: "audit", Kind: kindAccess, Tenant: "yellow", Subject: "ana", Action: "dynamodb:GetItem", Session: session, Decision: "allow", AWSRequestID: "aws"}
	for _, tc := range []struct {
		name   string
		change func(asked *sent, front, behind, record *logLine)
		want   string // empty: nothing is missing
	}{
		{"as it is", func(*sent, *logLine, *logLine, *logLine) {}, ""},
		{"no token", func(s *sent, front, behind, record *logLine) {
			s.token, s.status, *front, *behind, record.Tenant = "", "401", logLine{Status: "401"}, logLine{Status: "401"}, ""
		}, "audited as of ana in "},
		{"no id", func(s *sent, _, _, _ *logLine) { s.id = "" }, "answered with "},
		{"another status", func(_ *sent, front, _, _ *logLine) { front.Status = "404" }, "logged as [{"},
		{"another tenant", func(_ *sent, front, _, _ *logLine) { front.Tenant = "blue" }, "logged as of ana in blue"},
		{"another tenant behind", func(_ *sent, _, behind, _ *logLine) { behind.Tenant = "blue" }, "logged as of ana in blue"},
		{"nobody", func(_ *sent, front, _, _ *logLine) { front.Tenant, front.Subject = "", "" }, "logged as of  in "},
		{"no line in the audit log", func(_ *sent, front, _, _ *logLine) { front.Log, front.Kind = "", "" }, "answered with 200, in the audit log: false"},
		{"audited for another", func(_ *sent, _, _, record *logLine) { record.Subject = "ben" }, "audited as of ben in yellow"},
		{"another session", func(_ *sent, _, _, record *logLine) { record.Session = strings.Replace(session, "yellow", "blue", 1) }, "the decision log " + session},
		{"another decision", func(_ *sent, _, _, record *logLine) { record.Decision = "deny" }, "the audit log says deny, the decision log allow"},
		{"a check's record for a tenant", func(_ *sent, _, _, record *logLine) { record.Check = "own-key" }, `says that it is of the check "own-key"`},
		{"a tenant's record for the reserved tenant", func(_ *sent, _, _, record *logLine) { record.Tenant = "check.a" }, `for check.a: the audit log says that it is of the check ""`},
		{"an access that says it is a check", func(_ *sent, _, _, record *logLine) { record.Kind = kindCheck }, `has it as "check", of the check ""`},
		{"a kind that nobody knows", func(_ *sent, _, _, record *logLine) { record.Kind = "other" }, `has it as "other"`},
		{"no decision", func(_ *sent, _, _, record *logLine) { record.AWSRequestID = "other" }, `the decision log lacks "other"`},
	} {
		asked, front, behind, record := asked, logged, logged, record
		tc.change(&asked, &front, &behind, &record)
		var a Audit
		a.record(w, record)
		a.request(asked, claimsOf(asked.token, "TenantID"), map[string][]logLine{shipmentService + asked.id: {front}, trackingService + asked.id: {behind}}, map[string][]logLine{asked.id: {record}})
		if said := strings.Join(a.Missing, "\n"); (said == "") != (tc.want == "") || !strings.Contains(said, tc.want) {
			t.Errorf("%s: got %q, want %q", tc.name, said, tc.want)
		}
	}
	var a Audit
	a.request(asked, claimsOf(asked.token, "TenantID"), map[string][]logLine{shipmentService + "id": {logged}}, nil)
	if len(a.Missing) != 1 || !strings.Contains(a.Missing[0], "not in the audit log") {
		t.Errorf("an answer that nobody audited: %v", a.Missing)
	}
}

// TestLinesOfRequestsInTheAuditLogAreNoCallsOfAWS: they have no id of AWS, and must not be looked for in the decision log.
func TestLinesOfRequestsInTheAuditLogAreNoCallsOfAWS(t *testing.T) {
	w := &World{log: &decisions{byID: map[string][]localaws.Entry{}}}
	for _, tc := range []struct {
		kind              string
		requests, records int
	}{{kindRequest, 1, 0}, {kindAccess, 0, 1}, {"other", 0, 1}} {
		var a Audit
		found := joined{map[string][]logLine{}, map[string][]logLine{}, map[string]bool{}}
		a.line(w, trackingService, logLine{Log: "audit", Msg: "request", Kind: tc.kind, Tenant: "yellow", Subject: "ana", RequestID: "id"}, found)
		if len(found.requests) != tc.requests || len(found.records) != tc.records || a.Records != tc.records || (len(a.Missing) == 0) != (tc.records == 0) {
			t.Errorf("%s: %d requests, %d records, missing %q", tc.kind, len(found.requests), len(found.records), a.Missing)
		}
	}
}

// Lines that wait for the same Write come together.
func TestLinesThatAreWrittenTogetherAreTwo(t *testing.T) {
	d := &decisions{byID: map[string][]localaws.Entry{}}
	const lines = `{"requestId":"one","action":"s3:GetObject"}` + "\n" + `{"requestId":"two","action":"s3:GetObject"}` + "\n"
	if n, err := d.Write([]byte(lines)); n != len(lines) || err != nil || len(d.of("one")) != 1 || len(d.of("two")) != 1 {
		t.Errorf("%d, %v: %v", n, err, d.byID)
	}
	told := 0
	r := &rehearsed{caller: "root", told: func(CalledOnce) { told++ }}
	if n, err := r.Write([]byte(lines)); n != len(lines) || err != nil || told != 2 {
		t.Errorf("%d, %v: %d calls are told", n, err, told)
	}
}
