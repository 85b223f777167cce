package theorem

import (
	"strings"
	"testing"
)

const listing = `{"Sid": "Lists", "Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}`

// TestActionsWithoutAResourceAreListedUnderTheirOwnARN holds that what the ownership file lists under "*" is known, and the rest is not.
func TestActionsWithoutAResourceAreListedUnderTheirOwnARN(t *testing.T) {
	file := func(access string) string {
		return `{"tag": "TenantID", "mayTag": ["Service"], "stores": [{"name": "S3", "resources": [{"arn": "arn:aws:s3:::b/*", "access": [
			{"actions": ["s3:*"], "owner": "arn:aws:s3:::b/{owner}/*"}]}, {"arn": "*", "access": [` + access + `]}]}]}`
	}
	for name, test := range map[string]struct {
		access, allows string
		unknown, s3    Verdict
	}{
		"of nobody":       {`{"actions": ["s3:ListAllMyBuckets"], "owner": "nobody"}`, listing, "", ""},
		"of everybody":    {`{"actions": ["s3:ListAllMyBuckets"], "owner": "everybody"}`, listing, "", Refuted},
		"another":         {`{"actions": ["s3:CreateJob"], "owner": "nobody"}`, listing, Undecided, Refuted},
		"told by a key":   {`{"actions": ["s3:CreateJob"], "key": "aws:RequestTag/TenantID", "owner": "{owner}"}`, strings.Replace(listing, `ListAllMyBuckets",`, `CreateJob", "Condition": {"StringEquals": {"aws:RequestTag/TenantID": "${aws:PrincipalTag/TenantID}"}}, `, 1), "", Proven},
		"and what is not": {`{"actions": ["s3:ListAllMyBuckets"], "owner": "nobody"}`, strings.Replace(listing, "ListAllMyBuckets", "List*", 1), Undecided, Refuted},
	} {
		t.Run(name, func(t *testing.T) {
			owned, err := ReadOwnership([]byte(file(test.access)))
			if err != nil {
				t.Fatal(err)
			}
			found, err := Prove("000000000000", setOf(t, "Service", byCompute, "", "A", strictBy(serviceRole), test.allows), owned)
			if err != nil {
				t.Fatal(err)
			}
			got := verdicts(found)
			if got["A unknown"] != test.unknown || got["A S3"] != test.s3 {
				t.Errorf("got %v, want unknown %q and S3 %q", got, test.unknown, test.s3)
			}
		})
	}
	for access, want := range map[string]string{
		`{"actions": ["*:ListAll"], "owner": "nobody"}`:                         "names no service",
		`{"actions": ["s3:ListAll"], "owner": "arn:aws:s3:::b/{owner}/*"}`:      "no ARN tells the owner",
		`{"actions": ["s3:ListAll"], "owner": "nobody", "key": "aws:SourceIp"}`: "told by no key",
	} {
		if _, err := ReadOwnership([]byte(file(access))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", access, err, want)
		}
	}
}

// TestSessionOfWhoIsOutsideTheSetIsShown holds that a refutation names an account, or a role outside the set, as who asks.
func TestSessionOfWhoIsOutsideTheSetIsShown(t *testing.T) {
	for _, who := range []string{"arn:aws:iam::000000000000:root", "arn:aws:iam::111111111111:root", "111111111111", "arn:aws:iam::000000000000:role/Elsewhere"} {
		lax := `{"Effect": "Allow", "Principal": {"AWS": "` + who + `"}, "Action": ["sts:AssumeRole", "sts:TagSession"]}`
		roles := setOf(t, "A", lax, ownObjects)
		if f := prove(t, whoTrusts(t, who), roles)["A S3"]; f.Verdict != Refuted || f.Refutations[0].Session.By != who {
			t.Errorf("%s: %+v", who, f)
		}
		if f := prove(t, owned(t, ""), roles)["A S3"]; f.Verdict != Undecided || !strings.Contains(why(f), "mayTag") {
			t.Errorf("%s, who is not trusted: %+v", who, f)
		}
	}
}

// whoTrusts is the ownership file that trusts who to ask for a session of any tenant.
func whoTrusts(t *testing.T, who string) *Ownership {
	t.Helper()
	o := owned(t, "")
	o.MayTag = []string{who}
	return o
}
