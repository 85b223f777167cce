package iam_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"example.com/shiptrack/infra/localaws/localawstest"
)

func TestRoleIsAnsweredAsItWasCreated(t *testing.T) {
	_, c := start(t)
	created, err := c.CreateRole(t.Context(), &iam.CreateRoleInput{
		RoleName: aws.String("Task"), Path: aws.String("/app/"), AssumeRolePolicyDocument: aws.String(taskTrust),
		Description: aws.String("a <task> & more"), MaxSessionDuration: aws.Int32(7200),
		Tags: []types.Tag{{Key: aws.String("Team"), Value: aws.String("blue")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("Task")})
	if err != nil {
		t.Fatal(err)
	}
	r := got.Role
	if *r.Arn != account+"role/app/Task" || *r.Path != "/app/" || *r.Description != "a <task> & more" || *r.MaxSessionDuration != 7200 ||
		*r.RoleId != *created.Role.RoleId || !strings.HasPrefix(*r.RoleId, "AROA") || len(*r.RoleId) != 21 ||
		len(r.Tags) != 1 || *r.Tags[0].Value != "blue" || r.CreateDate == nil {
		t.Errorf("GetRole: %+v", r)
	}
	if text := decoded(t, r.AssumeRolePolicyDocument); text != taskTrust {
		t.Errorf("trust policy %s, want %s", text, taskTrust)
	}
}

func TestLifeOfARole(t *testing.T) {
	_, c := start(t)
	createRole(t, c, "Task")
	arn := createPolicy(t, c, "Managed")
	name, inline := aws.String("Task"), aws.String("Inline")
	ctx := t.Context()
	for _, step := range []struct {
		name   string
		do     func() error
		code   string
		status int
	}{
		{"create again", func() error {
			_, err := c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("TASK"), AssumeRolePolicyDocument: aws.String(taskTrust)})
			return err
		}, "EntityAlreadyExists", 409},
		{"put policy", put(ctx, c, "Task", "Inline", readItems), "", 0},
		{"put policy again", put(ctx, c, "Task", "Inline", readItems), "", 0},
		{"put malformed", put(ctx, c, "Task", "Other", "{}"), "MalformedPolicyDocument", 400},
		{"put trust as identity policy", put(ctx, c, "Task", "Other", taskTrust), "MalformedPolicyDocument", 400},
		{"get policy", func() error {
			out, err := c.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: name, PolicyName: inline})
			if err == nil && decoded(t, out.PolicyDocument) != readItems {
				t.Errorf("GetRolePolicy: %s", *out.PolicyDocument)
			}
			return err
		}, "", 0},
		{"get missing policy", func() error {
			_, err := c.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: name, PolicyName: aws.String("Missing")})
			return err
		}, "NoSuchEntity", 404},
		{"attach", attach(ctx, c, "Task", arn), "", 0},
		{"attach again", attach(ctx, c, "Task", arn), "", 0},
		{"attach what is missing", attach(ctx, c, "Task", account+"policy/Missing"), "NoSuchEntity", 404},
		{"attach one of AWS's that is not here", attach(ctx, c, "Task", "arn:aws:iam::aws:policy/AWSBillingReadOnlyAccess"), "NoSuchEntity", 404},
		{"attach to a missing role", attach(ctx, c, "Missing", arn), "NoSuchEntity", 404},
		{"delete attached policy", deletePolicy(ctx, c, arn), "DeleteConflict", 409},
		{"delete with inline", deleteRole(ctx, c, "Task"), "DeleteConflict", 409},
		{"delete inline", func() error {
			_, err := c.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: name, PolicyName: inline})
			return err
		}, "", 0},
		{"delete inline again", func() error {
			_, err := c.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: name, PolicyName: inline})
			return err
		}, "NoSuchEntity", 404},
		{"delete with attached", deleteRole(ctx, c, "Task"), "DeleteConflict", 409},
		{"detach", detach(ctx, c, "Task", arn), "", 0},
		{"detach again", detach(ctx, c, "Task", arn), "NoSuchEntity", 404},
		{"bound", bound(ctx, c, "Task", arn), "", 0},
		{"delete boundary policy", deletePolicy(ctx, c, arn), "DeleteConflict", 409},
		{"unbound", func() error {
			_, err := c.DeleteRolePermissionsBoundary(ctx, &iam.DeleteRolePermissionsBoundaryInput{RoleName: name})
			return err
		}, "", 0},
		{"bound by what is missing", bound(ctx, c, "Task", account+"policy/Missing"), "NoSuchEntity", 404},
		{"delete policy", deletePolicy(ctx, c, arn), "", 0},
		{"delete policy again", deletePolicy(ctx, c, arn), "NoSuchEntity", 404},
		{"delete", deleteRole(ctx, c, "Task"), "", 0},
		{"delete again", deleteRole(ctx, c, "Task"), "NoSuchEntity", 404},
		{"get deleted", func() error { _, err := c.GetRole(ctx, &iam.GetRoleInput{RoleName: name}); return err }, "NoSuchEntity", 404},
	} {
		code, status := localawstest.Failure(step.do())
		if code != step.code || status != step.status {
			t.Fatalf("%s: got %q %d, want %q %d", step.name, code, status, step.code, step.status)
		}
	}
}

func TestRoleWithInlinePoliciesAloneIsNotDeleted(t *testing.T) {
	_, c := start(t)
	createRole(t, c, "Task")
	if err := put(t.Context(), c, "Task", "Inline", readItems)(); err != nil {
		t.Fatal(err)
	}
	localawstest.WantFailure(t, deleteRole(t.Context(), c, "Task")(), "DeleteConflict", 409)
}

func TestTagsOfARole(t *testing.T) {
	_, c := start(t)
	createRole(t, c, "Task")
	tag := func(pairs ...string) error {
		in := &iam.TagRoleInput{RoleName: aws.String("Task")}
		for i := 0; i < len(pairs); i += 2 {
			in.Tags = append(in.Tags, types.Tag{Key: &pairs[i], Value: &pairs[i+1]})
		}
		_, err := c.TagRole(t.Context(), in)
		return err
	}
	list := func() string {
		out, err := c.ListRoleTags(t.Context(), &iam.ListRoleTagsInput{RoleName: aws.String("Task")})
		if err != nil {
			t.Fatal(err)
		}
		var tags []string
		for _, tag := range out.Tags {
			tags = append(tags, *tag.Key+"="+*tag.Value)
		}
		return strings.Join(tags, " ")
	}
	if err := tag("Team", "blue", "Stage", "test"); err != nil || list() != "Stage=test Team=blue" {
		t.Errorf("%v, tags %s", err, list())
	}
	if err := tag("team", "green"); err != nil || list() != "Stage=test team=green" {
		t.Errorf("another case replaces: %v, tags %s", err, list())
	}
	localawstest.WantFailure(t, tag("a", "1", "A", "2"), "InvalidInput", 400)
	localawstest.WantFailure(t, tag("aws:a", "1"), "InvalidInput", 400)
	localawstest.WantFailure(t, tag("AW\u017f:a", "1"), "InvalidInput", 400) // U+017F folds to s
	localawstest.WantFailure(t, tag("a", "*"), "ValidationError", 400)
	if _, err := c.UntagRole(t.Context(), &iam.UntagRoleInput{RoleName: aws.String("Task"), TagKeys: []string{"TEAM", "None"}}); err != nil || list() != "Stage=test" {
		t.Errorf("UntagRole: %v, tags %s", err, list())
	}
}
