package iam_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/smithy-go"
)

// statement is a document of one statement.
func statement(members string) string {
	return `{"Version":"2012-10-17","Statement":{` + members + `}}`
}

// entry is a ContextEntry, written "key type value value".
func entry(text string) types.ContextEntry {
	words := strings.Fields(text)
	return types.ContextEntry{ContextKeyName: &words[0], ContextKeyType: types.ContextKeyTypeEnum(words[1]), ContextKeyValues: words[2:]}
}

const (
	table   = "arn:aws:dynamodb:us-east-1:000000000000:table/TrackingData"
	object  = "arn:aws:s3:::bucket/key"
	ana     = account + "user/staff/ana"
	getItem = `"Effect":"Allow","Action":"dynamodb:GetItem","Resource":"*"`
	getKey  = `"Effect":"Allow","Principal":%s,"Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket/*"`
)

func TestSimulateCustomPolicy(t *testing.T) {
	_, c := start(t)
	allow, deny := statement(getItem), statement(`"Effect":"Deny","Action":"dynamodb:*","Resource":"*"`)
	leading := statement(getItem + `,"Condition":{"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":"${aws:PrincipalTag/TenantID}"},"Null":{"dynamodb:LeadingKeys":"false"}}`)
	until := statement(getItem + `,"Condition":{"DateLessThan":{"aws:CurrentTime":"2026-01-01T00:00:00Z"},"Bool":{"aws:MultiFactorAuthPresent":"true"}}`)
	named := func(principal string) *string { return aws.String(statement(fmt.Sprintf(getKey, principal))) }
	for name, tc := range map[string]struct {
		in      iam.SimulateCustomPolicyInput
		want    types.PolicyEvaluationDecisionType
		matched string // SourcePolicyIds
		missing string
	}{
		"allowed":                 {iam.SimulateCustomPolicyInput{PolicyInputList: []string{allow}}, "allowed", "PolicyInputList.1", ""},
		"by two policies":         {iam.SimulateCustomPolicyInput{PolicyInputList: []string{allow, allow}}, "allowed", "PolicyInputList.1 PolicyInputList.2", ""},
		"a deny is the only one":  {iam.SimulateCustomPolicyInput{PolicyInputList: []string{allow, deny}}, "explicitDeny", "PolicyInputList.2", ""},
		"another action":          {iam.SimulateCustomPolicyInput{PolicyInputList: []string{allow}, ActionNames: []string{"dynamodb:Scan"}, ResourceArns: []string{table}}, "implicitDeny", "", ""},
		"boundary that allows":    {iam.SimulateCustomPolicyInput{PolicyInputList: []string{allow}, PermissionsBoundaryPolicyInputList: []string{allow}}, "allowed", "PolicyInputList.1", ""},
		"boundary without allow":  {iam.SimulateCustomPolicyInput{PolicyInputList: []string{allow}, PermissionsBoundaryPolicyInputList: []string{until}}, "implicitDeny", "", "aws:CurrentTime aws:MultiFactorAuthPresent"},
		"boundary that denies":    {iam.SimulateCustomPolicyInput{PolicyInputList: []string{allow}, PermissionsBoundaryPolicyInputList: []string{deny}}, "explicitDeny", "PermissionsBoundaryPolicyInputList.1", ""},
		"own key":                 {iam.SimulateCustomPolicyInput{PolicyInputList: []string{leading}, ContextEntries: []types.ContextEntry{entry("dynamodb:LeadingKeys stringList yellow"), entry("aws:PrincipalTag/TenantID string yellow")}}, "allowed", "PolicyInputList.1", ""},
		"another's key too":       {iam.SimulateCustomPolicyInput{PolicyInputList: []string{leading}, ContextEntries: []types.ContextEntry{entry("dynamodb:LeadingKeys stringList yellow blue"), entry("aws:PrincipalTag/TenantID string yellow")}}, "implicitDeny", "", ""},
		"a key in another case":   {iam.SimulateCustomPolicyInput{PolicyInputList: []string{leading}, ContextEntries: []types.ContextEntry{entry("DynamoDB:leadingkeys stringList yellow"), entry("aws:principaltag/tenantid string yellow")}}, "allowed", "PolicyInputList.1", ""},
		"without a tag":           {iam.SimulateCustomPolicyInput{PolicyInputList: []string{leading}, ContextEntries: []types.ContextEntry{entry("dynamodb:LeadingKeys stringList yellow")}}, "implicitDeny", "", "aws:PrincipalTag/TenantID"},
		"dates and booleans":      {iam.SimulateCustomPolicyInput{PolicyInputList: []string{until}, ContextEntries: []types.ContextEntry{entry("aws:CurrentTime date 2025-12-31T23:59:59Z"), entry("aws:MultiFactorAuthPresent boolean true")}}, "allowed", "PolicyInputList.1", ""},
		"a date that is too late": {iam.SimulateCustomPolicyInput{PolicyInputList: []string{until}, ContextEntries: []types.ContextEntry{entry("aws:CurrentTime date 2026-01-01T00:00:00Z"), entry("aws:MultiFactorAuthPresent boolean true")}}, "implicitDeny", "", ""},
		"resource policy names the user": {iam.SimulateCustomPolicyInput{PolicyInputList: []string{allow}, ActionNames: []string{"s3:GetObject"}, ResourceArns: []string{object}, CallerArn: aws.String(ana), ResourcePolicy: named(`{"AWS":"` + ana + `"}`)},
			"allowed", "ResourcePolicy", ""},
		"resource policy names another": {iam.SimulateCustomPolicyInput{PolicyInputList: []string{allow}, ActionNames: []string{"s3:GetObject"}, ResourceArns: []string{object}, CallerArn: aws.String(ana + "2"), ResourcePolicy: named(`{"AWS":"` + ana + `"}`)},
			"implicitDeny", "", ""},
		"across accounts, without own allow": {iam.SimulateCustomPolicyInput{PolicyInputList: []string{allow}, ActionNames: []string{"s3:GetObject"}, ResourceArns: []string{object}, CallerArn: aws.String(ana), ResourceOwner: aws.String("arn:aws:iam::111111111111:root"), ResourcePolicy: named(`"*"`)},
			"implicitDeny", "", ""},
		"across accounts, with own allow": {iam.SimulateCustomPolicyInput{PolicyInputList: []string{strings.ReplaceAll(allow, "dynamodb:GetItem", "s3:*")}, ActionNames: []string{"s3:GetObject"}, ResourceArns: []string{object}, CallerArn: aws.String(ana), ResourceOwner: aws.String("111111111111"), ResourcePolicy: named(`{"AWS":"arn:aws:iam::000000000000:root"}`)},
			"allowed", "PolicyInputList.1 ResourcePolicy", ""},
		"binary values are given in base64": {iam.SimulateCustomPolicyInput{PolicyInputList: []string{statement(getItem + `,"Condition":{"BinaryEquals":{"svc:key":"QQ=="}}`)}, ContextEntries: []types.ContextEntry{entry("svc:key binary QQ==")}}, "allowed", "PolicyInputList.1", ""},
		"another binary value":              {iam.SimulateCustomPolicyInput{PolicyInputList: []string{statement(getItem + `,"Condition":{"BinaryEquals":{"svc:key":"QQ=="}}`)}, ContextEntries: []types.ContextEntry{entry("svc:key binary Qg==")}}, "implicitDeny", "", ""},
		"the caller's name":                 {iam.SimulateCustomPolicyInput{PolicyInputList: []string{statement(getItem + `,"Condition":{"StringEquals":{"aws:username":"ana"}}`)}, CallerArn: aws.String(ana)}, "allowed", "PolicyInputList.1", ""},
	} {
		if tc.in.ActionNames == nil {
			tc.in.ActionNames, tc.in.ResourceArns = []string{"dynamodb:GetItem"}, []string{table}
		}
		out, err := c.SimulateCustomPolicy(t.Context(), &tc.in)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		r := out.EvaluationResults[0]
		missing := r.ResourceSpecificResults[0].MissingContextValues
		var matched []string
		for _, s := range r.MatchedStatements {
			matched = append(matched, *s.SourcePolicyId)
		}
		if r.EvalDecision != tc.want || strings.Join(matched, " ") != tc.matched || strings.Join(missing, " ") != tc.missing || len(r.MissingContextValues) > 0 {
			t.Errorf("%s: %s by %v, missing %v; want %s by %s, missing %s", name, r.EvalDecision, matched, missing, tc.want, tc.matched, tc.missing)
		}
		if len(r.ResourceSpecificResults) != 1 || r.ResourceSpecificResults[0].EvalResourceDecision != tc.want {
			t.Errorf("%s: %+v, want one result of the resource", name, r.ResourceSpecificResults)
		}
		if bounded := tc.in.PermissionsBoundaryPolicyInputList != nil; (r.PermissionsBoundaryDecisionDetail != nil) != bounded ||
			bounded && r.PermissionsBoundaryDecisionDetail.AllowedByPermissionsBoundary != (name == "boundary that allows") {
			t.Errorf("%s: %+v", name, r.PermissionsBoundaryDecisionDetail)
		}
		if (len(r.EvalDecisionDetails) == 2) != (tc.in.ResourceOwner != nil) {
			t.Errorf("%s: details %v", name, r.EvalDecisionDetails)
		}
	}
}

// TestPositionsOfMatchedStatements: the first is the answer in the AWS CLI's reference, "simulate-custom-policy".
func TestPositionsOfMatchedStatements(t *testing.T) {
	_, c := start(t)
	for document, want := range map[string][]int{
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":{"DateGreaterThan":{"aws:CurrentTime":"2015-08-16T12:00:00Z"}}}}`: {1, 38, 1, 167},
		"{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {\n      \"Effect\": \"Allow\",\n      \"Action\": \"*\",\n      \"Resource\": \"*\"\n    }\n  ]\n}":          {3, 17, 8, 6},
		`{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}, {"Effect": "Allow", "Action": "*", "Resource": "*"}]}`:                    {1, 94, 1, 147},
	} {
		out, err := c.SimulateCustomPolicy(t.Context(), &iam.SimulateCustomPolicyInput{
			PolicyInputList: []string{document}, ActionNames: []string{"dynamodb:CreateBackup"}, ContextEntries: []types.ContextEntry{entry("aws:CurrentTime date 2016-04-25T11:00:00Z")},
		})
		if err != nil {
			t.Fatal(err)
		}
		m := out.EvaluationResults[0].MatchedStatements
		if len(m) != 1 || *m[0].SourcePolicyId != "PolicyInputList.1" || m[0].SourcePolicyType != "IAM Policy" {
			t.Fatalf("%s: %+v", document, m)
		}
		got := []int{int(m[0].StartPosition.Line), int(m[0].StartPosition.Column), int(m[0].EndPosition.Line), int(m[0].EndPosition.Column)}
		if !slices.Equal(got, want) {
			t.Errorf("%s: at %v, want %v", document, got, want)
		}
	}
}

// TestSimulationIsPaged by actions: each has its resources within it.
func TestSimulationIsPaged(t *testing.T) {
	_, c := start(t)
	in := &iam.SimulateCustomPolicyInput{
		PolicyInputList: []string{statement(`"Effect":"Allow","Action":"*","Resource":"` + table + `"`), statement(`"Effect":"Deny","Action":"dynamodb:Scan","Resource":"` + table + `"`)},
		ActionNames:     []string{"dynamodb:GetItem", "dynamodb:Scan", "s3:GetObject"}, ResourceArns: []string{table, object}, MaxItems: aws.Int32(2),
	}
	var got []string
	pages := 0
	for p := iam.NewSimulateCustomPolicyPaginator(c, in); p.HasMorePages(); pages++ {
		out, err := p.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range out.EvaluationResults {
			got = append(got, fmt.Sprintf("%s: %s %s", *r.EvalActionName, (*r.EvalResourceName)[8:10], r.EvalDecision))
			for _, s := range r.ResourceSpecificResults {
				got = append(got, fmt.Sprintf("%s %s", (*s.EvalResourceName)[8:10], s.EvalResourceDecision))
			}
		}
	}
	want := "dynamodb:GetItem: s3 implicitDeny, dy allowed, s3 implicitDeny, dynamodb:Scan: dy explicitDeny, dy explicitDeny, s3 implicitDeny, s3:GetObject: s3 implicitDeny, dy allowed, s3 implicitDeny"
	if strings.Join(got, ", ") != want || pages != 2 {
		t.Errorf("%d pages: %s", pages, strings.Join(got, ", "))
	}
}

func TestSimulationsThatAreRefused(t *testing.T) {
	_, c := start(t)
	good := iam.SimulateCustomPolicyInput{PolicyInputList: []string{statement(getItem)}, ActionNames: []string{"dynamodb:GetItem"}}
	for name, tc := range map[string]struct {
		code   string
		change func(*iam.SimulateCustomPolicyInput)
	}{
		"a policy that is none":     {"InvalidInput", func(in *iam.SimulateCustomPolicyInput) { in.PolicyInputList = []string{`{"Statement":{}}`} }},
		"no policy":                 {"ValidationError", func(in *iam.SimulateCustomPolicyInput) { in.PolicyInputList = []string{} }},
		"no action":                 {"ValidationError", func(in *iam.SimulateCustomPolicyInput) { in.ActionNames = []string{} }},
		"an action with a wildcard": {"InvalidInput", func(in *iam.SimulateCustomPolicyInput) { in.ActionNames = []string{"dynamodb:Get*"} }},
		"a resource that is no ARN": {"InvalidInput", func(in *iam.SimulateCustomPolicyInput) { in.ResourceArns = []string{"bucket/key"} }},
		"two boundaries": {"InvalidInput", func(in *iam.SimulateCustomPolicyInput) {
			in.PermissionsBoundaryPolicyInputList = []string{statement(getItem), statement(getItem)}
		}},
		"an unknown type": {"ValidationError", func(in *iam.SimulateCustomPolicyInput) {
			in.ContextEntries = []types.ContextEntry{entry("aws:username text ana")}
		}},
		"two values of one": {"InvalidInput", func(in *iam.SimulateCustomPolicyInput) {
			in.ContextEntries = []types.ContextEntry{entry("aws:username string ana bea")}
		}},
		"a number that is none": {"InvalidInput", func(in *iam.SimulateCustomPolicyInput) {
			in.ContextEntries = []types.ContextEntry{entry("s3:max-keys numeric ten")}
		}},
		"a date that is none": {"InvalidInput", func(in *iam.SimulateCustomPolicyInput) {
			in.ContextEntries = []types.ContextEntry{entry("aws:CurrentTime date soon")}
		}},
		"an address that is none": {"InvalidInput", func(in *iam.SimulateCustomPolicyInput) {
			in.ContextEntries = []types.ContextEntry{entry("aws:SourceIp ipList 10.0.0.1 here")}
		}},
		"a key that is none": {"InvalidInput", func(in *iam.SimulateCustomPolicyInput) {
			in.ContextEntries = []types.ContextEntry{entry("username string ana")}
		}},
		"a caller that is a role": {"InvalidInput", func(in *iam.SimulateCustomPolicyInput) { in.CallerArn = aws.String(account + "role/R") }},
		"an owner that is none":   {"InvalidInput", func(in *iam.SimulateCustomPolicyInput) { in.ResourceOwner = aws.String("somebody") }},
		"a resource policy, no caller": {"InvalidInput", func(in *iam.SimulateCustomPolicyInput) {
			in.ResourcePolicy = aws.String(statement(fmt.Sprintf(getKey, `"*"`)))
		}},
		"a resource policy that is none": {"InvalidInput", func(in *iam.SimulateCustomPolicyInput) {
			in.ResourcePolicy, in.CallerArn = aws.String(statement(getItem)), aws.String(ana)
		}},
		"a page of none": {"ValidationError", func(in *iam.SimulateCustomPolicyInput) { in.MaxItems = aws.Int32(0) }},
	} {
		in := good
		tc.change(&in)
		_, err := c.SimulateCustomPolicy(t.Context(), &in)
		var refusal smithy.APIError
		if !errors.As(err, &refusal) || refusal.ErrorCode() != tc.code {
			t.Errorf("%s: %v, want %s", name, err, tc.code)
		}
	}
	if _, err := c.SimulateCustomPolicy(t.Context(), &good); err != nil {
		t.Errorf("control: %v", err)
	}
}

func TestSimulationOfTooManyEvaluationsIsRefused(t *testing.T) {
	_, c := start(t)
	many := func(n int, text string) (list []string) {
		for i := range n {
			list = append(list, fmt.Sprintf(text, i))
		}
		return list
	}
	simulate := func(actions, resources int) error {
		_, err := c.SimulateCustomPolicy(t.Context(), &iam.SimulateCustomPolicyInput{
			PolicyInputList: []string{statement(getItem)}, ActionNames: many(actions, "dynamodb:Get%d"), ResourceArns: many(resources, table+"%d"),
		})
		return err
	}
	if err := simulate(20, 50); err != nil {
		t.Errorf("control: %v", err)
	}
	err := simulate(300, 200)
	if refusal, ok := errors.AsType[smithy.APIError](err); !ok || refusal.ErrorCode() != "InvalidInput" {
		t.Errorf("60,000 evaluations of a statement and a decision: %v, want InvalidInput", err)
	}
}
