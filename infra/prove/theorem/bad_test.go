package theorem

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestWhatIsNotKnownIsUndecided holds that a set which the procedure does not wholly know is never proven, and that the verdict says where
// it stands and what to do.
func TestWhatIsNotKnownIsUndecided(t *testing.T) {
	const service = "Service"
	roleOf := func(name string) string { return `{"AWS": "arn:aws:iam::000000000000:role/` + name + `"}` }
	allow := func(rest string) string {
		return `{"Sid": "Reads", "Effect": "Allow", "Action": "s3:GetObject", ` + rest + `}`
	}
	for name, test := range map[string]struct {
		roles          []string
		finding        string
		place, explain string
	}{
		"a resource that the ownership file does not know": {[]string{service, byCompute, "", "A", strictBy(serviceRole), allow(`"Resource": "arn:aws:s3:::other/*"`)}, "A unknown",
			"A/p.json:1:41 Reads", "add the resource to it"},
		"a federated principal": {[]string{service, byCompute, "", "A", strictBy(serviceRole) + `,
			{"Effect": "Allow", "Principal": {"Federated": "cognito-identity.amazonaws.com"}, "Action": "sts:AssumeRoleWithWebIdentity"}`, ownObjects}, "A S3", "A/trust.json:2:", "identity provider"},
		"everyone with a token":            {[]string{"A", `{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRoleWithWebIdentity"}`, allow(`"Resource": "arn:aws:s3:::b/*"`)}, "A S3", "A/trust.json:1:41", "identity provider"},
		"its own ARN in another account":   {[]string{service, byCompute, "", "A", strictBy(serviceRole), allow(`"Resource": "arn:aws:s3:::b/*", "Condition": {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::222222222222:role/A"}}`)}, "A unknown", "A/p.json:1:41 Reads", "arn:aws:iam::000000000000:role/A"},
		"its own ARN in another partition": {[]string{service, byCompute, "", "A", strictBy(serviceRole), allow(`"Resource": "arn:aws:s3:::b/*", "Condition": {"StringLike": {"aws:PrincipalArn": "arn:aws-cn:iam::*:role/A"}}`)}, "A unknown", "A/p.json:1:41 Reads", "elsewhere"},
		"all but its own ARN under a path": {[]string{service, byCompute, "", "A", strictBy(serviceRole), allow(`"Resource": "arn:aws:s3:::b/*"`) + `, {"Sid": "Others", "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/app/*"}}}`}, "A unknown", "Others", "elsewhere"},
		"a circle":                         {[]string{service, byCompute, "", "A", strictBy(serviceRole) + "," + assumeBy(roleOf("B")), ownObjects, "B", assumeBy(roleOf("A")), ""}, "A S3", "A/trust.json:1:", "let one of them alone trust the other"},
		"an operator that reads numbers, beside the tenant": {[]string{service, byCompute, "", "A", strictBy(serviceRole),
			allow(`"Resource": "arn:aws:s3:::b/*", "Condition": {"NumericEquals": {"aws:PrincipalTag/TenantID": "5"}, "BinaryEquals": {"a:b": "aGk="}, "NumericLessThan": {"a:b": "7"}}`)},
			"A S3", "A/p.json:1:41 Reads", ""},
		"a role that is not of the set": {[]string{service, byCompute, "", "A", strictBy(serviceRole),
			ownObjects + `, {"Sid": "Onward", "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::111111111111:role/Admin"}`}, "A STS", "Onward", "name the roles of this set"},
		"a session that may ask for any tenant": {[]string{"A", strictBy(`{"AWS": "*"}`), ownObjects}, "A S3", "A/trust.json:1:41", "mayTag"},
	} {
		t.Run(name, func(t *testing.T) {
			f := prove(t, owned(t, ""), setOf(t, test.roles...))[test.finding]
			if said := why(f); f.Verdict != Undecided || !strings.Contains(said, test.place) || !strings.Contains(said, test.explain) {
				t.Errorf("%q, want %q at %s with %q\n%s", f.Verdict, Undecided, test.place, test.explain, said)
			}
		})
	}
}

func TestOwnershipFileIsRefusedWithWhatIsWrong(t *testing.T) {
	file := func(access string) string {
		return `{"tag": "TenantID", "stores": [{"name": "S3", "resources": [{"arn": "arn:aws:s3:::b/*", "access": [` + access + `]}]}]}`
	}
	if _, err := ReadOwnership([]byte(file(`{"actions": ["s3:*"], "owner": "nobody"}`))); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		`{"tag": "TenantID", "shops": []}`:                   "shops",
		`{"stores": []}`:                                     `"tag" is missing`,
		`{"tag": "TenantID"}`:                                `"stores" is missing`,
		`{"tag": "TenantID", "stores": [{"resources": []}]}`: "name",
		file(`{"actions": ["s3:*"], "owner": "{owner}/{owner}", "key": "s3:prefix"}`):  "once",
		file(`{"actions": ["s3:*"], "owner": "tenants", "key": "s3:prefix"}`):          "once",
		file(`{"actions": ["s3:*"], "owner": "{owner}/*"}`):                            "no ARN",
		file(`{"actions": [], "owner": "nobody"}`):                                     "actions",
		file(`{"actions": ["kms:*"], "owner": "nobody"}`):                              "none of s3",
		file(`{"actions": ["s3:*"], "owner": "nobody", "always": true}`):               "told by no key",
		`{"tag": "TenantID", "stores": [{"name": "S3", "resources": [{"arn": "b"}]}]}`: "not of the form",
	} {
		if o, err := ReadOwnership([]byte(text)); err == nil || !strings.Contains(err.Error(), want) || o != nil {
			t.Errorf("%s: %v, want an error with %q", text, err, want)
		}
	}
}

// TestLargePoliciesAreDecidedOrGivenUp holds that sets which are larger than any that are written end soon, and are not proven where they
// are given up.
func TestLargePoliciesAreDecidedOrGivenUp(t *testing.T) {
	many := func(n int, f func(i int) string) string {
		var all []string
		for i := range n {
			all = append(all, f(i))
		}
		text := all[0]
		for i, one := range all[1:] {
			if i%50 == 49 && strings.HasPrefix(one, "{") {
				text += nextPolicy + one // a policy has 10,240 characters at most
			} else {
				text += "," + one
			}
		}
		return text
	}
	deny := func(i int) string {
		return fmt.Sprintf(`{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"a:k%d": "x", "a:l%d": "${aws:PrincipalTag/TenantID}"}}}`, i, i)
	}
	all := `{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}`
	for name, test := range map[string]struct {
		statements string
		want       []Verdict
	}{
		"300 statements": {many(300, func(i int) string {
			return fmt.Sprintf(`{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${aws:PrincipalTag/TenantID}/%d/*"}`, i)
		}), []Verdict{Proven}},
		"200 conditions of Deny statements": {all + "," + many(100, deny), []Verdict{Refuted, Undecided}},
		"one Deny of 200 conditions": {all + `, {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {` +
			many(200, func(i int) string { return fmt.Sprintf(`"a:k%d": "x"`, i) }) + `}}}`, []Verdict{Refuted, Undecided}},
		"1,000 characters with 50 wildcards": {`{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${aws:PrincipalTag/TenantID}/` + strings.Repeat("abcdefghijklmnopqrs*", 50) + `"}`,
			[]Verdict{Proven, Undecided}},
		"the same denied": {all + `, {"Effect": "Deny", "Action": "*", "Resource": "arn:aws:s3:::b/` + strings.Repeat("abcdefghijklmnopqrs*", 50) + `"}`, []Verdict{Refuted, Undecided}},
		"a text whose complement has a million states": {all + `, {"Effect": "Deny", "Action": "*", "Resource": "arn:aws:s3:::b/*a` + strings.Repeat("?", 20) + `"}`, []Verdict{Undecided, Refuted}},
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			f := prove(t, owned(t, ""), setOf(t, "Service", byCompute, "", "A", strictBy(serviceRole), test.statements))["A S3"]
			took := time.Since(began)
			t.Logf("%s after %v", f.Verdict, took)
			ok := false
			for _, v := range test.want {
				ok = ok || v == f.Verdict
			}
			if !ok || took > 20*time.Second { // it is some seconds where nothing else runs
				t.Errorf("%s after %v, want one of %s\n%s", f.Verdict, took, test.want, why(f))
			}
		})
	}
}
