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

// policyAttacks are those on OpenSearch: its policies are evaluated as they are.
func policyAttacks() []*Attack {
	const indexes = "arn:aws:es:us-east-1:000000000000:domain/test/"
	own := ask{action: "es:ESHttpGet", resource: indexes + "yellow-shipments/_search", tenant: attacker}
	seeded := ask{role: "TrackingSeedRole", action: "es:ESHttpPut", resource: indexes + "yellow-shipments/_doc/1001", tenant: attacker}
	var all []*Attack
	add := func(name, does, differs string, control ask, change func(*ask)) {
		all = append(all, &Attack{
			Name: "opensearch/" + name, Does: does, Differs: differs, Layer: IAM, Codes: denied, needs: needed(cmp.Or(control.role, "TrackingAccessRole")),
			local: true, evaluated: true, Attempt: evaluated(control.with(change)), Control: evaluated(control),
		})
	}
	to := func(action, path string) func(*ask) {
		return func(q *ask) { q.action, q.resource = action, indexes+path }
	}
	for name, path := range map[string]string{
		"other-index": "blue-shipments/_search", "longer-name": "yellow2-shipments/_search", "list": "yellow-shipments,blue-shipments/_search",
		"list-encoded": "yellow-shipments%2cblue-shipments/_search", "list-encoded-upper": "yellow-shipments%2Cblue-shipments/_search", "all": "_all/_search", "wildcard": "*/_search", "no-index": "_search",
		"bulk": "yellow-shipments/_bulk", "multi-search": "yellow-shipments/_msearch", "multi-get": "yellow-shipments/_mget", "own-and-all": "yellow-shipments/_all",
		"term-vectors": "yellow-shipments/_mtermvectors", "search-template": "yellow-shipments/_search/template", "document": "yellow-shipments/_doc/1001",
	} {
		add(name, attacker+": GET "+path, "the path is the search of its own index", own, to("es:ESHttpGet", path))
	}
	for name, path := range map[string]string{
		"put": "yellow-shipments/_search", "put-other-index": "blue-shipments/_doc/1", "put-document": "yellow-shipments/_doc/1", "put-alias": "yellow-shipments/_alias/blue-planted",
		"put-clone": "yellow-shipments/_clone/blue-cloned", "put-settings": "yellow-shipments/_settings", "put-mapping": "yellow-shipments/_mapping", "put-index": "yellow-new/",
	} {
		add(name, attacker+": PUT "+path, "the method is GET, the path the search of its own index", own, to("es:ESHttpPut", path))
	}
	add("post", attacker+": POST", "the method is GET", own, action("es:ESHttpPost"))
	add("delete", attacker+": DELETE", "the method is GET", own, action("es:ESHttpDelete"))
	add("other-domain", attacker+": its index in another domain", "the domain is test", own, resource("arn:aws:es:us-east-1:000000000000:domain/prod/yellow-shipments/_search"))
	add("no-tag", "a session without a tag", "the session has the tag", own, tagged(""))
	ofTwin := func(tenant string) ask {
		return own.with(func(q *ask) { q.tenant, q.resource = tenant, indexes+tenant+"-shipments/_search" })
	}
	add("twin", twin+": the index of "+longerTwin, "the index is its own", ofTwin(twin), resource(indexes+longerTwin+"-shipments/_search"))
	add("longer-twin", longerTwin+": the index of "+twin, "the index is its own", ofTwin(longerTwin), resource(indexes+twin+"-shipments/_search"))
	add("twin-named-like-index", twin+": the index of a tenant "+twin+"-shipments", "the index is its own", ofTwin(twin), resource(indexes+twin+"-shipments-shipments/_search"))
	for name, path := range map[string]string{
		"seed-other-index": "blue-shipments/_doc/1001", "seed-longer-name": "yellow2-shipments/_doc/1001", "seed-twin": "yellow-eu-shipments/_doc/1001",
		"seed-index": "yellow-shipments", "seed-mapping": "yellow-shipments/_mapping", "seed-alias": "yellow-shipments/_alias/blue-planted", "seed-bulk": "yellow-shipments/_bulk",
	} {
		add(name, "TrackingSeedRole: PUT "+path, "the path is a document of its own index", seeded, to("es:ESHttpPut", path))
	}
	for name, method := range map[string]string{"seed-get": "Get", "seed-post": "Post", "seed-delete": "Delete"} {
		add(name, "TrackingSeedRole: "+method+" of its own document", "the method is PUT", seeded, action("es:ESHttp"+method))
	}
	add("seed-other-domain", "TrackingSeedRole: its document in another domain", "the domain is test", seeded, resource("arn:aws:es:us-east-1:000000000000:domain/prod/yellow-shipments/_doc/1001"))
	add("seed-no-tag", "TrackingSeedRole: a session without a tag", "the session has the tag", seeded, tagged(""))
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
