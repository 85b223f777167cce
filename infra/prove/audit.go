package prove

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"

	"example.com/shiptrack/pkg/tenant"
)

// Audit counts the requests of a run that the logs account for: the decision log of localaws, the request logs of both
// services, and the audit log of the tracking service, joined by request id.
type Audit struct {
	AWS     int // requests of the run to AWS's APIs, each in the decision log; 0 for an account of AWS, which has none
	HTTP    int // requests to the services, each in the service's log, with tenant and subject where its token was valid
	Records int // of the audit log, each with the same decision, under the same session, in the decision log
	// Missing lists requests that a log lacks, lines that contradict another log, and logs that hold a secret.
	Missing []string
}

func (a *Audit) miss(format string, values ...any) {
	a.Missing = append(a.Missing, fmt.Sprintf(format, values...))
}

// sent is one request to a service.
type sent struct{ service, path, token, id, status string }

// trail holds the requests to the services, and the ids of requests to AWS.
type trail struct {
	mu   sync.Mutex
	sent []sent
	aws  []string // request ids
}

func (t *trail) add(s sent) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sent = append(t.sent, s)
}

func (t *trail) asked(id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.aws = append(t.aws, id)
}

// logLine is a line of a service's log.
type logLine struct {
	Log, Msg, Addr, Route, Tenant, Subject, Decision, Action, Session string
	Kind                                                              string // of a line of the audit log: one of the kinds below
	Check                                                             string // which request of the isolation check; empty: none
	Error                                                             string // why a token was refused

	Status       json.Number
	RequestID    string `json:"request_id"`
	CallerID     string `json:"caller_request_id"` // of the tracking service's lines: the shipment service's RequestID
	AWSRequestID string `json:"aws_request_id"`
}

// The kinds of lines of the audit log, see package audit.
const (
	kindAccess  = "access"  // a call of AWS in a tenant's name
	kindCheck   = "check"   // a call of AWS by the isolation check
	kindRequest = "request" // a request whose token was verified: no call of AWS
)

// isOfAWS reports whether l is about a call of AWS: any line of the audit log but those of requests.
func (l logLine) isOfAWS() bool { return l.Log == "audit" && l.Kind != kindRequest }

// ids are the request's own id, and the id of the request to the shipment service that caused it.
func (l logLine) ids() []string {
	if l.CallerID == "" {
		return []string{l.RequestID}
	}
	return []string{l.RequestID, l.CallerID}
}

// authenticated reports whether the token of l's request was verified: not so where there is no such route.
func (l logLine) authenticated() bool {
	return l.Status != "401" && l.Route != "unmatched" && l.Status != "405"
}

// log reads the lines of a process that are JSON.
func (s *services) log(process string) ([]logLine, error) {
	text, err := os.ReadFile(s.fleet.Log(process))
	if err != nil {
		return nil, err
	}
	var all []logLine
	for line := range strings.Lines(string(text)) {
		var l logLine
		if json.Unmarshal([]byte(line), &l) == nil {
			all = append(all, l)
		}
	}
	return all, nil
}

// audit reads the logs of w. It ends the services first: a line is written after its answer.
func (w *World) audit() (Audit, error) {
	var a Audit
	logs, secrets := map[string]string{}, w.secrets()
	if w.log != nil {
		w.log.mu.Lock()
		a.AWS, logs["decisions"] = len(w.log.asked), w.log.text.String()
		for _, id := range w.log.asked {
			if len(w.log.byID[id]) == 0 {
				a.miss("the decision log lacks the request %q", id)
			}
		}
		w.log.mu.Unlock()
		wrong, err := w.unexplained(context.Background())
		if err != nil {
			return a, err
		}
		a.Missing = append(a.Missing, wrong...)
	}
	if s := w.services; s != nil {
		s.fleet.Stop()
		if err := a.services(w); err != nil {
			return a, err
		}
		for _, process := range []string{seedLog, trackingService, shipmentService} {
			text, err := os.ReadFile(s.fleet.Log(process))
			if err != nil {
				return a, err
			}
			logs[process] = string(text)
		}
		secrets = append(secrets, s.secrets()...)
	}
	for name, log := range logs {
		for _, secret := range secrets {
			if strings.Contains(log, secret) {
				a.miss("a secret stands in the log %s", name)
			}
		}
	}
	return a, nil
}

func (a *Audit) services(w *World) error {
	found := joined{map[string][]logLine{}, map[string][]logLine{}, map[string]bool{}}
	for _, process := range []string{seedLog, trackingService, shipmentService} {
		lines, err := w.services.log(process)
		if err != nil {
			return err
		}
		for _, l := range lines {
			a.line(w, process, l, found)
		}
	}
	for _, id := range w.services.trail.aws {
		if !found.ofAWS[id] && !w.log.isProbe(id) {
			a.miss("the audit log lacks the call %q", id)
		}
	}
	for _, s := range w.services.trail.sent {
		a.request(s, claimsOf(s.token, w.names.Tag), found.requests, found.records)
	}
	return nil
}

// joined are the lines of the logs by what joins them.
type joined struct {
	requests map[string][]logLine // of requests, by process and request id
	records  map[string][]logLine // of calls of AWS in a tenant's name, by request id
	ofAWS    map[string]bool      // the ids of all calls of AWS
}

// line adds a line of a process's log to those found.
func (a *Audit) line(w *World, process string, l logLine, found joined) {
	switch {
	case l.isOfAWS():
		a.record(w, l)
		found.ofAWS[l.AWSRequestID] = true
		if l.Kind == kindCheck { // of no request, and of no user
			return
		}
		if process != seedLog && l.Subject == "" { // the seed runs without a token
			a.miss("%s for %s: no subject in the audit log", l.Action, l.Tenant)
		}
		for _, id := range l.ids() {
			found.records[id] = append(found.records[id], l)
		}
	case l.Msg == "request":
		for _, id := range l.ids() {
			found.requests[process+id] = append(found.requests[process+id], l)
		}
	}
}

// isProbe reports whether a call is the tracking service's check that its credentials are valid: it touches no tenant's data.
func (d *decisions) isProbe(requestID string) bool {
	entries := d.of(requestID)
	return len(entries) == 1 && entries[0].Operation == "GetCallerIdentity"
}

// record compares a line of the audit log with what localaws decided.
func (a *Audit) record(w *World, l logLine) {
	a.Records++
	if !strings.Contains(l.Session, "/"+l.Tenant+"@") {
		a.miss("%s for %s: the session is %q", l.Action, l.Tenant, l.Session)
	}
	one, two := tenant.IsolationCheck()
	if checks := l.Tenant == one.String() || l.Tenant == two.String(); checks != (l.Check != "") { // neither hides in the other
		a.miss("%s for %s: the audit log says that it is of the check %q", l.Action, l.Tenant, l.Check)
	}
	if isKnown := l.Kind == kindAccess && l.Check == "" || l.Kind == kindCheck && l.Check != ""; !isKnown {
		a.miss("%s for %s: the audit log has it as %q, of the check %q", l.Action, l.Tenant, l.Kind, l.Check)
	}
	if w.log == nil {
		return // AWS has it, in CloudTrail
	}
	decision := "allow"
	for _, e := range w.log.of(l.AWSRequestID) {
		if e.Decision == "deny" {
			decision = "deny"
		}
		if strings.HasPrefix(l.Action, "dynamodb:") && (e.Principal != l.Session || e.SessionTags[w.names.Tag] != l.Tenant) {
			a.miss("%s for %s: the audit log has the session %s, the decision log %s", l.Action, l.Tenant, l.Session, e.Principal)
		}
	}
	if len(w.log.of(l.AWSRequestID)) == 0 {
		a.miss("%s for %s: the decision log lacks %q", l.Action, l.Tenant, l.AWSRequestID)
	}
	if l.Decision != decision && l.Decision != "error" {
		a.miss("%s for %s: the audit log says %s, the decision log %s", l.Action, l.Tenant, l.Decision, decision)
	}
}

// request looks for s in the log of the service that got it, and in the log of the service behind that.
func (a *Audit) request(s sent, who identityClaims, requests, records map[string][]logLine) {
	a.HTTP++
	lines := requests[s.service+s.id]
	if s.id == "" || len(lines) != 1 || string(lines[0].Status) != s.status {
		a.miss("%s, %s %q: answered with %s, logged as %v", s.service, s.path, s.id, s.status, lines)
		return
	}
	for _, l := range append(lines, requests[trackingService+s.id]...) {
		if named := l.Tenant != "" || l.Subject != ""; named != l.authenticated() || named && (l.Tenant != who.tenant || l.Subject != who.subject) {
			a.miss("%s, %s %q: of %s in %s, logged as of %s in %s", s.service, s.path, s.id, who.subject, who.tenant, l.Subject, l.Tenant)
		}
		if audited := l.Log == "audit" && l.Kind == kindRequest; audited != l.authenticated() {
			a.miss("%s, %s %q: answered with %s, in the audit log: %t", s.service, s.path, s.id, s.status, audited)
		}
	}
	for _, l := range records[s.id] {
		if l.Tenant != who.tenant || l.Subject != who.subject {
			a.miss("%s, %s %q: of %s in %s, audited as of %s in %s", s.service, s.path, s.id, who.subject, who.tenant, l.Subject, l.Tenant)
		}
	}
	if s.status[0] == '2' && len(records[s.id]) == 0 {
		a.miss("%s, %s %q: answered, and not in the audit log", s.service, s.path, s.id)
	}
}

type identityClaims struct{ tenant, subject string }

// claimsOf reads a token that a service accepted; claim is the one that names the tenant.
func claimsOf(token, claim string) (c identityClaims) {
	if parts := strings.Split(token, "."); len(parts) == 3 {
		if payload, err := base64.RawURLEncoding.DecodeString(parts[1]); err == nil {
			var all map[string]any
			_ = json.Unmarshal(payload, &all) // what does not parse is nobody's
			c.tenant, _ = all[claim].(string)
			c.subject, _ = all["sub"].(string)
		}
	}
	return c
}

// secrets are the tokens that were sent, whole and in parts, and the key of cursors.
func (s *services) secrets() []string {
	all := []string{s.cursorKey}
	for _, q := range s.trail.sent {
		for _, part := range strings.Split(q.token, ".") {
			if len(part) >= 40 { // a header alone says nothing, and may be short
				all = append(all, part)
			}
		}
	}
	return all
}
