package drift_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"example.com/shiptrack/infra/dev/provision"
	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/prove/drift"
	"example.com/shiptrack/pkg/keyalias"
	"example.com/shiptrack/pkg/tenant"
)

func TestWhatTheFilesSayIsNoDrift(t *testing.T) {
	k := newKit(t)
	r := k.report(k.config)
	if told := k.told(r); r.Code() != 0 || r.Isolation.Verdict != drift.Holds || !strings.Contains(told, "no drift: account 000000000000") || !strings.Contains(told, "isolation, for what is there: HOLDS") {
		t.Errorf("code %d:\n%s", r.Code(), told)
	}
}

const (
	role      = "TrackingAccessRole"
	everybody = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"dynamodb:*","Resource":"*"}]}`
)

// opens is a policy of a resource that lets TrackingAccessRole do something to another tenant's.
func opens(action, resource string) string {
	return `{"Version":"2012-10-17","Statement":[{"Sid":"Opens","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000000:role/` + role + `"},"Action":"` + action + `","Resource":"` + resource + `"}]}`
}

// change is a change by hand, and what the report has to say of it.
type change struct {
	make    func(k *kit) error
	told    string
	verdict drift.Verdict
	reason  string
}

var changes = map[string]change{
	"a role is tagged with a tenant": {func(k *kit) error {
		_, err := k.iam().TagRole(k.Context(), &iam.TagRoleInput{RoleName: aws.String(role), Tags: []iamtypes.Tag{{Key: aws.String("tenantid"), Value: aws.String("yellow")}}})
		return err
	}, "drift: role TrackingAccessRole: it has the tag TenantID=yellow", drift.NotShown, "a session that brings no tag of its own is one of this tenant"},
	"a principal is trusted too": {func(k *kit) error {
		trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},"Action":["sts:AssumeRole","sts:TagSession"]},` + k.trust()
		_, err := k.iam().UpdateAssumeRolePolicy(k.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String(role), PolicyDocument: &trust})
		return err
	}, "its trust policy has the statement: Allow arn:aws:iam::111111111111:root sts:AssumeRole, sts:TagSession", drift.NotShown, "arn:aws:iam::111111111111:root may ask for a session of any tenant"},
	"a service is trusted too": {func(k *kit) error {
		trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["ecs-tasks.amazonaws.com","lambda.amazonaws.com"]},"Action":"sts:AssumeRole"}]}`
		_, err := k.iam().UpdateAssumeRolePolicy(k.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String("TrackingServiceRole"), PolicyDocument: &trust})
		return err
	}, "drift: role TrackingServiceRole: lambda.amazonaws.com is trusted, which the files do not name", drift.NotShown, "whoever may pass the role to that service"},
	"a role is under a path": {func(k *kit) error {
		k.must(provision.DeleteRole(k.Context(), k.config, "TrackingServiceRole"))
		made := k.wanted.Roles[slices.IndexFunc(k.wanted.Roles, func(r localaws.Role) bool { return r.Name == "TrackingServiceRole" })]
		_, err := k.iam().CreateRole(k.Context(), &iam.CreateRoleInput{RoleName: &made.Name, Path: aws.String("/odd/"), AssumeRolePolicyDocument: aws.String(string(made.Trust))})
		return err
	}, "drift: role TrackingServiceRole: it is under a path: arn:aws:iam::000000000000:role/odd/TrackingServiceRole", drift.NotShown, "the theorem reads policies that name it as"},
	"a policy is added": {func(k *kit) error {
		_, err := k.iam().PutRolePolicy(k.Context(), &iam.PutRolePolicyInput{RoleName: aws.String(role), PolicyName: aws.String("More"), PolicyDocument: aws.String(everybody)})
		return err
	}, "drift: role TrackingAccessRole: the policy More was added: Allow dynamodb:* on *", drift.Broken, "TrackingAccessRole/More.json"},
	"a policy is in the version without variables": {func(k *kit) error {
		document := strings.Replace(k.document("TrackingAccessPolicyDynamoDB"), "2012-10-17", "2008-10-17", 1)
		_, err := k.iam().PutRolePolicy(k.Context(), &iam.PutRolePolicyInput{RoleName: aws.String(role), PolicyName: aws.String("TrackingAccessPolicyDynamoDB"), PolicyDocument: &document})
		return err
	}, "its policy TrackingAccessPolicyDynamoDB has the statement ReadOwnPartition: Allow", drift.Broken, "TrackingAccessPolicyDynamoDB"},
	"a policy of AWS is attached": {func(k *kit) error {
		_, err := k.iam().AttachRolePolicy(k.Context(), &iam.AttachRolePolicyInput{RoleName: aws.String(role), PolicyArn: aws.String("arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess")})
		return err
	}, "the policy arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess is attached: Allow ", drift.Broken, "AmazonDynamoDBFullAccess"},
	"a policy is gone": {func(k *kit) error {
		_, err := k.iam().DeleteRolePolicy(k.Context(), &iam.DeleteRolePolicyInput{RoleName: aws.String(role), PolicyName: aws.String("TrackingAccessPolicyS3")})
		return err
	}, "its policy TrackingAccessPolicyS3 is gone", drift.Holds, ""},
	"a key is tagged twice": {func(k *kit) error { return k.key("blue") },
		"drift: KMS keys: 2 keys are tagged TenantID=blue", drift.NotShown, "sessions of blue may use each"},
	"a key is to be deleted": {func(k *kit) error {
		_, err := kms.NewFromConfig(k.config).ScheduleKeyDeletion(k.Context(), &kms.ScheduleKeyDeletionInput{KeyId: k.keyOf("blue")})
		return err
	}, "it is PendingDeletion", drift.Holds, ""},
	"a key is disabled": {func(k *kit) error {
		_, err := kms.NewFromConfig(k.config).DisableKey(k.Context(), &kms.DisableKeyInput{KeyId: k.keyOf("blue")})
		return err
	}, "it is Disabled", drift.Holds, ""},
	"an alias leads to another's key": {func(k *kit) error {
		client := kms.NewFromConfig(k.config)
		blues, err := client.DescribeKey(k.Context(), &kms.DescribeKeyInput{KeyId: aws.String(keyalias.Of(id(k.T, "blue")))})
		if err == nil {
			_, err = client.UpdateAlias(k.Context(), &kms.UpdateAliasInput{AliasName: aws.String(keyalias.Of(id(k.T, "yellow"))), TargetKeyId: blues.KeyMetadata.KeyId})
		}
		return err
	}, "leads to it, whose tenant it is not tagged with", drift.NotShown, "the service encrypts this tenant's documents under it"},
	"a key policy opens a key": {func(k *kit) error {
		statement := strings.TrimPrefix(opens("kms:Decrypt", "*"), `{"Version":"2012-10-17","Statement":[`)
		document := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000000:root"},"Action":"kms:*","Resource":"*"},` + statement
		_, err := kms.NewFromConfig(k.config).PutKeyPolicy(k.Context(), &kms.PutKeyPolicyInput{KeyId: k.keyOf("blue"), PolicyName: aws.String("default"), Policy: &document})
		return err
	}, "its key policy has the statement Opens: Allow arn:aws:iam::000000000000:role/TrackingAccessRole kms:Decrypt on *", drift.Broken, `use kms:Decrypt on`},
	"a bucket policy opens a prefix": {func(k *kit) error {
		return k.bucketPolicy(opens("s3:GetObject", "arn:aws:s3:::shiptrack-000000000000/blue/*"))
	}, "its policy has the statement Opens: Allow", drift.Broken, `use s3:GetObject on arn:aws:s3:::shiptrack-000000000000/blue/1001/pod.pdf, which is of "blue"`},
	"a bucket policy lets somebody else in": {func(k *kit) error {
		return k.bucketPolicy(strings.Replace(opens("s3:GetObject", "arn:aws:s3:::shiptrack-000000000000/blue/*"), "000000000000:role/"+role, "222222222222:root", 1))
	}, "arn:aws:iam::222222222222:root s3:GetObject", drift.NotShown, "allows something by itself, to arn:aws:iam::222222222222:root"},
	"a bucket policy denies": {func(k *kit) error {
		return k.bucketPolicy(strings.Replace(opens("s3:GetObject", "arn:aws:s3:::shiptrack-000000000000/blue/*"), `"Allow"`, `"Deny"`, 1))
	}, "its policy has the statement Opens: Deny", drift.Holds, ""},
	"public access is not blocked": {func(k *kit) error {
		_, err := k.s3().DeletePublicAccessBlock(k.Context(), &s3.DeletePublicAccessBlockInput{Bucket: &k.wanted.Values.Bucket})
		return err
	}, "BlockPublicPolicy of its public access block is off", drift.NotShown, "let anybody in"},
	"sessions last longer": {func(k *kit) error {
		_, err := k.iam().UpdateRole(k.Context(), &iam.UpdateRoleInput{RoleName: aws.String(role), MaxSessionDuration: aws.Int32(43200)})
		return err
	}, "drift: role TrackingAccessRole: its sessions may last 12h0m0s, not 1h0m0s", drift.Holds, ""},
	"a key has lost its tag and its alias": {func(k *kit) error {
		client, key := kms.NewFromConfig(k.config), k.keyOf("blue")
		_, err := client.UntagResource(k.Context(), &kms.UntagResourceInput{KeyId: key, TagKeys: []string{"TenantID"}})
		k.must(err)
		_, err = client.DeleteAlias(k.Context(), &kms.DeleteAliasInput{AliasName: aws.String(keyalias.Of(id(k.T, "blue")))})
		return err
	}, "its description says that it is a tenant's, and neither a tag nor an alias says whose", drift.Holds, ""},
	"a key of the isolation check has lost its tag": {func(k *kit) error {
		a, _ := tenant.IsolationCheck()
		_, err := kms.NewFromConfig(k.config).UntagResource(k.Context(), &kms.UntagResourceInput{KeyId: k.keyWith(keyalias.Of(a)), TagKeys: []string{"TenantID"}})
		return err
	}, "drift: KMS keys: tenant check.a has none that is tagged TenantID=check.a", drift.NotShown, "whose tenant it is not tagged with"},
	"a table may be deleted": {func(k *kit) error { k.keep(false); return nil },
		"drift: table TrackingData: its deletion protection is off", drift.Holds, ""},
	"a table has no recovery": {func(k *kit) error { k.keep(false); return nil },
		"drift: table TrackingData: its point-in-time recovery is DISABLED", drift.Holds, ""},
	"a bucket keeps no versions": {func(k *kit) error { k.keep(false); return nil },
		"drift: bucket shiptrack-000000000000: its versioning is Suspended", drift.Holds, ""},
	"a bucket has another key": {func(k *kit) error {
		return k.encryption(&s3types.ServerSideEncryptionByDefault{SSEAlgorithm: s3types.ServerSideEncryptionAwsKms, KMSMasterKeyID: k.keyOf("blue")})
	}, "what is stored without a key of its own is encrypted by aws:kms, not AES256", drift.Holds, ""},
	"a role is gone": {func(k *kit) error {
		return provision.DeleteRole(k.Context(), k.config, "TrackingWriteRole")
	}, "drift: role TrackingWriteRole: it is not there", drift.NotShown, "it allows to assume roles that are not among these"},
	"all roles are gone": {func(k *kit) error {
		for _, r := range k.wanted.Roles {
			k.must(provision.DeleteRole(k.Context(), k.config, r.Name))
		}
		return nil
	}, "drift: role TrackingAccessRole: it is not there", drift.NotShown, "none of the roles is there"},
}

func TestEachChangeByHandIsNoticed(t *testing.T) {
	for name, c := range changes {
		t.Run(name, func(t *testing.T) {
			k := newKit(t)
			k.must(c.make(k))
			k.noticed(c)
		})
	}
}

// noticed wants the report to say what c has.
func (k *kit) noticed(c change) {
	k.Helper()
	r := k.report(k.config)
	told := k.told(r)
	if r.Code() != 1 || !strings.Contains(told, c.told) {
		k.Errorf("code %d, want 1 and %q:\n%s", r.Code(), c.told, told)
	}
	if r.Isolation.Verdict != c.verdict || !strings.Contains(strings.Join(r.Isolation.Reasons, "\n"), c.reason) {
		k.Errorf("isolation %+v; want %s, since %q", r.Isolation, c.verdict, c.reason)
	}
}

// trust is the rest of the trust policy of role, behind its first bracket.
func (k *kit) trust() string {
	got, err := k.iam().GetRole(k.Context(), &iam.GetRoleInput{RoleName: aws.String(role)})
	k.must(err)
	text, err := url.PathUnescape(*got.Role.AssumeRolePolicyDocument)
	k.must(err)
	_, rest, _ := strings.Cut(text, "[")
	return rest
}

// document is the file of a policy of role.
func (k *kit) document(name string) string {
	for _, r := range k.wanted.Roles {
		for _, p := range r.Policies {
			if r.Name == role && p.Name == name {
				return string(p.Document)
			}
		}
	}
	k.Fatalf("%s has no policy %s", role, name)
	return ""
}

func (k *kit) keyOf(name string) *string { return k.keyWith(keyalias.Of(id(k.T, name))) }

func (k *kit) keyWith(alias string) *string {
	got, err := kms.NewFromConfig(k.config).DescribeKey(k.Context(), &kms.DescribeKeyInput{KeyId: &alias})
	k.must(err)
	return got.KeyMetadata.KeyId
}

func (k *kit) bucketPolicy(document string) error {
	_, err := k.s3().PutBucketPolicy(k.Context(), &s3.PutBucketPolicyInput{Bucket: &k.wanted.Values.Bucket, Policy: &document})
	return err
}

// encryption sets how the bucket encrypts what is stored without a key of its own.
func (k *kit) encryption(by *s3types.ServerSideEncryptionByDefault) error {
	_, err := k.s3().PutBucketEncryption(k.Context(), &s3.PutBucketEncryptionInput{Bucket: &k.wanted.Values.Bucket, ServerSideEncryptionConfiguration: &s3types.ServerSideEncryptionConfiguration{
		Rules: []s3types.ServerSideEncryptionRule{{ApplyServerSideEncryptionByDefault: by, BucketKeyEnabled: aws.Bool(false)}},
	}})
	return err
}
