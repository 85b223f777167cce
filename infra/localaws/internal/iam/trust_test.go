package iam_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/localawstest"
)

// trusting is a trust policy for one principal.
func trusting(principal string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + principal + `"},"Action":"sts:AssumeRole"}]}`
}

func createTrusting(t *testing.T, c *iam.Client, name, principal string) error {
	t.Helper()
	_, err := c.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(trusting(principal))})
	return err
}

func trustOf(t *testing.T, c *iam.Client, name string) string {
	t.Helper()
	out, err := c.GetRole(t.Context(), &iam.GetRoleInput{RoleName: &name})
	if err != nil {
		t.Fatal(err)
	}
	return decoded(t, out.Role.AssumeRolePolicyDocument)
}

func assume(t *testing.T, cfg aws.Config, role string) error {
	t.Helper()
	_, err := sts.NewFromConfig(cfg).AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: aws.String(account + "role/" + role), RoleSessionName: aws.String("s1")})
	return err
}

func TestPrincipalThatDoesNotExistIsRefused(t *testing.T) {
	_, c := start(t)
	createRole(t, c, "Task")
	for _, missing := range []string{
		account + "role/Missing", account + "role/task", account + "role/path/Task", account + "user/Task",
		"arn:aws:sts::000000000000:assumed-role/Missing/s", "AROAMISSINGMISSINGMIS", "AIDAMISSINGMISSINGMIS",
	} {
		_, updateErr := c.UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String("Task"), PolicyDocument: aws.String(trusting(missing))})
		for _, err := range []error{createTrusting(t, c, "Access", missing), updateErr} {
			localawstest.WantFailure(t, err, "MalformedPolicyDocument", 400)
			if err == nil || !strings.Contains(err.Error(), `Invalid principal in policy: "AWS":"`+missing+`"`) {
				t.Errorf("%s: %v", missing, err)
			}
		}
	}
	localawstest.WantFailure(t, createTrusting(t, c, "Access", account+"role/Access"), "MalformedPolicyDocument", 400) // it is not there yet
	for name, there := range map[string]string{
		"A": account + "role/Task", "B": "arn:aws:sts::000000000000:assumed-role/Task/s", "C": account + "root", "D": "*", "E": "000000000000",
		"F": "arn:aws:iam::999999999999:role/Other", // of another account, which cannot be asked
	} {
		if err := createTrusting(t, c, name, there); err != nil {
			t.Errorf("%s: %v", there, err)
		}
	}
	_, err := c.UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String("A"), PolicyDocument: aws.String(trusting(account + "role/A"))})
	if err != nil {
		t.Errorf("itself: %v", err)
	}
}

// TestRoleMadeAnewIsNotTrusted: IAM User Guide, "AWS JSON policy elements: Principal", "Role principals".
func TestRoleMadeAnewIsNotTrusted(t *testing.T) {
	l, c := start(t)
	task := createRole(t, c, "Task")
	byRole, bySession := account+"role/Task", "arn:aws:sts::000000000000:assumed-role/Task/task"
	for name, principal := range map[string]string{"ByRole": byRole, "BySession": bySession, "ByID": *task.RoleId} {
		if err := createTrusting(t, c, name, principal); err != nil {
			t.Fatal(err)
		}
	}
	for _, role := range []string{"ByRole", "BySession", "ByID"} {
		if err := assume(t, l.Config(l.RoleCredentials(t, "Task", "task")), role); err != nil {
			t.Errorf("%s, by the role that it names: %v", role, err)
		}
	}
	shown := func(want map[string]string) {
		t.Helper()
		for role, principal := range want {
			if got := trustOf(t, c, role); got != trusting(principal) {
				t.Errorf("%s is shown as %s, want the principal %s", role, got, principal)
			}
		}
	}
	shown(map[string]string{"ByRole": byRole, "BySession": bySession, "ByID": byRole})
	if err := deleteRole(t.Context(), c, "Task")(); err != nil {
		t.Fatal(err)
	}
	gone := map[string]string{"ByRole": *task.RoleId, "BySession": *task.RoleId + ":task", "ByID": *task.RoleId}
	shown(gone)
	createRole(t, c, "Task")
	shown(gone)
	for _, role := range []string{"ByRole", "BySession", "ByID"} {
		localawstest.WantFailure(t, assume(t, l.Config(l.RoleCredentials(t, "Task", "task")), role), "AccessDenied", 403)
		_, err := c.UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: &role, PolicyDocument: aws.String(trustOf(t, c, role))})
		localawstest.WantFailure(t, err, "MalformedPolicyDocument", 400) // what is shown cannot be put back
	}
	out, err := c.ListRoles(t.Context(), &iam.ListRolesInput{})
	if err != nil || len(out.Roles) != 4 || decoded(t, out.Roles[1].AssumeRolePolicyDocument) != trusting(*task.RoleId) {
		t.Errorf("ListRoles: %+v, %v", out, err)
	}
	if _, err := c.UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{
		RoleName: aws.String("ByRole"), PolicyDocument: aws.String(trusting(byRole)),
	}); err != nil {
		t.Fatal(err)
	}
	if err := assume(t, l.Config(l.RoleCredentials(t, "Task", "task")), "ByRole"); err != nil {
		t.Errorf("named anew: %v", err)
	}
}

// TestRolesOfAFolderNameEachOtherInAnyOrder: who is named is looked up once all are there.
func TestRolesOfAFolderNameEachOtherInAnyOrder(t *testing.T) {
	l, _ := start(t)
	role := func(name, principal string) localaws.Role {
		return localaws.Role{Name: name, Trust: []byte(trusting(principal))}
	}
	l.PutRoles(t, role("A", account+"role/Service"), role("C", account+"role/D"), role("D", account+"role/C"), role("E", account+"role/E"),
		localaws.Role{Name: "Service", Trust: []byte(taskTrust)})
	if err := assume(t, l.Config(l.RoleCredentials(t, "Service", "task")), "A"); err != nil {
		t.Error(err)
	}
}
