package prove

import (
	"context"
	"strings"

	"example.com/shiptrack/infra/localaws/policy"
)

// ask is a request to a store that localaws does not have: its policies are evaluated as they are, for a
// session of TrackingAccessRole.
type ask struct {
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

// policyAttacks are those on OpenSearch, S3 and KMS: their policies are evaluated, but no store answers.
func policyAttacks() []*Attack {
	const indexes = "arn:aws:es:us-east-1:000000000000:domain/test/"
	const encryptionContext = "kms:EncryptionContext:aws:s3:arn" // S3 sets it to the object's ARN
	own := ask{action: "es:ESHttpGet", resource: indexes + "yellow-shipments/_search", tenant: attacker}
	object := ask{action: "s3:GetObject", resource: "arn:aws:s3:::" + bucket + "/yellow/1001.pdf", tenant: attacker}
	decrypt := ask{action: "kms:Decrypt", resource: "arn:aws:kms:us-east-1:000000000000:key/1", tenant: attacker,
		context: map[string]string{"aws:ResourceTag/TenantID": attacker, "kms:ViaService": "s3.us-east-1.amazonaws.com", encryptionContext: object.resource}}
	var all []*Attack
	add := func(name, does, differs string, control ask, change func(*ask)) {
		all = append(all, &Attack{Name: name, Does: does, Differs: differs, Layer: IAM, Codes: denied, local: true, Attempt: evaluated(control.with(change)), Control: evaluated(control)})
	}
	resource := func(r string) func(*ask) { return func(q *ask) { q.resource = r } }
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

	add("s3/other-prefix", attacker+": GetObject under another's prefix", "the prefix is its own", object, resource("arn:aws:s3:::"+bucket+"/blue/1001.pdf"))
	add("s3/longer-prefix", attacker+": GetObject under yellow2", "the prefix is its own", object, resource("arn:aws:s3:::"+bucket+"/yellow2/1001.pdf"))
	ofTwin = func(tenant string) ask {
		return object.with(func(q *ask) { q.tenant, q.resource = tenant, "arn:aws:s3:::"+bucket+"/"+tenant+"/1001.pdf" })
	}
	add("s3/twin", twin+": GetObject under "+longerTwin, "the prefix is its own", ofTwin(twin), resource("arn:aws:s3:::"+bucket+"/"+longerTwin+"/1001.pdf"))
	add("s3/longer-twin", longerTwin+": GetObject under "+twin, "the prefix is its own", ofTwin(longerTwin), resource("arn:aws:s3:::"+bucket+"/"+twin+"/1001.pdf"))
	add("s3/dots", attacker+": a key with dots, which S3 does not resolve", "the prefix is its own", object, resource("arn:aws:s3:::"+bucket+"/x/../blue/1001.pdf"))
	add("s3/other-bucket", attacker+": its prefix in another bucket", "the bucket is ours", object, resource("arn:aws:s3:::other/yellow/1001.pdf"))
	add("s3/list", attacker+": ListBucket", "the action is GetObject", object, func(q *ask) { q.action, q.resource = "s3:ListBucket", "arn:aws:s3:::"+bucket })
	add("s3/put", attacker+": PutObject", "the action is GetObject", object, func(q *ask) { q.action = "s3:PutObject" })
	add("s3/delete", attacker+": DeleteObject", "the action is GetObject", object, func(q *ask) { q.action = "s3:DeleteObject" })
	add("s3/no-tag", "a session without a tag", "the session has the tag", object, func(q *ask) { q.tenant = "" })
	add("s3/wildcard-tag", "a session whose tag is *, were there one", "the tag is "+attacker, object, func(q *ask) { q.tenant = "*" })

	key := func(name, value string) func(*ask) {
		return func(q *ask) {
			if value == "" {
				delete(q.context, name)
			} else {
				q.context[name] = value
			}
		}
	}
	add("kms/other-key", attacker+": Decrypt with another's key", "the key is its own", decrypt, key("aws:ResourceTag/TenantID", victim))
	add("kms/twin", twin+": Decrypt with the key of "+longerTwin, "the key is its own", decrypt.with(func(q *ask) {
		q.tenant, q.context["aws:ResourceTag/TenantID"], q.context[encryptionContext] = twin, twin, ofTwin(twin).resource
	}), key("aws:ResourceTag/TenantID", longerTwin))
	add("kms/untagged-key", attacker+": Decrypt with a key that has no tag", "the key has the tag", decrypt, key("aws:ResourceTag/TenantID", ""))
	add("kms/no-tag", "Decrypt by a session without a tag", "the session has the tag", decrypt, func(q *ask) { q.tenant = "" })
	add("kms/tag-in-other-case", attacker+": Decrypt with the key of YELLOW", "the key is its own", decrypt, key("aws:ResourceTag/TenantID", "YELLOW"))
	add("kms/named-admin", "a tenant Admin: Decrypt with "+attacker+"'s key", "the tenant is "+attacker, decrypt, func(q *ask) { q.tenant = "Admin" })
	add("kms/wildcard-tag", "a session whose tag is *, were there one: Decrypt with "+attacker+"'s key", "the tag is "+attacker, decrypt, func(q *ask) { q.tenant = "*" })
	add("kms/other-account", attacker+": Decrypt with a key of another account that has its tag", "the key is of this account", decrypt, resource("arn:aws:kms:us-east-1:111111111111:key/1"))
	add("kms/service-in-other-case", attacker+": Decrypt by way of S3.us-east-1.amazonaws.com", "the service is written as AWS does", decrypt, key("kms:ViaService", "S3.us-east-1.amazonaws.com"))
	add("kms/no-tags-at-all", "Decrypt without a tag on session and key", "both have it", decrypt, func(q *ask) { q.tenant = ""; delete(q.context, "aws:ResourceTag/TenantID") })
	add("kms/direct", attacker+": Decrypt without S3", "S3 asks for it", decrypt, key("kms:ViaService", ""))
	add("kms/other-service", attacker+": Decrypt by way of another service", "S3 asks for it", decrypt, key("kms:ViaService", "ebs.us-east-1.amazonaws.com"))
	add("kms/other-object", attacker+": Decrypt for another's object that is encrypted under its key", "the object is its own", decrypt, key(encryptionContext, "arn:aws:s3:::"+bucket+"/blue/1001.pdf"))
	add("kms/no-object", attacker+": Decrypt for no object", "the object is its own", decrypt, key(encryptionContext, ""))
	add("kms/encrypt", attacker+": Encrypt", "the action is Decrypt", decrypt, func(q *ask) { q.action = "kms:Encrypt" })
	add("kms/data-key", attacker+": GenerateDataKey", "the action is Decrypt", decrypt, func(q *ask) { q.action = "kms:GenerateDataKey" })
	return all
}

func evaluated(q ask) Step {
	return func(_ context.Context, w *World) (Answer, error) {
		policies, err := w.policies("TrackingAccessRole")
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
