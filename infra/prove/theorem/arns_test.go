package theorem

import (
	"strings"
	"testing"
)

// secrets is an ownership file for secrets, each of which has its owner as a tag.
const secrets = `{"tag": "TenantID", "mayTag": ["Service"], "stores": [{"name": "Secrets", "resources": [{"arn": "arn:aws:secretsmanager:*:*:*", "access": [
	{"actions": ["secretsmanager:GetSecretValue", "secretsmanager:*"], "key": "aws:ResourceTag/TenantID", "owner": "{owner}"}]},
	{"arn": "*", "access": [{"actions": ["secretsmanager:ListSecrets"], "owner": "nobody"}]}]}]}`

// TestRequestsAreThoseOfTheServices holds that a verdict does not hang on requests that there are not: with two values of one tag, with the
// ARN of a regional service without region, or in another partition. Beside each stands what there is.
func TestRequestsAreThoseOfTheServices(t *testing.T) {
	allow := func(resource, condition string) string {
		return `{"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "` + resource + `", "Condition": {` + condition + `}}`
	}
	own := `"StringEquals": {"aws:ResourceTag/TenantID": "${aws:PrincipalTag/TenantID}"}`
	for name, test := range map[string]struct {
		statement string
		want      map[string]Verdict
	}{
		"any value of a tag":              {allow("arn:aws:secretsmanager:*:*:secret:*", strings.Replace(own, "StringEquals", "ForAnyValue:StringEquals", 1)), map[string]Verdict{"A Secrets": Proven}},
		"all values of a tag":             {allow("arn:aws:secretsmanager:*:*:secret:*", strings.Replace(own, "StringEquals", "ForAllValues:StringEquals", 1)), map[string]Verdict{"A Secrets": Refuted}}, // one without the tag
		"an ARN without a region":         {allow("arn:aws:secretsmanager:::secret:x", `"Null": {"aws:TokenIssueTime": "false"}`), map[string]Verdict{}},
		"an ARN with a region":            {allow("arn:aws:secretsmanager:eu-west-1:000000000000:secret:x", `"Null": {"aws:TokenIssueTime": "false"}`), map[string]Verdict{"A Secrets": Refuted}},
		"every resource, held by the tag": {allow("*", own), map[string]Verdict{"A Secrets": Proven}},
		"every resource":                  {allow("*", `"Null": {"aws:TokenIssueTime": "false"}`), map[string]Verdict{"A Secrets": Refuted}},
		"a partition that a policy names": {allow("*", own) + "," + allow("arn:aws-cn:secretsmanager:cn-north-1:000000000000:secret:x", own), map[string]Verdict{"A Secrets": Proven, "A unknown": Undecided}},
	} {
		t.Run(name, func(t *testing.T) {
			owned, err := ReadOwnership([]byte(secrets))
			if err != nil {
				t.Fatal(err)
			}
			found, err := Prove("000000000000", setOf(t, "Service", byCompute, "", "A", strictBy(serviceRole), test.statement), owned)
			if err != nil {
				t.Fatal(err)
			}
			got := verdicts(found)
			for _, key := range []string{"A Secrets", "A unknown"} {
				if got[key] != test.want[key] {
					t.Errorf("%s: %q, want %q", key, got[key], test.want[key])
				}
			}
		})
	}
}

// TestRefutationNamesARegionThatPeopleKnow holds that where a policy leaves region and account open, the request that is shown has some.
func TestRefutationNamesARegionThatPeopleKnow(t *testing.T) {
	owned, err := ReadOwnership([]byte(secrets))
	if err != nil {
		t.Fatal(err)
	}
	found, err := Prove("000000000000", setOf(t, "Service", byCompute, "", "A", strictBy(serviceRole), `{"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}`), owned)
	if err != nil {
		t.Fatal(err)
	}
	shown := 0
	for _, f := range found {
		for _, r := range f.Refutations {
			if shown++; !strings.HasPrefix(r.Request.Resource, "arn:aws:secretsmanager:us-east-1:000000000000:") {
				t.Errorf("%s", &r)
			}
		}
	}
	if shown == 0 {
		t.Error("no refutation")
	}
}
