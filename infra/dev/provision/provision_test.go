package provision_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go/middleware"

	"example.com/shiptrack/infra/dev/provision"
	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/iam/iamtest"
	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/localawstest"
	"example.com/shiptrack/pkg/fairshare"
	"example.com/shiptrack/pkg/tenant"
)

func TestRolesAreBroughtToTheWantedDocumentsHoweverOftenItRuns(t *testing.T) {
	l := localawstest.Start(t)
	cfg := l.Config(localawstest.Root)
	client := awsiam.NewFromConfig(cfg)
	put := func(set iam.Set) {
		t.Helper()
		roles, err := iam.Load(set, localaws.Values{Region: l.Region, Account: l.Account, Bucket: localawstest.Bucket})
		if err == nil {
			err = provision.Roles(t.Context(), cfg, roles, provision.Propagation{})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	put(iam.Article)
	// A policy that someone added by hand is deleted, since it may allow too much.
	if _, err := client.PutRolePolicy(t.Context(), &awsiam.PutRolePolicyInput{
		RoleName: aws.String("TrackingAccessRole"), PolicyName: aws.String("ByHand"),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`),
	}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		put(iam.Hardened)
		role, err := client.GetRole(t.Context(), &awsiam.GetRoleInput{RoleName: aws.String("TrackingAccessRole")})
		if err != nil {
			t.Fatal(err)
		}
		if trust := aws.ToString(role.Role.AssumeRolePolicyDocument); !strings.Contains(trust, "TagWithTenantOnly") {
			t.Errorf("the trust policy is not the hardened one: %s", trust)
		}
		policies, err := client.ListRolePolicies(t.Context(), &awsiam.ListRolePoliciesInput{RoleName: aws.String("TrackingAccessRole")})
		if err != nil {
			t.Fatal(err)
		}
		want := "TrackingAccessPolicyDynamoDB TrackingAccessPolicyOpenSearch TrackingAccessPolicyS3"
		if got := strings.Join(policies.PolicyNames, " "); got != want {
			t.Errorf("inline policies %s, want %s", got, want)
		}
	}
}

// What bin/tenants wrote into a boundary stays, and DeleteRole takes the boundary with it.
func TestBoundaryIsMadeOnceAndGoesWithItsRole(t *testing.T) {
	l := localawstest.Start(t)
	cfg := l.Config(localawstest.Root)
	client := awsiam.NewFromConfig(cfg)
	name := "TrackingAccessRole"
	arn := aws.String("arn:aws:iam::" + l.Account + ":policy/" + localaws.BoundaryName(name))
	put := func() {
		t.Helper()
		roles, err := iam.Load(iam.Hardened, localaws.Values{Region: l.Region, Account: l.Account, Bucket: localawstest.Bucket})
		if err == nil {
			err = provision.Roles(t.Context(), cfg, roles, provision.Propagation{})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	put()
	if _, err := client.CreatePolicyVersion(t.Context(), &awsiam.CreatePolicyVersionInput{
		PolicyArn: arn, SetAsDefault: true, PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`),
	}); err != nil {
		t.Fatal(err)
	}
	put()
	there, err := client.GetPolicy(t.Context(), &awsiam.GetPolicyInput{PolicyArn: arn})
	if err != nil || aws.ToString(there.Policy.DefaultVersionId) != "v2" {
		t.Errorf("the boundary after the roles were put again: %+v, %v, want v2", there, err)
	}
	role, err := client.GetRole(t.Context(), &awsiam.GetRoleInput{RoleName: &name})
	if err != nil || role.Role.PermissionsBoundary == nil || *role.Role.PermissionsBoundary.PermissionsBoundaryArn != *arn {
		t.Errorf("GetRole: %+v, %v, want the boundary %s", role, err, *arn)
	}
	if err := provision.DeleteRole(t.Context(), cfg, name); err != nil {
		t.Fatal(err)
	}
	if _, err := client.GetPolicy(t.Context(), &awsiam.GetPolicyInput{PolicyArn: arn}); err == nil {
		t.Error("the boundary outlived its role")
	}
}

// Before: one document allows all but one object. After: the Deny stands in a document of its own, which the alphabet puts
// last. No document is put or deleted while no Deny holds.
func TestDenyThatMovesToAnotherDocumentHoldsAtEveryMoment(t *testing.T) {
	l := localawstest.Start(t)
	cfg := l.Config(localawstest.Root)
	const (
		trust = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}}`
		allow = `{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}`
		deny  = `{"Effect":"Deny","Action":"s3:GetObject","Resource":"arn:aws:s3:::a/secret"}`
	)
	document := func(name, statements string) localaws.PolicyDocument {
		return localaws.PolicyDocument{Name: name, Document: []byte(`{"Version":"2012-10-17","Statement":[` + statements + `]}`)}
	}
	for _, change := range [][2][]localaws.PolicyDocument{
		{{document("A", allow+","+deny)}, {document("A", allow), document("B", deny)}},
		{{document("A", deny), document("B", allow)}, {document("B", allow), document("C", deny)}},
	} {
		var order []string
		watch := cfg.Copy()
		for i, policies := range change {
			if i == 1 {
				watch.APIOptions = append(watch.APIOptions, names(&order))
			}
			if err := provision.Roles(t.Context(), watch, []localaws.Role{{Name: "Reader", Trust: []byte(trust), Policies: policies}}, provision.Propagation{}); err != nil {
				t.Fatal(err)
			}
		}
		last := change[1][len(change[1])-1].Name // the one with the Deny
		if len(order) < 2 || order[0] != "put "+last {
			t.Errorf("in the order %q, want that of %s first", order, last)
		}
	}
}

// names notes the inline policies that are put and deleted, in their order.
func names(order *[]string) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("names", func(
			ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
		) (middleware.InitializeOutput, middleware.Metadata, error) {
			switch input := in.Parameters.(type) {
			case *awsiam.PutRolePolicyInput:
				*order = append(*order, "put "+*input.PolicyName)
			case *awsiam.DeleteRolePolicyInput:
				*order = append(*order, "delete "+*input.PolicyName)
			}
			return next.HandleInitialize(ctx, in)
		}), middleware.Before)
	}
}

func TestRolesThatMayNotBeCreatedAreAnError(t *testing.T) {
	l := localawstest.Start(t)
	iamtest.Load(t, l, iam.Hardened)
	cfg := l.Config(l.RoleCredentials(t, "TrackingServiceRole", "task"))
	err := provision.Roles(t.Context(), cfg, []localaws.Role{{Name: "Mine", Trust: []byte("{}")}}, provision.Propagation{})
	if err == nil || !strings.HasPrefix(err.Error(), "role Mine: ") {
		t.Errorf("got %v, want an error that names the role", err)
	}
	if err := provision.Table(t.Context(), cfg, "Mine"); err == nil {
		t.Error("the table was created")
	}
}

func TestTableIsCreatedOnceAndKeepsItsItems(t *testing.T) {
	l := localawstest.Start(t)
	cfg := l.Config(localawstest.Root)
	client := dynamodb.NewFromConfig(cfg)
	table := aws.String("TrackingData")
	for i := range 2 {
		if err := provision.Table(t.Context(), cfg, *table); err != nil {
			t.Fatal(err)
		}
		out, err := client.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: table})
		if err != nil || out.Table.TableStatus != types.TableStatusActive {
			t.Fatalf("DescribeTable: %+v, %v", out, err)
		}
		if schema := out.Table.KeySchema; len(schema) != 2 || *schema[0].AttributeName != "TenantID" || *schema[1].AttributeName != "ShipmentID" {
			t.Errorf("key schema %+v", schema)
		}
		scan, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: table})
		if err != nil || len(scan.Items) != i {
			t.Errorf("%d items, %v, want %d", len(scan.Items), err, i)
		}
		if _, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: table, Item: map[string]types.AttributeValue{
			"TenantID": &types.AttributeValueMemberS{Value: "yellow"}, "ShipmentID": &types.AttributeValueMemberS{Value: "1001"},
		}}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestLimitsAreAFileThatTheServicesRead(t *testing.T) {
	tiers, err := fairshare.Read("limits.json")
	if err != nil {
		t.Fatal(err)
	}
	yellow, err := tenant.Parse("yellow")
	if err != nil || tiers.Of(yellow) != "large" {
		t.Errorf("yellow is of %s, %v; want large", tiers.Of(yellow), err)
	}
}
