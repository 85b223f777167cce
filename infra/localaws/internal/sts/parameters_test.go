package sts_test

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"example.com/shiptrack/infra/localaws/localawstest"
)

func policyARNs(arns ...string) []types.PolicyDescriptorType {
	list := make([]types.PolicyDescriptorType, len(arns))
	for i := range arns {
		list[i].Arn = &arns[i]
	}
	return list
}

// numbered returns n tags with values that are all alike.
func numbered(n int) option {
	var pairs []string
	for i := range n {
		pairs = append(pairs, fmt.Sprintf("Key%d", i), "v")
	}
	return tags(pairs...)
}

func TestSessionTagsAreHeldToTheirRules(t *testing.T) {
	k := start(t, role("Target", trust("role/Caller", assumeAndTag, "")))
	for name, option := range map[string]option{
		"50 tags":                   numbered(50),
		"longest key and value":     tags(strings.Repeat("k", 128), strings.Repeat("v", 256)),
		"empty value":               tags("TenantID", ""),
		"letters of every alphabet": tags("Größe", "ωμέγα 1"),
		"every punctuation":         tags("a_.:/=+-@", "a_.:/=+-@"),
		"aws without a colon":       tags("awsome", "x"),
	} {
		if _, err := k.assume(t, k.caller, "Target", option); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, test := range map[string]struct {
		option option
		code   string
	}{
		"51 tags":                  {numbered(51), "ValidationError"},
		"key of 129":               {tags(strings.Repeat("k", 129), "v"), "ValidationError"},
		"value of 257":             {tags("k", strings.Repeat("v", 257)), "ValidationError"},
		"empty key":                {tags("", "v"), "ValidationError"},
		"star in the value":        {tags("TenantID", "*"), "ValidationError"},
		"question mark":            {tags("TenantID", "yello?"), "ValidationError"},
		"quote in the value":       {tags("TenantID", `y"},{"Effect":"Allow`), "ValidationError"},
		"variable in the value":    {tags("TenantID", "${aws:userid}"), "ValidationError"},
		"star in the key":          {tags("Tenant*", "v"), "ValidationError"},
		"newline":                  {tags("TenantID", "a\nb"), "ValidationError"},
		"reserved key":             {tags("aws:TenantID", "v"), "InvalidParameterValue"},
		"reserved key, upper case": {tags("AWS:TenantID", "v"), "InvalidParameterValue"},
		"doubled key":              {tags("TenantID", "yellow", "TenantID", "blue"), "InvalidParameterValue"},
		"doubled but for the case": {tags("TenantID", "yellow", "tenantid", "blue"), "InvalidParameterValue"},
		"doubled, Kelvin sign":     {tags("Key", "yellow", "\u212aey", "blue"), "InvalidParameterValue"},
		"transitive without a tag": {transitive("TenantID"), "InvalidParameterValue"},
	} {
		_, err := k.assume(t, k.caller, "Target", test.option)
		if code, status := localawstest.Failure(err); code != test.code || status != 400 {
			t.Errorf("%s: got %q %d (%v), want %s 400", name, code, status, err, test.code)
		}
	}
}

func TestNamesAreHeldToTheirPatterns(t *testing.T) {
	k := start(t, role("Target", trust("role/Caller", `"sts:AssumeRole","sts:SetSourceIdentity"`, "")))
	for _, good := range []option{
		named("ab"), named(strings.Repeat("s", 64)), named("yellow@host-1,a=b+c_d."), externalID("a:/b"), source("ana@host"),
	} {
		k.mustAssume(t, k.caller, "Target", good)
	}
	for name, bad := range map[string]option{
		"session of 1":         named("a"),
		"session of 65":        named(strings.Repeat("s", 65)),
		"session with a slash": named("a/b"),
		"session with a space": named("a b"),
		"session with umlaut":  named("yellöw"),
		"session, newline":     named("yellow\n"),
		"external id of 1":     externalID("a"),
		"external id, star":    externalID("a*"),
		"source of 1":          source("a"),
		"source with a colon":  source("aws:ana"),
		"role of no account":   func(in *sts.AssumeRoleInput) { in.RoleArn = aws.String("arn:aws:iam:::role/Target") },
		"role that is a user":  func(in *sts.AssumeRoleInput) { in.RoleArn = aws.String(account + "user/Target") },
		"MFA serial number":    func(in *sts.AssumeRoleInput) { in.SerialNumber = aws.String("arn:aws:iam::1:mfa/x") },
		"MFA code":             func(in *sts.AssumeRoleInput) { in.TokenCode = aws.String("123456") },
		"policy beyond ASCII":  sessionPolicy(strings.Replace(allow("s3:*", "*"), "s3:*", "s3:Ω*", 1)),
		"policy of 2049":       sessionPolicy(allow("s3:*", "*") + strings.Repeat(" ", 2049)),
		"a provided context": func(in *sts.AssumeRoleInput) {
			in.ProvidedContexts = []types.ProvidedContext{{ProviderArn: aws.String("arn:aws:iam::aws:contextProvider/x"), ContextAssertion: aws.String("abcd")}}
		},
	} {
		_, err := k.assume(t, k.caller, "Target", bad)
		if code, status := localawstest.Failure(err); code != "ValidationError" || status != 400 {
			t.Errorf("%s: got %q %d (%v), want ValidationError 400", name, code, status, err)
		}
	}
}

func TestSessionPolicyThatIsNotOneIsMalformed(t *testing.T) {
	k := start(t, role("Target", trust("role/Caller", assume, "")))
	good := allow("s3:GetObject", "*")
	k.mustAssume(t, k.caller, "Target", sessionPolicy(good))
	for _, bad := range []string{
		"{}", good[:len(good)-1], strings.Replace(good, "Allow", "Alow", 1), strings.Replace(good, "Resource", "Ressource", 1),
	} {
		_, err := k.assume(t, k.caller, "Target", sessionPolicy(bad))
		localawstest.WantFailure(t, err, "MalformedPolicyDocument", 400)
	}
}

func TestPackedPolicySizeIsAnsweredAndLimited(t *testing.T) {
	k := start(t, role("Target", trust("role/Caller", assumeAndTag, "")))
	random := func(tagCount int) *sts.AssumeRoleInput {
		in := &sts.AssumeRoleInput{RoleArn: aws.String(k.RoleARN("Target")), RoleSessionName: aws.String("session")}
		source := rand.New(rand.NewPCG(1, 2))
		for i := range tagCount {
			value := fmt.Sprintf("%016x%016x%016x", source.Uint64(), source.Uint64(), source.Uint64())
			in.Tags = append(in.Tags, types.Tag{Key: aws.String(fmt.Sprint("k", i)), Value: &value})
		}
		return in
	}
	client := sts.NewFromConfig(k.Config(k.caller))
	last := int32(-1)
	for _, n := range []int{0, 1, 10} {
		out, err := client.AssumeRole(t.Context(), random(n))
		if err != nil {
			t.Fatal(err)
		}
		//nolint:staticcheck // the field that it is replaced by is newer than what STS documents
		if got := aws.ToInt32(out.PackedPolicySize); got <= last || got > 100 {
			t.Errorf("%d tags: PackedPolicySize %d, want more than %d and at most 100", n, got, last)
		} else {
			last = got
		}
	}
	_, err := client.AssumeRole(t.Context(), random(50))
	localawstest.WantFailure(t, err, "PackedPolicyTooLarge", 400)
	if err == nil || !strings.Contains(err.Error(), "Packed size of session tags consumes ") {
		t.Errorf("got %v", err)
	}
}

func TestParametersStandInOnePlaceAndOnce(t *testing.T) {
	k := start(t)
	const action, version = "Action=GetCallerIdentity", "Version=2011-06-15"
	for _, test := range []struct {
		name, query, body string
		status            int
		code              string
	}{
		{"body", "", action + "&" + version, 200, ""},
		{"query string", "?" + action + "&" + version, "", 200, ""},
		{"both", "?" + version, action, 400, "ValidationError"},
		{"doubled action", "", action + "&Action=AssumeRole&" + version, 400, "ValidationError"},
		{"doubled action, encoded", "", action + "&Ac%74ion=AssumeRole&" + version, 400, "ValidationError"},
		{"doubled, the same", "", action + "&" + action + "&" + version, 400, "ValidationError"},
		{"unknown parameter", "", action + "&" + version + "&Foo=bar", 400, "ValidationError"},
		{"bad encoding", "", action + "&" + version + "&Foo=%zz", 400, "ValidationError"},
		{"no action", "", version, 400, "MissingAction"},
		{"wrong version", "", action + "&Version=2010-05-08", 400, "InvalidAction"},
		{"no version", "", action, 400, "InvalidAction"},
		{"an action that is no name", "", "Action=Get%2aIdentity&" + version, 400, "InvalidAction"},
		{"json", "", `{"Action":"GetCallerIdentity"}`, 400, "MissingAction"},
	} {
		status, body := k.form(t, k.caller, test.query, test.body)
		if status != test.status || !strings.Contains(body, "<Code>"+test.code) && test.code != "" {
			t.Errorf("%s: got %d %s, want %d %s", test.name, status, body, test.status, test.code)
		}
	}
}

func TestListsWithGapsAreRefused(t *testing.T) {
	k := start(t, role("Target", trust("role/Caller", assumeAndTag, "")))
	form := func(pairs ...string) string {
		values := url.Values{"Action": {"AssumeRole"}, "Version": {"2011-06-15"}, "RoleArn": {k.RoleARN("Target")}, "RoleSessionName": {"session"}}
		for i := 0; i < len(pairs); i += 2 {
			values.Set(pairs[i], pairs[i+1])
		}
		return values.Encode()
	}
	for _, test := range []struct {
		body   string
		status int
	}{
		{form("Tags.member.1.Key", "a", "Tags.member.1.Value", "b"), 200},
		{form("Tags", ""), 200},
		{form("Tags.member.2.Key", "a", "Tags.member.2.Value", "b"), 400},
		{form("Tags.member.1.Key", "a"), 400},
		{form("Tags.member.1.Value", "a"), 400},
		{form("Tags.member.01.Key", "a", "Tags.member.01.Value", "b"), 400},
		{form("Tags.1.Key", "a", "Tags.1.Value", "b"), 400},
		{form("Tags", "x"), 400},
		{form("DurationSeconds", "1h"), 400},
	} {
		if status, answer := k.form(t, k.caller, "", test.body); status != test.status {
			t.Errorf("%s: got %d %s, want %d", test.body, status, answer, test.status)
		}
	}
}
