package sts_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"example.com/shiptrack/infra/localaws/localawstest"
)

func TestTransitiveTagsStayThroughRoleChaining(t *testing.T) {
	k := start(t,
		role("First", trust("role/Caller", assumeAndTag, "")), role("Second", trust("role/First", assumeAndTag, "")),
		role("Third", trust("role/Second", assumeAndTag, "")))
	first := k.mustAssume(t, k.caller, "First", tags("TenantID", "yellow", "Step", "1"), transitive("TenantID"))
	second := k.mustAssume(t, first, "Second", tags("Step", "2"))
	third := k.mustAssume(t, second, "Third")
	for _, test := range []struct {
		session localawstest.Credentials
		want    map[string]string
	}{
		{first, map[string]string{"TenantID": "yellow", "Step": "1"}},
		{second, map[string]string{"TenantID": "yellow", "Step": "2"}},
		{third, map[string]string{"TenantID": "yellow"}},
	} {
		if got := k.principalTags(t, test.session); !maps.Equal(got, test.want) {
			t.Errorf("the session has the tags %v, want %v", got, test.want)
		}
	}
}

func TestTransitiveTagCannotBeOverridden(t *testing.T) {
	k := start(t,
		role("First", trust("role/Caller", assumeAndTag, "")), role("Second", trust("role/First", assumeAndTag, "")))
	first := k.mustAssume(t, k.caller, "First", tags("TenantID", "yellow"), transitive("TenantID"))
	for _, options := range [][]option{
		{tags("TenantID", "blue")}, {tags("TenantID", "yellow")}, {tags("tenantid", "blue")},
		{tags("TENANTID", "blue"), transitive("TENANTID")},
	} {
		_, err := k.assume(t, first, "Second", options...)
		localawstest.WantFailure(t, err, "InvalidParameterValue", 400)
	}
	k.mustAssume(t, first, "Second", tags("Other", "blue"))
	free := k.mustAssume(t, k.caller, "First", tags("TenantID", "yellow"))
	k.mustAssume(t, free, "Second", tags("TenantID", "blue"))
}

func TestInheritedTagsAloneNeedTagSession(t *testing.T) {
	k := start(t, role("First", trust("role/Caller", assumeAndTag, "")), role("Second", trust("role/First", assume, "")))
	carrying := k.mustAssume(t, k.caller, "First", tags("TenantID", "yellow"), transitive("TenantID"))
	_, err := k.assume(t, carrying, "Second")
	k.denied(t, err, "sts:TagSession")
	k.mustAssume(t, k.mustAssume(t, k.caller, "First", tags("TenantID", "yellow")), "Second")
}

func TestSessionTagsOverrideRoleTagsWithoutRegardToCase(t *testing.T) {
	k := start(t, role("Target", trust("role/Caller", assumeAndTag, "")))
	k.tag(t, "Target", "tenantid", "of-the-role", "Kept", "yes")
	tagged := k.mustAssume(t, k.caller, "Target", tags("TenantID", "yellow"))
	want := map[string]string{"TenantID": "yellow", "Kept": "yes"}
	if got := k.principalTags(t, tagged); !maps.Equal(got, want) {
		t.Errorf("the session has the tags %v, want %v", got, want)
	}
	want = map[string]string{"tenantid": "of-the-role", "Kept": "yes"}
	if got := k.principalTags(t, k.mustAssume(t, k.caller, "Target")); !maps.Equal(got, want) {
		t.Errorf("a session without tags has the tags %v, want %v", got, want)
	}
}

func (k *kit) tag(t *testing.T, role string, pairs ...string) {
	t.Helper()
	in := &awsiam.TagRoleInput{RoleName: &role}
	for i := 0; i < len(pairs); i += 2 {
		in.Tags = append(in.Tags, iamtypes.Tag{Key: &pairs[i], Value: &pairs[i+1]})
	}
	if _, err := awsiam.NewFromConfig(k.Config(localawstest.Root)).TagRole(t.Context(), in); err != nil {
		t.Fatalf("TagRole: %v", err)
	}
}

func TestTagsOfTheRoleAreItsResourceTags(t *testing.T) {
	for _, key := range []string{"aws:ResourceTag/Team", "iam:ResourceTag/Team"} {
		k := start(t, role("Target", trust("role/Caller", assume, `{"StringEquals":{"`+key+`":"blue"}}`)))
		_, err := k.assume(t, k.caller, "Target")
		k.denied(t, err, "sts:AssumeRole")
		k.tag(t, "Target", "Team", "blue")
		k.mustAssume(t, k.caller, "Target")
	}
}

func TestDurationOfASession(t *testing.T) {
	k := start(t, role("Target", trust("role/Caller", assume, "")), role("Long", trust("role/Caller", assume, "")))
	if _, err := awsiam.NewFromConfig(k.Config(localawstest.Root)).UpdateRole(t.Context(), &awsiam.UpdateRoleInput{
		RoleName: aws.String("Long"), MaxSessionDuration: aws.Int32(7200),
	}); err != nil {
		t.Fatal(err)
	}
	k.mustAssume(t, k.caller, "Target", lasting(900))
	k.mustAssume(t, k.caller, "Target", lasting(3600))
	for _, test := range []struct {
		role    string
		seconds int32
		want    string
	}{
		{"Target", 899, "greater than or equal to 900"},
		{"Target", 0, "greater than or equal to 900"},
		{"Target", -1, "greater than or equal to 900"},
		{"Target", 43201, "less than or equal to 43200"},
		{"Target", 3601, "exceeds the MaxSessionDuration set for this role"},
		{"Long", 3601, "exceeds the 1 hour session limit for roles assumed by role chaining"},
	} {
		_, err := k.assume(t, k.caller, test.role, lasting(test.seconds))
		localawstest.WantFailure(t, err, "ValidationError", 400)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s for %d s: got %v, want %q", test.role, test.seconds, err, test.want)
		}
	}
}

// TestEachLayerIsNamedInItsDenial: identity policy, session policy and permissions boundary, implicit and
// explicit, each beside a request that all three allow.
func TestEachLayerIsNamedInItsDenial(t *testing.T) {
	all := strings.Replace(allow("iam:GetRole", "*"), `"iam:GetRole"`, `["iam:GetRole","iam:ListRoleTags"]`, 1)
	deny := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:*","Resource":"*"},
		{"Effect":"Deny","Action":"iam:ListRoleTags","Resource":"*"}]}`
	get := allow("iam:GetRole", "*")
	for _, test := range []struct{ name, identity, session, boundary, want string }{
		{"identity", get, "", "", "because no identity-based policy allows the iam:ListRoleTags action"},
		{"identity, explicit", deny, "", "", "with an explicit deny in an identity-based policy"},
		{"session", all, get, "", "because no session policy allows the iam:ListRoleTags action"},
		{"session, explicit", all, deny, "", "with an explicit deny in a session policy"},
		{"boundary", all, "", get, "because no permissions boundary allows the iam:ListRoleTags action"},
		{"boundary, explicit", all, "", deny, "with an explicit deny in a permissions boundary: arn:aws:iam::000000000000:policy/Boundary"},
	} {
		t.Run(test.name, func(t *testing.T) {
			k := start(t, role("Target", trust("role/Caller", assume, ""), test.identity))
			if test.boundary != "" {
				k.bound(t, "Target", test.boundary)
			}
			var options []option
			if test.session != "" {
				options = append(options, sessionPolicy(test.session))
			}
			client := awsiam.NewFromConfig(k.Config(k.mustAssume(t, k.caller, "Target", options...)))
			if _, err := client.GetRole(t.Context(), &awsiam.GetRoleInput{RoleName: aws.String("Target")}); err != nil {
				t.Errorf("GetRole, which every layer allows: %v", err)
			}
			_, err := client.ListRoleTags(t.Context(), &awsiam.ListRoleTagsInput{RoleName: aws.String("Target")})
			localawstest.WantFailure(t, err, "AccessDenied", 403)
			want := "User: arn:aws:sts::000000000000:assumed-role/Target/session is not authorized to perform: " +
				"iam:ListRoleTags on resource: arn:aws:iam::000000000000:role/Target " + test.want
			if err == nil || !strings.HasSuffix(localawstest.WithoutAuthorizationID(err.Error()), want) {
				t.Errorf("got %v, want %q", err, want)
			}
		})
	}
}

func (k *kit) bound(t *testing.T, role, document string) {
	t.Helper()
	client := awsiam.NewFromConfig(k.Config(localawstest.Root))
	out, err := client.CreatePolicy(t.Context(), &awsiam.CreatePolicyInput{PolicyName: aws.String("Boundary"), PolicyDocument: &document})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.PutRolePermissionsBoundary(t.Context(), &awsiam.PutRolePermissionsBoundaryInput{
		RoleName: &role, PermissionsBoundary: out.Policy.Arn,
	}); err != nil {
		t.Fatal(err)
	}
}

func TestManagedSessionPolicyNarrowsAndItsRemovalEndsTheSession(t *testing.T) {
	k := start(t, role("Target", trust("role/Caller", assume, ""), allow("iam:*", "*")))
	root := awsiam.NewFromConfig(k.Config(localawstest.Root))
	created, err := root.CreatePolicy(t.Context(), &awsiam.CreatePolicyInput{
		PolicyName: aws.String("Narrow"), PolicyDocument: aws.String(allow("iam:GetRole", "*")),
	})
	if err != nil {
		t.Fatal(err)
	}
	narrow := func(in *sts.AssumeRoleInput) { in.PolicyArns = policyARNs(*created.Policy.Arn) }
	client := awsiam.NewFromConfig(k.Config(k.mustAssume(t, k.caller, "Target", narrow)))
	get := func() error {
		_, err := client.GetRole(t.Context(), &awsiam.GetRoleInput{RoleName: aws.String("Target")})
		return err
	}
	if err := get(); err != nil {
		t.Errorf("GetRole, which the session policy allows: %v", err)
	}
	_, err = client.ListRoles(t.Context(), nil)
	localawstest.WantFailure(t, err, "AccessDenied", 403)
	if _, err := root.DeletePolicy(t.Context(), &awsiam.DeletePolicyInput{PolicyArn: created.Policy.Arn}); err != nil {
		t.Fatal(err)
	}
	localawstest.WantFailure(t, get(), "InvalidClientTokenId", 403)
	missing := func(in *sts.AssumeRoleInput) { in.PolicyArns = policyARNs(account + "policy/Missing") }
	_, err = k.assume(t, k.caller, "Target", missing)
	localawstest.WantFailure(t, err, "ValidationError", 400)
}

// TestDenialDoesNotTellWhichPoliciesExist: whoever may not assume the role learns nothing of the policies that it names.
func TestDenialDoesNotTellWhichPoliciesExist(t *testing.T) {
	k := start(t, role("Target", trust("role/Caller", assume, "")), role("Untrusting", trust("role/Target", assume, "")))
	created, err := awsiam.NewFromConfig(k.Config(localawstest.Root)).CreatePolicy(t.Context(), &awsiam.CreatePolicyInput{
		PolicyName: aws.String("There"), PolicyDocument: aws.String(allow("iam:GetRole", "*")),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, arn := range []string{*created.Policy.Arn, account + "policy/Missing"} {
		_, err := k.assume(t, k.caller, "Untrusting", func(in *sts.AssumeRoleInput) { in.PolicyArns = policyARNs(arn) })
		localawstest.WantFailure(t, err, "AccessDenied", 403)
	}
	k.mustAssume(t, k.caller, "Target", func(in *sts.AssumeRoleInput) { in.PolicyArns = policyARNs(*created.Policy.Arn) })
}

// TestManagedSessionPolicyIsBoundToThePolicy: the session of a policy that was deleted does not take another of the
// same name and ARN, which may allow more.
func TestManagedSessionPolicyIsBoundToThePolicy(t *testing.T) {
	k := start(t, role("Target", trust("role/Caller", assume, ""), allow("iam:*", "*")))
	root := awsiam.NewFromConfig(k.Config(localawstest.Root))
	create := func(document string) *string {
		t.Helper()
		out, err := root.CreatePolicy(t.Context(), &awsiam.CreatePolicyInput{PolicyName: aws.String("Narrow"), PolicyDocument: &document})
		if err != nil {
			t.Fatal(err)
		}
		return out.Policy.Arn
	}
	arn := create(allow("iam:GetRole", "*"))
	narrow := func(in *sts.AssumeRoleInput) { in.PolicyArns = policyARNs(*arn) }
	old := awsiam.NewFromConfig(k.Config(k.mustAssume(t, k.caller, "Target", narrow)))
	_, err := old.ListRoles(t.Context(), nil)
	localawstest.WantFailure(t, err, "AccessDenied", 403)
	if _, err := root.DeletePolicy(t.Context(), &awsiam.DeletePolicyInput{PolicyArn: arn}); err != nil {
		t.Fatal(err)
	}
	if again := create(allow("iam:*", "*")); *again != *arn {
		t.Fatalf("made anew as %s, want %s", *again, *arn)
	}
	k.Restart(t) // what is bound is in the token, not in memory
	_, err = old.ListRoles(t.Context(), nil)
	localawstest.WantFailure(t, err, "InvalidClientTokenId", 403)
	_, err = old.GetRole(t.Context(), &awsiam.GetRoleInput{RoleName: aws.String("Target")})
	localawstest.WantFailure(t, err, "InvalidClientTokenId", 403)
	fresh := awsiam.NewFromConfig(k.Config(k.mustAssume(t, k.caller, "Target", narrow)))
	if _, err := fresh.ListRoles(t.Context(), nil); err != nil {
		t.Errorf("a session that was given the new policy: %v", err)
	}
}
