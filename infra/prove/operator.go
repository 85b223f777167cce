package prove

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// operatorAttacks are sent by the operator's role: each beside a request that bin/tenants makes. They read what tenants have, change what is
// nobody's to change, and give the role or a session more.
func operatorAttacks() []*Attack {
	return slices.Concat(operatorRows(), operatorDocuments(), operatorIndexes(), operatorKeys(), operatorPermissions())
}

// byOperator is an attack whose attempt and control the operator makes.
func byOperator(name, does, differs string, codes []string, attempt, control Step) *Attack {
	return &Attack{
		Name: "operator/" + name, Does: operator + ": " + does, Differs: differs, Layer: IAM, Codes: codes, needs: operator, local: true,
		Attempt: attempt, Control: control,
	}
}

const keysAlone = `"Select":"SPECIFIC_ATTRIBUTES","ProjectionExpression":"~partition~, ~sort~","ExpressionAttributeValues":{":t":{"S":"@"}}`

// operatorRows ask for rows of a tenant, of which the role may find the keys.
func operatorRows() []*Attack {
	found := step(operation{"", "Query", query("~partition~ = :t", keysAlone)}.of(operator, victim))
	const differs = "it is a Query of the keys alone"
	var all []*Attack
	for name, o := range partitionReads {
		all = append(all, byOperator(name, o.does, differs, denied, step(o.of(operator, victim)), found))
	}
	for name, o := range partitionWrites {
		all = append(all, byOperator(name, o.does, differs, denied, step(o.of(operator, victim)), found))
	}
	for name, o := range notGranted {
		if _, known := partitionWrites[name]; known || slices.Contains([]string{"delete-item", "delete-own", "delete-table"}, name) {
			continue // see below, and operatorPolicies
		}
		all = append(all, byOperator(name, o.does, differs, denied, step(o.of(operator, victim)), found))
	}
	erase := func(more string) Step {
		return step(operation{"", "DeleteItem", `{"TableName":"~table~",` + more + `"Key":{"~partition~":{"S":"@"},"~sort~":{"S":"nobodys"}}}`}.of(operator, victim))
	}
	for name, o := range map[string]struct{ does, more string }{
		"delete-returning":           {"DeleteItem that returns the row", `"ReturnValues":"ALL_OLD",`},
		"delete-condition":           {"DeleteItem under a condition on what the row holds: its failure would tell that", `"ConditionExpression":"attribute_not_exists(Canary)",`},
		"delete-condition-returning": {"DeleteItem under a condition that fails, which returns the row then", `"ConditionExpression":"attribute_not_exists(~sort~)","ReturnValuesOnConditionCheckFailure":"ALL_OLD",`},
	} {
		all = append(all, byOperator(name, o.does, "it is a DeleteItem without more", denied, erase(o.more), erase("")))
	}
	projected := func(name string) Step {
		return step(operation{"", "Query", query("~partition~ = :t", strings.Replace(keysAlone, "~sort~", name, 1))}.of(operator, victim))
	}
	return append(all, byOperator("query-attribute", "a Query of one attribute", "it asks for the keys", denied, projected("Canary"), found),
		byOperator("query-filtered", "a Query of the keys with a filter on what rows hold", "it has no filter", denied,
			step(operation{"", "Query", query("~partition~ = :t", strings.Replace(keysAlone, `{":t"`, `{":c":{"S":"c"},":t"`, 1)+`,"FilterExpression":"begins_with(Canary, :c)"`)}.of(operator, victim)), found))
}

// operatorDocuments ask for documents, of which the role may find the versions and delete them.
func operatorDocuments() []*Attack {
	versions := func(query string) Step {
		return step(onObject{"", "GET", inBucket + query, nil, ""}.of(operator, victim))
	}
	found := versions("?versions&prefix=@%2F")
	const differs = "it is ListObjectVersions of the prefix"
	var all []*Attack
	for _, some := range []map[string]onObject{prefixReads, prefixWrites, notGrantedOnObjects} {
		for name, o := range some {
			if slices.Contains([]string{"list-versions", "list-uploads", "list"}, name) {
				continue // it may; a list is among those of the same kind
			}
			a := byOperator(name, o.does, differs, forbidden, step(o.of(operator, victim)), found)
			if o.method == http.MethodDelete {
				a.Spoils = Tables
			}
			all = append(all, a)
		}
	}
	for name, query := range map[string]string{"versions-of-all": "?versions", "versions-of-twins": "?versions&prefix=@", "uploads-of-all": "?uploads", "uploads-of-twins": "?uploads&prefix=@"} {
		all = append(all, byOperator(name, "a list in the bucket, "+query, "it has the whole prefix of a tenant", forbidden, versions(query), found))
	}
	erase := func(path string) Step {
		return step(onObject{"", http.MethodDelete, inBucket + path, nil, ""}.of(operator, attacker))
	}
	for name, path := range map[string]string{"delete-bucket": "", "delete-bucket-policy": "?policy", "delete-at-top": "/nobodys.txt?versionId=null", "delete-tags": "/@/1001/canary.txt?tagging"} {
		a := byOperator(name, "DELETE of "+path+" in the bucket", "it is a version under a tenant's prefix", forbidden, erase(path), erase("/@/1001/nobodys.txt?versionId=null"))
		a.Spoils = Tables
		all = append(all, a)
	}
	return all
}

// operatorIndexes ask the domain: the role makes and deletes an index, and looks whether there is one.
func operatorIndexes() []*Attack {
	ask := func(method, path, body string) Step {
		return step(onIndex{"", method, path, body}.of(operator, victim))
	}
	found := ask(http.MethodHead, indexOf, "")
	var all []*Attack
	for _, name := range slices.Sorted(maps.Keys(notGrantedOnIndexes)) {
		o := notGrantedOnIndexes[name]
		if name == "head-index" || name == "delete-index" {
			continue // it may
		}
		a := byOperator("index-"+name, o.does, "it is a HEAD of the index", forbidden, ask(o.method, o.path, o.body), found)
		if o.method != http.MethodGet && o.method != http.MethodHead {
			a.Spoils = Tables
		}
		all = append(all, a)
	}
	for name, path := range map[string]string{"delete-two": "/nobodys~of-index~,other~of-index~", "delete-pattern": "/nobodys*~of-index~", "delete-every": "/_all", "delete-doc-of-tenant": itsDocument} {
		a := byOperator("index-"+name, "DELETE of "+path, "it is one index", forbidden, ask(http.MethodDelete, path, ""), ask(http.MethodDelete, "/nobodys~of-index~", ""))
		a.Spoils = Tables
		all = append(all, a)
	}
	return all
}

// operatorKeys ask KMS: the role makes a key with a tenant's tag, names it, looks at it, and schedules its deletion.
func operatorKeys() []*Attack {
	granted := []string{"describe", "list-keys", "list-aliases", "list-tags", "create-key", "delete", "create-alias", "delete-alias", "tag"}
	look := onKey{"", "DescribeKey", ofKey(nil), false}.step(operator)
	var all []*Attack
	for _, name := range slices.Sorted(maps.Keys(notGrantedOnKeys)) {
		if !slices.Contains(granted, name) {
			all = append(all, byOperator("key-"+name, notGrantedOnKeys[name].does, "it is DescribeKey", denied, notGrantedOnKeys[name].step(operator), look))
		}
	}
	tag := func(key, value string) object { return object{"Tags": []object{{"TagKey": key, "TagValue": value}}} }
	made := byKMS("CreateKey", "", tag("~tag~", victim))
	for name, body := range map[string]object{
		"untagged": {}, "other-tag": tag("Team", victim), "other-case": tag("~tag-other-case~", victim), "empty-tag": tag("~tag~", ""),
		"second-tag": {"Tags": []object{{"TagKey": "~tag~", "TagValue": victim}, {"TagKey": "Team", "TagValue": "x"}}},
		"policy":     {"Policy": openPolicy, "Tags": []object{}},
	} {
		all = append(all, byOperator("create-key-"+name, "CreateKey, "+strings.ReplaceAll(name, "-", " "), "it has a tenant's tag, and no other", denied, byKMS("CreateKey", "", body), made))
	}
	mine := "alias/" + strings.TrimPrefix(aliasOf("newcomer"), "alias/")
	for name, o := range map[string]struct {
		does, operation string
		of, beside      string // the tags of the key of the attempt, and of the control's
		body            object
	}{
		"tag-of-tenant":   {"TagResource that gives a tenant's key to another", "TagResource", victim, "", tag("~tag~", attacker)},
		"retag":           {"TagResource of a tenant's key with the same tag", "TagResource", victim, "", tag("~tag~", victim)},
		"delete-untagged": {"ScheduleKeyDeletion of a key that is no tenant's", "ScheduleKeyDeletion", "", victim, object{"PendingWindowInDays": 7}},
		"alias-untagged":  {"CreateAlias of a key that is no tenant's", "CreateAlias", "", victim, object{"AliasName": mine}},
	} {
		all = append(all, byOperator("key-"+name, o.does, "the key "+map[bool]string{true: "has no tag yet", false: "is a tenant's"}[o.beside == ""], denied,
			byKMS(o.operation, o.of, o.body), byKMS(o.operation, o.beside, o.body)))
	}
	return append(all, byOperator("alias-other-name", "CreateAlias with a name that is no tenant's", "the name is one of a tenant's key", denied,
		byKMS("CreateAlias", victim, object{"AliasName": "alias/billing"}), byKMS("CreateAlias", victim, object{"AliasName": mine})))
}

// byKMS is a request of the operator's about a key that is made for it with the tag of a tenant, or without one; the alias that it gives is
// taken away again.
func byKMS(operation, of string, more object) Step {
	return func(ctx context.Context, w *World) (Answer, error) {
		body := maps.Clone(more)
		field := "KeyId"
		if operation == "CreateAlias" {
			field = "TargetKeyId"
		}
		if operation != "CreateKey" {
			id, err := w.makeKey(ctx, of)
			if err != nil {
				return Answer{}, err
			}
			body[field] = id
		}
		text, err := json.Marshal(body)
		if err != nil {
			return Answer{}, err
		}
		a, err := w.send(ctx, request{by: operator, service: "kms", operation: operation, body: string(text)})
		if alias, named := body["AliasName"].(string); named && err == nil && a.ok() {
			_, err = w.send(ctx, request{by: root, service: "kms", operation: "DeleteAlias", body: `{"AliasName":"` + alias + `"}`})
		}
		return a, err
	}
}

// operatorPermissions ask IAM: the role writes the permissions boundaries of tenants' sessions, which only take away, and looks at roles.
func operatorPermissions() []*Attack {
	const harmless = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:ListAllMyBuckets","Resource":"*"}]}`
	const open = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	const boundary = policyARN + "~access-role~Boundary"
	ask := func(action string, pairs ...string) Step {
		values := url.Values{"Action": {action}, "Version": {"2010-05-08"}}
		for i := 0; i < len(pairs); i += 2 {
			values.Set(pairs[i], pairs[i+1])
		}
		return step(request{by: operator, service: "iam", body: values.Encode()})
	}
	looked := ask("GetRole", "RoleName", "~access-role~")
	var all []*Attack
	for name, o := range map[string]struct {
		does    string
		attempt Step
	}{
		"put-policy":         {"gives a policy to the role of tenants' sessions", ask("PutRolePolicy", "RoleName", "~access-role~", "PolicyName", "Planted", "PolicyDocument", harmless)},
		"put-own-policy":     {"gives a policy to itself", ask("PutRolePolicy", "RoleName", operator, "PolicyName", "Planted", "PolicyDocument", harmless)},
		"delete-policy":      {"takes a policy from a role", ask("DeleteRolePolicy", "RoleName", "~access-role~", "PolicyName", "Planted")},
		"attach-policy":      {"attaches a policy", ask("AttachRolePolicy", "RoleName", "~access-role~", "PolicyArn", boundary)},
		"attach-boundary":    {"attaches the boundary, which allows everything, to itself", ask("AttachRolePolicy", "RoleName", operator, "PolicyArn", boundary)},
		"attach-to-user":     {"attaches the boundary to a user", ask("AttachUserPolicy", "UserName", "ana", "PolicyArn", boundary)},
		"bound-other":        {"makes the boundary that of another role", ask("PutRolePermissionsBoundary", "RoleName", other, "PermissionsBoundary", boundary)},
		"bound-again":        {"gives the role of sessions another boundary", ask("PutRolePermissionsBoundary", "RoleName", "~access-role~", "PermissionsBoundary", policyARN+"~write-role~Boundary")},
		"unbound":            {"takes the boundary off", ask("DeleteRolePermissionsBoundary", "RoleName", "~access-role~")},
		"trust":              {"changes whom a role trusts", ask("UpdateAssumeRolePolicy", "RoleName", "~access-role~", "PolicyDocument", open)},
		"create-role":        {"makes a role", ask("CreateRole", "RoleName", "Planted", "AssumeRolePolicyDocument", open)},
		"delete-role":        {"deletes a role", ask("DeleteRole", "RoleName", "~access-role~")},
		"longer-sessions":    {"lets sessions last longer than a revocation", ask("UpdateRole", "RoleName", "~access-role~", "MaxSessionDuration", "43200")},
		"tag-role":           {"tags the role of sessions with a tenant", ask("TagRole", "RoleName", "~access-role~", "Tags.member.1.Key", "~tag~", "Tags.member.1.Value", victim)},
		"tag-itself":         {"tags itself with a tenant", ask("TagRole", "RoleName", operator, "Tags.member.1.Key", "~tag~", "Tags.member.1.Value", victim)},
		"create-user":        {"makes a user", ask("CreateUser", "UserName", "planted")},
		"create-access-key":  {"makes a key of a user", ask("CreateAccessKey", "UserName", "ana")},
		"create-policy":      {"makes a policy", ask("CreatePolicy", "PolicyName", "Planted", "PolicyDocument", harmless)},
		"delete-boundary":    {"deletes a boundary", ask("DeletePolicy", "PolicyArn", boundary)},
		"old-policy":         {"makes an old version of a policy that is no boundary the one that counts", ask("SetDefaultPolicyVersion", "PolicyArn", policyARN+"Admin", "VersionId", "v1")},
		"write-other-policy": {"writes a policy that is no boundary", ask("CreatePolicyVersion", "PolicyArn", policyARN+"Admin", "PolicyDocument", harmless, "SetAsDefault", "true")},
		"write-own-boundary": {"writes a boundary of its own role", ask("CreatePolicyVersion", "PolicyArn", policyARN+operator+"Boundary", "PolicyDocument", harmless, "SetAsDefault", "true")},
		"read-other-policy":  {"reads a policy that is no boundary", ask("GetPolicyVersion", "PolicyArn", policyARN+"Admin", "VersionId", "v1")},
		"get-other-role":     {"looks at a role that is not Shiptrack's", ask("GetRole", "RoleName", other)},
		"list-users":         {"lists users", ask("ListUsers")},
		"simulate":           {"asks the policy simulator about another role", ask("SimulatePrincipalPolicy", "PolicySourceArn", roleARN(other), "ActionNames.member.1", "s3:GetObject")},
		"policies-attached":  {"asks which policies are attached to a role", ask("ListAttachedRolePolicies", "RoleName", other)},
		"who-has-boundary":   {"asks who has a boundary", ask("ListEntitiesForPolicy", "PolicyArn", boundary)},
		"tag-boundary":       {"tags a boundary", ask("TagPolicy", "PolicyArn", boundary, "Tags.member.1.Key", "x", "Tags.member.1.Value", "y")},
	} {
		a := byOperator("iam-"+name, o.does, "it looks at the role of tenants' sessions", refused, o.attempt, looked)
		a.Spoils = Tables // some would leave what they change, and the mutants' attacks are those of operatorPolicies
		all = append(all, a)
	}
	return all
}
