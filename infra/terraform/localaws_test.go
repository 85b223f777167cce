//go:build clients

package terraform_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"example.com/shiptrack/infra/localaws/localawstest"
)

const (
	unprotected = "-var=deletion_protection=false"
	isolation   = "-target=module.isolation"
)

func onLocalaws(t *testing.T) (*root, *localawstest.Local) {
	t.Helper()
	l := localawstest.Start(t)
	return newRoot(t, localawsRoot, "TF_VAR_endpoint="+l.URL), l
}

// TestTerraformAppliesEditsAndDestroys: no plan finds a difference after what was applied, and a destroy leaves no role.
func TestTerraformAppliesEditsAndDestroys(t *testing.T) {
	r, l := onLocalaws(t)
	r.apply()
	r.apply(`-var=tenants=["yellow", "green"]`, "-var=team=ocean") // blue goes, green comes
	r.refused([]string{"deletion protection"}, "destroy", "-auto-approve", "-target=module.stores.aws_dynamodb_table.tracking")
	r.apply(unprotected)
	r.run("destroy", "-auto-approve", unprotected)
	roles, err := iam.NewFromConfig(l.Config(localawstest.Root)).ListRoles(t.Context(), nil)
	if err != nil || len(roles.Roles) > 0 {
		t.Errorf("roles are left: %+v, %v", roles, err)
	}
}

// TestTerraformNoticesChangesByHand: each is a difference in the next plan, and the next apply takes it back. Each is at an address of its own,
// so that one plan shows that all are noticed.
func TestTerraformNoticesChangesByHand(t *testing.T) {
	r, l := onLocalaws(t)
	r.apply(isolation)
	c := iam.NewFromConfig(l.Config(localawstest.Root))
	document := aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)
	trust := aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":["sts:AssumeRole","sts:TagSession"]}]}`)
	access, write, seed, service := aws.String("TrackingAccessRole"), aws.String("TrackingWriteRole"), aws.String("TrackingSeedRole"), aws.String("TrackingServiceRole")
	var addresses []string
	for name, change := range map[string]struct {
		make    func() error
		address string
	}{
		"a policy is added": {func() error {
			_, err := c.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: access, PolicyName: aws.String("More"), PolicyDocument: document})
			return err
		}, `aws_iam_role_policies_exclusive.inline["TrackingAccessRole"]`},
		"a policy of AWS is attached": {func() error {
			_, err := c.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: access, PolicyArn: aws.String("arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess")})
			return err
		}, `aws_iam_role_policy_attachments_exclusive.none["TrackingAccessRole"]`},
		"a policy is edited": {func() error {
			_, err := c.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: access, PolicyName: aws.String("TrackingAccessPolicyDynamoDB"), PolicyDocument: document})
			return err
		}, `aws_iam_role_policy.inline["TrackingAccessRole/TrackingAccessPolicyDynamoDB"]`},
		"everybody is trusted": {func() error {
			_, err := c.UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: access, PolicyDocument: trust})
			return err
		}, `aws_iam_role.tenant["TrackingAccessRole"]`},
		"the boundary is taken off": {func() error {
			_, err := c.DeleteRolePermissionsBoundary(t.Context(), &iam.DeleteRolePermissionsBoundaryInput{RoleName: write})
			return err
		}, `aws_iam_role.tenant["TrackingWriteRole"]`},
		"the role is tagged with a tenant": {func() error {
			_, err := c.TagRole(t.Context(), &iam.TagRoleInput{RoleName: seed, Tags: []types.Tag{{Key: aws.String("TenantID"), Value: aws.String("yellow")}}})
			return err
		}, `aws_iam_role.tenant["TrackingSeedRole"]`},
		"sessions last longer": {func() error {
			_, err := c.UpdateRole(t.Context(), &iam.UpdateRoleInput{RoleName: service, MaxSessionDuration: aws.Int32(43200)})
			return err
		}, `aws_iam_role.task["TrackingServiceRole"]`},
	} {
		if err := change.make(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		addresses = append(addresses, change.address+" will be")
	}
	r.refused(append(addresses, "Plan: 0 to add, 7 to change, 0 to destroy"), "plan", "-detailed-exitcode", isolation)
	r.apply(isolation)
	wantTrust(t, c, "TrackingAccessRole")
}

// TestTerraformLeavesWhoIsSuspended: what bin/tenants writes into a boundary is no difference, and the next apply keeps it.
func TestTerraformLeavesWhoIsSuspended(t *testing.T) {
	r, l := onLocalaws(t)
	r.apply(isolation)
	c, arn := iam.NewFromConfig(l.Config(localawstest.Root)), aws.String("arn:aws:iam::"+l.Account+":policy/TrackingAccessRoleBoundary")
	if _, err := c.CreatePolicyVersion(t.Context(), &iam.CreatePolicyVersionInput{PolicyArn: arn, SetAsDefault: true, PolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/TenantID":"acme"}}}]}`)}); err != nil {
		t.Fatal(err)
	}
	r.run("plan", "-detailed-exitcode", isolation)
	r.run("apply", "-auto-approve", isolation)
	there, err := c.GetPolicy(t.Context(), &iam.GetPolicyInput{PolicyArn: arn})
	if err != nil || aws.ToString(there.Policy.DefaultVersionId) != "v2" {
		t.Errorf("the boundary is %+v, %v, want v2 of it", there, err)
	}
}

// wantTrust wants that a role trusts whom the file of infra/iam names, and nobody else.
func wantTrust(t *testing.T, c *iam.Client, role string) {
	t.Helper()
	got, err := c.GetRole(t.Context(), &iam.GetRoleInput{RoleName: &role})
	if err != nil {
		t.Fatal(err)
	}
	if trust := aws.ToString(got.Role.AssumeRolePolicyDocument); strings.Contains(trust, "%22AWS%22%3A%22%2A%22") || !strings.Contains(trust, "Service") {
		t.Errorf("%s trusts %s, want what infra/iam says", role, trust)
	}
}
