package iam_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"example.com/shiptrack/infra/localaws/localawstest"
)

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

// TestParameterThatIsNotKnown: AWS adds some, and SDKs send empty lists. Where what is read could be wider than what was asked for, one with a
// value is refused; elsewhere it changes nothing.
func TestParameterThatIsNotKnown(t *testing.T) {
	l, c := start(t)
	createRole(t, c, "Task")
	const put = "PutRolePolicy&RoleName=Task&PolicyName=P&PolicyDocument="
	document := url.QueryEscape(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`)
	simulate := "SimulateCustomPolicy&ActionNames.member.1=s3:GetObject&PolicyInputList.member.1=" + document
	for _, test := range []struct {
		action string
		want   int
		has    string
	}{
		{"GetRole&RoleName=Task", 200, "<RoleName>Task</RoleName>"},
		{"GetRole&RoleName=Task&RoleNames=You", 200, "<RoleName>Task</RoleName>"},
		{"GetRole&RoleName=Task&rolename=You", 200, "<RoleName>Task</RoleName>"},
		{"ListRoles&SortBy=Name", 200, "<RoleName>Task</RoleName>"},
		{put + document, 200, ""},
		{put + document + "&Conditions=", 200, ""},
		{put + document + "&Conditions=Office", 400, "ValidationError"},
		{put + document + "&Conditions.member.1=Office", 400, "ValidationError"},
		{"TagRole&RoleName=Task&Tags=", 200, ""},
		{simulate, 200, "<EvalDecision>allowed"},
		{simulate + "&ContextEntries=&ResourceArns=&PermissionsBoundaryPolicyInputList=", 200, "<EvalDecision>allowed"},
		{simulate + "&ContextEntries.member.1.ContextKeyName=a:bcd&ContextEntries.member.1.ContextKeyType=stringList&ContextEntries.member.1.ContextKeyValues=", 200, "<EvalDecision>allowed"},
		{simulate + "&Narrower=true", 400, "ValidationError"},
	} {
		form := "Version=2010-05-08&Action=" + test.action
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, l.URL+"/", strings.NewReader(form))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if status, body := l.Do(t, r, []byte(form), localawstest.Root, "iam"); status != test.want || !strings.Contains(string(body), test.has) {
			t.Errorf("%s: got %d %s, want %d and %s", test.action, status, body, test.want, test.has)
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
		"name with a slash":   {func(in *iam.CreateRoleInput) { in.RoleName = aws.String("a/b") }, "ValidationError"},
		"name with a star":    {func(in *iam.CreateRoleInput) { in.RoleName = aws.String("a*") }, "ValidationError"},
		"name of 65":          {func(in *iam.CreateRoleInput) { in.RoleName = aws.String(strings.Repeat("a", 65)) }, "ValidationError"},
		"path without end":    {func(in *iam.CreateRoleInput) { in.Path = aws.String("/a") }, "ValidationError"},
		"path doubled":        {func(in *iam.CreateRoleInput) { in.Path = aws.String("/a//b/") }, "ValidationError"},
		"session of 3599":     {func(in *iam.CreateRoleInput) { in.MaxSessionDuration = aws.Int32(3599) }, "ValidationError"},
		"session of 43201":    {func(in *iam.CreateRoleInput) { in.MaxSessionDuration = aws.Int32(43201) }, "ValidationError"},
		"malformed trust":     {func(in *iam.CreateRoleInput) { in.AssumeRolePolicyDocument = aws.String("{}") }, "MalformedPolicyDocument"},
		"no trust":            {func(in *iam.CreateRoleInput) { in.AssumeRolePolicyDocument = aws.String("") }, "ValidationError"},
		"identity as trust":   {func(in *iam.CreateRoleInput) { in.AssumeRolePolicyDocument = aws.String(readItems) }, "MalformedPolicyDocument"},
		"boundary, no ARN":    {func(in *iam.CreateRoleInput) { in.PermissionsBoundary = aws.String("x") }, "ValidationError"},
		"boundary, missing":   {func(in *iam.CreateRoleInput) { in.PermissionsBoundary = aws.String(account + "policy/X") }, "NoSuchEntity"},
		"description of 1001": {func(in *iam.CreateRoleInput) { in.Description = aws.String(strings.Repeat("é", 1001)) }, "ValidationError"},
		"description of 1000": {func(in *iam.CreateRoleInput) {
			in.RoleName, in.Description = aws.String("Described"), aws.String(strings.Repeat("é", 1000))
		}, ""},
		"as it should be":    {func(in *iam.CreateRoleInput) { in.RoleName = aws.String("Good") }, ""},
		"path of characters": {func(in *iam.CreateRoleInput) { in.RoleName, in.Path = aws.String("Other"), aws.String("/a/b.c/") }, ""},
	} {
		if code, _ := localawstest.Failure(create(test.change)); code != test.code {
			t.Errorf("%s: got %q, want %q", name, code, test.code)
		}
	}
	long := aws.String(strings.Repeat("d", 1001))
	for name, change := range map[string]func() error{
		"CreatePolicy": func() error {
			_, err := c.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: aws.String("P"), PolicyDocument: aws.String(readItems), Description: long})
			return err
		},
		"UpdateRole": func() error {
			_, err := c.UpdateRole(t.Context(), &iam.UpdateRoleInput{RoleName: aws.String("Good"), Description: long})
			return err
		},
		"UpdateRoleDescription": func() error {
			_, err := c.UpdateRoleDescription(t.Context(), &iam.UpdateRoleDescriptionInput{RoleName: aws.String("Good"), Description: long})
			return err
		},
	} {
		if code, _ := localawstest.Failure(change()); code != "ValidationError" {
			t.Errorf("%s with a description of 1001: got %q, want ValidationError", name, code)
		}
	}
}
