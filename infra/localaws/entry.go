package localaws

import (
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"example.com/shiptrack/infra/localaws/policy"
)

// Entry is one line of the decision log: a decision on one permission, why a request was refused before a
// decision (then Action is empty), or an internal failure after it (then Decision is empty). It never holds a secret, a
// token, a signature or a body; item keys appear only as the context key dynamodb:LeadingKeys,
// and encryption contexts, which KMS holds to be no secret, as kms:EncryptionContext:NAME. What looks like a secret in
// a text that the caller chose, such as the name of a table, is written as [redacted].
type Entry struct {
	Time      time.Time `json:"time"`
	RequestID string    `json:"requestId"`
	// CallerRequestID is the caller's id of its own request, from the header X-Amzn-Trace-Id or X-Request-Id, or from
	// md/request-id#ID in the User-Agent: 1 to 128 characters of A-Z, a-z, 0-9 and ._:;=|,@- . The caller can choose
	// any id: no decision may depend on it.
	CallerRequestID string `json:"callerRequestId,omitzero"`
	// OriginRequestID is the id of the request that the caller was answering, as its own caller gave it, from
	// md/origin-request-id#ID in the User-Agent. It has the same form, and anybody can choose it as well.
	OriginRequestID string `json:"originRequestId,omitzero"`
	// AuthorizationID is in the message of a denial: under it GetRequestAuthorizationDetails explains the request.
	AuthorizationID string            `json:"authorizationId,omitzero"`
	Principal       string            `json:"principal,omitzero"` // ARN, or an AWS service
	AccessKeyID     string            `json:"accessKeyId,omitzero"`
	SessionTags     map[string]string `json:"sessionTags,omitempty"`
	Operation       string            `json:"operation,omitzero"`
	Action          string            `json:"action,omitzero"`
	Resource        string            `json:"resource,omitzero"`
	Context         Keys              `json:"context,omitzero"`
	Decision        string            `json:"decision,omitzero"` // allow or deny
	Effect          string            `json:"effect,omitzero"`   // Allow, ExplicitDeny, ImplicitDeny
	Statement       *Statement        `json:"statement,omitzero"`
	Layer           string            `json:"layer,omitzero"`  // which layer did not allow it
	Misses          []Miss            `json:"misses,omitzero"` // on an implicit deny
	Code            string            `json:"code,omitzero"`   // of a refusal, as it was answered
	Reason          string            `json:"reason,omitzero"`
	Stack           string            `json:"stack,omitzero"`
	Cut             *Cut              `json:"cut,omitzero"` // set where the line lacks something, to stay within MaxLine

	limit int // of the line, in bytes; 0: MaxLine
	left  Cut // what was left out so far
}

// Statement names a statement of a policy.
type Statement struct {
	Policy string `json:"policy"`
	Sid    string `json:"sid,omitzero"`
	Index  int    `json:"index"` // from 0
}

// Miss says why a statement that names the action did not apply.
type Miss struct {
	Statement Statement `json:"statement"`
	Effect    string    `json:"effect"` // Allow or Deny
	Element   string    `json:"element"`
	Want      []string  `json:"want,omitzero"`
	Got       []string  `json:"got"`  // null: the key is absent
	Said      string    `json:"said"` // all of it as a sentence
}

func newStatement(s policy.Statement) *Statement {
	return &Statement{Policy: s.Policy, Sid: s.Sid, Index: s.Index}
}

// NewEntry returns the entry of a decision log for a decision on r; misses explain an implicit deny
// (policy.Policies.Explain). It is for tools that evaluate policies themselves and use Why and Describe.
func NewEntry(r *policy.Request, d policy.Decision, misses []policy.Miss) Entry {
	e := Entry{Principal: r.Caller.ARN}
	e.decide(r, d, misses)
	return e
}

func (e *Entry) decide(r *policy.Request, d policy.Decision, misses []policy.Miss) {
	e.Action, e.Resource, e.Context = r.Action, r.Resource, keysOf(r.Context)
	e.Decision = "deny"
	switch d.Effect {
	case policy.Allow:
		e.Decision, e.Effect, e.Statement = "allow", "Allow", newStatement(d.Statement)
	case policy.ExplicitDeny:
		e.Effect, e.Statement = "ExplicitDeny", newStatement(d.Statement)
	case policy.ImplicitDeny:
		e.Effect, e.Layer = "ImplicitDeny", d.Layer
		for _, miss := range misses {
			e.Misses = append(e.Misses, e.newMiss(miss))
		}
	}
}

// Keys are condition keys with their values, in the order in which they were set. In JSON they are an
// object of arrays, null where the value is not known.
type Keys []Key

// Key is one condition key.
type Key struct {
	Name    string
	Values  []string
	Unknown bool // the request has the key, its values could not be derived
}

// Get returns the values of a key, and whether it is there.
func (k Keys) Get(name string) ([]string, bool) {
	for _, key := range k {
		if strings.EqualFold(key.Name, name) {
			return key.Values, true
		}
	}
	return nil, false
}

func keysOf(c *policy.Context) Keys {
	keys := make(Keys, 0, 24)
	c.Each(func(name string, values []string, unknown bool) {
		keys = append(keys, Key{name, values, unknown})
	})
	return keys
}

// MarshalJSONTo writes the object.
func (k Keys) MarshalJSONTo(e *jsontext.Encoder) error {
	return e.WriteValue(k.appendTo(make([]byte, 0, 1024)))
}

// UnmarshalJSONFrom reads the object.
func (k *Keys) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return err
		}
		key := Key{Name: name.String(), Unknown: d.PeekKind() == 'n'}
		if err := json.UnmarshalDecode(d, &key.Values); err != nil {
			return err
		}
		*k = append(*k, key)
	}
	_, err := d.ReadToken()
	return err
}

// allowInvalidUTF8 replaces invalid bytes, so that the line is not lost: the caller chooses some of the
// logged values, such as the access key id.
var allowInvalidUTF8 = jsontext.AllowInvalidUTF8(true)
