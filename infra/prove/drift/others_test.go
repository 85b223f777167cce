package drift_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/prove/drift"
	"example.com/shiptrack/infra/tenants"
)

const (
	ofEC2 = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	scan  = `{"Effect":"Allow","Action":["dynamodb:Scan","s3:GetObject"],"Resource":["arn:aws:dynamodb:*:*:table/Track*","arn:aws:s3:::shiptrack-*"]}`
)

func allowing(statements string) string {
	return `{"Version":"2012-10-17","Statement":[` + statements + `]}`
}

// backup makes the role Backup, with one policy.
func (k *kit) backup(trust, document string) {
	k.Helper()
	k.l.PutRoles(k, localaws.Role{Name: "Backup", Trust: []byte(trust), Policies: []localaws.PolicyDocument{{Name: "Own", Document: []byte(document)}}})
}

// trustOf is the trust policy of a role of the files.
func (k *kit) trustOf(name string) string {
	k.Helper()
	for _, r := range k.wanted.Roles {
		if r.Name == name {
			return string(r.Trust)
		}
	}
	k.Fatalf("no role %s", name)
	return ""
}

func (k *kit) user(document string) {
	k.Helper()
	_, err := k.iam().CreateUser(k.Context(), &iam.CreateUserInput{UserName: aws.String("ana")})
	k.must(err)
	_, err = k.iam().PutUserPolicy(k.Context(), &iam.PutUserPolicyInput{UserName: aws.String("ana"), PolicyName: aws.String("Own"), PolicyDocument: &document})
	k.must(err)
}

// TestWhoElseReachesTheStoresIsNamed: a role or a user that the files do not know, whose policies name a store.
func TestWhoElseReachesTheStoresIsNamed(t *testing.T) {
	for name, c := range map[string]change{
		"a role of machines": {func(k *kit) error { k.backup(ofEC2, allowing(scan)); return nil },
			"drift: role Backup: the files do not know it, and it reaches DynamoDB, S3 by Own: Allow dynamodb:Scan, s3:GetObject on", drift.NotShown, "a session of Backup without a tenant may"},
		"everything": {func(k *kit) error {
			k.backup(ofEC2, allowing(`{"Effect":"Allow","Action":"*","Resource":"*"}`))
			return nil
		}, "it reaches DynamoDB, KMS, OpenSearch, S3, the roles by Own: Allow * on *; it trusts ec2.amazonaws.com", drift.NotShown, "role Backup"},
		"all but something": {func(k *kit) error {
			k.backup(ofEC2, allowing(`{"Effect":"Allow","NotAction":"iam:*","NotResource":"arn:aws:s3:::other/${aws:userid}"}`))
			return nil
		}, "it reaches DynamoDB, KMS, OpenSearch, S3 by", drift.NotShown, "role Backup"},
		"a role that AWS's policy is attached to": {func(k *kit) error {
			k.backup(ofEC2, allowing(`{"Effect":"Allow","Action":"ec2:*","Resource":"*"}`))
			_, err := k.iam().AttachRolePolicy(k.Context(), &iam.AttachRolePolicyInput{RoleName: aws.String("Backup"), PolicyArn: aws.String("arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess")})
			return err
		}, "by arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess: Allow", drift.NotShown, "role Backup"},
		"a tenant's session that reads everything": {func(k *kit) error {
			k.backup(k.trustOf(role), allowing(`{"Effect":"Allow","Action":"dynamodb:GetItem","Resource":"*"}`))
			k.must(k.mayAssume("Backup"))
			return nil
		}, "it reaches DynamoDB by Own: Allow dynamodb:GetItem on *; it trusts arn:aws:iam::000000000000:role/TrackingServiceRole", drift.Broken, `a session of Backup for "`},
		"a tenant's session that reads its own": {func(k *kit) error {
			k.backup(k.trustOf(role), k.document("TrackingAccessPolicyDynamoDB"))
			return nil
		}, "the theorem is proven for it too", drift.Holds, ""},
		"a user": {func(k *kit) error {
			k.user(allowing(`{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::shiptrack-000000000000/${aws:username}/*"}`))
			return nil
		}, "drift: user ana: the files do not know it, and it reaches S3 by Own", drift.NotShown, "the theorem speaks of sessions of roles alone"},
		"who may change the roles": {func(k *kit) error {
			k.backup(ofEC2, allowing(`{"Effect":"Allow","Action":"iam:*RolePolicy","Resource":"arn:aws:iam::*:role/Tracking*"}`))
			return nil
		}, "it reaches the roles by Own: Allow iam:*RolePolicy", drift.NotShown, "role Backup"},
	} {
		t.Run(name, func(t *testing.T) {
			k := newKit(t)
			k.must(c.make(k))
			k.noticed(c)
		})
	}
}

// TestNothingIsProvenBesideRolesThatCannotBeRead: the theorem would be asked without them.
func TestNothingIsProvenBesideRolesThatCannotBeRead(t *testing.T) {
	k := newKit(t)
	k.backup(k.trustOf(role), k.document("TrackingAccessPolicyDynamoDB"))
	there, err := drift.Read(t.Context(), k.config, k.wanted)
	k.must(err)
	ofBackup := func() drift.Change {
		changes := drift.Compare(k.wanted, there)
		return changes[slices.IndexFunc(changes, func(c drift.Change) bool { return c.Where == "role Backup" })]
	}
	if c := ofBackup(); c.Why != "" || !strings.Contains(c.What, "the theorem is proven for it too") {
		t.Errorf("%+v, want it proven", c)
	}
	there.Roles[0].Trust = "{"
	if c := ofBackup(); !strings.Contains(c.Why, there.Roles[0].Name+"/trust") || strings.Contains(c.What, "proven") {
		t.Errorf("%+v, want that %s cannot be read", c, there.Roles[0].Name)
	}
}

// mayAssume lets TrackingServiceRole assume another role.
func (k *kit) mayAssume(name string) error {
	_, err := k.iam().PutRolePolicy(k.Context(), &iam.PutRolePolicyInput{RoleName: aws.String("TrackingServiceRole"), PolicyName: aws.String("More"),
		PolicyDocument: aws.String(allowing(`{"Effect":"Allow","Action":["sts:AssumeRole","sts:TagSession"],"Resource":"arn:aws:iam::000000000000:role/` + name + `"}`))})
	return err
}

// TestWhoReachesNothingOrMayIsNoDrift: each is a control of the test above.
func TestWhoReachesNothingOrMayIsNoDrift(t *testing.T) {
	for name, make := range map[string]func(*kit){
		"other stores": func(k *kit) {
			k.backup(ofEC2, allowing(`{"Effect":"Allow","Action":"*","Resource":["arn:aws:dynamodb:*:*:table/Orders","arn:aws:s3:::orders/*","arn:aws:kms:us-east-1:000000000000:key/11111111-1111-1111-1111-111111111111"]}`))
		},
		"settings alone": func(k *kit) {
			k.backup(ofEC2, allowing(`{"Effect":"Allow","Action":["dynamodb:Describe*","dynamodb:ListTables","kms:ListKeys","s3:GetBucketLocation","s3:ListAllMyBuckets","iam:GetRole"],"Resource":"*"}`))
		},
		"a Deny": func(k *kit) { k.backup(ofEC2, allowing(`{"Effect":"Deny","Action":"*","Resource":"*"}`)) },
		"a boundary that leaves nothing": func(k *kit) {
			k.backup(ofEC2, allowing(scan))
			made, err := k.iam().CreatePolicy(k.Context(), &iam.CreatePolicyInput{PolicyName: aws.String("Limits"), PolicyDocument: aws.String(allowing(`{"Effect":"Allow","Action":"ec2:*","Resource":"*"}`))})
			k.must(err)
			_, err = k.iam().PutRolePermissionsBoundary(k.Context(), &iam.PutRolePermissionsBoundaryInput{RoleName: aws.String("Backup"), PermissionsBoundary: made.Policy.Arn})
			k.must(err)
		},
		"operators": func(k *kit) {
			k.backup(ofEC2, allowing(scan))
			k.user(allowing(scan))
			k.wanted.Operators = []string{"role/Back*", "user/ana"}
		},
		"a role of a service of AWS": func(k *kit) {
			_, err := k.iam().CreateRole(k.Context(), &iam.CreateRoleInput{RoleName: aws.String("AWSServiceRoleForBackup"), Path: aws.String("/aws-service-role/backup.amazonaws.com/"), AssumeRolePolicyDocument: aws.String(ofEC2)})
			k.must(err)
			_, err = k.iam().PutRolePolicy(k.Context(), &iam.PutRolePolicyInput{RoleName: aws.String("AWSServiceRoleForBackup"), PolicyName: aws.String("Own"), PolicyDocument: aws.String(allowing(scan))})
			k.must(err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			k := newKit(t)
			make(k)
			if r := k.report(k.config); r.Code() != 0 || r.Isolation.Verdict != drift.Holds {
				t.Errorf("code %d:\n%s", r.Code(), k.told(r))
			}
		})
	}
}

// TestKeyOfNobodyIsToldAndIsNoDrift: another application may have made it.
func TestKeyOfNobodyIsToldAndIsNoDrift(t *testing.T) {
	k := newKit(t)
	made, err := kms.NewFromConfig(k.config).CreateKey(t.Context(), &kms.CreateKeyInput{})
	k.must(err)
	r := k.report(k.config)
	if told := k.told(r); r.Code() != 0 || !strings.Contains(told, "nobody's: KMS key "+*made.KeyMetadata.KeyId+" has no alias") {
		t.Errorf("code %d:\n%s", r.Code(), told)
	}
	_, err = kms.NewFromConfig(k.config).CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: aws.String("alias/orders"), TargetKeyId: made.KeyMetadata.KeyId})
	k.must(err)
	if told := k.told(k.report(k.config)); strings.Contains(told, "nobody's") {
		t.Errorf("a key of another application:\n%s", told)
	}
}

func TestTenantWithoutAKeyIsNamed(t *testing.T) {
	k := newKit(t)
	k.wanted.Tenants = []string{"yellow", "green"}
	r := k.report(k.config)
	if told := k.told(r); r.Code() != 1 || len(r.Changes) != 1 || !strings.Contains(told, "drift: KMS keys: tenant green has none") || r.Isolation.Verdict != drift.Holds {
		t.Errorf("code %d:\n%s", r.Code(), told)
	}
}

// TestTerraformDescribesKeysAsTheCommandDoes holds the words by which a tenant's key is known where tag and alias are gone.
func TestTerraformDescribesKeysAsTheCommandDoes(t *testing.T) {
	text, err := os.ReadFile("../../terraform/modules/stores/keys.tf")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "\n  description             = \""+tenants.KeyDescription+"\"\n") {
		t.Errorf("no key is described as %q", tenants.KeyDescription)
	}
}
