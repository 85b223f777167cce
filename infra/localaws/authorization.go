package localaws

import (
	"cmp"
	"crypto/rand"
	"math/big"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/identity"
	"example.com/shiptrack/infra/localaws/policy"
)

// decided is a decision on a request, and its line of the decision log.
type decided struct {
	line       []byte
	principal  *identity.Principal
	permission *api.Permission
	request    *policy.Request
	decision   policy.Decision
}

// newAuthorizationID returns 128 random bits in the letters of IAM Toolbox's AuthorizationId.
func newAuthorizationID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	return new(big.Int).SetBytes(b[:]).Text(36)
}

// logDecision logs d, and keeps it until the request is answered. The first denial gives the request the authorization id that its
// denials have; it returns the id of this one. As on AWS a denial may have none: where there is no log, and behind ExplainedDecisions
// others of the request.
func (s *Server) logDecision(x *exchange, d decided, misses []policy.Miss) (authorizationID string) {
	if s.log.out == nil {
		return ""
	}
	e, kept := x.decisionEntry(d.principal, d.permission, d.request, d.decision, misses), len(x.decided) < ExplainedDecisions
	if kept && d.decision.Effect != policy.Allow {
		x.authorizationID = cmp.Or(x.authorizationID, newAuthorizationID())
		e.AuthorizationID = x.authorizationID
	}
	if d.line = s.log.write(e); kept {
		x.decided = append(x.decided, d)
	}
	return e.AuthorizationID
}

// authorization is what GetRequestAuthorizationDetails answers on one request that was denied. It is made of the lines of the decision
// log, and so holds no text of the caller's that they do not hold.
type authorization struct {
	RequestContext jsontext.Value   `json:"requestContext"`
	Evaluations    []jsontext.Value `json:"evaluations"`
	Policies       []jsontext.Value `json:"policies"`
	NextToken      string           `json:"nextToken,omitzero"`
}

// newAuthorization explains all that was decided on x, the allowed permissions of the request among it.
func newAuthorization(x *exchange) *authorization {
	a := &authorization{Policies: []jsontext.Value{}}
	entries := make([]Entry, len(x.decided))
	for i := range x.decided {
		_ = json.Unmarshal(x.decided[i].line, &entries[i]) // localaws wrote it
	}
	shared := sharedKeys(entries)
	a.RequestContext = mustMarshal(contextValues(shared))
	seen := map[string]bool{}
	for i := range x.decided {
		d, e := &x.decided[i], &entries[i]
		all := d.policies(e.Resource)
		a.Evaluations = append(a.Evaluations, mustMarshal(evaluation{
			Action: e.Action, Resource: e.Resource, EvaluatedEffect: effectNames[e.Effect], Context: e.Context.without(shared),
			MatchedPolicies: d.matched(all, ""), Checks: d.checks(all),
		}))
		for _, c := range all {
			if !seen[c.info.URI] {
				seen[c.info.URI] = true
				a.Policies = append(a.Policies, mustMarshal(c.info))
			}
		}
	}
	return a
}

// sharedKeys are the keys that all entries have with the same values.
func sharedKeys(entries []Entry) Keys {
	var shared Keys
	for _, key := range entries[0].Context {
		if !slices.ContainsFunc(entries[1:], func(e Entry) bool { return !e.Context.has(key) }) {
			shared = append(shared, key)
		}
	}
	return shared
}

func (k Keys) has(key Key) bool {
	return slices.ContainsFunc(k, func(other Key) bool {
		return other.Name == key.Name && other.Unknown == key.Unknown && slices.Equal(other.Values, key.Values)
	})
}

func (k Keys) without(others Keys) contextValues {
	return slices.DeleteFunc(slices.Clone(contextValues(k)), others.has)
}

// contextValues are keys as IAM Toolbox answers them: a key with one value as a text, any other as a list, and null where the values are
// not known.
type contextValues Keys

// MarshalJSONTo writes the object.
func (c contextValues) MarshalJSONTo(e *jsontext.Encoder) error {
	values := map[string]any{}
	for _, key := range c {
		switch {
		case key.Unknown:
			values[key.Name] = nil
		case len(key.Values) == 1:
			values[key.Name] = key.Values[0]
		default:
			values[key.Name] = append([]string{}, key.Values...)
		}
	}
	return json.MarshalEncode(e, values, json.Deterministic(true))
}
