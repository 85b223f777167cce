package theorem

import "testing"

// TestEmptyTagProvesNothing holds that an Allow which may apply to a tag with an empty value is not proven: STS takes one, and nothing says
// how IAM decides it. Where the trust policy asks for a value, no session has one.
func TestEmptyTagProvesNothing(t *testing.T) {
	trust := func(condition string) string {
		return `{"Effect": "Allow", "Principal": ` + serviceRole + `, "Action": ["sts:AssumeRole", "sts:TagSession"], "Condition": {` + condition + `}}`
	}
	allow := func(condition string) string {
		return `{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Condition": {` + condition + `}}`
	}
	const (
		given   = `"Null": {"aws:RequestTag/TenantID": "false"}`
		noSlash = given + `, "StringNotLike": {"aws:RequestTag/TenantID": "*/*"}`
		value   = `"StringLike": {"aws:RequestTag/TenantID": "?*"}`
	)
	for name, test := range map[string]struct {
		trust, allow string
		want         Verdict
	}{
		"the tenant's, compared with nothing":      {given, allow(`"StringEquals": {"aws:PrincipalTag/TenantID": ""}`), Undecided},
		"the tenant's, unlike any text":            {given, allow(`"StringNotLike": {"aws:PrincipalTag/TenantID": "?*"}`), Undecided},
		"the tenant's, where a slash is refused":   {noSlash, allow(`"StringNotLike": {"aws:PrincipalTag/TenantID": "?*"}`), Undecided},
		"the tenant's, where a value is asked for": {value, allow(`"StringNotLike": {"aws:PrincipalTag/TenantID": "?*"}`), Proven},
		"a variable of it":                         {noSlash, ownObjects, Proven},
		"of the object, compared with nothing":     {value, allow(`"StringEquals": {"s3:ExistingObjectTag/TenantID": ""}`), Undecided},
		"of the object, unlike any text":           {value, allow(`"StringNotLike": {"s3:ExistingObjectTag/TenantID": "?*"}, "Null": {"s3:ExistingObjectTag/TenantID": "false"}`), Undecided},
		"of the object, in a set that may be none": {value, allow(`"ForAllValues:StringEquals": {"s3:ExistingObjectTag/TenantID": "a"}, "ForAnyValue:StringNotEquals": {"s3:ExistingObjectTag/TenantID": "a"}`), Undecided},
	} {
		t.Run(name, func(t *testing.T) {
			f := prove(t, owned(t, ""), setOf(t, "Service", byCompute, "", "A", trust(test.trust), test.allow))["A S3"]
			if f.Verdict != test.want {
				t.Errorf("%q, want %q\n%s", f.Verdict, test.want, why(f))
			}
		})
	}
}
