package prove

import (
	"cmp"
	"context"
	"strings"

	"example.com/shiptrack/infra/localaws/policy"
)

// ask is a request that is not sent: the policies are evaluated as they are, for a session of TrackingAccessRole.
type ask struct {
	role             string // TrackingAccessRole where empty
	action, resource string
	tenant           string // the session's tag; empty: none
	context          map[string]string
}

func (q ask) with(change func(*ask)) ask {
	context := map[string]string{}
	for k, v := range q.context {
		context[k] = v
	}
	q.context = context
	change(&q)
	return q
}

// policyAttacks are those on OpenSearch: its policies are evaluated, but no store answers.
func policyAttacks() []*Attack {
	const indexes = "arn:aws:es:us-east-1:000000000000:domain/test/"
	own := ask{action: "es:ESHttpGet", resource: indexes + "yellow-shipments/_search", tenant: attacker}
	var all []*Attack
	add := func(name, does, differs string, control ask, change func(*ask)) {
		all = append(all, &Attack{Name: name, Does: does, Differs: differs, Layer: IAM, Codes: denied, local: true, evaluated: true, Attempt: evaluated(control.with(change)), Control: evaluated(control)})
	}
	for name, path := range map[string]string{
		"other-index": "blue-shipments/_search", "longer-name": "yellow2-shipments/_search", "list": "yellow-shipments,blue-shipments/_search",
		"list-encoded": "yellow-shipments%2cblue-shipments/_search", "list-encoded-upper": "yellow-shipments%2Cblue-shipments/_search", "all": "_all/_search", "wildcard": "*/_search", "no-index": "_search",
		"bulk": "yellow-shipments/_bulk", "multi-search": "yellow-shipments/_msearch", "multi-get": "yellow-shipments/_mget", "own-and-all": "yellow-shipments/_all",
	} {
		add("opensearch/"+name, attacker+": GET "+path, "the path is its own index", own, resource(indexes+path))
	}
	add("opensearch/post", attacker+": POST", "the method is GET", own, func(q *ask) { q.action = "es:ESHttpPost" })
	add("opensearch/delete", attacker+": DELETE", "the method is GET", own, func(q *ask) { q.action = "es:ESHttpDelete" })
	add("opensearch/other-domain", attacker+": its index in another domain", "the domain is test", own, resource("arn:aws:es:us-east-1:000000000000:domain/prod/yellow-shipments/_search"))
	add("opensearch/no-tag", "a session without a tag", "the session has the tag", own, func(q *ask) { q.tenant = "" })
	ofTwin := func(tenant string) ask {
		return own.with(func(q *ask) { q.tenant, q.resource = tenant, indexes+tenant+"-shipments/_search" })
	}
	add("opensearch/twin", twin+": the index of "+longerTwin, "the index is its own", ofTwin(twin), resource(indexes+longerTwin+"-shipments/_search"))
	add("opensearch/longer-twin", longerTwin+": the index of "+twin, "the index is its own", ofTwin(longerTwin), resource(indexes+twin+"-shipments/_search"))
	add("opensearch/twin-named-like-index", twin+": the index of a tenant "+twin+"-shipments", "the index is its own", ofTwin(twin), resource(indexes+twin+"-shipments-shipments/_search"))
	put := own.with(func(q *ask) { q.action = "es:ESHttpPut" })
	add("opensearch/put-other-index", attacker+": PUT into another's index", "the index is its own", put, resource(indexes+"blue-shipments/_doc/1"))
	return all
}

func evaluated(q ask) Step {
	return func(_ context.Context, w *World) (Answer, error) {
		policies, err := w.policies(cmp.Or(q.role, "TrackingAccessRole"))
		if err != nil {
			return Answer{}, err
		}
		keys := new(policy.Context)
		if q.tenant != "" {
			keys.Set("aws:PrincipalTag/TenantID", q.tenant)
		}
		for name, value := range q.context {
			keys.Set(name, value)
		}
		r := &policy.Request{Action: q.action, Resource: q.resource, Context: keys}
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
