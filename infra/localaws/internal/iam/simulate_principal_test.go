package iam_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/localawstest"
)

func TestSimulatePrincipalPolicyTakesTheRolesOwnPoliciesAndBoundary(t *testing.T) {
	_, c := start(t)
	createRole(t, c, "Reader")
	arn, ctx := account+"role/Reader", t.Context()
	decide := func(more ...string) (types.EvaluationResult, string) {
		t.Helper()
		out, err := c.SimulatePrincipalPolicy(ctx, &iam.SimulatePrincipalPolicyInput{PolicySourceArn: &arn, PolicyInputList: more, ActionNames: []string{"dynamodb:GetItem"}})
		if err != nil {
			t.Fatal(err)
		}
		var matched []string
		for _, s := range out.EvaluationResults[0].MatchedStatements {
			matched = append(matched, *s.SourcePolicyId)
		}
		return out.EvaluationResults[0], string(out.EvaluationResults[0].EvalDecision) + " " + strings.Join(matched, " ")
	}
	expect := func(want string, more ...string) {
		t.Helper()
		if _, got := decide(more...); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	must := func(do func() error) {
		t.Helper()
		if err := do(); err != nil {
			t.Fatal(err)
		}
	}
	expect("implicitDeny ")
	expect("allowed PolicyInputList.1", readItems)
	must(put(ctx, c, "Reader", "Own", readItems))
	expect("allowed role_Reader_Own")
	must(attach(ctx, c, "Reader", createPolicy(t, c, "Managed")))
	expect("allowed role_Reader_Own Managed")
	expect("explicitDeny PolicyInputList.1", strings.Replace(readItems, "Allow", "Deny", 1))
	boundary, err := c.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("Bound"), PolicyDocument: aws.String(strings.Replace(readItems, "GetItem", "Query", 1))})
	if err != nil {
		t.Fatal(err)
	}
	must(bound(ctx, c, "Reader", *boundary.Policy.Arn))
	r, got := decide()
	if got != "implicitDeny " || r.PermissionsBoundaryDecisionDetail == nil || r.PermissionsBoundaryDecisionDetail.AllowedByPermissionsBoundary {
		t.Errorf("under a boundary: %s, %+v", got, r.PermissionsBoundaryDecisionDetail)
	}
}

func TestSimulatePrincipalPolicyKnowsTheRolesTags(t *testing.T) {
	_, c := start(t)
	createRole(t, c, "Tagged")
	if _, err := c.TagRole(t.Context(), &iam.TagRoleInput{RoleName: aws.String("Tagged"), Tags: []types.Tag{{Key: aws.String("TenantID"), Value: aws.String("yellow")}}}); err != nil {
		t.Fatal(err)
	}
	in := &iam.SimulatePrincipalPolicyInput{
		PolicySourceArn: aws.String(account + "role/Tagged"), ActionNames: []string{"dynamodb:GetItem"},
		PolicyInputList: []string{statement(getItem + `,"Condition":{"StringEquals":{"aws:PrincipalTag/TenantID":"yellow"}}`)},
	}
	for _, want := range []types.PolicyEvaluationDecisionType{"allowed", "implicitDeny"} {
		out, err := c.SimulatePrincipalPolicy(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		if r := out.EvaluationResults[0]; r.EvalDecision != want || len(r.MissingContextValues) != 0 {
			t.Errorf("%s, missing %v; want %s", r.EvalDecision, r.MissingContextValues, want)
		}
		in.ContextEntries = []types.ContextEntry{entry("aws:PrincipalTag/TenantID string blue")} // stands above the role's
	}
}

func TestContextKeysOfPolicies(t *testing.T) {
	_, c := start(t)
	createRole(t, c, "Reader")
	document := statement(`"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:username}/*","Condition":{"StringLike":{"s3:prefix":"${AWS:UserName}","aws:PrincipalTag/x":"${aws:userid}"}}`)
	out, err := c.GetContextKeysForCustomPolicy(t.Context(), &iam.GetContextKeysForCustomPolicyInput{PolicyInputList: []string{document, document}})
	const want = "aws:username s3:prefix aws:PrincipalTag/x aws:userid"
	if err != nil || strings.Join(out.ContextKeyNames, " ") != want {
		t.Errorf("got %v, %v; want %s", out, err, want)
	}
	if err := put(t.Context(), c, "Reader", "Own", document)(); err != nil {
		t.Fatal(err)
	}
	own, err := c.GetContextKeysForPrincipalPolicy(t.Context(), &iam.GetContextKeysForPrincipalPolicyInput{PolicySourceArn: aws.String(account + "role/Reader")})
	if err != nil || strings.Join(own.ContextKeyNames, " ") != want {
		t.Errorf("of the role: %v, %v; want %s", own, err, want)
	}
}

func TestPrincipalThatIsNotThereIsTold(t *testing.T) {
	l, c := start(t)
	nobody := aws.String(account + "role/Nobody")
	_, err := c.SimulatePrincipalPolicy(t.Context(), &iam.SimulatePrincipalPolicyInput{PolicySourceArn: nobody, ActionNames: []string{"s3:GetObject"}})
	if _, missing := errors.AsType[*types.NoSuchEntityException](err); !missing {
		t.Errorf("SimulatePrincipalPolicy: %v, want NoSuchEntity", err)
	}
	_, err = c.GetContextKeysForPrincipalPolicy(t.Context(), &iam.GetContextKeysForPrincipalPolicyInput{PolicySourceArn: nobody})
	if _, missing := errors.AsType[*types.NoSuchEntityException](err); !missing {
		t.Errorf("GetContextKeysForPrincipalPolicy: %v, want NoSuchEntity", err)
	}
	// Whoever may not simulate does not learn which roles there are.
	l.PutRoles(t, localaws.Role{Name: "Plain", Trust: []byte(taskTrust)})
	plain := iam.NewFromConfig(l.Config(l.RoleCredentials(t, "Plain", "task")))
	for _, name := range []string{"Nobody", "Plain"} {
		_, err := plain.SimulatePrincipalPolicy(t.Context(), &iam.SimulatePrincipalPolicyInput{PolicySourceArn: aws.String(account + "role/" + name), ActionNames: []string{"s3:GetObject"}})
		localawstest.WantFailure(t, err, "AccessDenied", 403)
	}
}
