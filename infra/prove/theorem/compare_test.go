package theorem

import (
	"strings"
	"testing"

	"example.com/shiptrack/infra/localaws/policy"
)

// TestCompare holds that two sets are called the same only where no request tells them apart, and that a difference is shown as a request.
func TestCompare(t *testing.T) {
	const (
		same = "same"
		more = "more"
		less = "less"
	)
	read := ownObjects
	listing := func(c string) string {
		return `{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::b", "Condition": {` + c + `}}`
	}
	for name, test := range map[string]struct{ old, changed, want string }{
		"itself":                                {read, read, same},
		"an action more":                        {read, read + `, {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/x"}`, more},
		"an action less":                        {read + `, {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/x"}`, read, less},
		"an action of STS, removed":             {read + `, {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::000000000000:role/B"}`, read, less},
		"an action of STS":                      {read, read + `, {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}`, more},
		"a statement that another holds":        {read, read + `, {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${aws:PrincipalTag/TenantID}/a*"}`, "undecided"},
		"a Deny of what nobody allows":          {read, read + `, {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"}`, same},
		"a Deny of what is allowed":             {read, read + `, {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/yellow/a"}`, less},
		"StringLike without wildcards":          {listing(`"StringEquals": {"s3:prefix": "${aws:PrincipalTag/TenantID}/"}`), listing(`"StringLike": {"s3:prefix": "${aws:PrincipalTag/TenantID}/"}`), same},
		"IfExists":                              {listing(`"StringEquals": {"s3:prefix": "a"}`), listing(`"StringEqualsIfExists": {"s3:prefix": "a"}`), more},
		"IfExists beside a guard":               {listing(`"StringEquals": {"s3:prefix": "a"}, "Null": {"s3:prefix": "false"}`), listing(`"StringEqualsIfExists": {"s3:prefix": "a"}, "Null": {"s3:prefix": "false"}`), same},
		"Null where the value may be empty":     {listing(`"StringLike": {"s3:prefix": "*"}`), listing(`"StringLike": {"s3:prefix": "*"}, "Null": {"s3:prefix": "false"}`), less},
		"?* and * of a tag, which may be empty": {listing(`"StringLike": {"aws:PrincipalTag/TenantID": "?*"}`), listing(`"StringLike": {"aws:PrincipalTag/TenantID": "*"}`), "undecided"},
		"?* and * of another key":               {listing(`"StringLike": {"s3:prefix": "?*"}`), listing(`"StringLike": {"s3:prefix": "*"}`), more},
		"a literal that no tag can be":          {listing(`"StringEquals": {"aws:PrincipalTag/TenantID": "${aws:ResourceTag/TenantID}"}`), listing(`"StringEquals": {"aws:PrincipalTag/TenantID": ["${aws:ResourceTag/TenantID}", "*"]}`), same},
		"one value in place of several":         {listing(`"ForAllValues:StringEquals": {"a:b": "x"}, "Null": {"a:b": "false"}`), listing(`"StringEquals": {"a:b": "x"}, "Null": {"a:b": "false"}`), less},
		"a key that only one looks at":          {listing(`"StringLike": {"s3:prefix": "a"}`), listing(`"StringLike": {"s3:prefix": "a"}, "Null": {"s3:delimiter": "true"}`), less},
	} {
		t.Run(name, func(t *testing.T) {
			set := func(policies string) []Role {
				return setOf(t, "Service", byCompute, "", "A", strictBy(serviceRole), policies)
			}
			c, err := Compare("000000000000", set(test.old), set(test.changed), owned(t, ""))
			if err != nil {
				t.Fatal(err)
			}
			got := "undecided"
			switch {
			case c.Same():
				got = same
			case c.Added != nil && c.Removed == nil:
				got = more
			case c.Removed != nil && c.Added == nil:
				got = less
			}
			if got != test.want {
				t.Errorf("%s, want %s: added %v, removed %v, undecided %v", got, test.want, c.Added, c.Removed, c.Undecided)
			}
		})
	}
}

// TestCompareDecidedLeavesEmptyTagsOut holds that sets which differ for an empty tag alone are the same for the evaluator, which decides nothing
// of one, and for it alone.
func TestCompareDecidedLeavesEmptyTagsOut(t *testing.T) {
	const any = `"StringLike": {"aws:RequestTag/TenantID": "*"}`
	old := setOf(t, "Service", byCompute, "", "A", trusting(serviceRole, strings.Replace(any, "*", "?*", 1)), ownObjects)
	changed := setOf(t, "Service", byCompute, "", "A", trusting(serviceRole, any), ownObjects)
	for name, test := range map[string]struct {
		compare func(string, []Role, []Role, *Ownership) (*Comparison, error)
		same    bool
	}{"Compare": {Compare, false}, "CompareDecided": {CompareDecided, true}} {
		c, err := test.compare("000000000000", old, changed, owned(t, ""))
		if err != nil || c.Same() != test.same {
			t.Errorf("%s: %v, %+v: want same %v", name, err, c, test.same)
		}
	}
}

// TestCompareUnderABoundary: what two roles have in common as a boundary hides no difference within it, and one that it takes away is none.
func TestCompareUnderABoundary(t *testing.T) {
	set := func(policies, boundary string) []Role {
		roles := setOf(t, "Service", byCompute, "", "A", strictBy(serviceRole), policies)
		p, err := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":[`+boundary+`]}`), policy.Identity)
		if err != nil {
			t.Fatal(err)
		}
		roles[1].Boundary = &policy.Named{Name: "boundary", Policy: p}
		return roles
	}
	listing := func(c string) string {
		return `{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::b", "Condition": {` + c + `}}`
	}
	revoked := `{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/TenantID":"x"},"DateLessThan":{"aws:TokenIssueTime":"2026-01-01T00:00:00Z"}}}`
	deny := func(condition string) string {
		return `{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{` + condition + `}}`
	}
	const before = `"DateLessThan":{"aws:TokenIssueTime":"2026-01-01T00:00:00Z"}`
	all, none := `{"Effect":"Allow","Action":"*","Resource":"*"}`, `{"Effect":"Allow","Action":"sqs:*","Resource":"*"}`
	ofTenant := listing(`"StringLike": {"s3:prefix": "${aws:PrincipalTag/TenantID}/"}, "Null": {"aws:PrincipalTag/TenantID": "false"}`)
	narrow, wide := listing(`"StringLike": {"s3:prefix": "a"}`), listing(`"StringLike": {"s3:prefix": "*"}`)
	for name, test := range map[string]struct {
		old, changed []Role
		adds, same   bool
	}{
		"nothing differs":               {set(narrow, all), set(narrow, all), false, true},
		"nothing, under revocations":    {set(narrow, revoked), set(narrow, revoked), false, true},
		"more, within the boundary":     {set(narrow, all), set(wide, all), true, false},
		"more, outside of it":           {set(narrow, none), set(wide, none), false, false},
		"another boundary: not decided": {set(narrow, all), set(narrow, none), false, false},
		"suspended, in other words":     {set(ofTenant, deny(`"StringEquals":{"aws:PrincipalTag/TenantID":"x"}`)), set(ofTenant, deny(`"StringLike":{"aws:PrincipalTag/TenantID":"x"}`)), false, true},
		"revoked, in other words":       {set(ofTenant, revoked), set(ofTenant, deny(`"StringLike":{"aws:PrincipalTag/TenantID":"x"},`+before)), false, true},
		"another is revoked":            {set(ofTenant, revoked), set(ofTenant, deny(`"StringEquals":{"aws:PrincipalTag/TenantID":"y"},`+before)), false, false},
		"all are revoked":               {set(ofTenant, revoked), set(ofTenant, deny(before)), false, false},
		"revoked at another time":       {set(ofTenant, revoked), set(ofTenant, deny(`"StringEquals":{"aws:PrincipalTag/TenantID":"x"},"DateLessThan":{"aws:TokenIssueTime":"2025-01-01T00:00:00Z"}`)), false, false},
		"nobody is suspended any more":  {set(narrow, deny(`"StringEquals":{"aws:PrincipalTag/TenantID":"x"}`)), set(narrow, all), true, false},
	} {
		c, err := Compare("000000000000", test.old, test.changed, owned(t, ""))
		if err != nil || (c.Added != nil) != test.adds || c.Same() != test.same {
			t.Errorf("%s: %+v, %v; want added %v, same %v", name, c, err, test.adds, test.same)
		}
	}
}

// TestCompareOfTrustPolicies holds that a Deny of one caller hides nothing of another.
func TestCompareOfTrustPolicies(t *testing.T) {
	const denied = `{"Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::000000000000:role/B"}, "Action": "sts:AssumeRole"}`
	set := func(trust string) []Role {
		return setOf(t, "Service", byCompute, "", "B", byCompute, "", "A", trust, ownObjects)
	}
	for name, test := range map[string]struct {
		old, changed string
		removes      bool
	}{
		"another is trusted no more": {assumeBy(serviceRole) + ", " + denied, denied, true},
		"who is denied is":           {assumeBy(serviceRole) + ", " + denied, assumeBy(serviceRole) + ", " + denied, false},
	} {
		c, err := Compare("000000000000", set(test.old), set(test.changed), owned(t, ""))
		if err != nil || c.Same() == test.removes || (c.Removed != nil) != test.removes {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
	}
}

// TestCompareSaysWhoIsTrustedBeyond holds that a principal more is a difference, beside one that both sets trust with the same request.
func TestCompareSaysWhoIsTrustedBeyond(t *testing.T) {
	set := func(principals string) []Role {
		return setOf(t, "Service", byCompute, "", "A", strictBy(`{"AWS": [`+principals+`]}`), ownObjects)
	}
	const service, other = `"arn:aws:iam::000000000000:role/Service"`, "arn:aws:iam::000000000000:role/Other"
	c, err := Compare("000000000000", set(service), set(service+`, "`+other+`"`), owned(t, ""))
	if err != nil || c.Added == nil || c.Added.By != other || c.Removed != nil || len(c.Undecided) != 0 {
		t.Errorf("%+v, %v", c, err)
	}
	c, err = Compare("000000000000", set(service+`, "`+other+`"`), set(service), owned(t, ""))
	if err != nil || c.Removed == nil || c.Removed.By != other || c.Added != nil || len(c.Undecided) != 0 {
		t.Errorf("%+v, %v", c, err)
	}
}
