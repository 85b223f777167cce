package iam_test

import (
	"testing"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws/policy"
)

const (
	objects     = "TrackingAccessRole/TrackingAccessPolicyS3.json"
	write       = "TrackingWriteRole/TrackingWritePolicyS3.json"
	seedObjects = "TrackingSeedRole/TrackingSeedPolicyS3.json"
	bucket      = "arn:aws:s3:::tracking"
	key         = "arn:aws:kms:us-east-1:000000000000:key/1"
	viaS3       = "s3.us-east-1.amazonaws.com"
	mine        = bucket + "/yellow/1001/pod.pdf"
	theirs      = bucket + "/blue/1001/pod.pdf"
)

// listing is the policy for lists: the article's own file has none, so its set has one beside it.
var listing = map[iam.Set]string{iam.Article: "TrackingAccessRole/TrackingAccessPolicyS3List.json", iam.Hardened: objects}

// objectRule is what the two sets answer to one request.
type objectRule struct {
	name, action, resource string
	request                values
	article, hardened      policy.Effect
}

func checkRules(t *testing.T, file map[iam.Set]string, rules []objectRule) {
	t.Helper()
	for _, rule := range rules {
		for set, want := range map[iam.Set]policy.Effect{iam.Article: rule.article, iam.Hardened: rule.hardened} {
			t.Run(rule.name+"/"+string(set), func(t *testing.T) {
				checkEffect(t, fileOf(t, set, file[set]),
					&policy.Request{Action: rule.action, Resource: rule.resource, Context: rule.request.context()}, want)
			})
		}
	}
}

func both(file string) map[iam.Set]string {
	return map[iam.Set]string{iam.Article: file, iam.Hardened: file}
}

// keyRules are those of the encryption key of a tenant: both roles use it under the same conditions.
func keyRules(action string) []objectRule {
	of := func(change values) values {
		request := values{tagKey: "yellow", "aws:ResourceTag/TenantID": "yellow", "kms:ViaService": viaS3, "kms:EncryptionContext:aws:s3:arn": mine}
		for name, value := range change {
			if request[name] = value; value == "" {
				delete(request, name)
			}
		}
		return request
	}
	const context, via, owner = "kms:EncryptionContext:aws:s3:arn", "kms:ViaService", "aws:ResourceTag/TenantID"
	return []objectRule{
		{"own key through S3", action, key, of(nil), policy.Allow, policy.Allow},
		{"own key directly", action, key, of(values{via: ""}), policy.Allow, policy.ImplicitDeny},
		{"own key through another service", action, key, of(values{via: "sqs.us-east-1.amazonaws.com"}), policy.Allow, policy.ImplicitDeny},
		{"own key for another tenant's object", action, key, of(values{context: theirs}), policy.Allow, policy.ImplicitDeny},
		{"own key for an object of a twin", action, key, of(values{context: bucket + "/yellow-eu/1"}), policy.Allow, policy.ImplicitDeny},
		{"own key for the bucket, as bucket keys do", action, key, of(values{context: bucket}), policy.Allow, policy.ImplicitDeny},
		{"own key without an encryption context", action, key, of(values{context: ""}), policy.Allow, policy.ImplicitDeny},
		{"another tenant's key", action, key, of(values{owner: "blue"}), policy.ImplicitDeny, policy.ImplicitDeny},
		{"a key without a tag", action, key, of(values{owner: ""}), policy.ImplicitDeny, policy.ImplicitDeny},
		{"neither tag", action, key, of(values{owner: "", tagKey: ""}), policy.ImplicitDeny, policy.ImplicitDeny},
	}
}

func TestReadPolicyReadsOwnObjectsOnly(t *testing.T) {
	yellow := values{tagKey: "yellow"}
	checkRules(t, both(objects), []objectRule{
		{"own object", "s3:GetObject", mine, yellow, policy.Allow, policy.Allow},
		{"another tenant's object", "s3:GetObject", theirs, yellow, policy.ImplicitDeny, policy.ImplicitDeny},
		{"an object of yellow2", "s3:GetObject", bucket + "/yellow2/1001/pod.pdf", yellow, policy.ImplicitDeny, policy.ImplicitDeny},
		{"an object of a twin", "s3:GetObject", bucket + "/yellow-eu/1001/pod.pdf", yellow, policy.ImplicitDeny, policy.ImplicitDeny},
		{"a session without tag", "s3:GetObject", theirs, nil, policy.ImplicitDeny, policy.ImplicitDeny},
		{"a version", "s3:GetObjectVersion", mine, yellow, policy.ImplicitDeny, policy.ImplicitDeny},
		{"a write", "s3:PutObject", mine, values{tagKey: "yellow", "s3:x-amz-server-side-encryption": "aws:kms"}, policy.ImplicitDeny, policy.ImplicitDeny},
		{"a deletion", "s3:DeleteObject", mine, yellow, policy.ImplicitDeny, policy.ImplicitDeny},
		{"another bucket", "s3:GetObject", "arn:aws:s3:::other/yellow/1", yellow, policy.ImplicitDeny, policy.ImplicitDeny},
	})
	checkRules(t, both(objects), keyRules("kms:Decrypt"))
	checkEffect(t, fileOf(t, iam.Hardened, objects), &policy.Request{Action: "kms:GenerateDataKey", Resource: key, Context: keyRules("")[0].request.context()}, policy.ImplicitDeny)
}

func TestReadPolicyListsOwnPrefixOnly(t *testing.T) {
	of := func(prefix string) values { return values{tagKey: "yellow", "s3:prefix": prefix} }
	checkRules(t, listing, []objectRule{
		{"own prefix", "s3:ListBucket", bucket, of("yellow/"), policy.Allow, policy.Allow},
		{"own shipment", "s3:ListBucket", bucket, of("yellow/1001/"), policy.Allow, policy.Allow},
		{"own prefix without its slash, which yellow2 begins with too", "s3:ListBucket", bucket, of("yellow"), policy.ImplicitDeny, policy.ImplicitDeny},
		{"another tenant's prefix", "s3:ListBucket", bucket, of("blue/"), policy.ImplicitDeny, policy.ImplicitDeny},
		{"the empty prefix", "s3:ListBucket", bucket, of(""), policy.ImplicitDeny, policy.ImplicitDeny},
		{"no prefix", "s3:ListBucket", bucket, values{tagKey: "yellow"}, policy.ImplicitDeny, policy.ImplicitDeny},
		{"a session without tag", "s3:ListBucket", bucket, values{"s3:prefix": "/"}, policy.ImplicitDeny, policy.ImplicitDeny},
		{"versions", "s3:ListBucketVersions", bucket, of("yellow/"), policy.ImplicitDeny, policy.ImplicitDeny},
		{"uploads", "s3:ListBucketMultipartUploads", bucket, of("yellow/"), policy.ImplicitDeny, policy.ImplicitDeny},
		{"all buckets", "s3:ListAllMyBuckets", "*", of("yellow/"), policy.ImplicitDeny, policy.ImplicitDeny},
		{"another bucket", "s3:ListBucket", bucket + "2", of("yellow/"), policy.ImplicitDeny, policy.ImplicitDeny},
	})
}

// writeRules are those of who stores objects: TrackingWriteRole, and TrackingSeedRole.
func writeRules() []objectRule {
	encrypted := values{tagKey: "yellow", "s3:x-amz-server-side-encryption": "aws:kms"}
	return append([]objectRule{
		{"own object", "s3:PutObject", mine, encrypted, policy.Allow, policy.Allow},
		{"another tenant's object", "s3:PutObject", theirs, encrypted, policy.ImplicitDeny, policy.ImplicitDeny},
		{"an object of a twin", "s3:PutObject", bucket + "/yellow-eu/1001/pod.pdf", encrypted, policy.ImplicitDeny, policy.ImplicitDeny},
		{"not under a key of KMS", "s3:PutObject", mine, values{tagKey: "yellow", "s3:x-amz-server-side-encryption": "AES256"}, policy.Allow, policy.ImplicitDeny},
		{"under the bucket's default", "s3:PutObject", mine, values{tagKey: "yellow"}, policy.Allow, policy.ImplicitDeny},
		{"a session without tag", "s3:PutObject", theirs, values{"s3:x-amz-server-side-encryption": "aws:kms"}, policy.ImplicitDeny, policy.ImplicitDeny},
		{"its access list", "s3:PutObjectAcl", mine, encrypted, policy.ImplicitDeny, policy.ImplicitDeny},
		{"its tags", "s3:PutObjectTagging", mine, encrypted, policy.ImplicitDeny, policy.ImplicitDeny},
		{"a read", "s3:GetObject", mine, encrypted, policy.ImplicitDeny, policy.ImplicitDeny},
		{"a deletion", "s3:DeleteObject", mine, encrypted, policy.ImplicitDeny, policy.ImplicitDeny},
		{"a list", "s3:ListBucket", bucket, values{tagKey: "yellow", "s3:prefix": "yellow/"}, policy.ImplicitDeny, policy.ImplicitDeny},
	}, keyRules("kms:GenerateDataKey")...)
}

func TestWritePolicyStoresOwnObjectsOnly(t *testing.T) {
	checkRules(t, both(write), writeRules())
	checkEffect(t, fileOf(t, iam.Hardened, write), &policy.Request{Action: "kms:Decrypt", Resource: key, Context: keyRules("")[0].request.context()}, policy.ImplicitDeny)
}

func TestSeedStoresObjectsAsTheWriteRoleDoes(t *testing.T) {
	if seeds, writes := read(t, iam.Hardened, seedObjects), read(t, iam.Hardened, write); seeds != writes {
		t.Errorf("%s and %s differ: the rules of TestWritePolicyStoresOwnObjectsOnly hold for the second one alone", seedObjects, write)
	}
}

// TestWriteRoleIsTrustedAsTheAccessRole: what TestTrustFiles says about one trust policy is then true of the other.
func TestWriteRoleIsTrustedAsTheAccessRole(t *testing.T) {
	for _, set := range []iam.Set{iam.Article, iam.Hardened} {
		if writes, reads := read(t, set, "TrackingWriteRole/trust.json"), read(t, set, "TrackingAccessRole/trust.json"); writes != reads {
			t.Errorf("%s: the trust policies of TrackingWriteRole and TrackingAccessRole differ", set)
		}
	}
}
