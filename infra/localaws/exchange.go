package localaws

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"regexp"
	"strings"
	"time"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/identity"
	"example.com/shiptrack/infra/localaws/policy"
)

// exchange is what is known so far about one request and its answer.
type exchange struct {
	id         string
	callerID   string // see callerID
	originID   string // see originID
	now        time.Time
	protocol   api.Protocol // in which errors are written
	namespace  string       // of XML answers
	connection *http.ResponseController
	whole      bool   // the body was read
	method     string // restXml: the request's
	path       string // restXml: the resource of an error
	link       bool   // presigned
	held       []func()
	// The rest is known once the request is authenticated. keyID and claimed, its principal, are known before, but not
	// yet verified.
	keyID     string
	claimed   *identity.Principal
	caller    *identity.Principal
	operation string
	region    string // of the scope
	limit     int    // of each line on the request's permissions; see lineLimit
	// What was decided so far, where there is a decision log, and the id under which a denial is explained.
	decided         []decided
	authorizationID string
}

func newExchange(now time.Time, w http.ResponseWriter, r *http.Request) *exchange {
	x := &exchange{
		id: newRequestID(), callerID: callerID(r.Header), originID: originID(r.Header), now: now,
		protocol: api.Query, namespace: api.STSNamespace,
		connection: http.NewResponseController(w), method: r.Method, path: r.URL.EscapedPath(),
		link: len(r.Header["Authorization"]) == 0,
	}
	switch {
	case strings.HasPrefix(r.URL.Path, "/_localaws/"):
		x.protocol = api.Local
	case usesCBOR(r):
		x.protocol = api.CBOR
	case isToolbox(r):
		x.protocol = api.RestJSON
	case isOpenSearch(r):
		x.protocol = api.OpenSearch
	case isS3(r):
		x.protocol = api.RestXML
	case r.Header.Get("Content-Type") == contentTypes[api.JSON11]:
		x.protocol = api.JSON11
	case r.Header.Get("X-Amz-Target") != "" || strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-amz-json"):
		x.protocol = api.JSON10
	}
	return x
}

// hold has release called once the answer is made.
func (x *exchange) hold(release func()) { x.held = append(x.held, release) }

func (x *exchange) release() {
	for _, release := range x.held {
		release()
	}
}

// callerIDPattern has the characters of request ids and of X-Amzn-Trace-Id (Root=1-5759e988-bd86...;Sampled=1). In a
// terminal or in JSON none of them has a special meaning.
var callerIDPattern = regexp.MustCompile(`^[A-Za-z0-9._:;=|,@-]{1,128}$`)

// callerID is the caller's own id of its request, for the log alone. It need not be signed, and no decision depends
// on it. An id that does not match the pattern, or is given twice, is left out.
func callerID(h http.Header) string {
	for _, id := range []string{single(h, "X-Amzn-Trace-Id"), single(h, "X-Request-Id"), agentItem(h, "md/request-id#")} {
		if id != "" && callerIDPattern.MatchString(id) {
			return id
		}
	}
	return ""
}

func single(h http.Header, name string) string {
	if values := h.Values(name); len(values) == 1 {
		return values[0]
	}
	return ""
}

// originID is the id that the caller's own caller gave, for the log alone as well.
func originID(h http.Header) string {
	if id := agentItem(h, "md/origin-request-id#"); id != "" && callerIDPattern.MatchString(id) {
		return id
	}
	return ""
}

// agentItem is the id in additional metadata of the User-Agent, which the AWS SDKs let a program set and which
// CloudTrail keeps: "... md/request-id#ID". The last one counts: a program adds its own at the end.
func agentItem(h http.Header, item string) string {
	agent := h.Get("User-Agent")
	i := strings.LastIndex(agent, item)
	if i < 0 {
		return ""
	}
	id, _, _ := strings.Cut(agent[i+len(item):], " ")
	return id
}

// newRequestID returns a random UUID, as AWS's request ids are.
func newRequestID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	text := hex.AppendEncode(make([]byte, 0, 36), b[:4])
	for _, part := range [][]byte{b[4:6], b[6:8], b[8:10], b[10:]} {
		text = hex.AppendEncode(append(text, '-'), part)
	}
	return string(text)
}

// entry returns a log entry with everything that is known so far.
func (x *exchange) entry() *Entry {
	e := &Entry{
		Time: x.now.UTC(), RequestID: x.id, CallerRequestID: x.callerID, OriginRequestID: x.originID,
		AccessKeyID: x.keyID, Operation: x.operation, limit: x.limit,
	}
	if x.caller != nil {
		e.Principal, e.SessionTags = x.caller.ARN, x.caller.Tags
	}
	return e
}

func (x *exchange) freeEntry() *Entry {
	e := x.entry()
	e.Decision, e.Effect, e.Reason = "allow", "Allow", "the operation needs no permission"
	return e
}

func (x *exchange) decisionEntry(
	p *identity.Principal, permission *api.Permission, request *policy.Request, d policy.Decision, misses []policy.Miss,
) *Entry {
	e := x.entry()
	e.Principal, e.SessionTags = p.ARN, p.Tags
	if d.Effect == policy.ImplicitDeny {
		e.Reason = permission.Note
	}
	e.decide(request, d, misses)
	return e
}
