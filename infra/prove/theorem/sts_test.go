package theorem

import (
	"slices"
	"strings"
	"testing"
)

// trusting is a statement of a trust policy for both actions of a session with a tag.
func trusting(principal, condition string) string {
	return `{"Effect": "Allow", "Principal": ` + principal + `, "Action": ["sts:AssumeRole", "sts:TagSession"], "Condition": {` + condition + `}}`
}

const (
	toOwn       = `"StringEquals": {"aws:RequestTag/TenantID": "${aws:PrincipalTag/TenantID}"}`
	transitive1 = `"StringLike": {"aws:RequestTag/TenantID": "?*"}, "StringNotLike": {"aws:RequestTag/TenantID": "*/*"}, "ForAnyValue:StringEquals": {"sts:TransitiveTagKeys": "TenantID"}`
)

// TestSessionsOfAnotherTenant has sets in which a session of A for one tenant gets one of another, beside sets in which it cannot.
func TestSessionsOfAnotherTenant(t *testing.T) {
	roleOf := func(name string) string { return `{"AWS": "arn:aws:iam::000000000000:role/` + name + `"}` }
	const everyone, account, any = `{"AWS": "*"}`, `{"AWS": "000000000000"}`, `"StringLike": {"aws:RequestTag/TenantID": "?*"}`
	const onward = `{"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"], "Resource": "arn:aws:iam::000000000000:role/B"}`
	a := strictBy(serviceRole)
	for name, test := range map[string]struct {
		more  string
		roles []string // beside Service
		want  Verdict
		via   string // of a refutation: the roles on the way
	}{
		"the tag stays":                         {"", []string{"A", a, ownObjects, "B", trusting(roleOf("A"), toOwn), ownObjects}, Proven, ""},
		"any tag":                               {"", []string{"A", a, ownObjects, "B", strictBy(roleOf("A")), ownObjects}, Refuted, ""},
		"everyone":                              {"", []string{"A", a, ownObjects, "B", trusting(everyone, any), ownObjects}, Refuted, ""},
		"everyone, held to their tag":           {"", []string{"A", a, ownObjects, "B", trusting(everyone, toOwn), ownObjects}, Proven, ""},
		"the account, and A may assume":         {"", []string{"A", a, onward, "B", trusting(account, any), ownObjects}, Refuted, ""},
		"the account, and A may not":            {"", []string{"A", a, ownObjects, "B", trusting(account, any), ownObjects}, Nothing, ""},
		"only TagSession is held":               {"", []string{"A", a, "", "B", assumeBy(roleOf("A")) + `, {"Effect": "Allow", "Principal": ` + roleOf("A") + `, "Action": "sts:TagSession", "Condition": {` + toOwn + `}}`, ""}, Proven, ""},
		"only AssumeRole is held, and not each": {"", []string{"A", a, "", "B", trusting(roleOf("A"), toOwn) + "," + assumeBy(roleOf("A")) + `, {"Effect": "Allow", "Principal": ` + roleOf("A") + `, "Action": "sts:TagSession"}`, ""}, Refuted, ""},
		"A's tag is transitive":                 {"", []string{"A", trusting(serviceRole, transitive1), ownObjects, "B", strictBy(roleOf("A")), ownObjects}, Proven, ""},
		"A's tag may be transitive":             {"", []string{"A", trusting(serviceRole, strings.Replace(transitive1, "ForAnyValue", "ForAllValues", 1)), "", "B", strictBy(roleOf("A")), ""}, Refuted, ""},
		"another tag of A's is transitive":      {"", []string{"A", trusting(serviceRole, strings.Replace(transitive1, `: "TenantID"`, `: ["TenantID", "Other"]`, 1)), "", "B", strictBy(roleOf("A")), ""}, Refuted, ""},
		"lost on the way":                       {"", []string{"A", a, "", "X", assumeBy(roleOf("A")), "", "B", strictBy(roleOf("X")), ownObjects}, Refuted, "X"},
		"transitive, and not lost on the way": {"", []string{"A", trusting(serviceRole, transitive1), "", "X", assumeBy(roleOf("A")) + "," + trusting(roleOf("A"), toOwn), "", "B", strictBy(roleOf("X")), ownObjects},
			Proven, ""},
		"lost two roles deep":                  {"", []string{"A", a, "", "X", assumeBy(roleOf("A")), "", "Y", assumeBy(roleOf("X")), "", "B", strictBy(roleOf("Y")), ownObjects}, Refuted, "X,Y"},
		"any tag or none on the way":           {"", []string{"A", a, "", "X", trusting(roleOf("A"), `"Null": {"aws:TagKeys": "false"}`), "", "B", strictBy(roleOf("X")), ownObjects}, Refuted, ""},
		"lost by an empty tag on the way":      {"", []string{"A", a, "", "X", trusting(roleOf("A"), `"Null": {"aws:RequestTag/TenantID": "false"}, "StringNotLike": {"aws:RequestTag/TenantID": "?*"}`), "", "B", strictBy(roleOf("X")), ownObjects}, Undecided, ""},
		"held where there is a tag":            {"", []string{"A", a, "", "B", trusting(roleOf("A"), `"StringEqualsIfExists": {"aws:PrincipalTag/TenantID": "${aws:RequestTag/TenantID}"}`), ""}, Proven, ""},
		"held where there is a tag, and lost":  {"", []string{"A", a, "", "X", assumeBy(roleOf("A")), "", "B", trusting(roleOf("X"), `"StringEqualsIfExists": {"aws:PrincipalTag/TenantID": "${aws:RequestTag/TenantID}"}`), ""}, Refuted, "X"},
		"for sessions without a tag, and lost": {"", []string{"A", a, "", "X", assumeBy(roleOf("A")), "", "B", trusting(roleOf("X"), `"Null": {"aws:PrincipalTag/TenantID": "true"}`), ""}, Refuted, "X"},
		"held with a wildcard behind":          {"", []string{"A", a, "", "B", trusting(roleOf("A"), `"StringLike": {"aws:RequestTag/TenantID": "${aws:PrincipalTag/TenantID}*"}`), ""}, Refuted, ""},
		"held, or a tenant of all":             {"", []string{"A", a, "", "B", trusting(roleOf("A"), `"ForAnyValue:StringEquals": {"aws:RequestTag/TenantID": ["${aws:PrincipalTag/TenantID}", "shared"]}`), ""}, Refuted, ""},
		"held to another tag":                  {"", []string{"A", a, "", "B", trusting(roleOf("A"), `"StringEquals": {"aws:RequestTag/TenantID": "${aws:PrincipalTag/Other}"}`), ""}, Refuted, ""},
		"held but for the case of letters":     {"", []string{"A", a, "", "B", trusting(roleOf("A"), `"StringEqualsIgnoreCase": {"aws:RequestTag/TenantID": "${aws:PrincipalTag/TenantID}"}`), ""}, Refuted, ""},
		"one tenant alone":                     {"", []string{"A", a, "", "B", trusting(roleOf("A"), `"StringEquals": {"aws:RequestTag/TenantID": "blue"}`), ""}, Refuted, ""},
		"all actions but one":                  {"", []string{"A", a, "", "B", `{"Effect": "Allow", "Principal": ` + roleOf("A") + `, "NotAction": "sts:SetSourceIdentity"}`, ""}, Refuted, ""},
		"a second role is not held":            {"", []string{"A", a, "", "B", trusting(roleOf("A"), toOwn), "", "C", trusting(roleOf("A"), any), ""}, Refuted, ""},
		"denied unless it is held":             {"", []string{"A", a, "", "B", trusting(roleOf("A"), any) + `, {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:*", "Condition": {"StringNotEquals": {"aws:RequestTag/TenantID": "${aws:PrincipalTag/TenantID}"}}}`, ""}, Proven, ""},
		"denied to another":                    {"", []string{"A", a, "", "C", byCompute, "", "B", trusting(roleOf("A"), any) + `, {"Effect": "Deny", "Principal": ` + roleOf("C") + `, "Action": "sts:*"}`, ""}, Refuted, ""},
		"A's own policy denies":                {"", []string{"A", a, `{"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": "*"}`, "B", trusting(roleOf("A"), any), ""}, Undecided, ""},
		"of itself":                            {"", []string{"A", a + "," + trusting(roleOf("A"), any), ownObjects}, Refuted, ""},
		"TagSession is held by the session's name, which it does not have": {"", []string{"A", a, "", "B", assumeBy(roleOf("A")) + `, {"Effect": "Allow", "Principal": ` + roleOf("A") + `, "Action": "sts:TagSession", "Condition": {"StringNotLike": {"sts:RoleSessionName": "*"}}}`, ""}, Refuted, ""},
		"TagSession is denied by the session's name":                       {"", []string{"A", a, "", "B", strictBy(roleOf("A")) + `, {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:TagSession", "Condition": {"StringLike": {"sts:RoleSessionName": "*"}}}`, ""}, Refuted, ""},
		"AssumeRole is denied by the session's name":                       {"", []string{"A", a, "", "B", strictBy(roleOf("A")) + `, {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:*", "Condition": {"StringLike": {"sts:RoleSessionName": "*"}}}`, ""}, Proven, ""},
		"held to the source identity, which none may set":                  {"", []string{"A", a, "", "B", trusting(roleOf("A"), `"StringEquals": {"aws:RequestTag/TenantID": "${sts:SourceIdentity}"}`), ""}, Undecided, ""},
		"a session by its name":                                            {"", []string{"A", a, "", "B", trusting(`{"AWS": "arn:aws:sts::000000000000:assumed-role/A/session"}`, any), ""}, Refuted, ""},
		"a unique id, which may be A's":                                    {"", []string{"A", a, "", "B", trusting(`{"AWS": "AROAABCDEFGHIJKLMNOPQ"}`, any), ""}, Undecided, ""},
		"a tenant where there is no tag":                                   {"", []string{"A", a, "", "X", assumeBy(roleOf("A")), "", "B", trusting(roleOf("X"), `"StringEquals": {"aws:RequestTag/TenantID": "${aws:PrincipalTag/TenantID, 'blue'}"}`), ""}, Refuted, "X"},
		"by another role's ARN":                                            {"", []string{"A", a, "", "X", assumeBy(roleOf("A")), "", "B", trusting(everyone, any+`, "ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::000000000000:role/X"}`), ""}, Refuted, "X"},
		"by the role's own ARN":                                            {"", []string{"A", a, "", "B", trusting(everyone, any+`, "ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::000000000000:role/A"}`), ""}, Proven, ""},
		"transitive only where a key is named":                             {"", []string{"A", trusting(serviceRole, any+`, "StringEqualsIfExists": {"sts:TransitiveTagKeys": "TenantID"}`), "", "B", trusting(roleOf("A"), any), ""}, Refuted, ""},
		"a role that may ask for any tenant":                               {"", []string{"A", a, "", "B", assumeBy(roleOf("A")), ""}, Nothing, ""},
		"a role of operators":                                              {`"administrative": {"Admin": "operators"}, `, []string{"A", a, "", "Admin", assumeBy(roleOf("A")), ""}, Refuted, ""},
		"a role of operators, with the own tag":                            {`"administrative": {"Admin": "operators"}, `, []string{"A", a, "", "Admin", trusting(roleOf("A"), toOwn), ""}, Refuted, ""},
	} {
		t.Run(name, func(t *testing.T) {
			o := owned(t, test.more)
			all := setOf(t, append([]string{"Service", byCompute, ""}, test.roles...)...)
			f := prove(t, o, all)["A STS"]
			if f.Verdict == "" {
				f.Verdict = Nothing
			}
			if f.Verdict != test.want {
				t.Fatalf("%q, want %q\n%s%v", f.Verdict, test.want, why(f), f.Refutations)
			}
			for _, r := range f.Refutations {
				var via []string
				began := &r.Session
				for ; began.From != nil; began = began.From {
					via = append([]string{began.Role}, via...)
				}
				if slices.Contains(began.Transitive, "TenantID") || began.Tags["TenantID"] != r.Tenant || len(began.Transitive) > len(began.Tags) {
					t.Errorf("it begins with %+v: STS refuses another tag in place of a transitive one, and a transitive key without a tag", began)
				}
				if got := strings.Join(via, ","); test.via != "" && got != test.via {
					t.Errorf("by way of %q, want %q: %s", got, test.via, r.String())
				}
				t.Log(r.At, r.String())
			}
		})
	}
}
