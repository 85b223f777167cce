package theorem

import (
	"fmt"
	"strings"
	"testing"

	"example.com/shiptrack/infra/localaws"
)

// objects is an ownership file for one bucket, whose objects begin with the owner's id.
const objects = `{"tag": "TenantID", "mayTag": ["Service"], %s "stores": [{"name": "S3", "resources": [
	{"arn": "arn:aws:s3:::b/*", "access": [{"actions": ["s3:*"], "owner": "arn:aws:s3:::b/{owner}/*"}]},
	{"arn": "arn:aws:s3:::b", "access": [{"actions": ["s3:ListBucket"], "key": "s3:prefix", "owner": "{owner}/*"}]}
]}]}`

const (
	serviceRole = `{"AWS": "arn:aws:iam::000000000000:role/Service"}`
	byCompute   = `{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}`
	ownObjects  = `{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${aws:PrincipalTag/TenantID}/*"}`
	// Of its own tenant's objects where no id has a slash.
	byPrefix = `{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${aws:PrincipalTag/TenantID}*"}`
	tagged1  = `"Condition": {"StringLike": {"aws:RequestTag/TenantID": "?*"}, "StringNotLike": {"aws:RequestTag/TenantID": "*/*"}}`
)

// strictBy is a statement that vends sessions with a tenant's tag to principals.
func strictBy(principal string) string {
	return `{"Effect": "Allow", "Principal": ` + principal + `, "Action": ["sts:AssumeRole", "sts:TagSession"], ` + tagged1 + `}`
}

func assumeBy(principal string) string {
	return `{"Effect": "Allow", "Principal": ` + principal + `, "Action": "sts:AssumeRole"}`
}

// nextPolicy stands between the statements of two policies.
const nextPolicy = ",\n\n"

// setOf makes roles of texts: NAME, the statements of its trust policy, and those of its policies.
func setOf(t testing.TB, texts ...string) []Role {
	t.Helper()
	document := func(statements string) []byte {
		return []byte(`{"Version": "2012-10-17", "Statement": [` + statements + `]}`)
	}
	var roles []localaws.Role
	for i := 0; i < len(texts); i += 3 {
		r := localaws.Role{Name: texts[i], Trust: document(texts[i+1])}
		if texts[i+2] != "" {
			for n, statements := range strings.Split(texts[i+2], nextPolicy) {
				r.Policies = append(r.Policies, localaws.PolicyDocument{Name: "p" + strings.Repeat("p", n), Document: document(statements)})
			}
		}
		roles = append(roles, r)
	}
	parsed, err := Roles(roles)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func owned(t testing.TB, more string) *Ownership {
	t.Helper()
	o, err := ReadOwnership([]byte(fmt.Sprintf(objects, more)))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// prove returns the findings by role and store.
func prove(t testing.TB, o *Ownership, roles []Role) map[string]Finding {
	t.Helper()
	findings, err := Prove(heldAccount, roles, o)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]Finding{}
	for _, f := range findings {
		all[f.Role+" "+f.Store] = f
	}
	return all
}

// why is all that is open.
func why(f Finding) string {
	var b strings.Builder
	for _, o := range f.Open {
		fmt.Fprintf(&b, "%s: %s\n", o.At, o.Why)
	}
	return b.String()
}

// TestNothingIsProvenThatIsNot has sets in which a session may reach another tenant's data, or in which it hangs on what the set does not say.
func TestNothingIsProvenThatIsNot(t *testing.T) {
	const service, a, b = "Service", "A", "B"
	roleOf := func(name string) string { return `{"AWS": "arn:aws:iam::000000000000:role/` + name + `"}` }
	wide := `{"Effect": "Allow", "Principal": ` + serviceRole + `, "Action": ["sts:AssumeRole", "sts:TagSession"], "Condition": {"StringLike": {"aws:RequestTag/TenantID": "?*"}}}`
	for name, test := range map[string]struct {
		more  string
		roles []string
		role  string
		want  Verdict
	}{
		"control": {"", []string{service, byCompute, "", a, strictBy(serviceRole), ownObjects}, "A S3", Proven},
		"a list of resources, each with the tag": {"", []string{service, byCompute, "", a, strictBy(serviceRole),
			`{"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["arn:aws:s3:::b/${aws:PrincipalTag/TenantID}/a/*", "arn:aws:s3:::b/${aws:PrincipalTag/TenantID}/b/*"]}`}, "A S3", Proven},
		"a list of resources, all but one with the tag": {"", []string{service, byCompute, "", a, strictBy(serviceRole),
			`{"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["arn:aws:s3:::b/${aws:PrincipalTag/TenantID}/a/*", "arn:aws:s3:::b/x/b/*"]}`}, "A S3", Refuted},
		"a variable whose key has a dotless i": {"", []string{service, byCompute, "", a, strictBy(serviceRole),
			`{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${aws:PrincipalTag/Tenant\u0131D}/*"}`}, "A S3", Refuted},
		"a circle, into which another role brings any id": {"", []string{service, byCompute, "", a, assumeBy(roleOf(b)) + "," + assumeBy(roleOf("C")), "", b, assumeBy(roleOf(a)), byPrefix,
			"C", wide, ""}, "B S3", Undecided},
		"a circle, from its other end":       {"", []string{service, byCompute, "", b, assumeBy(roleOf(a)), byPrefix, a, assumeBy(roleOf(b)) + "," + wide, ""}, "B S3", Undecided},
		"a role beyond the set brings a tag": {"", []string{service, byCompute, "", a, assumeBy(roleOf("Other")), byPrefix}, "A S3", Undecided},
		"an account brings a tag":            {"", []string{service, byCompute, "", a, assumeBy(`{"AWS": "111111111111"}`), byPrefix}, "A S3", Undecided},
		"a unique id brings a tag":           {"", []string{service, byCompute, "", a, assumeBy(`{"AWS": "AROAABCDEFGHIJKLMNOPQ"}`), byPrefix}, "A S3", Undecided},
		"the role is named beside its account": {`"administrative": {}, `, []string{service, byCompute, "", a, strictBy(serviceRole), ownObjects,
			b, strictBy(`{"AWS": ["000000000000", "arn:aws:iam::000000000000:role/A"]}`), ""}, "A STS", Refuted},
		"a role of the account beside one that may tag": {"", []string{service, byCompute, "",
			a, `{"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::000000000000:role/Service", "000000000000"]}, "Action": "sts:AssumeRole", ` + tagged1 + `},
				{"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::000000000000:role/Service", "arn:aws:iam::000000000000:role/Other"]}, "Action": "sts:TagSession", ` + tagged1 + `}`, ownObjects}, "A S3", Undecided},
		"an identity provider of an account that is named": {"", []string{service, byCompute, "", a, strictBy(serviceRole) + `,
				{"Effect": "Allow", "Principal": {"AWS": "000000000000", "Federated": "arn:aws:iam::000000000000:saml-provider/x"}, "Action": "sts:GetCallerIdentity"}`, ownObjects}, "A S3", Undecided},
		"an administrative role asks":                      {`"administrative": {"Admin": "operators"}, `, []string{service, byCompute, "", "Admin", strictBy(serviceRole), "", a, strictBy(roleOf("Admin")), ownObjects}, "A S3", Undecided},
		"a role without a tenant that may assume any role": {"", []string{service, byCompute, `{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}`, a, strictBy(serviceRole), ownObjects}, "Service STS", Undecided},
		"for its own role": {"", []string{service, byCompute, "", a, strictBy(serviceRole),
			`{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Condition": {"StringEquals": {"aws:PrincipalArn": "arn:aws:iam::000000000000:role/A"}}}`}, "A S3", Refuted},
		"for another role alone": {"", []string{service, byCompute, "", a, strictBy(serviceRole),
			`{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Condition": {"StringEquals": {"aws:PrincipalArn": "arn:aws:iam::000000000000:role/B"}}}`}, "A S3", Nothing},
		"for a user alone": {"", []string{service, byCompute, "", a, strictBy(serviceRole),
			`{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Condition": {"StringEquals": {"aws:username": "ana"}}}`}, "A S3", Nothing},
		"for all but a user": {"", []string{service, byCompute, "", a, strictBy(serviceRole),
			`{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Condition": {"StringNotEquals": {"aws:username": "ana"}}}`}, "A S3", Refuted},
		"for a session of one name": {"", []string{service, byCompute, "", a, strictBy(serviceRole),
			`{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Condition": {"StringLike": {"aws:userid": "*:admin"}}}`}, "A S3", Refuted},
		"for a session of a name that it cannot have": {"", []string{service, byCompute, "",
			a, `{"Effect": "Allow", "Principal": ` + serviceRole + `, "Action": ["sts:AssumeRole", "sts:TagSession"], "Condition": {"StringLike": {"aws:RequestTag/TenantID": "?*", "sts:RoleSessionName": "${aws:RequestTag/TenantID}@*"}}}`,
			`{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Condition": {"StringLike": {"aws:userid": "*:admin"}}}`}, "A S3", Undecided},
		"for a user's id alone": {"", []string{service, byCompute, "", a, strictBy(serviceRole),
			`{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Condition": {"StringLike": {"aws:userid": "AIDA*"}}}`}, "A S3", Nothing},
		"for all but a user's id": {"", []string{service, byCompute, "", a, strictBy(serviceRole),
			`{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Condition": {"StringNotLike": {"aws:userid": "AIDA*"}}}`}, "A S3", Refuted},
		"for a session without a user id": {"", []string{service, byCompute, "", a, strictBy(serviceRole),
			`{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Condition": {"Null": {"aws:userid": "true"}}}`}, "A S3", Nothing},
		"a Deny of other actions": {"", []string{service, byCompute, "", a, strictBy(serviceRole),
			`{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}, {"Effect": "Deny", "Action": "s3:Put*", "Resource": "*"}`}, "A S3", Refuted},
		"a Deny of other resources": {"", []string{service, byCompute, "", a, strictBy(serviceRole),
			`{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/x/*"}, {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::b/y/*"}`}, "A S3", Refuted},
		"control: a Deny of these": {"", []string{service, byCompute, "", a, strictBy(serviceRole),
			`{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/x/*"}, {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::b/x*"}`}, "A S3", Proven},
		"an action of a service that is not known, on what is": {"", []string{service, byCompute, "", a, strictBy(serviceRole),
			`{"Effect": "Allow", "Action": "s3-other:Read", "Resource": "arn:aws:s3:::b/*"}`}, "A unknown", Undecided},
	} {
		t.Run(name, func(t *testing.T) {
			f := prove(t, owned(t, test.more), setOf(t, test.roles...))[test.role]
			if f.Verdict != test.want {
				t.Errorf("%q, want %q\n%s%v", f.Verdict, test.want, why(f), f.Rests)
			}
		})
	}
}
