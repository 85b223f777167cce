package prove

// objectPolicies are evaluated requests for each statement on objects and keys. What is sent (s3Attacks) passes through several
// statements at once, and AWS itself sets what some of these differ in: the service that asks KMS, and for which object. Here each
// statement stands alone.
func objectPolicies() []*Attack {
	var all []*Attack
	for name, role := range map[string]string{"access": "~access-role~", "write": "~write-role~", "seed": "~seed-role~"} {
		if role == "~access-role~" {
			all = append(all, askedOf(name, "get", ofObject(role, "s3:GetObject", nil), objectChanges)...)
			all = append(all, askedOf(name, "list", ofList(), listChanges)...)
			all = append(all, askedOf(name, "decrypt", onKeyOf(role, "kms:Decrypt"), keyChanges)...)
			all = append(all, askedOf(name, "decrypt", onKeyOf(role, "kms:Decrypt"), map[string]change{
				"data-key": {"GenerateDataKey: the role only reads", "the action is granted", action("kms:GenerateDataKey")},
			})...)
			continue
		}
		all = append(all, askedOf(name, "put", ofObject(role, "s3:PutObject", map[string]string{sseKey: "aws:kms"}), objectChanges)...)
		all = append(all, askedOf(name, "put", ofObject(role, "s3:PutObject", map[string]string{sseKey: "aws:kms"}), encryptionChanges)...)
		all = append(all, askedOf(name, "data-key", onKeyOf(role, "kms:GenerateDataKey"), keyChanges)...)
	}
	return all
}

// Condition keys.
const (
	sseKey            = "s3:x-amz-server-side-encryption"
	prefixKey         = "s3:prefix"
	viaKey            = "kms:ViaService"
	keyTag            = "aws:ResourceTag/~tag~"
	encryptionContext = "kms:EncryptionContext:aws:s3:arn" // S3 sets it to the object's ARN
)

const (
	bucketARN = "arn:aws:s3:::" + bucket
	ownObject = bucketARN + "/" + attacker + "/1001/canary.txt"
)

// change is what an attempt differs in from the request that is allowed.
type change struct {
	does, differs string
	make          func(*ask)
}

func askedOf(role, what string, control ask, changes map[string]change) []*Attack {
	var all []*Attack
	for name, c := range changes {
		all = append(all, &Attack{
			Name: "policy/" + role + "-" + what + "-" + name, Does: control.role + ", " + control.action + ": " + c.does, Differs: c.differs,
			Layer: IAM, Codes: denied, needs: needed(control.role), local: true, evaluated: true,
			Attempt: evaluated(control.with(c.make)), Control: evaluated(control),
		})
	}
	return all
}

// needed is role, where not every set has it.
func needed(role string) string {
	if role == "~access-role~" {
		return ""
	}
	return role
}

func ofObject(role, action string, context map[string]string) ask {
	return ask{role: role, action: action, resource: ownObject, tenant: attacker, context: context}
}

func ofList() ask {
	return ask{role: "~access-role~", action: "s3:ListBucket", resource: bucketARN, tenant: attacker, context: map[string]string{prefixKey: attacker + "/1001/"}}
}

func onKeyOf(role, action string) ask {
	return ask{role: role, action: action, resource: kmsARN + "key/1", tenant: attacker, context: map[string]string{
		keyTag: attacker, viaKey: "s3." + region + ".amazonaws.com", encryptionContext: ownObject,
	}}
}

func action(name string) func(*ask)   { return func(q *ask) { q.action = name } }
func resource(name string) func(*ask) { return func(q *ask) { q.resource = name } }
func tagged(name string) func(*ask)   { return func(q *ask) { q.tenant = name } }

// conditionKey sets a condition key; empty takes it away.
func conditionKey(name, value string) func(*ask) {
	return func(q *ask) {
		if value == "" {
			delete(q.context, name)
		} else {
			q.context[name] = value
		}
	}
}

var objectChanges = map[string]change{
	"other":        {"another's object", "the object is its own", resource(bucketARN + "/blue/1001/canary.txt")},
	"longer":       {"an object of yellow2", "the object is its own", resource(bucketARN + "/yellow2/1001/canary.txt")},
	"admin":        {"an object of Admin", "the object is its own", resource(bucketARN + "/Admin/1001/canary.txt")},
	"other-bucket": {"its prefix in another bucket", "the bucket is ours", resource("arn:aws:s3:::other/yellow/1001/canary.txt")},
	"delete":       {"DeleteObject instead", "the action is granted", action("s3:DeleteObject")},
	"version":      {"an older version instead", "the action is granted", action("s3:GetObjectVersion")},
	"acl":          {"PutObjectAcl instead", "the action is granted", action("s3:PutObjectAcl")},
	"list":         {"ListBucket of what is an object", "the action is granted", action("s3:ListBucket")},
	"other-api":    {"an action of another API on what is an object", "the action is granted", action("dynamodb:GetItem")},
	"no-tag":       {"a session without a tag, an object without a tenant", "the session has the tag", func(q *ask) { q.tenant, q.resource = "", bucketARN+"//1001/canary.txt" }},
	"wildcard-tag": {"a session whose tag is *, were there one", "the tag is " + attacker, tagged("*")},
}

var encryptionChanges = map[string]change{
	"read":        {"GetObject: the role only writes", "the action is granted", action("s3:GetObject")},
	"no-key":      {"without encryption", "the encryption is aws:kms", conditionKey(sseKey, "")},
	"stores-key":  {"under the store's own key", "the encryption is aws:kms", conditionKey(sseKey, "AES256")},
	"dsse":        {"under another encryption", "the encryption is aws:kms", conditionKey(sseKey, "aws:kms:dsse")},
	"case":        {"AWS:KMS, which is no encryption", "the encryption is aws:kms", conditionKey(sseKey, "AWS:KMS")},
	"named-admin": {"the encryption Admin", "the encryption is aws:kms", conditionKey(sseKey, "Admin")},
	"star":        {"the encryption *", "the encryption is aws:kms", conditionKey(sseKey, "*")},
}

var listChanges = map[string]change{
	"other":        {"another's prefix", "the prefix is its own", conditionKey(prefixKey, victim+"/1001/")},
	"longer":       {"the prefix of yellow2", "the prefix is its own", conditionKey(prefixKey, attacker+"2/")},
	"no-slash":     {"the tenant's id alone, which other ids begin with", "the prefix ends in a slash", conditionKey(prefixKey, attacker)},
	"case":         {"the prefix in capitals", "the prefix is its own", conditionKey(prefixKey, "YELLOW/1001/")},
	"admin":        {"the prefix Admin", "the prefix is its own", conditionKey(prefixKey, "Admin")},
	"none":         {"without a prefix", "the request has a prefix", conditionKey(prefixKey, "")},
	"other-bucket": {"another bucket", "the bucket is ours", resource("arn:aws:s3:::other")},
	"put":          {"PutObject on what is a bucket", "the action is granted", action("s3:PutObject")},
	"delete":       {"DeleteObject on what is a bucket", "the action is granted", action("s3:DeleteObject")},
	"versions":     {"ListBucketVersions instead", "the action is granted", action("s3:ListBucketVersions")},
	"other-api":    {"an action of another API", "the action is granted", action("dynamodb:GetItem")},
	"no-tag":       {"a session without a tag, a prefix without a tenant", "the session has the tag", func(q *ask) { q.tenant, q.context[prefixKey] = "", "/1001/" }},
	"wildcard-tag": {"a session whose tag is *, were there one", "the tag is " + attacker, tagged("*")},
}

var keyChanges = map[string]change{
	"other":        {"another's key", "the key is its own", conditionKey(keyTag, victim)},
	"untagged":     {"a key without a tag", "the key has the tag", conditionKey(keyTag, "")},
	"tag-case":     {"the key of YELLOW", "the key is its own", conditionKey(keyTag, "YELLOW")},
	"admin":        {"a tenant Admin with " + attacker + "'s key and object", "the tenant is " + attacker, tagged("Admin")},
	"wildcard-tag": {"a session whose tag is *, were there one", "the tag is " + attacker, tagged("*")},
	"no-tag":       {"a session without a tag", "the session has the tag", tagged("")},
	"no-tags": {"a session and a key without a tag, an object without a tenant", "both have it", func(q *ask) {
		q.tenant, q.context[encryptionContext] = "", bucketARN+"//1001/canary.txt"
		delete(q.context, keyTag)
	}},
	"other-account":   {"a key of another account that has its tag", "the key is of this account", resource("arn:aws:kms:us-east-1:111111111111:key/1")},
	"alias":           {"an alias: that is no key", "the resource is a key", resource(kmsARN + "alias/mine")},
	"direct":          {"not through S3", "S3 asks for it", conditionKey(viaKey, "")},
	"other-service":   {"through another service", "S3 asks for it", conditionKey(viaKey, "ebs.us-east-1.amazonaws.com")},
	"service-case":    {"through S3.us-east-1.amazonaws.com", "the service is written as AWS does", conditionKey(viaKey, "S3.us-east-1.amazonaws.com")},
	"other-object":    {"for another's object", "the object is its own", conditionKey(encryptionContext, bucketARN+"/blue/1001/canary.txt")},
	"longer-object":   {"for an object of yellow2", "the object is its own", conditionKey(encryptionContext, bucketARN+"/yellow2/1001/canary.txt")},
	"admin-object":    {"for what is called Admin", "the object is its own", conditionKey(encryptionContext, "Admin")},
	"other-bucket":    {"for an object in another bucket", "the bucket is ours", conditionKey(encryptionContext, "arn:aws:s3:::other/yellow/1001/canary.txt")},
	"no-object":       {"for no object", "it is for its own object", conditionKey(encryptionContext, "")},
	"encrypt":         {"Encrypt instead", "the action is granted", action("kms:Encrypt")},
	"re-encrypt":      {"ReEncryptFrom instead", "the action is granted", action("kms:ReEncryptFrom")},
	"data-key-sealed": {"GenerateDataKeyWithoutPlaintext instead", "the action is granted", action("kms:GenerateDataKeyWithoutPlaintext")},
	"describe":        {"DescribeKey instead", "the action is granted", action("kms:DescribeKey")},
	"other-api":       {"an action of another API", "the action is granted", action("dynamodb:GetItem")},
}
