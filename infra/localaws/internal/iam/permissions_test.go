package iam_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/localawstest"
)

// TestEachOperationNeedsItsOwnPermissionOnItsOwnResource: a session that may do everything with one role
// can do nothing with another.
func TestEachOperationNeedsItsOwnPermissionOnItsOwnResource(t *testing.T) {
	l, root := start(t)
	createRole(t, root, "Mine")
	createRole(t, root, "Theirs")
	may := strings.NewReplacer("dynamodb:GetItem", "iam:*", `"*"`, `"`+account+`role/Mine"`).Replace(readItems)
	l.PutRoles(t, localaws.Role{Name: "Keeper", Trust: []byte(taskTrust), Policies: []localaws.PolicyDocument{{Name: "May", Document: []byte(may)}}})
	c := iam.NewFromConfig(l.Config(l.RoleCredentials(t, "Keeper", "task")))
	ctx := t.Context()
	for action, do := range map[string]func(role string) error{
		"GetRole":       func(r string) error { _, err := c.GetRole(ctx, &iam.GetRoleInput{RoleName: &r}); return err },
		"UpdateRole":    func(r string) error { _, err := c.UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: &r}); return err },
		"PutRolePolicy": func(r string) error { return put(ctx, c, r, "P", readItems)() },
		"ListRoleTags":  func(r string) error { _, err := c.ListRoleTags(ctx, &iam.ListRoleTagsInput{RoleName: &r}); return err },
		"ListRolePolicies": func(r string) error {
			_, err := c.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: &r})
			return err
		},
		"ListAttachedRolePolicies": func(r string) error {
			_, err := c.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: &r})
			return err
		},
		"ListInstanceProfilesForRole": func(r string) error {
			_, err := c.ListInstanceProfilesForRole(ctx, &iam.ListInstanceProfilesForRoleInput{RoleName: &r})
			return err
		},
		"UpdateAssumeRolePolicy": func(r string) error {
			_, err := c.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: &r, PolicyDocument: aws.String(taskTrust)})
			return err
		},
	} {
		if err := do("Mine"); err != nil {
			t.Errorf("%s on its own role: %v", action, err)
		}
		for _, role := range []string{"Theirs", "Missing"} {
			err := do(role)
			localawstest.WantFailure(t, err, "AccessDenied", 403)
			want := "is not authorized to perform: iam:" + action + " on resource: " + account + "role/" + role + " because"
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want %q", action, err, want)
			}
		}
	}
	_, err := c.ListRoles(ctx, nil)
	localawstest.WantFailure(t, err, "AccessDenied", 403)
}

// TestOperationsOnPoliciesAreAuthorizedOnThePolicy: by its ARN, its tags and the tags of the request (Service Authorization
// Reference, "Actions, resources, and condition keys for AWS IAM").
func TestOperationsOnPoliciesAreAuthorizedOnThePolicy(t *testing.T) {
	l, root := start(t)
	own, other := createPolicy(t, root, "Own"), createPolicy(t, root, "Other")
	tag := func(c *iam.Client, arn, key, value string) error {
		_, err := c.TagPolicy(t.Context(), &iam.TagPolicyInput{PolicyArn: &arn, Tags: []types.Tag{{Key: &key, Value: &value}}})
		return err
	}
	may := `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"iam:*","Resource":"` + own + `"},
		{"Effect":"Allow","Action":"iam:GetPolicy","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/Team":"blue"}}},
		{"Effect":"Deny","Action":"iam:TagPolicy","Resource":"*","Condition":{"StringEquals":{"aws:RequestTag/Team":"green"}}},
		{"Effect":"Deny","Action":"iam:UntagPolicy","Resource":"*","Condition":{"ForAnyValue:StringEquals":{"aws:TagKeys":"Team"}}}]}`
	l.PutRoles(t, localaws.Role{Name: "Keeper", Trust: []byte(taskTrust), Policies: []localaws.PolicyDocument{{Name: "May", Document: []byte(may)}}})
	c := iam.NewFromConfig(l.Config(l.RoleCredentials(t, "Keeper", "task")))
	ctx := t.Context()
	for action, do := range map[string]func(arn string) error{
		"CreatePolicyVersion": func(arn string) error { _, err := createVersion(t, c, arn, readItems, false); return err },
		"ListPolicyVersions": func(arn string) error {
			_, err := c.ListPolicyVersions(ctx, &iam.ListPolicyVersionsInput{PolicyArn: &arn})
			return err
		},
		"SetDefaultPolicyVersion": func(arn string) error {
			_, err := c.SetDefaultPolicyVersion(ctx, &iam.SetDefaultPolicyVersionInput{PolicyArn: &arn, VersionId: aws.String("v1")})
			return err
		},
		"ListEntitiesForPolicy": func(arn string) error {
			_, err := c.ListEntitiesForPolicy(ctx, &iam.ListEntitiesForPolicyInput{PolicyArn: &arn})
			return err
		},
		"ListPolicyTags": func(arn string) error {
			_, err := c.ListPolicyTags(ctx, &iam.ListPolicyTagsInput{PolicyArn: &arn})
			return err
		},
		"TagPolicy": func(arn string) error { return tag(c, arn, "Team", "blue") },
	} {
		if err := do(own); err != nil {
			t.Errorf("%s on its own policy: %v", action, err)
		}
		for _, arn := range []string{other, account + "policy/Missing"} {
			err := do(arn)
			localawstest.WantFailure(t, err, "AccessDenied", 403)
			if want := "iam:" + action + " on resource: " + arn; err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %q", err, want)
			}
		}
	}
	get := func() error { _, err := c.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: &other}); return err }
	localawstest.WantFailure(t, get(), "AccessDenied", 403)
	if err := tag(root, other, "Team", "blue"); err != nil {
		t.Fatal(err)
	}
	if err := get(); err != nil {
		t.Error(err)
	}
	localawstest.WantFailure(t, tag(c, own, "Team", "green"), "AccessDenied", 403)
	_, err := c.UntagPolicy(ctx, &iam.UntagPolicyInput{PolicyArn: &own, TagKeys: []string{"Team"}})
	localawstest.WantFailure(t, err, "AccessDenied", 403)
	if _, err := c.UntagPolicy(ctx, &iam.UntagPolicyInput{PolicyArn: &own, TagKeys: []string{"Other"}}); err != nil {
		t.Error(err)
	}
}

// TestDenialDoesNotTellWhetherThereIsARole: role names do not differ by case alone, and a role may have a
// path, but the denial repeats what was asked for.
func TestDenialDoesNotTellWhetherThereIsARole(t *testing.T) {
	l, root := start(t)
	createRole(t, root, "Task")
	createRole(t, root, "Theirs")
	_, err := root.CreateRole(t.Context(), &iam.CreateRoleInput{
		RoleName: aws.String("Deep"), Path: aws.String("/team/"), AssumeRolePolicyDocument: aws.String(taskTrust),
	})
	if err != nil {
		t.Fatal(err)
	}
	task := iam.NewFromConfig(l.Config(l.RoleCredentials(t, "Task", "task")))
	for _, name := range []string{"theirs", "deep", "missing"} {
		_, err := task.GetRole(t.Context(), &iam.GetRoleInput{RoleName: &name})
		localawstest.WantFailure(t, err, "AccessDenied", 403)
		want := " on resource: " + account + "role/" + name + " because"
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", name, err, want)
		}
	}
	entries := l.Entries(t)
	if got, want := entries[len(entries)-2].Resource, account+"role/team/Deep"; got != want {
		t.Errorf("decided on %s, want %s", got, want)
	}
}

// TestDelegationIsHeldByItsConditionKeys: the keys with which AWS lets someone attach some policies, or
// write the policies of roles with a boundary, and no others.
func TestDelegationIsHeldByItsConditionKeys(t *testing.T) {
	l, root := start(t)
	good, bad := createPolicy(t, root, "Good"), createPolicy(t, root, "Bad")
	createRole(t, root, "Bounded")
	createRole(t, root, "Free")
	if err := bound(t.Context(), root, "Bounded", good)(); err != nil {
		t.Fatal(err)
	}
	may := `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"iam:AttachRolePolicy","Resource":"*","Condition":{"ArnEquals":{"iam:PolicyARN":"` + good + `"}}},
		{"Effect":"Allow","Action":"iam:PutRolePolicy","Resource":"*","Condition":{"ArnEquals":{"iam:PermissionsBoundary":"` + good + `"}}}]}`
	l.PutRoles(t, localaws.Role{Name: "Delegate", Trust: []byte(taskTrust), Policies: []localaws.PolicyDocument{{Name: "May", Document: []byte(may)}}})
	c := iam.NewFromConfig(l.Config(l.RoleCredentials(t, "Delegate", "task")))
	ctx := t.Context()
	if err := attach(ctx, c, "Free", good)(); err != nil {
		t.Error(err)
	}
	localawstest.WantFailure(t, attach(ctx, c, "Free", bad)(), "AccessDenied", 403)
	if err := put(ctx, c, "Bounded", "P", readItems)(); err != nil {
		t.Error(err)
	}
	localawstest.WantFailure(t, put(ctx, c, "Free", "P", readItems)(), "AccessDenied", 403)
}

func TestOtherOperationsAreAuthorizedBeforeTheyAreUnknown(t *testing.T) {
	l, root := start(t)
	createRole(t, root, "Task")
	_, err := root.ListGroups(t.Context(), nil)
	localawstest.WantFailure(t, err, "InvalidAction", 400)
	_, err = iam.NewFromConfig(l.Config(l.RoleCredentials(t, "Task", "task"))).ListGroups(t.Context(), nil)
	localawstest.WantFailure(t, err, "AccessDenied", 403)
}

func TestTagsAtCreationNeedTagRole(t *testing.T) {
	l, _ := start(t)
	may := strings.Replace(readItems, "dynamodb:GetItem", "iam:CreateRole", 1)
	l.PutRoles(t, localaws.Role{Name: "Creator", Trust: []byte(taskTrust), Policies: []localaws.PolicyDocument{{Name: "May", Document: []byte(may)}}})
	c := iam.NewFromConfig(l.Config(l.RoleCredentials(t, "Creator", "task")))
	createRole(t, c, "Untagged")
	_, err := c.CreateRole(t.Context(), &iam.CreateRoleInput{
		RoleName: aws.String("Tagged"), AssumeRolePolicyDocument: aws.String(taskTrust),
		Tags: []types.Tag{{Key: aws.String("TenantID"), Value: aws.String("yellow")}},
	})
	localawstest.WantFailure(t, err, "AccessDenied", 403)
}
