package localaws_test

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/localawstest"
	"example.com/shiptrack/infra/localaws/policy"
)

const allowsAll = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`

func documents(policies ...string) (list []localaws.PolicyDocument) {
	for i := 0; i < len(policies); i += 2 {
		list = append(list, localaws.PolicyDocument{Name: policies[i], Document: []byte(policies[i+1])})
	}
	return list
}

func inlinePolicies(t *testing.T, c *iam.Client, role string) string {
	t.Helper()
	out, err := c.ListRolePolicies(t.Context(), &iam.ListRolePoliciesInput{RoleName: &role})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(out.PolicyNames, " ")
}

func TestPutRolesBringsARoleToItsDocumentsAndLeavesTheRest(t *testing.T) {
	l := localawstest.Start(t)
	c := iam.NewFromConfig(l.Config(localawstest.Root))
	l.PutRoles(t, localaws.Role{Name: "Task", Trust: []byte(readerTrust), Policies: documents("B", allowsAll, "A", allowsAll)})
	if got := inlinePolicies(t, c, "Task"); got != "A B" {
		t.Errorf("inline policies %s, want A B", got)
	}
	managed, err := c.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: aws.String("M"), PolicyDocument: aws.String(allowsAll)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: aws.String("Task"), PolicyArn: managed.Policy.Arn}); err != nil {
		t.Fatal(err)
	}
	before, err := c.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("Task")})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		l.PutRoles(t, localaws.Role{Name: "Task", Trust: []byte(taskTrust), Policies: documents("C", allowsAll)})
		if got := inlinePolicies(t, c, "Task"); got != "C" {
			t.Errorf("inline policies %s, want C", got)
		}
	}
	after, err := c.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("Task")})
	if err != nil || *after.Role.RoleId != *before.Role.RoleId || !after.Role.CreateDate.Equal(*before.Role.CreateDate) {
		t.Errorf("the role was made anew: %+v, %v, before %+v", after, err, before)
	}
	attached, err := c.ListAttachedRolePolicies(t.Context(), &iam.ListAttachedRolePoliciesInput{RoleName: aws.String("Task")})
	if err != nil || len(attached.AttachedPolicies) != 1 {
		t.Errorf("attached policies %+v, %v, want M", attached, err)
	}
	l.RoleCredentials(t, "Task", "task") // by the new trust policy
	l.Restart(t)
	if got := inlinePolicies(t, c, "Task"); got != "C" {
		t.Errorf("inline policies after a restart: %s, want C", got)
	}
}

// What others wrote into a boundary outlasts the next PutRoles: it may deny.
func TestPutRolesMakesABoundaryAndLeavesItsContent(t *testing.T) {
	l := localawstest.Start(t)
	c := iam.NewFromConfig(l.Config(localawstest.Root))
	role := localaws.Role{Name: "Task", Trust: []byte(taskTrust), Policies: documents("All", allowsAll), Boundary: []byte(allowsAll)}
	l.PutRoles(t, role)
	arn := aws.String("arn:aws:iam::" + l.Account + ":policy/TaskBoundary")
	task := iam.NewFromConfig(l.Config(l.RoleCredentials(t, "Task", "task")))
	if _, err := task.ListRoles(t.Context(), nil); err != nil {
		t.Errorf("under a boundary that allows all: %v", err)
	}
	if _, err := c.CreatePolicyVersion(t.Context(), &iam.CreatePolicyVersionInput{PolicyArn: arn, SetAsDefault: true, PolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"iam:ListRoles","Resource":"*"}]}`)}); err != nil {
		t.Fatal(err)
	}
	l.PutRoles(t, role)
	if _, err := task.ListRoles(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "with an explicit deny in a permissions boundary: "+*arn) {
		t.Errorf("after the roles were put again: %v, want the Deny of the boundary", err)
	}
}

func TestPutRolesHoldsDocumentsToTheRulesOfTheAPI(t *testing.T) {
	server, err := localaws.New(localaws.Config{Data: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	long := strings.Replace(allowsAll, `"Action":"*"`, `"Action":["`+strings.Repeat("a", 11000)+`:B"]`, 1)
	half := strings.Replace(allowsAll, `"Action":"*"`, `"Action":["`+strings.Repeat("a", 6000)+`:B"]`, 1)
	for name, test := range map[string]struct {
		role localaws.Role
		want string // empty: it is put
	}{
		"as it should be":         {localaws.Role{Name: "R", Trust: []byte(taskTrust), Policies: documents("P", allowsAll)}, ""},
		"no name":                 {localaws.Role{Trust: []byte(taskTrust)}, "role : ValidationError: "},
		"a name with a slash":     {localaws.Role{Name: "a/b", Trust: []byte(taskTrust)}, "role a/b: ValidationError: "},
		"no trust policy":         {localaws.Role{Name: "R"}, "role R: trust policy: ValidationError: "},
		"trust without principal": {localaws.Role{Name: "R", Trust: []byte(allowsAll)}, "role R: trust policy: "},
		"trust in nobody":         {localaws.Role{Name: "R", Trust: []byte(strings.Replace(taskTrust, `"Service":"ecs-tasks.amazonaws.com"`, `"AWS":"arn:aws:iam::000000000000:role/Gone"`, 1))}, `role R: trust policy: Invalid principal in policy: "AWS":"arn:aws:iam::000000000000:role/Gone": as IAM, localaws trusts nobody who does not exist`},
		"policy with a principal": {localaws.Role{Name: "R", Trust: []byte(taskTrust), Policies: documents("P", taskTrust)}, "role R: policy P: "},
		"policy without a name":   {localaws.Role{Name: "R", Trust: []byte(taskTrust), Policies: documents("", allowsAll)}, "role R: ValidationError: "},
		"a policy twice":          {localaws.Role{Name: "R", Trust: []byte(taskTrust), Policies: documents("P", allowsAll, "P", allowsAll)}, "role R: ValidationError: The policy P is given twice."},
		"a policy too long":       {localaws.Role{Name: "R", Trust: []byte(taskTrust), Policies: documents("P", long)}, "role R: policy P: LimitExceeded: "},
		"policies too long":       {localaws.Role{Name: "R", Trust: []byte(taskTrust), Policies: documents("P", half, "Q", half)}, "role R: LimitExceeded: "},
	} {
		err := server.PutRoles([]localaws.Role{test.role})
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.HasPrefix(err.Error(), test.want)) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
		_, malformed := errors.AsType[*policy.MalformedError](err)
		if want := name == "trust without principal" || name == "policy with a principal"; malformed != want {
			t.Errorf("%s: %v is a MalformedError: %t, want %t", name, err, malformed, want)
		}
	}
}

func TestPutRolesPutsAllOrNone(t *testing.T) {
	server, err := localaws.New(localaws.Config{Data: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	local := httptest.NewServer(server)
	t.Cleanup(local.Close)
	c := iam.New(iam.Options{
		Region: localaws.DefaultRegion, BaseEndpoint: &local.URL,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	names := func() (names []string) {
		out, err := c.ListRoles(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, role := range out.Roles {
			names = append(names, *role.RoleName)
		}
		return names
	}
	good, bad := localaws.Role{Name: "Good", Trust: []byte(taskTrust)}, localaws.Role{Name: "Bad", Trust: []byte("{}")}
	if err := server.PutRoles([]localaws.Role{good, bad}); err == nil || len(names()) != 0 {
		t.Errorf("got %v and the roles %v, want an error and none", err, names())
	}
	if err := server.PutRoles([]localaws.Role{good}); err != nil || len(names()) != 1 {
		t.Errorf("got %v and the roles %v, want Good", err, names())
	}
}
