package policy

import (
	"testing"

	"pgregory.net/rapid"
)

func TestWhatDecideAllowsMayBeAllowed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := parseStatements(t, current, drawStatements(t)...)
		limit := parseStatements(t, current, drawStatements(t)...).Identity
		if rapid.Bool().Draw(t, "boundary") {
			p.Boundary = &limit[0]
		}
		if rapid.Bool().Draw(t, "session") {
			p.Session = limit
		}
		r := drawRequest(t)
		if d := p.Decide(r); d.Effect == Allow && !p.MayAllow(r.Action, r.Resource) {
			t.Fatalf("%s is allowed, and MayAllow says that it cannot be", show(r))
		}
	})
}

func TestMayAllowLooksAtActionAndResourceAlone(t *testing.T) {
	document, err := Parse([]byte(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"dynamodb:GetItem","Resource":"arn:aws:dynamodb:us-east-1:000000000000:table/Notes","Condition":{"Null":{"a:b":"false"}}},
		{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${aws:PrincipalTag/TenantID}/*"},
		{"Effect":"Deny","Action":"*","Resource":"*"}]}`), Identity)
	if err != nil {
		t.Fatal(err)
	}
	p := Policies{Identity: []Named{{Policy: document}}}
	const table = "arn:aws:dynamodb:us-east-1:000000000000:table/"
	for _, test := range []struct {
		action, resource string
		want             bool
	}{
		{"dynamodb:GetItem", table + "Notes", true},
		{"dynamodb:GetItem", table + "Others", false},
		{"dynamodb:PutItem", table + "Notes", false},
		{"s3:GetObject", "arn:aws:s3:::b/anything/at/all", true},
	} {
		if got := p.MayAllow(test.action, test.resource); got != test.want {
			t.Errorf("MayAllow(%s, %s) = %t, want %t", test.action, test.resource, got, test.want)
		}
	}
}
