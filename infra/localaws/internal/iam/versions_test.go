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

func createVersion(t *testing.T, c *iam.Client, arn, document string, asDefault bool) (string, error) {
	t.Helper()
	out, err := c.CreatePolicyVersion(t.Context(), &iam.CreatePolicyVersionInput{PolicyArn: &arn, PolicyDocument: &document, SetAsDefault: asDefault})
	if err != nil {
		return "", err
	}
	return *out.PolicyVersion.VersionId, nil
}

func deleteVersion(t *testing.T, c *iam.Client, arn, id string) error {
	t.Helper()
	_, err := c.DeletePolicyVersion(t.Context(), &iam.DeletePolicyVersionInput{PolicyArn: &arn, VersionId: &id})
	return err
}

// versionsOf lists the versions as the API does, with * behind the default.
func versionsOf(t *testing.T, c *iam.Client, arn string) string {
	t.Helper()
	var ids []string
	for p := iam.NewListPolicyVersionsPaginator(c, &iam.ListPolicyVersionsInput{PolicyArn: &arn, MaxItems: aws.Int32(2)}); p.HasMorePages(); {
		page, err := p.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range page.Versions {
			id := *v.VersionId
			if v.IsDefaultVersion {
				id += "*"
			}
			ids = append(ids, id)
		}
	}
	return strings.Join(ids, " ")
}

// TestVersionsOfAPolicy: IAM User Guide, "Versioning IAM policies".
func TestVersionsOfAPolicy(t *testing.T) {
	_, c := start(t)
	arn := createPolicy(t, c, "P")
	second := strings.Replace(readItems, "GetItem", "Query", 1)
	if id, err := createVersion(t, c, arn, second, false); err != nil || id != "v2" || versionsOf(t, c, arn) != "v2 v1*" {
		t.Fatalf("%s, %v, versions %s", id, err, versionsOf(t, c, arn))
	}
	got, err := c.GetPolicyVersion(t.Context(), &iam.GetPolicyVersionInput{PolicyArn: &arn, VersionId: aws.String("v2")})
	if err != nil || decoded(t, got.PolicyVersion.Document) != second || got.PolicyVersion.IsDefaultVersion {
		t.Errorf("GetPolicyVersion: %+v, %v", got, err)
	}
	if _, err := c.SetDefaultPolicyVersion(t.Context(), &iam.SetDefaultPolicyVersionInput{PolicyArn: &arn, VersionId: aws.String("v2")}); err != nil {
		t.Fatal(err)
	}
	for i := 3; i <= 5; i++ {
		if id, err := createVersion(t, c, arn, second, i == 5); err != nil || id != fmt.Sprint("v", i) {
			t.Fatalf("version %d: %s, %v", i, id, err)
		}
	}
	_, err = createVersion(t, c, arn, second, true)
	localawstest.WantFailure(t, err, "LimitExceeded", 409)
	if got := versionsOf(t, c, arn); got != "v5* v4 v3 v2 v1" {
		t.Errorf("versions %s", got)
	}
	localawstest.WantFailure(t, deleteVersion(t, c, arn, "v5"), "DeleteConflict", 409)
	localawstest.WantFailure(t, deleteVersion(t, c, arn, "v9"), "NoSuchEntity", 404)
	localawstest.WantFailure(t, deleteVersion(t, c, arn, "5"), "ValidationError", 400)
	if err := deleteVersion(t, c, arn, "v4"); err != nil {
		t.Fatal(err)
	}
	if id, err := createVersion(t, c, arn, readItems, false); err != nil || id != "v6" {
		t.Errorf("a number is never used again: %s, %v", id, err)
	}
	_, err = createVersion(t, c, arn, taskTrust, false)
	localawstest.WantFailure(t, err, "MalformedPolicyDocument", 400)
	policy, err := c.GetPolicy(t.Context(), &iam.GetPolicyInput{PolicyArn: &arn})
	if err != nil || *policy.Policy.DefaultVersionId != "v5" {
		t.Errorf("GetPolicy: %+v, %v", policy, err)
	}
	localawstest.WantFailure(t, deletePolicy(t.Context(), c, arn)(), "DeleteConflict", 409)
	for _, id := range []string{"v1", "v2", "v3", "v6"} {
		if err := deleteVersion(t, c, arn, id); err != nil {
			t.Fatal(err)
		}
	}
	if err := deletePolicy(t.Context(), c, arn)(); err != nil {
		t.Error(err)
	}
}

// TestDefaultVersionDecides for whom the policy is attached to, from the next request on.
func TestDefaultVersionDecides(t *testing.T) {
	l, root := start(t)
	createRole(t, root, "Task")
	arn := createPolicy(t, root, "P")
	if err := attach(t.Context(), root, "Task", arn)(); err != nil {
		t.Fatal(err)
	}
	task := iam.NewFromConfig(l.Config(l.RoleCredentials(t, "Task", "task")))
	get := func() error {
		_, err := task.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("Task")})
		return err
	}
	localawstest.WantFailure(t, get(), "AccessDenied", 403)
	if _, err := createVersion(t, root, arn, strings.Replace(readItems, "dynamodb:GetItem", "iam:GetRole", 1), false); err != nil {
		t.Fatal(err)
	}
	localawstest.WantFailure(t, get(), "AccessDenied", 403)
	for version, want := range map[string]string{"v2": "", "v1": "AccessDenied"} {
		if _, err := root.SetDefaultPolicyVersion(t.Context(), &iam.SetDefaultPolicyVersionInput{PolicyArn: &arn, VersionId: &version}); err != nil {
			t.Fatal(err)
		}
		if code, _ := localawstest.Failure(get()); code != want {
			t.Errorf("%s: got %q, want %q", version, code, want)
		}
	}
}

func TestTagsOfAPolicy(t *testing.T) {
	_, c := start(t)
	arn := createPolicy(t, c, "P")
	tags := func() string {
		out, err := c.ListPolicyTags(t.Context(), &iam.ListPolicyTagsInput{PolicyArn: &arn})
		if err != nil {
			t.Fatal(err)
		}
		policy, err := c.GetPolicy(t.Context(), &iam.GetPolicyInput{PolicyArn: &arn})
		if err != nil || len(policy.Policy.Tags) != len(out.Tags) {
			t.Errorf("GetPolicy has the tags %v, ListPolicyTags %v, %v", policy.Policy.Tags, out.Tags, err)
		}
		var all []string
		for _, tag := range out.Tags {
			all = append(all, *tag.Key+"="+*tag.Value)
		}
		return strings.Join(all, " ")
	}
	if _, err := c.TagPolicy(t.Context(), &iam.TagPolicyInput{PolicyArn: &arn, Tags: []types.Tag{
		{Key: aws.String("b"), Value: aws.String("1")}, {Key: aws.String("a"), Value: aws.String("2")},
	}}); err != nil || tags() != "a=2 b=1" {
		t.Errorf("%v, tags %s", err, tags())
	}
	if _, err := c.UntagPolicy(t.Context(), &iam.UntagPolicyInput{PolicyArn: &arn, TagKeys: []string{"B", "c"}}); err != nil || tags() != "a=2" {
		t.Errorf("%v, tags %s", err, tags())
	}
	var many []types.Tag
	for i := range 50 {
		many = append(many, types.Tag{Key: aws.String(fmt.Sprint("k", i)), Value: aws.String("")})
	}
	_, err := c.TagPolicy(t.Context(), &iam.TagPolicyInput{PolicyArn: &arn, Tags: many})
	localawstest.WantFailure(t, err, "LimitExceeded", 409)
}

func TestEntitiesForAPolicyAreRolesAndUsers(t *testing.T) {
	_, c := start(t)
	arn := createPolicy(t, c, "P")
	for _, role := range []string{"R1", "R2"} {
		createRole(t, c, role)
		if err := attach(t.Context(), c, role, arn)(); err != nil {
			t.Fatal(err)
		}
	}
	createRole(t, c, "Bounded")
	createUser(t, c, "ana")
	if err := bound(t.Context(), c, "Bounded", arn)(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.AttachUserPolicy(t.Context(), &iam.AttachUserPolicyInput{UserName: aws.String("ana"), PolicyArn: &arn}); err != nil {
		t.Fatal(err)
	}
	for want, in := range map[string]iam.ListEntitiesForPolicyInput{
		"Bounded R1 R2 ana": {}, "Bounded": {PolicyUsageFilter: types.PolicyUsageTypePermissionsBoundary},
		"R1 R2 ana": {PolicyUsageFilter: types.PolicyUsageTypePermissionsPolicy}, "ana": {EntityFilter: types.EntityTypeUser},
		"Bounded R1 R2": {EntityFilter: types.EntityTypeRole}, "": {PathPrefix: aws.String("/x/")},
	} {
		in.PolicyArn, in.MaxItems = &arn, aws.Int32(2)
		var names []string
		for p := iam.NewListEntitiesForPolicyPaginator(c, &in); p.HasMorePages(); {
			page, err := p.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, role := range page.PolicyRoles {
				names = append(names, *role.RoleName)
			}
			for _, user := range page.PolicyUsers {
				names = append(names, *user.UserName)
			}
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%+v: got %q, want %q", in, got, want)
		}
	}
	policy, err := c.GetPolicy(t.Context(), &iam.GetPolicyInput{PolicyArn: &arn})
	if err != nil || *policy.Policy.AttachmentCount != 3 || *policy.Policy.PermissionsBoundaryUsageCount != 1 {
		t.Errorf("GetPolicy: %+v, %v", policy, err)
	}
}

func TestRoleDescriptionIsUpdated(t *testing.T) {
	_, c := start(t)
	createRole(t, c, "Task")
	out, err := c.UpdateRoleDescription(t.Context(), &iam.UpdateRoleDescriptionInput{RoleName: aws.String("Task"), Description: aws.String("new")})
	if err != nil || *out.Role.Description != "new" {
		t.Fatalf("%+v, %v", out, err)
	}
	_, err = c.UpdateRole(t.Context(), &iam.UpdateRoleInput{RoleName: aws.String("Task"), Description: aws.String("newer"), MaxSessionDuration: aws.Int32(7200)})
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("Task")})
	if err != nil || *got.Role.Description != "newer" || *got.Role.MaxSessionDuration != 7200 || got.Role.RoleLastUsed == nil {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestListsLeaveOutWhatTheReferenceLeavesOut: IAM API reference, ListRoles, ListUsers and ListPolicies.
func TestListsLeaveOutWhatTheReferenceLeavesOut(t *testing.T) {
	_, c := start(t)
	tags := []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}
	created, err := c.CreatePolicy(t.Context(), &iam.CreatePolicyInput{
		PolicyName: aws.String("P"), PolicyDocument: aws.String(readItems), Description: aws.String("d"), Tags: tags,
	})
	if err != nil || len(created.Policy.Tags) != 1 || *created.Policy.DefaultVersionId != "v1" {
		t.Fatalf("CreatePolicy: %+v, %v", created, err)
	}
	arn := created.Policy.Arn
	if _, err := c.CreateRole(t.Context(), &iam.CreateRoleInput{
		RoleName: aws.String("R"), AssumeRolePolicyDocument: aws.String(taskTrust), Description: aws.String("d"), Tags: tags, PermissionsBoundary: arn,
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("ana"), Tags: tags, PermissionsBoundary: arn}); err != nil {
		t.Fatal(err)
	}
	roles, err := c.ListRoles(t.Context(), nil)
	if err != nil || roles.Roles[0].Tags != nil || roles.Roles[0].PermissionsBoundary != nil || *roles.Roles[0].Description != "d" {
		t.Errorf("ListRoles: %+v, %v", roles.Roles, err)
	}
	users, err := c.ListUsers(t.Context(), nil)
	if err != nil || users.Users[0].Tags != nil || users.Users[0].PermissionsBoundary != nil {
		t.Errorf("ListUsers: %+v, %v", users.Users, err)
	}
	policies, err := c.ListPolicies(t.Context(), &iam.ListPoliciesInput{Scope: types.PolicyScopeTypeLocal})
	if err != nil || policies.Policies[0].Tags != nil || policies.Policies[0].Description != nil || *policies.Policies[0].PermissionsBoundaryUsageCount != 2 {
		t.Errorf("ListPolicies: %+v, %v", policies.Policies, err)
	}
	policy, err := c.GetPolicy(t.Context(), &iam.GetPolicyInput{PolicyArn: arn})
	if err != nil || len(policy.Policy.Tags) != 1 || *policy.Policy.Description != "d" {
		t.Errorf("GetPolicy: %+v, %v", policy.Policy, err)
	}
}
