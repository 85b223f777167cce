package drift_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"example.com/shiptrack/infra/dev/provision"
	policies "example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/localawstest"
	"example.com/shiptrack/infra/prove"
	"example.com/shiptrack/infra/prove/drift"
	"example.com/shiptrack/pkg/tenant"
)

// kit is a localaws that stands for an account, with all that the files say.
type kit struct {
	*testing.T
	l      *localawstest.Local
	config aws.Config
	wanted drift.Wanted
}

func newKit(t *testing.T) *kit {
	t.Helper()
	k := &kit{T: t, l: localawstest.Start(t)}
	k.config = k.l.Config(localawstest.Root)
	k.wanted = drift.Wanted{Values: localaws.Values{Region: k.l.Region, Account: k.l.Account, Bucket: "shiptrack-" + k.l.Account}, Tag: "TenantID", Table: "TrackingData", WithoutTLS: true, WithoutSearch: true}
	file, err := policies.EmbeddedOwnership()
	k.must(err)
	k.wanted.Owned, err = prove.Owned(file, k.wanted.Values)
	k.must(err)
	if k.wanted.Roles, err = policies.Load(policies.Hardened, k.wanted.Values); err != nil {
		t.Fatal(err)
	}
	k.l.PutRoles(t, k.wanted.Roles...)
	k.must(provision.Table(t.Context(), k.config, "TrackingData"))
	k.must(provision.Bucket(t.Context(), k.config, k.wanted.Values.Bucket))
	k.keep(true)
	a, b := tenant.IsolationCheck()
	k.must(provision.TenantKeys(t.Context(), k.config, a, b, id(t, "yellow"), id(t, "blue")))
	return k
}

// keep sets what keeps rows and documents from being lost, as terraform/modules/stores does.
func (k *kit) keep(on bool) {
	k.Helper()
	client, table := dynamodb.NewFromConfig(k.config), &k.wanted.Table
	_, err := client.UpdateTable(k.Context(), &dynamodb.UpdateTableInput{TableName: table, DeletionProtectionEnabled: &on})
	k.must(err)
	_, err = client.UpdateContinuousBackups(k.Context(), &dynamodb.UpdateContinuousBackupsInput{TableName: table, PointInTimeRecoverySpecification: &dynamodbtypes.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: &on}})
	k.must(err)
	status := s3types.BucketVersioningStatusSuspended
	if on {
		status = s3types.BucketVersioningStatusEnabled
	}
	_, err = k.s3().PutBucketVersioning(k.Context(), &s3.PutBucketVersioningInput{Bucket: &k.wanted.Values.Bucket, VersioningConfiguration: &s3types.VersioningConfiguration{Status: status}})
	k.must(err)
}

func id(t *testing.T, name string) tenant.ID {
	t.Helper()
	parsed, err := tenant.Parse(name)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func (k *kit) must(err error) {
	k.Helper()
	if err != nil {
		k.Fatal(err)
	}
}

// report reads and compares as the command does.
func (k *kit) report(config aws.Config) *drift.Report {
	k.Helper()
	there, err := drift.Read(k.Context(), config, k.wanted)
	k.must(err)
	r := &drift.Report{Account: k.l.Account, Region: k.l.Region, Policies: "infra/iam/hardened", Changes: drift.Compare(k.wanted, there), StrayKeys: there.Stray, Unread: there.Unread}
	r.Isolation = drift.Judge(k.wanted, there, r.Changes)
	return r
}

// told is the report for people.
func (k *kit) told(r *drift.Report) string {
	k.Helper()
	var b strings.Builder
	k.must(r.Print(&b))
	return b.String()
}

func (k *kit) iam() *iam.Client { return iam.NewFromConfig(k.config) }

func (k *kit) s3() *s3.Client {
	return s3.NewFromConfig(k.config, func(o *s3.Options) { o.UsePathStyle = true })
}

// key makes a key with the tag of a tenant, without an alias.
func (k *kit) key(tenant string) error {
	_, err := kms.NewFromConfig(k.config).CreateKey(k.Context(), &kms.CreateKeyInput{Tags: []kmstypes.Tag{{TagKey: aws.String("TenantID"), TagValue: &tenant}}})
	return err
}

// noDelay and unlimited make a test of attempts one without time.
func noDelay(int, error) (time.Duration, error) { return 0, nil }

type unlimited struct{}

func (unlimited) GetToken(context.Context, uint) (func() error, error) {
	return func() error { return nil }, nil
}
func (unlimited) AddTokens(uint) error { return nil }

// bound gives each role a permissions boundary, which is wanted too.
func (k *kit) bound() {
	k.Helper()
	made, err := k.iam().CreatePolicy(k.Context(), &iam.CreatePolicyInput{PolicyName: aws.String("Limits"), PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)})
	k.must(err)
	k.wanted.Boundary = *made.Policy.Arn
	for _, r := range k.wanted.Roles {
		_, err := k.iam().PutRolePermissionsBoundary(k.Context(), &iam.PutRolePermissionsBoundaryInput{RoleName: &r.Name, PermissionsBoundary: made.Policy.Arn})
		k.must(err)
	}
}
