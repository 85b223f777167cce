package iam_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"example.com/shiptrack/infra/localaws/localawstest"
)

func TestListsComeInPages(t *testing.T) {
	_, c := start(t)
	const count = 7
	for i := range count {
		createRole(t, c, fmt.Sprint("Role", i))
		arn := createPolicy(t, c, fmt.Sprint("Policy", i))
		if err := put(t.Context(), c, "Role0", fmt.Sprint("Inline", i), readItems)(); err != nil {
			t.Fatal(err)
		}
		if err := attach(t.Context(), c, "Role0", arn)(); err != nil {
			t.Fatal(err)
		}
	}
	size := aws.Int32(3)
	var roles, managed, inline, attached []string
	for p := iam.NewListRolesPaginator(c, &iam.ListRolesInput{MaxItems: size}); p.HasMorePages(); {
		page, err := p.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Roles {
			roles = append(roles, *r.RoleName)
		}
	}
	for p := iam.NewListPoliciesPaginator(c, &iam.ListPoliciesInput{MaxItems: size, Scope: types.PolicyScopeTypeLocal}); p.HasMorePages(); {
		page, err := p.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range page.Policies {
			managed = append(managed, *m.PolicyName)
		}
	}
	for p := iam.NewListRolePoliciesPaginator(c, &iam.ListRolePoliciesInput{RoleName: aws.String("Role0"), MaxItems: size}); p.HasMorePages(); {
		page, err := p.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		inline = append(inline, page.PolicyNames...)
	}
	for p := iam.NewListAttachedRolePoliciesPaginator(c, &iam.ListAttachedRolePoliciesInput{RoleName: aws.String("Role0"), MaxItems: size}); p.HasMorePages(); {
		page, err := p.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range page.AttachedPolicies {
			attached = append(attached, *a.PolicyName)
		}
	}
	for kind, got := range map[string][]string{"Role": roles, "Policy": managed, "Inline": inline} {
		if want := numbered(kind, count); strings.Join(got, " ") != want {
			t.Errorf("%ss: %v, want %s", kind, got, want)
		}
	}
	if want := numbered("Policy", count); strings.Join(attached, " ") != want {
		t.Errorf("attached: %v, want %s", attached, want)
	}
	_, err := c.ListRoles(t.Context(), &iam.ListRolesInput{Marker: aws.String("%%")})
	localawstest.WantFailure(t, err, "ValidationError", 400)
}

func TestPolicyIsAnsweredWithItsOneVersion(t *testing.T) {
	_, c := start(t)
	createRole(t, c, "Task")
	arn := createPolicy(t, c, "Managed")
	if err := attach(t.Context(), c, "Task", arn)(); err != nil {
		t.Fatal(err)
	}
	got, err := c.GetPolicy(t.Context(), &iam.GetPolicyInput{PolicyArn: &arn})
	if err != nil || *got.Policy.DefaultVersionId != "v1" || *got.Policy.AttachmentCount != 1 {
		t.Fatalf("GetPolicy: %+v, %v", got, err)
	}
	version, err := c.GetPolicyVersion(t.Context(), &iam.GetPolicyVersionInput{PolicyArn: &arn, VersionId: aws.String("v1")})
	if err != nil || decoded(t, version.PolicyVersion.Document) != readItems {
		t.Errorf("GetPolicyVersion: %+v, %v", version, err)
	}
	_, err = c.GetPolicyVersion(t.Context(), &iam.GetPolicyVersionInput{PolicyArn: &arn, VersionId: aws.String("v2")})
	localawstest.WantFailure(t, err, "NoSuchEntity", 404)
	versions, err := c.ListPolicyVersions(t.Context(), &iam.ListPolicyVersionsInput{PolicyArn: &arn})
	if err != nil || len(versions.Versions) != 1 {
		t.Errorf("ListPolicyVersions: %+v, %v", versions, err)
	}
	_, err = c.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: aws.String("managed"), PolicyDocument: aws.String(readItems)})
	localawstest.WantFailure(t, err, "EntityAlreadyExists", 409)
}
