package s3_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"example.com/shiptrack/infra/localaws/localawstest"
)

func TestSettingsOfABucketAreKept(t *testing.T) {
	k := newKit(t, "yellow")
	name := aws.String(bucket)
	_, err := k.root.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{Bucket: name, VersioningConfiguration: &types.VersioningConfiguration{Status: "Suspended"}})
	k.must(err)
	versioning, err := k.root.GetBucketVersioning(t.Context(), &s3.GetBucketVersioningInput{Bucket: name})
	if err != nil || versioning.Status != "Suspended" {
		t.Errorf("versioning %+v, %v", versioning, err)
	}
	block, err := k.root.GetPublicAccessBlock(t.Context(), &s3.GetPublicAccessBlockInput{Bucket: name})
	if err != nil || !*block.PublicAccessBlockConfiguration.BlockPublicPolicy || !*block.PublicAccessBlockConfiguration.RestrictPublicBuckets {
		t.Errorf("a new bucket has %+v, %v", block, err)
	}
	_, err = k.root.PutPublicAccessBlock(t.Context(), &s3.PutPublicAccessBlockInput{Bucket: name, PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{IgnorePublicAcls: aws.Bool(true)}})
	k.must(err)
	block, err = k.root.GetPublicAccessBlock(t.Context(), &s3.GetPublicAccessBlockInput{Bucket: name})
	if err != nil || *block.PublicAccessBlockConfiguration.BlockPublicPolicy || !*block.PublicAccessBlockConfiguration.IgnorePublicAcls {
		t.Errorf("block %+v, %v", block, err)
	}
	_, err = k.root.DeletePublicAccessBlock(t.Context(), &s3.DeletePublicAccessBlockInput{Bucket: name})
	k.must(err)
	_, err = k.root.GetPublicAccessBlock(t.Context(), &s3.GetPublicAccessBlockInput{Bucket: name})
	localawstest.WantFailure(t, err, "NoSuchPublicAccessBlockConfiguration", 404)
	_, err = k.root.GetBucketTagging(t.Context(), &s3.GetBucketTaggingInput{Bucket: name})
	localawstest.WantFailure(t, err, "NoSuchTagSet", 404)
	_, err = k.root.PutBucketTagging(t.Context(), &s3.PutBucketTaggingInput{Bucket: name, Tagging: tagSet("b", "1", "a", "2")})
	k.must(err)
	tags, err := k.root.GetBucketTagging(t.Context(), &s3.GetBucketTaggingInput{Bucket: name})
	if err != nil || len(tags.TagSet) != 2 || *tags.TagSet[0].Key != "b" || *tags.TagSet[0].Value != "1" {
		t.Errorf("tags %+v, %v", tags, err)
	}
	_, err = k.root.DeleteBucketTagging(t.Context(), &s3.DeleteBucketTaggingInput{Bucket: name})
	k.must(err)
	_, err = k.root.GetBucketTagging(t.Context(), &s3.GetBucketTaggingInput{Bucket: name})
	localawstest.WantFailure(t, err, "NoSuchTagSet", 404)
	owner, err := k.root.GetBucketOwnershipControls(t.Context(), &s3.GetBucketOwnershipControlsInput{Bucket: name})
	if err != nil || owner.OwnershipControls.Rules[0].ObjectOwnership != types.ObjectOwnershipBucketOwnerEnforced {
		t.Errorf("ownership %+v, %v", owner, err)
	}
	_, err = k.root.DeleteBucketOwnershipControls(t.Context(), &s3.DeleteBucketOwnershipControlsInput{Bucket: name})
	k.must(err)
	_, err = k.root.GetBucketOwnershipControls(t.Context(), &s3.GetBucketOwnershipControlsInput{Bucket: name})
	localawstest.WantFailure(t, err, "OwnershipControlsNotFoundError", 404)
}

func TestDefaultEncryptionIsUsed(t *testing.T) {
	k := newKit(t, "yellow")
	encrypted := func(key string) string {
		t.Helper()
		out, err := k.root.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String(bucket), Key: &key})
		k.must(err)
		return string(out.ServerSideEncryption) + " " + aws.ToString(out.SSEKMSKeyId)
	}
	set := func(method types.ServerSideEncryption, key *string) error {
		_, err := k.root.PutBucketEncryption(t.Context(), &s3.PutBucketEncryptionInput{Bucket: aws.String(bucket), ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{
			Rules: []types.ServerSideEncryptionRule{{ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{SSEAlgorithm: method, KMSMasterKeyID: key}}},
		}})
		return err
	}
	get := func() string {
		t.Helper()
		out, err := k.root.GetBucketEncryption(t.Context(), &s3.GetBucketEncryptionInput{Bucket: aws.String(bucket)})
		k.must(err)
		rule := out.ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault
		return string(rule.SSEAlgorithm) + " " + aws.ToString(rule.KMSMasterKeyID)
	}
	k.must(k.put(k.root, "before", "x"))
	if got := get() + encrypted("before"); got != "AES256 AES256 " {
		t.Errorf("a new bucket encrypts with %s", got)
	}
	k.must(set("aws:kms", aws.String(k.keys["yellow"])))
	if got := get(); got != "aws:kms "+k.keys["yellow"] {
		t.Errorf("the bucket encrypts with %s", got)
	}
	k.must(k.put(k.root, "put", "x"))
	id, err := k.create(k.root, "parts")
	k.must(err)
	part, err := k.upload(k.root, "parts", id, 1, []byte("x"))
	k.must(err)
	_, err = k.complete(k.root, "parts", id, part)
	k.must(err)
	for _, key := range []string{"put", "parts"} {
		if got := encrypted(key); got != "aws:kms arn:aws:kms:us-east-1:000000000000:key/"+k.keys["yellow"] {
			t.Errorf("%s is encrypted with %s", key, got)
		}
	}
	localawstest.WantFailure(t, set("aws:kms", nil), "InvalidArgument", 400)
	localawstest.WantFailure(t, set("AES256", aws.String("x")), "InvalidArgument", 400)
	localawstest.WantFailure(t, set("aws:kms:dsse", nil), "NotImplemented", 501)
	_, err = k.root.DeleteBucketEncryption(t.Context(), &s3.DeleteBucketEncryptionInput{Bucket: aws.String(bucket)})
	k.must(err)
	k.must(k.put(k.root, "put", "x"))
	if got := get() + encrypted("put"); got != "AES256 AES256 " {
		t.Errorf("after the setting was deleted: %s", got)
	}
}

func TestSettingsThatNoBucketHasAreAnsweredAsUnset(t *testing.T) {
	k := newKit(t)
	for sub, code := range map[string]string{
		"policy": "NoSuchBucketPolicy", "policyStatus": "NoSuchBucketPolicy", "cors": "NoSuchCORSConfiguration", "website": "NoSuchWebsiteConfiguration",
		"lifecycle": "NoSuchLifecycleConfiguration", "replication": "ReplicationConfigurationNotFoundError", "object-lock": "ObjectLockConfigurationNotFoundError",
	} {
		k.wants(k.ask("GET", "/"+bucket+"?"+sub, "", localawstest.Root), 404, code)
		k.wants(k.ask("GET", "/other-bucket?"+sub, "", localawstest.Root), 404, "NoSuchBucket")
	}
	for sub, text := range map[string]string{
		"logging": "<BucketLoggingStatus", "notification": "<NotificationConfiguration", "accelerate": "<AccelerateConfiguration",
		"requestPayment": "<Payer>BucketOwner</Payer>", "acl": `<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>`,
	} {
		if got := k.ask("GET", "/"+bucket+"?"+sub, "", localawstest.Root); got.status != 200 || !strings.Contains(got.body, text) {
			t.Errorf("%s: %d %s", sub, got.status, got.body)
		}
		k.wants(k.ask("GET", "/other-bucket?"+sub, "", localawstest.Root), 404, "NoSuchBucket")
	}
	for _, sub := range []string{"policy", "cors", "website", "lifecycle", "replication"} {
		k.wants(k.ask("DELETE", "/"+bucket+"?"+sub, "", localawstest.Root), 204, "")
		if sub != "policy" { // which localaws has
			k.wants(k.ask("PUT", "/"+bucket+"?"+sub, "<x/>", localawstest.Root), 501, "NotImplemented")
		}
	}
}

func TestSettingsAreRefusedAndDenied(t *testing.T) {
	k := newKit(t)
	yellow := k.session("yellow")
	for sub, bodies := range map[string][]string{
		"versioning":        {"", "<VersioningConfiguration><Status>On</Status></VersioningConfiguration>", "<VersioningConfiguration><Status>Enabled</Status><Status>Suspended</Status></VersioningConfiguration>", "<Other/>"},
		"publicAccessBlock": {"<PublicAccessBlockConfiguration><BlockPublicAcls>yes</BlockPublicAcls></PublicAccessBlockConfiguration>", "<PublicAccessBlockConfiguration><Other/></PublicAccessBlockConfiguration>"},
		"encryption":        {"<ServerSideEncryptionConfiguration/>", "<ServerSideEncryptionConfiguration><Rule/><Rule/></ServerSideEncryptionConfiguration>"},
		"ownershipControls": {"<OwnershipControls/>", "<OwnershipControls><Rule><ObjectOwnership>x</ObjectOwnership></Rule></OwnershipControls>"},
		"tagging":           {"<Tagging/>"},
	} {
		for _, body := range bodies {
			if got := k.ask("PUT", "/"+bucket+"?"+sub, body, localawstest.Root); got.status != 400 {
				t.Errorf("%s %s: %d %s", sub, body, got.status, got.body)
			}
		}
		for _, method := range []string{"GET", "PUT", "DELETE"} {
			if sub != "versioning" || method != "DELETE" {
				k.wants(k.ask(method, "/"+bucket+"?"+sub, "", yellow), 403, "AccessDenied")
			}
		}
	}
	k.wants(k.ask("PUT", "/"+bucket+"?ownershipControls", "<OwnershipControls><Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule></OwnershipControls>", localawstest.Root), 501, "NotImplemented")
	k.wants(k.ask("PUT", "/"+bucket+"?versioning", "<VersioningConfiguration><Status>Enabled</Status><MfaDelete>Enabled</MfaDelete></VersioningConfiguration>", localawstest.Root), 501, "NotImplemented")
	k.wants(k.ask("PUT", "/"+bucket+"?versioning", "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>", localawstest.Root, "Content-Md5", md5Of("x")), 400, "BadDigest")
	k.wants(k.ask("PUT", "/"+bucket+"?versioning", `<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status></VersioningConfiguration>`, localawstest.Root), 200, "")
	k.wants(k.ask("PUT", "/other-bucket?versioning", "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>", localawstest.Root), 404, "NoSuchBucket")
}

// TestTheACLIsTheOwners: bucket and objects have the one ACL that there is where the bucket's owner owns all objects.
func TestTheACLIsTheOwners(t *testing.T) {
	k := newKit(t)
	k.enableVersions()
	version := k.putVersion("yellow/1", "text")
	out, err := k.root.GetBucketAcl(t.Context(), &s3.GetBucketAclInput{Bucket: aws.String(bucket)})
	k.must(err)
	got, err := k.root.GetObjectAcl(t.Context(), &s3.GetObjectAclInput{Bucket: aws.String(bucket), Key: aws.String("yellow/1"), VersionId: &version})
	k.must(err)
	for name, grants := range map[string][]types.Grant{"bucket": out.Grants, "object": got.Grants} {
		if len(grants) != 1 || grants[0].Permission != "FULL_CONTROL" || aws.ToString(grants[0].Grantee.ID) != aws.ToString(got.Owner.ID) || grants[0].Grantee.Type != "CanonicalUser" {
			t.Errorf("%s: %+v, want all for the owner %s", name, grants, aws.ToString(got.Owner.ID))
		}
	}
	_, err = k.root.GetObjectAcl(t.Context(), &s3.GetObjectAclInput{Bucket: aws.String(bucket), Key: aws.String("none")})
	localawstest.WantFailure(t, err, "NoSuchKey", 404)
	k.wants(k.ask("GET", "/"+bucket+"/yellow/1?acl", "", k.session("yellow")), 403, "AccessDenied")
	k.wants(k.ask("PUT", "/"+bucket+"/yellow/1?acl", "<x/>", localawstest.Root), 501, "NotImplemented")
}

// TestNoBucketLocksItsObjects: a bucket that is said to lock them must not be one that does not.
func TestNoBucketLocksItsObjects(t *testing.T) {
	k := newKit(t)
	for _, name := range []string{"new-bucket", bucket} {
		k.wants(k.ask("PUT", "/"+name, "", localawstest.Root, "X-Amz-Bucket-Object-Lock-Enabled", "true"), 501, "NotImplemented")
	}
	k.wants(k.ask("HEAD", "/new-bucket", "", localawstest.Root), 404, "")
	k.wants(k.ask("PUT", "/new-bucket", "", localawstest.Root, "X-Amz-Bucket-Object-Lock-Enabled", "false"), 200, "")
}
