package iam_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"example.com/shiptrack/infra/localaws/localawstest"
)

const readOnlyARN = "arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess"

func TestPolicyOfAWSIsAttachedAndDecides(t *testing.T) {
	l, root := start(t)
	createRole(t, root, "Task")
	tables := dynamodb.NewFromConfig(l.Config(l.RoleCredentials(t, "Task", "task")))
	list := func() error { _, err := tables.ListTables(t.Context(), nil); return err }
	localawstest.WantFailure(t, list(), "AccessDeniedException", 400)
	for _, arn := range []string{readOnlyARN, "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"} {
		if err := attach(t.Context(), root, "Task", arn)(); err != nil {
			t.Fatal(err)
		}
	}
	if err := list(); err != nil {
		t.Error(err)
	}
	_, err := tables.DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: aws.String("Items")})
	localawstest.WantFailure(t, err, "AccessDeniedException", 400)
	l.Restart(t)
	if err := list(); err != nil {
		t.Errorf("after a restart: %v", err)
	}
	attached, err := root.ListAttachedRolePolicies(t.Context(), &iam.ListAttachedRolePoliciesInput{RoleName: aws.String("Task")})
	if err != nil || len(attached.AttachedPolicies) != 2 || *attached.AttachedPolicies[0].PolicyName != "AmazonDynamoDBReadOnlyAccess" {
		t.Errorf("%+v, %v", attached, err)
	}
}

func TestPolicyOfAWSIsAnswered(t *testing.T) {
	_, c := start(t)
	policy, err := c.GetPolicy(t.Context(), &iam.GetPolicyInput{PolicyArn: aws.String(readOnlyARN)})
	if err != nil {
		t.Fatal(err)
	}
	p := policy.Policy
	if *p.PolicyName != "AmazonDynamoDBReadOnlyAccess" || !p.IsAttachable || !strings.HasPrefix(*p.PolicyId, "ANPA") || *p.DefaultVersionId == "v1" {
		t.Errorf("GetPolicy: %+v", p)
	}
	version, err := c.GetPolicyVersion(t.Context(), &iam.GetPolicyVersionInput{PolicyArn: p.Arn, VersionId: p.DefaultVersionId})
	if err != nil || !strings.Contains(decoded(t, version.PolicyVersion.Document), `"dynamodb:GetItem"`) {
		t.Errorf("GetPolicyVersion: %+v, %v", version, err)
	}
	counts := map[types.PolicyScopeType]int{}
	for _, scope := range []types.PolicyScopeType{"All", "Local", "AWS"} {
		out, err := c.ListPolicies(t.Context(), &iam.ListPoliciesInput{Scope: scope})
		if err != nil {
			t.Fatal(err)
		}
		counts[scope] = len(out.Policies)
	}
	if counts["Local"] != 0 || counts["AWS"] < 20 || counts["All"] != counts["AWS"] {
		t.Errorf("ListPolicies: %v", counts)
	}
}

func TestPolicyOfAWSCannotBeChanged(t *testing.T) {
	_, c := start(t)
	arn, ctx := aws.String(readOnlyARN), t.Context()
	before, err := c.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: arn})
	if err != nil {
		t.Fatal(err)
	}
	version := before.Policy.DefaultVersionId
	for name, do := range map[string]func() error{
		"delete": deletePolicy(ctx, c, readOnlyARN),
		"new version": func() error {
			_, err := c.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: aws.String(readItems), SetAsDefault: true})
			return err
		},
		"default": func() error {
			_, err := c.SetDefaultPolicyVersion(ctx, &iam.SetDefaultPolicyVersionInput{PolicyArn: arn, VersionId: version})
			return err
		},
		"delete version": func() error {
			_, err := c.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: arn, VersionId: version})
			return err
		},
		"tag": func() error {
			_, err := c.TagPolicy(ctx, &iam.TagPolicyInput{PolicyArn: arn, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}})
			return err
		},
		"untag": func() error {
			_, err := c.UntagPolicy(ctx, &iam.UntagPolicyInput{PolicyArn: arn, TagKeys: []string{"a"}})
			return err
		},
	} {
		err := do()
		localawstest.WantFailure(t, err, "AccessDenied", 403)
		if err == nil || !strings.Contains(err.Error(), "belongs to AWS") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPolicyOfAWSThatIsNotHereIsRefusedWithASentence(t *testing.T) {
	_, c := start(t)
	createRole(t, c, "Task")
	const missing = "arn:aws:iam::aws:policy/ReadOnlyAccess"
	for _, do := range []func() error{attach(t.Context(), c, "Task", missing), bound(t.Context(), c, "Task", missing)} {
		err := do()
		localawstest.WantFailure(t, err, "NoSuchEntity", 404)
		if err == nil || !strings.Contains(err.Error(), "localaws has only some of the managed policies of AWS") {
			t.Error(err)
		}
	}
}

// TestPolicyOfTheAccountMayHaveTheNameOfOneOfAWS: they stand side by side, on every size of page.
func TestPolicyOfTheAccountMayHaveTheNameOfOneOfAWS(t *testing.T) {
	_, c := start(t)
	own := createPolicy(t, c, "AmazonDynamoDBReadOnlyAccess")
	for size := int32(1); size < 12; size++ {
		found := map[string]int{}
		for p := iam.NewListPoliciesPaginator(c, &iam.ListPoliciesInput{MaxItems: &size}); p.HasMorePages(); {
			page, err := p.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range page.Policies {
				found[*m.Arn]++
			}
		}
		if found[own] != 1 || found[readOnlyARN] != 1 {
			t.Errorf("pages of %d: %v", size, found)
		}
	}
}
