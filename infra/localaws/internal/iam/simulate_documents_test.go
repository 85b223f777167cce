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
