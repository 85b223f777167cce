package sts_test

import (
	"fmt"
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
		"reserved key, long s":     {tags("aw\u017f:TenantID", "v"), "InvalidParameterValue"},
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

// TestPackedPolicySizeIsAnsweredAndLimited: on the large side of what was observed of AWS.
func TestPackedPolicySizeIsAnsweredAndLimited(t *testing.T) {
	k := start(t, role("Target", trust("role/Caller", assumeAndTag, "")))
	client := sts.NewFromConfig(k.Config(k.caller))
	repeated := func(n int, value string) (tags []types.Tag) {
		for i := range n {
			tags = append(tags, types.Tag{Key: aws.String(fmt.Sprint("k", i)), Value: &value})
		}
		return tags
	}
	var pods []types.Tag // of EKS Pod Identity, with values of ordinary lengths: 337 bytes, 74 %
	for key, length := range map[string]int{
		"eks-cluster-arn": 67, "eks-cluster-name": 19, "kubernetes-namespace": 16, "kubernetes-service-account": 35, "kubernetes-pod-name": 50, "kubernetes-pod-uid": 36,
	} {
		pods = append(pods, types.Tag{Key: aws.String(key), Value: aws.String(strings.Repeat("v", length))})
	}
	long := allow("s3:GetObject", "arn:aws:s3:::"+strings.Repeat("a", 1900))
	for _, test := range []struct {
		name        string
		tags        []types.Tag
		policy      string
		least, most int32 // %
	}{
		{"nothing", nil, "", 0, 0},
		{"a tenant", repeated(1, "yellow"), "", 2, 2},
		{"six of EKS", pods, "", 75, 75},
		{"450 bytes", repeated(1, "a"+strings.Repeat("é", 127)), "", 57, 58},
		{"a policy of 2,000 characters", nil, long, 1, 99},
		{"a policy and a tag", repeated(1, strings.Repeat("a", 223)), allow("s3:GetObject", "*"), 51, 99},
		{"all that there is", repeated(2, strings.Repeat("a", 223)), "", 100, 100},
	} {
		out, err := client.AssumeRole(t.Context(), packed(k, test.tags, test.policy))
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		//nolint:staticcheck // the field that it is replaced by is newer than what STS documents
		if got := aws.ToInt32(out.PackedPolicySize); got < test.least || got > test.most {
			t.Errorf("%s: PackedPolicySize %d, want %d to %d", test.name, got, test.least, test.most)
		}
	}
	for name, in := range map[string]*sts.AssumeRoleInput{
		"consumes 504% of": packed(k, repeated(9, strings.Repeat("a", 250)), ""), // AWS: 498 %
		"consumes 101% of": packed(k, append(repeated(1, strings.Repeat("a", 256)), repeated(2, strings.Repeat("a", 191))[1:]...), ""),
	} {
		_, err := client.AssumeRole(t.Context(), in)
		localawstest.WantFailure(t, err, "PackedPolicyTooLarge", 400)
		if want := "Packed size of session tags " + name + " allotted space."; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	_, err := client.AssumeRole(t.Context(), packed(k, repeated(2, strings.Repeat("a", 223)), allow("s3:GetObject", "*")))
	localawstest.WantFailure(t, err, "PackedPolicyTooLarge", 400)
}

func packed(k *kit, tags []types.Tag, policy string) *sts.AssumeRoleInput {
	in := &sts.AssumeRoleInput{RoleArn: aws.String(k.RoleARN("Target")), RoleSessionName: aws.String("session"), Tags: tags}
	if policy != "" {
		in.Policy = &policy
	}
	return in
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
		{"unknown parameter", "", action + "&" + version + "&Foo=bar", 200, ""}, // it allows nothing
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
		{form("PolicyArns", "", "TransitiveTagKeys", "", "ProvidedContexts", ""), 200},
		{form("ProvidedContexts.member.1.ProviderArn", "arn:aws:iam::aws:contextProvider/x"), 400},
		{form("Narrower", "true"), 400},
		{form("PolicyArns.member.2.arn", ""), 400},
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
