package iam_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	policies "example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws/localawstest"
)

const (
	taskTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	readItems = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"dynamodb:GetItem","Resource":"*"}]}`
	account   = "arn:aws:iam::000000000000:"
)

func start(t *testing.T) (*localawstest.Local, *iam.Client) {
	t.Helper()
	l := localawstest.Start(t)
	return l, iam.NewFromConfig(l.Config(localawstest.Root))
}

func createRole(t *testing.T, c *iam.Client, name string) *types.Role {
	t.Helper()
	out, err := c.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(taskTrust)})
	if err != nil {
		t.Fatalf("CreateRole %s: %v", name, err)
	}
	return out.Role
}

func createPolicy(t *testing.T, c *iam.Client, name string) string {
	t.Helper()
	out, err := c.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: &name, PolicyDocument: aws.String(readItems)})
	if err != nil {
		t.Fatalf("CreatePolicy %s: %v", name, err)
	}
	return *out.Policy.Arn
}

func decoded(t *testing.T, document *string) string {
	t.Helper()
	text, err := url.PathUnescape(aws.ToString(document))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

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
		{"attach AWS's own", attach(ctx, c, "Task", "arn:aws:iam::aws:policy/AdministratorAccess"), "NoSuchEntity", 404},
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

func put(ctx context.Context, c *iam.Client, role, name, document string) func() error {
	return func() error {
		_, err := c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &role, PolicyName: &name, PolicyDocument: &document})
		return err
	}
}

func attach(ctx context.Context, c *iam.Client, role, arn string) func() error {
	return func() error {
		_, err := c.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: &role, PolicyArn: &arn})
		return err
	}
}

func detach(ctx context.Context, c *iam.Client, role, arn string) func() error {
	return func() error {
		_, err := c.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: &role, PolicyArn: &arn})
		return err
	}
}

func bound(ctx context.Context, c *iam.Client, role, arn string) func() error {
	return func() error {
		_, err := c.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: &role, PermissionsBoundary: &arn})
		return err
	}
}

func deleteRole(ctx context.Context, c *iam.Client, role string) func() error {
	return func() error {
		_, err := c.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: &role})
		return err
	}
}

func deletePolicy(ctx context.Context, c *iam.Client, arn string) func() error {
	return func() error {
		_, err := c.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: &arn})
		return err
	}
}

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
	for p := iam.NewListPoliciesPaginator(c, &iam.ListPoliciesInput{MaxItems: size}); p.HasMorePages(); {
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

func numbered(prefix string, n int) string {
	var names []string
	for i := range n {
		names = append(names, fmt.Sprint(prefix, i))
	}
	return strings.Join(names, " ")
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
	for scope, want := range map[types.PolicyScopeType]int{"All": 1, "Local": 1, "AWS": 0} {
		out, err := c.ListPolicies(t.Context(), &iam.ListPoliciesInput{Scope: scope})
		if err != nil || len(out.Policies) != want {
			t.Errorf("ListPolicies %s: %d policies, %v, want %d", scope, len(out.Policies), err, want)
		}
	}
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
	localawstest.WantFailure(t, tag("a", "*"), "ValidationError", 400)
	if _, err := c.UntagRole(t.Context(), &iam.UntagRoleInput{RoleName: aws.String("Task"), TagKeys: []string{"TEAM", "None"}}); err != nil || list() != "Stage=test" {
		t.Errorf("UntagRole: %v, tags %s", err, list())
	}
}

func TestQuotasAreHeld(t *testing.T) {
	_, c := start(t)
	createRole(t, c, "Task")
	sized := func(n int) string { // counted without white space
		const head, tail = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::`, `"}]}`
		counted := len(strings.ReplaceAll(head+tail, " ", ""))
		return head + strings.Repeat("a", n-counted) + tail
	}
	if err := put(t.Context(), c, "Task", "Large", sized(10240))(); err != nil {
		t.Errorf("inline policy of 10240: %v", err)
	}
	localawstest.WantFailure(t, put(t.Context(), c, "Task", "Large", sized(10241))(), "LimitExceeded", 409)
	localawstest.WantFailure(t, put(t.Context(), c, "Task", "Further", readItems)(), "LimitExceeded", 409)
	managed := func(n int) error {
		_, err := c.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: aws.String(fmt.Sprint("P", n)), PolicyDocument: aws.String(sized(n))})
		return err
	}
	if err := managed(6144); err != nil {
		t.Errorf("managed policy of 6144: %v", err)
	}
	localawstest.WantFailure(t, managed(6145), "LimitExceeded", 409)
	for i := range 11 {
		err := attach(t.Context(), c, "Task", createPolicy(t, c, fmt.Sprint("Attached", i)))()
		if i < 10 && err != nil {
			t.Errorf("attach %d: %v", i, err)
		} else if i == 10 {
			localawstest.WantFailure(t, err, "LimitExceeded", 409)
		}
	}
}

func TestParametersAreHeldToTheirPatterns(t *testing.T) {
	_, c := start(t)
	create := func(change func(*iam.CreateRoleInput)) error {
		in := &iam.CreateRoleInput{RoleName: aws.String("Task"), AssumeRolePolicyDocument: aws.String(taskTrust)}
		change(in)
		_, err := c.CreateRole(t.Context(), in)
		return err
	}
	for name, test := range map[string]struct {
		change func(*iam.CreateRoleInput)
		code   string
	}{
		"name with a slash":  {func(in *iam.CreateRoleInput) { in.RoleName = aws.String("a/b") }, "ValidationError"},
		"name with a star":   {func(in *iam.CreateRoleInput) { in.RoleName = aws.String("a*") }, "ValidationError"},
		"name of 65":         {func(in *iam.CreateRoleInput) { in.RoleName = aws.String(strings.Repeat("a", 65)) }, "ValidationError"},
		"path without end":   {func(in *iam.CreateRoleInput) { in.Path = aws.String("/a") }, "ValidationError"},
		"path doubled":       {func(in *iam.CreateRoleInput) { in.Path = aws.String("/a//b/") }, "ValidationError"},
		"session of 3599":    {func(in *iam.CreateRoleInput) { in.MaxSessionDuration = aws.Int32(3599) }, "ValidationError"},
		"session of 43201":   {func(in *iam.CreateRoleInput) { in.MaxSessionDuration = aws.Int32(43201) }, "ValidationError"},
		"malformed trust":    {func(in *iam.CreateRoleInput) { in.AssumeRolePolicyDocument = aws.String("{}") }, "MalformedPolicyDocument"},
		"no trust":           {func(in *iam.CreateRoleInput) { in.AssumeRolePolicyDocument = aws.String("") }, "ValidationError"},
		"identity as trust":  {func(in *iam.CreateRoleInput) { in.AssumeRolePolicyDocument = aws.String(readItems) }, "MalformedPolicyDocument"},
		"boundary, no ARN":   {func(in *iam.CreateRoleInput) { in.PermissionsBoundary = aws.String("x") }, "ValidationError"},
		"boundary, missing":  {func(in *iam.CreateRoleInput) { in.PermissionsBoundary = aws.String(account + "policy/X") }, "NoSuchEntity"},
		"as it should be":    {func(*iam.CreateRoleInput) {}, ""},
		"path of characters": {func(in *iam.CreateRoleInput) { in.RoleName, in.Path = aws.String("Other"), aws.String("/a/b.c/") }, ""},
	} {
		if code, _ := localawstest.Failure(create(test.change)); code != test.code {
			t.Errorf("%s: got %q, want %q", name, code, test.code)
		}
	}
}

// TestEachOperationNeedsItsOwnPermissionOnItsOwnResource: a session that may do everything with one role
// can do nothing with another.
func TestEachOperationNeedsItsOwnPermissionOnItsOwnResource(t *testing.T) {
	l, root := start(t)
	createRole(t, root, "Mine")
	createRole(t, root, "Theirs")
	may := strings.NewReplacer("dynamodb:GetItem", "iam:*", `"*"`, `"`+account+`role/Mine"`).Replace(readItems)
	l.PutRoles(t, policies.Role{Name: "Keeper", Trust: []byte(taskTrust), Policies: []policies.Policy{{Name: "May", Document: []byte(may)}}})
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

func TestOtherOperationsAreAuthorizedBeforeTheyAreUnknown(t *testing.T) {
	l, root := start(t)
	createRole(t, root, "Task")
	_, err := root.ListUsers(t.Context(), nil)
	localawstest.WantFailure(t, err, "InvalidAction", 400)
	_, err = iam.NewFromConfig(l.Config(l.RoleCredentials(t, "Task", "task"))).ListUsers(t.Context(), nil)
	localawstest.WantFailure(t, err, "AccessDenied", 403)
}

func TestTagsAtCreationNeedTagRole(t *testing.T) {
	l, _ := start(t)
	may := strings.Replace(readItems, "dynamodb:GetItem", "iam:CreateRole", 1)
	l.PutRoles(t, policies.Role{Name: "Creator", Trust: []byte(taskTrust), Policies: []policies.Policy{{Name: "May", Document: []byte(may)}}})
	c := iam.NewFromConfig(l.Config(l.RoleCredentials(t, "Creator", "task")))
	createRole(t, c, "Untagged")
	_, err := c.CreateRole(t.Context(), &iam.CreateRoleInput{
		RoleName: aws.String("Tagged"), AssumeRolePolicyDocument: aws.String(taskTrust),
		Tags: []types.Tag{{Key: aws.String("TenantID"), Value: aws.String("yellow")}},
	})
	localawstest.WantFailure(t, err, "AccessDenied", 403)
}
