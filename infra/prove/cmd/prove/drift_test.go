package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"example.com/shiptrack/infra/dev/provision"
	files "example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/localawstest"
	"example.com/shiptrack/pkg/tenant"
)

// asAccount makes the SDK's settings those of a localaws, which has the roles, the table and the bucket of the files.
func asAccount(t *testing.T) *localawstest.Local {
	t.Helper()
	l := localawstest.Start(t)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": l.URL, "AWS_REGION": l.Region, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_SESSION_TOKEN": "", "AWS_PROFILE": "",
		"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
	} {
		t.Setenv(name, value)
	}
	values := localaws.Values{Region: l.Region, Account: l.Account, Bucket: "shiptrack-" + l.Account}
	roles, err := files.Load(files.Hardened, values)
	if err != nil {
		t.Fatal(err)
	}
	l.PutRoles(t, roles...)
	putStores(t, l.Config(localawstest.Root), values.Bucket)
	return l
}

// putStores makes table, bucket and the keys of the isolation check, with the settings of terraform/modules/stores.
func putStores(t *testing.T, config aws.Config, bucket string) {
	t.Helper()
	a, b := tenant.IsolationCheck()
	client, objects := dynamodb.NewFromConfig(config), s3.NewFromConfig(config, func(o *s3.Options) { o.UsePathStyle = true })
	for _, step := range []func() error{
		func() error { return provision.Table(t.Context(), config, "TrackingData") },
		func() error { return provision.Bucket(t.Context(), config, bucket) },
		func() error { return provision.TenantKeys(t.Context(), config, a, b) },
		func() error {
			_, err := client.UpdateTable(t.Context(), &dynamodb.UpdateTableInput{TableName: aws.String("TrackingData"), DeletionProtectionEnabled: aws.Bool(true)})
			return err
		},
		func() error {
			_, err := client.UpdateContinuousBackups(t.Context(), &dynamodb.UpdateContinuousBackupsInput{
				TableName: aws.String("TrackingData"), PointInTimeRecoverySpecification: &dynamodbtypes.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: aws.Bool(true)},
			})
			return err
		},
		func() error {
			_, err := objects.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{Bucket: &bucket, VersioningConfiguration: &s3types.VersioningConfiguration{Status: s3types.BucketVersioningStatusEnabled}})
			return err
		},
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDriftAndItsExitCodes(t *testing.T) {
	l := asAccount(t)
	check := func(code int, stdout, stderr, args string) string {
		t.Helper()
		var out, err bytes.Buffer
		got := run(t.Context(), strings.Fields("drift "+args), &out, &err)
		if got != code || !strings.Contains(out.String(), stdout) || !strings.Contains(err.String(), stderr) {
			t.Errorf("drift %s: code %d, stdout %s, stderr %s; want %d with %q and %q", args, got, &out, &err, code, stdout, stderr)
		}
		return out.String()
	}
	const account = "--account 000000000000 --without-tls --without-search"
	check(0, "no drift: account 000000000000, us-east-1, is as infra/iam/hardened says", "", account)
	check(2, "", "missing flags: --account", "")
	check(2, "", "the credentials are of account 000000000000, --account says 111111111111: nothing was done", "--account 111111111111")
	check(2, "", `no policies at "other"`, account+" --policies other")
	check(2, "", `must be one of "text","json"`, account+" --format xml")
	check(1, "its policy lacks the statement DenyWithoutTLS", "the account differs from the files", "--account 000000000000 --without-search")
	check(1, "it is not there; --bucket names another", "", account+" --bucket another")
	check(1, "isolation, for what is there: HOLDS", "", account+" --policies article --operator role/TrackingSeed*")

	l.PutRoles(t, localaws.Role{
		Name:     "Auditor",
		Trust:    []byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`),
		Policies: []localaws.PolicyDocument{{Name: "Read", Document: []byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"dynamodb:Scan","Resource":"*"}]}`)}},
	})
	check(1, "role Auditor: the files do not know it, and it reaches DynamoDB", "", account)
	check(0, "no drift", "", account+" --operator role/Aud*,user/ana")
	check(2, "", "role/[", account+" --operator role/[")
	const known = account + " --operator role/Auditor,role/TrackingSeed*"
	check(1, "tenant green has none", "", known+" --tenant green")

	article, err := files.Load(files.Article, localaws.Values{Region: l.Region, Account: l.Account, Bucket: "shiptrack-" + l.Account})
	if err != nil {
		t.Fatal(err)
	}
	hardened, err := files.Load(files.Hardened, localaws.Values{Region: l.Region, Account: l.Account, Bucket: "shiptrack-" + l.Account})
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range []string{"TrackingAccessRole", "TrackingWriteRole"} { // article has no boundaries
		if _, err := iam.NewFromConfig(l.Config(localawstest.Root)).DeleteRolePermissionsBoundary(t.Context(), &iam.DeleteRolePermissionsBoundaryInput{RoleName: &role}); err != nil {
			t.Fatal(err)
		}
	}
	l.PutRoles(t, article...)
	check(1, "isolation, for what is there: BROKEN", "the account is as the files say, and tenants are not kept apart", known+" --policies article")
	l.PutRoles(t, hardened...)

	_, err = iam.NewFromConfig(l.Config(localawstest.Root)).PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{
		RoleName: aws.String("TrackingAccessRole"), PolicyName: aws.String("More"), PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"dynamodb:GetItem","Resource":"*"}]}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	var report struct {
		Changes   []struct{ Where, What string }
		Isolation struct{ Verdict string }
	}
	if err := json.Unmarshal([]byte(check(1, "the policy More was added", "", known+" --format json")), &report); err != nil {
		t.Fatal(err)
	}
	if len(report.Changes) != 1 || report.Changes[0].Where != "role TrackingAccessRole" || report.Isolation.Verdict == "HOLDS" {
		t.Errorf("as JSON: %+v", report)
	}
	config := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(config, []byte("[profile cut]\ncredential_process = echo {SecretAccessKey:planted\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CONFIG_FILE", config)
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_PROFILE", "cut")
	check(2, "", "GetCallerIdentity, to find the account of the credentials: the output of credential_process is not the JSON of credentials", known)
	t.Setenv("AWS_PROFILE", "")
	t.Setenv("AWS_ACCESS_KEY_ID", "wrong")
	check(3, "", "GetCallerIdentity, to find the account of the credentials", known)
}
