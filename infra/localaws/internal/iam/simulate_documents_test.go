package iam_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"example.com/shiptrack/infra/localaws/localawstest"
)

// TestSimulatedPoliciesHaveTheLengthOfTheParameter: IAM API reference, SimulateCustomPolicy, "Maximum length of 131072".
func TestSimulatedPoliciesHaveTheLengthOfTheParameter(t *testing.T) {
	_, c := start(t)
	document := func(members string, characters int) string {
		text := func(value string) string {
			return statement(members + `,"Condition":{"StringNotEquals":{"a:long":"` + value + `"}}`)
		}
		return text(strings.Repeat("é", characters-len(text("")))) // six bytes each on the way
	}
	const largest = 131072
	for size, fits := range map[int]bool{largest: true, largest + 1: false} {
		for name, in := range map[string]iam.SimulateCustomPolicyInput{
			"identity policy": {PolicyInputList: []string{document(getItem, size)}},
			"boundary":        {PolicyInputList: []string{statement(getItem)}, PermissionsBoundaryPolicyInputList: []string{document(getItem, size)}},
			"resource policy": {PolicyInputList: []string{statement(getItem)}, CallerArn: aws.String(ana), ResourcePolicy: aws.String(document(getItem+`,"Principal":"*"`, size))},
		} {
			in.ActionNames = []string{"dynamodb:GetItem"}
			out, err := c.SimulateCustomPolicy(t.Context(), &in)
			switch {
			case !fits:
				localawstest.WantFailure(t, err, "InvalidInput", 400)
			case err != nil:
				t.Errorf("%s of %d characters: %.300v", name, size, err)
			case out.EvaluationResults[0].EvalDecision != "allowed":
				t.Errorf("%s of %d characters: %s", name, size, out.EvaluationResults[0].EvalDecision)
			}
		}
	}
}

func TestBooleansOfASimulationAreReadInAnyCase(t *testing.T) {
	_, c := start(t)
	secure := statement(getItem + `,"Condition":{"Bool":{"aws:SecureTransport":"True"}}`)
	for value, want := range map[string]types.PolicyEvaluationDecisionType{"true": "allowed", "True": "allowed", "TRUE": "allowed", "False": "implicitDeny"} {
		out, err := c.SimulateCustomPolicy(t.Context(), &iam.SimulateCustomPolicyInput{
			PolicyInputList: []string{secure}, ActionNames: []string{"dynamodb:GetItem"}, ContextEntries: []types.ContextEntry{entry("aws:SecureTransport boolean " + value)},
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := out.EvaluationResults[0].EvalDecision; got != want {
			t.Errorf("%s: %s, want %s", value, got, want)
		}
	}
	_, err := c.SimulateCustomPolicy(t.Context(), &iam.SimulateCustomPolicyInput{
		PolicyInputList: []string{secure}, ActionNames: []string{"dynamodb:GetItem"}, ContextEntries: []types.ContextEntry{entry("aws:SecureTransport boolean yes")},
	})
	localawstest.WantFailure(t, err, "InvalidInput", 400)
}

func TestSimulatedResourceOfAnotherAccountNeedsItsPolicy(t *testing.T) {
	l, c := start(t)
	const theirs = "arn:aws:dynamodb:us-east-1:111122223333:table/T"
	createRole(t, c, "Reader")
	if err := put(t.Context(), c, "Reader", "Read", readItems)(); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		in   iam.SimulateCustomPolicyInput
		want types.PolicyEvaluationDecisionType
	}{
		"own table":                   {iam.SimulateCustomPolicyInput{CallerArn: aws.String(ana), ResourceArns: []string{table}}, "allowed"},
		"another's table":             {iam.SimulateCustomPolicyInput{CallerArn: aws.String(ana), ResourceArns: []string{theirs}}, "implicitDeny"},
		"another's, by ResourceOwner": {iam.SimulateCustomPolicyInput{CallerArn: aws.String(ana), ResourceArns: []string{object}, ResourceOwner: aws.String("111122223333")}, "implicitDeny"},
		"the ARN names the owner":     {iam.SimulateCustomPolicyInput{CallerArn: aws.String(ana), ResourceArns: []string{table}, ResourceOwner: aws.String("111122223333")}, "allowed"},
		"nobody says who calls":       {iam.SimulateCustomPolicyInput{ResourceArns: []string{theirs}}, "allowed"},
	} {
		test.in.PolicyInputList, test.in.ActionNames = []string{statement(getItem)}, []string{"dynamodb:GetItem"}
		out, err := c.SimulateCustomPolicy(t.Context(), &test.in)
		if err != nil {
			t.Fatal(err)
		}
		r := out.EvaluationResults[0]
		if r.EvalDecision != test.want || (len(r.EvalDecisionDetails) == 2) != (test.want == "implicitDeny") {
			t.Errorf("%s: %s, details %v; want %s", name, r.EvalDecision, r.EvalDecisionDetails, test.want)
		}
	}
	for resource, want := range map[string]types.PolicyEvaluationDecisionType{table: "allowed", theirs: "implicitDeny"} {
		out, err := c.SimulatePrincipalPolicy(t.Context(), &iam.SimulatePrincipalPolicyInput{
			PolicySourceArn: aws.String(l.RoleARN("Reader")), ActionNames: []string{"dynamodb:GetItem"}, ResourceArns: []string{resource},
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := out.EvaluationResults[0].EvalDecision; got != want {
			t.Errorf("%s: %s, want %s", resource, got, want)
		}
	}
}

func TestSimulatedNotPrincipalDeniesWhoHasABoundary(t *testing.T) {
	_, c := start(t)
	others := statement(`"Effect":"Deny","NotPrincipal":{"AWS":["` + ana + `","000000000000"]},"Action":"dynamodb:*","Resource":"*"`)
	for name, test := range map[string]struct {
		boundary []string
		want     types.PolicyEvaluationDecisionType
		matched  string
	}{
		"no boundary": {nil, "allowed", "PolicyInputList.1"},
		"a boundary":  {[]string{statement(getItem)}, "explicitDeny", "ResourcePolicy"},
	} {
		out, err := c.SimulateCustomPolicy(t.Context(), &iam.SimulateCustomPolicyInput{
			PolicyInputList: []string{statement(getItem)}, PermissionsBoundaryPolicyInputList: test.boundary, CallerArn: aws.String(ana), ResourcePolicy: &others,
			ActionNames: []string{"dynamodb:GetItem"},
		})
		if err != nil {
			t.Fatal(err)
		}
		r := out.EvaluationResults[0]
		if r.EvalDecision != test.want || len(r.MatchedStatements) != 1 || *r.MatchedStatements[0].SourcePolicyId != test.matched {
			t.Errorf("%s: %s by %+v; want %s by %s", name, r.EvalDecision, r.MatchedStatements, test.want, test.matched)
		}
	}
}

// TestMissingContextValuesOfEveryResourceStandAtTheTop: IAM API reference, EvaluationResult.
func TestMissingContextValuesOfEveryResourceStandAtTheTop(t *testing.T) {
	_, c := start(t)
	for name, test := range map[string]struct {
		resources     []string
		top, specific int
	}{
		"none": {nil, 1, 0}, "*": {[]string{"*"}, 1, 0}, "a table": {[]string{table}, 0, 1}, "both": {[]string{table, "*"}, 1, 1},
	} {
		out, err := c.SimulateCustomPolicy(t.Context(), &iam.SimulateCustomPolicyInput{
			PolicyInputList: []string{statement(getItem + `,"Condition":{"StringEquals":{"aws:PrincipalTag/TenantID":"x"}}`)},
			ActionNames:     []string{"dynamodb:GetItem"}, ResourceArns: test.resources,
		})
		if err != nil {
			t.Fatal(err)
		}
		r := out.EvaluationResults[0]
		specific := 0
		for _, s := range r.ResourceSpecificResults {
			specific += len(s.MissingContextValues)
		}
		if len(r.MissingContextValues) != test.top || specific != test.specific {
			t.Errorf("%s: %d at the top, %d by resource; want %d, %d", name, len(r.MissingContextValues), specific, test.top, test.specific)
		}
	}
}
