package prove

import (
	"context"
	"maps"
	"strings"

	"example.com/shiptrack/infra/localaws/policy"
)

// ask is a request that is not sent: the policies are evaluated as they are, for a session of TrackingAccessRole.
type ask struct {
	role             string
	action, resource string
	tenant           string // the session's tag; empty: none
	context          map[string]string
	lists            map[string][]string // keys that have several values
}

func (q ask) with(change func(*ask)) ask {
	q.context, q.lists = cloned(q.context), cloned(q.lists)
	change(&q)
	return q
}

// cloned is a copy of m that can be changed.
func cloned[V any](m map[string]V) map[string]V {
	all := map[string]V{}
	maps.Copy(all, m)
	return all
}

// policyAttacks are requests to OpenSearch that localaws refuses for another reason, or has not: other domains, and paths that are not
// canonical. The policies are evaluated.
func policyAttacks() []*Attack {
	var all []*Attack
	for _, c := range []struct{ role, action, path string }{{"~access-role~", "es:ESHttpGet", "/_search"}, {"~seed-role~", "es:ESHttpPut", "/_doc/1"}} {
		own := ask{role: c.role, action: c.action, resource: domainARN + "~domain~/" + attacker + "~of-index~" + c.path, tenant: attacker}
		for name, change := range map[string]change{
			"other-domain":  {"its index in another domain", "the domain is ~domain~", resource(domainARN + "prod/" + attacker + "~of-index~" + c.path)},
			"other-account": {"its index in a domain of another account", "the account is its own", resource("arn:aws:es:us-east-1:111111111111:domain/~domain~/" + attacker + "~of-index~" + c.path)},
			"other-region":  {"its index in a domain of another region", "the region is its own", resource("arn:aws:es:eu-west-1:" + account + ":domain/~domain~/" + attacker + "~of-index~" + c.path)},
			"list":          {"a list of indexes", "it is its own index", resource(domainARN + "~domain~/" + attacker + "~of-index~," + victim + "~of-index~" + c.path)},
			"list-encoded":  {"a list whose comma is encoded", "it is its own index", resource(domainARN + "~domain~/" + attacker + "~of-index~%2C" + victim + "~of-index~" + c.path)},
			"no-tag":        {"its index, without a tag", "the session has the tag", func(q *ask) { q.tenant = "" }},
		} {
			all = append(all, &Attack{
				Name: "policy/" + strings.ToLower(strings.TrimPrefix(c.action, "es:ESHttp")) + "-index-" + name, Does: c.role + ", " + c.action + ": " + change.does, Differs: change.differs,
				Layer: IAM, Codes: denied, needs: needed(c.role), local: true, evaluated: true, Attempt: evaluated(own.with(change.make)), Control: evaluated(own),
			})
		}
	}
	return all
}

const domainARN = "arn:aws:es:" + region + ":" + account + ":domain/"

func evaluated(q ask) Step {
	return func(_ context.Context, w *World) (Answer, error) {
		policies, err := w.policies(w.names.fill(q.role))
		if err != nil {
			return Answer{}, err
		}
		keys := new(policy.Context)
		if q.tenant != "" {
			keys.Set("aws:PrincipalTag/"+w.names.Tag, q.tenant)
		}
		for name, value := range q.context {
			keys.Set(w.names.fill(name), w.names.fill(value))
		}
		for name, values := range q.lists {
			var filled []string
			for _, value := range values {
				filled = append(filled, w.names.fill(value))
			}
			keys.SetAll(w.names.fill(name), filled)
		}
		r := &policy.Request{Action: q.action, Resource: w.names.fill(q.resource), Context: keys}
		return answerOf(policies.Decide(r), func() []policy.Miss { return policies.Explain(r) }), nil
	}
}

// answerOf is an evaluation as an answer.
func answerOf(d policy.Decision, explain func() []policy.Miss) Answer {
	by := strings.TrimSuffix(d.Statement.Policy+" "+d.Statement.Sid, " ")
	if d.Effect == policy.Allow {
		return Answer{Status: 200, By: by}
	}
	if d.Effect == policy.ImplicitDeny {
		by = "no statement speaks of it"
		if misses := explain(); len(misses) > 0 {
			by = misses[0].String()
		}
	}
	return Answer{Status: 403, Code: denied[0], By: by}
}

// policies compiles the permission policies of a role, once for the documents as they are.
func (w *World) policies(role string) (policy.Policies, error) {
	if known, ok := w.compiled[role]; ok {
		return known, nil
	}
	all, err := compile(w.roles, role)
	if err != nil {
		return all, err
	}
	w.compiled[role] = all
	return all, nil
}
