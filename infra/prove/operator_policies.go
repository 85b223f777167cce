package prove

import (
	"maps"
	"slices"
	"strings"
)

// operator is the role of the control plane, which makes and removes tenants. It has no tag, and reaches every tenant: so it may make and
// delete, and read nothing.
const operator = "~operator-role~"

// duty is a request that the operator's role is there for, and what it may not do in its place.
type duty struct {
	name    string
	ask     ask
	changes []map[string]change
}

// operatorPolicies are evaluated requests for each statement of the operator's role, as objectPolicies are for those of sessions.
func operatorPolicies() []*Attack {
	var all []*Attack
	for _, d := range slices.Concat(keyDuties(), rowDuties(), documentDuties(), indexDuties(), boundaryDuties()) {
		changes := map[string]change{}
		for _, some := range d.changes {
			maps.Copy(changes, some)
		}
		d.ask.role = operator
		all = append(all, askedOf("operator", d.name, d.ask, changes)...)
	}
	return all
}

// instead are other actions under the same conditions and on the same resource.
func otherwise(actions ...string) map[string]change {
	all := map[string]change{}
	for _, name := range actions {
		service, operation, _ := strings.Cut(name, ":")
		all["as-"+service+"-"+hyphenated(operation)] = change{name + " instead", "the action is granted", action(name)}
	}
	return all
}

// on are other resources.
func on(resources map[string]string) map[string]change {
	all := map[string]change{}
	for name, arn := range resources {
		all["on-"+name] = change{"on " + arn, "the resource is granted", resource(arn)}
	}
	return all
}

// list sets a condition key that has several values; none: takes it away.
func list(name string, values ...string) func(*ask) {
	return func(q *ask) {
		if len(values) == 0 {
			delete(q.lists, name)
		} else {
			q.lists[name] = values
		}
	}
}

// sparse are the changes of a duty whose statement another duty tries in full: this one is there for its control.
var sparse = []map[string]change{otherwise("kms:Decrypt")}

func both(one, other func(*ask)) func(*ask) { return func(q *ask) { one(q); other(q) } }

const (
	requestTag = "aws:RequestTag/~tag~"
	tagNames   = "aws:TagKeys"
	anyKey     = kmsARN + "key/1"
)

// onKeys are what nobody but a tenant's session may do to a key, or nobody at all.
var onKeys = otherwise("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:PutKeyPolicy", "kms:CreateGrant", "kms:DisableKey", "kms:UntagResource", "kms:UpdateAlias", "s3:GetObject")

func keyDuties() []duty {
	tagged := ask{action: "kms:CreateKey", resource: "*", context: map[string]string{requestTag: attacker}, lists: map[string][]string{tagNames: {"~tag~"}}}
	tagging := tagged.with(both(action("kms:TagResource"), resource(anyKey)))
	ofTenant := func(name string) ask {
		return ask{action: name, resource: anyKey, context: map[string]string{keyTag: attacker}}
	}
	alias := func(name string) ask { return ask{action: name, resource: kmsARN + ownAlias()} }
	noTenants := map[string]change{"untagged": {"of a key that is no tenant's", "the key has the tag", conditionKey(keyTag, "")}}
	return []duty{
		{"create-key", tagged, []map[string]change{onKeys, tagChanges}},
		{"tag-key", tagging, []map[string]change{onKeys, tagChanges, {
			"of-tenant":  {"a key that is a tenant's", "the key has no tag yet", conditionKey(keyTag, victim)},
			"of-tenants": {"a key that is its own tenant's", "the key has no tag yet", conditionKey(keyTag, attacker)},
		}}},
		{"list-keys", ask{action: "kms:ListKeys", resource: "*"}, []map[string]change{onKeys}},
		{"list-aliases", ask{action: "kms:ListAliases", resource: "*"}, sparse},
		{"describe-key", ask{action: "kms:DescribeKey", resource: anyKey}, []map[string]change{onKeys, on(map[string]string{"alias": kmsARN + ownAlias()})}},
		{"list-tags", ask{action: "kms:ListResourceTags", resource: anyKey}, sparse},
		{"name-key", ofTenant("kms:CreateAlias"), []map[string]change{onKeys, noTenants, on(map[string]string{"other-alias": kmsARN + "alias/billing"})}},
		{"unname-key", ofTenant("kms:DeleteAlias"), []map[string]change{noTenants}},
		{"delete-key", ofTenant("kms:ScheduleKeyDeletion"), []map[string]change{noTenants, on(map[string]string{"other-account": "arn:aws:kms:us-east-1:111111111111:key/1", "other-region": "arn:aws:kms:eu-west-1:" + account + ":key/1"})}},
		{"name-alias", alias("kms:CreateAlias"), []map[string]change{onKeys, on(map[string]string{"other-alias": kmsARN + "alias/billing", "own-key": anyKey})}},
		{"unname-alias", alias("kms:DeleteAlias"), []map[string]change{on(map[string]string{"other-alias": kmsARN + "alias/billing"})}},
	}
}

// tagChanges are other tags than that of one tenant.
var tagChanges = map[string]change{
	"no-tag":     {"without a tag", "it has the tag", both(conditionKey(requestTag, ""), list(tagNames))},
	"no-keys":    {"without the names of its tags", "they are known", list(tagNames)},
	"no-value":   {"with the tag, whose value is not known", "it is", conditionKey(requestTag, "")},
	"other-tag":  {"with another tag", "it is ~tag~", both(conditionKey(requestTag, ""), list(tagNames, "Team"))},
	"other-name": {"with the value beside another tag's name", "it is ~tag~", list(tagNames, "Team")},
	"star-name":  {"with a tag called *", "it is ~tag~", list(tagNames, "*")},
	"second":     {"with a second tag", "there is one", list(tagNames, "~tag~", "Team")},
	"admin":      {"with a second tag, Admin", "there is one", list(tagNames, "~tag~", "Admin")},
	"star":       {"with a second tag, *", "there is one", list(tagNames, "~tag~", "*")},
	"other-case": {"with the tag in other letters", "it is ~tag~", list(tagNames, "~tag-other-case~")},
}

const (
	leadingKeys = "dynamodb:LeadingKeys"
	attributes  = "dynamodb:Attributes"
	selects     = "dynamodb:Select"
	returns     = "dynamodb:ReturnValues"
)

// onRows are operations that would read a tenant's rows, or write them, or change the table.
var onRows = otherwise("dynamodb:Scan", "dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:BatchWriteItem", "dynamodb:PartiQLSelect", "dynamodb:DescribeTable", "dynamodb:DeleteTable", "kms:Decrypt")

func rowDuties() []duty {
	onTable := on(map[string]string{
		"index": arn + "/index/~table-index~", "other-table": strings.ReplaceAll(arn, "~table~", "Billing"),
		"other-account": strings.ReplaceAll(arn, account, "111111111111"), "stream": arn + "/stream/2026-01-01T00:00:00.000",
	})
	partitions := map[string]change{
		"of-tenant":    {"in a tenant's partition", "the partition is the registry's", list(leadingKeys, victim)},
		"and-tenants":  {"in the registry and a tenant's partition", "the partition is the registry's", list(leadingKeys, "~registry~", victim)},
		"and-admin":    {"in the registry and the partition Admin", "the partition is the registry's", list(leadingKeys, "~registry~", "Admin")},
		"of-admin":     {"in the partition Admin", "the partition is the registry's", list(leadingKeys, "Admin")},
		"of-star":      {"in the partition *", "the partition is the registry's", list(leadingKeys, "*")},
		"of-empty":     {"in a partition without a name", "the partition is the registry's", list(leadingKeys, "")},
		"without-keys": {"of what names no partition", "the partition is the registry's", list(leadingKeys)},
		"other-case":   {"in the registry's name in capitals", "the partition is the registry's", list(leadingKeys, "~registry-other-case~")},
	}
	all := []duty{}
	for of, partition := range map[string]string{"registry": "~registry~", "blocked": "~blocked~"} {
		for name, action := range map[string]string{"get": "dynamodb:GetItem", "put": "dynamodb:PutItem", "forget": "dynamodb:DeleteItem", "query": "dynamodb:Query"} {
			kept := ask{action: action, resource: arn, lists: map[string][]string{leadingKeys: {partition}, attributes: {"~partition~", "~sort~", "rev"}}, context: map[string]string{}}
			changes := sparse
			if name == "get" && of == "registry" {
				changes = []map[string]change{onTable, partitions, otherwise("dynamodb:Scan", "dynamodb:UpdateItem", "dynamodb:BatchWriteItem", "dynamodb:PartiQLSelect", "dynamodb:DescribeTable", "kms:Decrypt")}
			}
			all = append(all, duty{name + "-" + of, kept, changes})
		}
	}
	several := ask{action: "dynamodb:GetItem", resource: arn, lists: map[string][]string{leadingKeys: {"~registry~", "~blocked~"}}}
	all = append(all, duty{"get-both", several, []map[string]change{{"and-tenants": {"and of a tenant", "the partitions are the registry's", list(leadingKeys, "~registry~", "~blocked~", victim)}}}})
	rows := ask{action: "dynamodb:Query", resource: arn, context: map[string]string{selects: "SPECIFIC_ATTRIBUTES"}, lists: map[string][]string{leadingKeys: {victim}, attributes: {"~partition~", "~sort~"}}}
	row := ask{action: "dynamodb:DeleteItem", resource: arn, context: map[string]string{returns: "NONE"}, lists: map[string][]string{leadingKeys: {victim}, attributes: {"~partition~", "~sort~"}}}
	silent := row.with(conditionKey(returns, ""))
	return append(all,
		duty{"find-rows", rows, []map[string]change{onTable, onRows, selectChanges, attributeChanges}},
		duty{"delete-row", row, []map[string]change{onTable, onRows, returnChanges, attributeChanges}},
		duty{"delete-row-silently", silent, []map[string]change{{"without-keys": {"of what names no partition", "the request names one", list(leadingKeys)}}}})
}

// selectChanges would have a Query answer more than the keys of rows.
var selectChanges = map[string]change{
	"all":              {"of all attributes", "it asks for keys alone", conditionKey(selects, "ALL_ATTRIBUTES")},
	"projected":        {"of what an index has", "it asks for keys alone", conditionKey(selects, "ALL_PROJECTED_ATTRIBUTES")},
	"unselected":       {"without saying what", "it asks for keys alone", conditionKey(selects, "")},
	"admin":            {"with the choice Admin", "it asks for keys alone", conditionKey(selects, "Admin")},
	"star":             {"with the choice *", "it asks for keys alone", conditionKey(selects, "*")},
	"select-in-case":   {"with the choice in small letters", "it asks for keys alone", conditionKey(selects, "specific_attributes")},
	"without-keys":     {"of what names no partition", "the request names one", list(leadingKeys)},
	"delete-returning": {"DeleteItem that returns the row", "it asks for keys alone", both(action("dynamodb:DeleteItem"), conditionKey(returns, "ALL_OLD"))},
}

// attributeChanges name more of a row than its keys: in an answer, or in a condition, which tells by its failure what the row holds.
var attributeChanges = map[string]change{
	"attribute":          {"that names an attribute", "it names keys alone", list(attributes, "~partition~", "~sort~", "Canary")},
	"attribute-alone":    {"that names an attribute alone", "it names keys alone", list(attributes, "Canary")},
	"attribute-admin":    {"that names the attribute Admin", "it names keys alone", list(attributes, "~partition~", "~sort~", "Admin")},
	"attribute-star":     {"that names the attribute *", "it names keys alone", list(attributes, "~partition~", "~sort~", "*")},
	"attribute-in-case":  {"that names the key in other letters", "it names keys alone", list(attributes, "~partition-other-case~", "~sort~")},
	"attributes-unknown": {"that says of no attribute", "it names keys alone", list(attributes)},
}

// returnChanges would have a DeleteItem answer the row.
var returnChanges = map[string]change{
	"returning":      {"that returns the row", "it returns nothing", conditionKey(returns, "ALL_OLD")},
	"returning-star": {"that returns *", "it returns nothing", conditionKey(returns, "*")},
	"returning-none": {"that returns what is called none", "it returns nothing", conditionKey(returns, "none")},
	"returning-what": {"that returns Admin", "it returns nothing", conditionKey(returns, "Admin")},
	"without-keys":   {"of what names no partition", "the request names one", list(leadingKeys)},
}

func documentDuties() []duty {
	onBucket := otherwise("s3:ListBucket", "s3:PutObject", "s3:DeleteObject", "s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucket", "s3:PutBucketVersioning", "kms:Decrypt")
	onDocument := otherwise("s3:DeleteObject", "s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:PutObjectAcl", "s3:PutObjectTagging", "s3:ListBucket", "s3:RestoreObject", "kms:Decrypt")
	prefixes := map[string]change{
		"no-slash":   {"of all ids that begin so", "the prefix ends in a slash", conditionKey(prefixKey, attacker)},
		"no-prefix":  {"of the whole bucket", "it has a prefix", conditionKey(prefixKey, "")},
		"slash":      {"of a prefix without a tenant", "it names one", conditionKey(prefixKey, "/")},
		"document":   {"of one document", "the prefix ends in a slash", conditionKey(prefixKey, attacker+"/1001/canary.txt")},
		"admin":      {"of the prefix Admin", "it ends in a slash", conditionKey(prefixKey, "Admin")},
		"star":       {"of the prefix *", "it ends in a slash", conditionKey(prefixKey, "*")},
		"other-case": {"of a prefix that ends in another slash", "it ends in a slash", conditionKey(prefixKey, attacker+`\`)},
	}
	var all []duty
	for name, action := range map[string]string{"find-versions": "s3:ListBucketVersions", "find-uploads": "s3:ListBucketMultipartUploads"} {
		find := ask{action: action, resource: bucketARN, context: map[string]string{prefixKey: attacker + "/"}}
		all = append(all, duty{name, find, []map[string]change{onBucket, prefixes, on(map[string]string{"other-bucket": "arn:aws:s3:::other"})}})
	}
	for name, action := range map[string]string{"delete-version": "s3:DeleteObjectVersion", "abort-upload": "s3:AbortMultipartUpload"} {
		changes := sparse
		if name == "delete-version" {
			changes = []map[string]change{onDocument, on(map[string]string{"top": bucketARN + "/index.html", "other-bucket": "arn:aws:s3:::other/yellow/1001/canary.txt", "no-tenant": bucketARN + "//canary.txt"})}
		}
		all = append(all, duty{name, ask{action: action, resource: ownObject}, changes})
	}
	return all
}

func indexDuties() []duty {
	of := func(name string) string { return domainARN + "~domain~/" + name }
	elsewhere := on(map[string]string{
		"all": of("*~of-index~"), "list": of(attacker + "~of-index~," + victim + "~of-index~"), "encoded": of(attacker + "~of-index~%2C" + victim + "~of-index~"),
		"search": of(attacker + "~of-index~/_search"), "document": of(attacker + "~of-index~/_doc/1"), "named-so": of("_doc/x~of-index~"),
		"other-index": of("billing"), "other-domain": domainARN + "prod/" + attacker + "~of-index~", "documents": of("x/" + attacker + "~of-index~"),
	})
	var all []duty
	for name, action := range map[string]string{"make-index": "es:ESHttpPut", "look-at-index": "es:ESHttpHead", "delete-index": "es:ESHttpDelete"} {
		changes := []map[string]change{elsewhere}
		if name == "make-index" {
			changes = append(changes, otherwise("es:ESHttpGet", "es:ESHttpPost", "es:ESHttpPatch", "es:DeleteDomain", "kms:Decrypt"))
		}
		all = append(all, duty{name, ask{action: action, resource: of(attacker + "~of-index~")}, changes})
	}
	return all
}

const policyARN = "arn:aws:iam::" + account + ":policy/"

func boundaryDuties() []duty {
	onPolicies := otherwise("iam:DeletePolicy", "iam:CreatePolicy", "iam:TagPolicy", "kms:Decrypt")
	elsewhere := on(map[string]string{
		"other-policy": policyARN + "Admin", "longer": policyARN + "~access-role~Boundary2", "aws": "arn:aws:iam::aws:policy/AdministratorAccess",
		"other-account": "arn:aws:iam::111111111111:policy/~access-role~Boundary", "role": roleARN("~access-role~"), "own-boundary": policyARN + "~operator-role~Boundary",
	})
	var all []duty
	for name, action := range map[string]string{
		"boundary-versions": "iam:ListPolicyVersions", "read-boundary": "iam:GetPolicyVersion", "write-boundary": "iam:CreatePolicyVersion", "choose-boundary": "iam:SetDefaultPolicyVersion", "delete-version-of-boundary": "iam:DeletePolicyVersion",
	} {
		for of, role := range map[string]string{"access": "~access-role~", "write": "~write-role~", "seed": "~seed-role~"} {
			changes := sparse
			if of == "access" {
				changes = []map[string]change{elsewhere}
			}
			if of == "access" && name == "write-boundary" {
				changes = append(changes, onPolicies)
			}
			all = append(all, duty{name + "-" + of, ask{action: action, resource: policyARN + role + "Boundary"}, changes})
		}
	}
	onRoles := otherwise("iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:UpdateAssumeRolePolicy", "iam:PutRolePermissionsBoundary", "iam:DeleteRolePermissionsBoundary",
		"iam:DeleteRole", "iam:TagRole", "iam:PassRole", "sts:AssumeRole", "sts:TagSession", "kms:Decrypt")
	for name, action := range map[string]string{"look-at-role": "iam:GetRole", "policies-of-role": "iam:ListRolePolicies", "policy-of-role": "iam:GetRolePolicy"} {
		changes := []map[string]change{on(map[string]string{"other-role": roleARN(other)})}
		if name == "look-at-role" {
			changes = append(changes, onRoles)
		}
		all = append(all, duty{name, ask{action: action, resource: roleARN("~access-role~")}, changes})
	}
	inAccount := otherwise("iam:ListUsers", "iam:CreateRole", "iam:CreateUser", "iam:CreateAccessKey", "iam:GetAccountAuthorizationDetails", "iam:PutRolePolicy", "kms:Decrypt")
	return append(all,
		duty{"count-roles", ask{action: "iam:ListRoles", resource: roleARN("")}, []map[string]change{inAccount}},
		duty{"count-policies", ask{action: "iam:ListPolicies", resource: policyARN}, sparse})
}
