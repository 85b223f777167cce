package policy

import (
	"strings"
	"sync"
	"testing"
)

func TestActionsMatchWithoutRegardToCaseAndResourcesWithIt(t *testing.T) {
	tests := []struct {
		element, action, resource string
		want                      Effect
	}{
		{`"Action":"dynamodb:GetItem","Resource":"` + table + `"`, "dynamodb:GetItem", table, Allow},
		{`"Action":"DynamoDB:getitem","Resource":"` + table + `"`, "dynamodb:GetItem", table, Allow},
		{`"Action":"dynamodb:GetItem","Resource":"` + table + `"`, "DYNAMODB:GETITEM", table, Allow},
		{`"Action":"dynamodb:GetItem","Resource":"` + table + `"`, "dynamodb:PutItem", table, ImplicitDeny},
		{`"Action":"dynamodb:GetItem","Resource":"` + table + `"`, "dynamodb:GetItem", strings.ToLower(table), ImplicitDeny},
		{`"Action":"dynamodb:get*","Resource":"*"`, "dynamodb:GetItem", table, Allow},
		{`"Action":"dynamodb:?etItem","Resource":"*"`, "dynamodb:GetItem", table, Allow},
		{`"Action":"dynamodb:*tem?","Resource":"*"`, "dynamodb:GetItem", table, ImplicitDeny},
		{`"Action":"dynamodb:*","Resource":"*"`, "s3:GetObject", table, ImplicitDeny},
		{`"Action":"*","Resource":"*"`, "s3:GetObject", "*", Allow},
		{`"Action":["s3:GetObject","dynamodb:GetItem"],"Resource":["arn:aws:s3:::b","` + table + `"]`, "dynamodb:GetItem", table, Allow},
		{`"NotAction":"dynamodb:PutItem","Resource":"*"`, "dynamodb:GetItem", table, Allow},
		{`"NotAction":["dynamodb:putitem","dynamodb:get*"],"Resource":"*"`, "dynamodb:GetItem", table, ImplicitDeny},
		{`"Action":"*","NotResource":"` + table + `/index/*"`, "dynamodb:Query", table, Allow},
		{`"Action":"*","NotResource":"` + table + `/index/*"`, "dynamodb:Query", table + "/index/x", ImplicitDeny},
		{`"Action":"*","Resource":"arn:aws:dynamodb:*:000000000000:table/No?es"`, "dynamodb:Query", table, Allow},
		{`"Action":"*","Resource":"arn:aws:dynamodb:*:000000000000:table/Notes"`, "dynamodb:Query",
			"arn:aws:dynamodb:us-east-1:111111111111:table/x:000000000000:table/Notes", ImplicitDeny},
		{`"Action":"*","Resource":"arn:aws:dynamodb:*:000000000000:table/*"`, "dynamodb:Query",
			"arn:aws:dynamodb:us-east-1:111111111111:table/Notes", ImplicitDeny},
		{`"Action":"*","Resource":"arn:aws:s3:::b/*"`, "s3:GetObject", "arn:aws:s3:::b/a:b/c", Allow},
		{`"Action":"*","Resource":"arn:aws:s3:::b/*"`, "s3:GetObject", "*", ImplicitDeny},
		{`"Action":"*","Resource":"*"`, "", table, ImplicitDeny},
		{`"Action":"*","Resource":"*"`, "s3:GetObject", "", ImplicitDeny},
	}
	for _, test := range tests {
		p := identityOf(t, documentOf("2012-10-17", `"Effect":"Allow",`+test.element))
		checkEffect(t, p, &Request{Action: test.action, Resource: test.resource}, test.want)
	}
}

// layer is one of the documents that a layer may be.
func layer(t *testing.T, name string) *Named {
	t.Helper()
	documents := map[string]string{
		"allows": `"Sid":"allows","Effect":"Allow","Action":"s3:*","Resource":"*"`,
		"silent": `"Sid":"silent","Effect":"Allow","Action":"sqs:*","Resource":"*"`,
		"denies": `"Sid":"denies","Effect":"Deny","Action":"s3:*","Resource":"*"`,
	}
	if documents[name] == "" {
		return nil
	}
	return &Named{Name: name, Policy: mustParse(t, documentOf("2012-10-17", documents[name]), Identity)}
}

func TestLayersIntersectAndExplicitDenyWins(t *testing.T) {
	tests := []struct {
		identity, boundary, session string
		want                        Effect
		wantLayer, wantSid          string
	}{
		{"allows", "", "", Allow, "", "allows"},
		{"silent", "", "", ImplicitDeny, "identity", ""},
		{"", "", "", ImplicitDeny, "identity", ""},
		{"denies", "", "", ExplicitDeny, "identity", "denies"},
		{"allows", "allows", "", Allow, "", "allows"},
		{"allows", "silent", "", ImplicitDeny, "boundary", ""},
		{"allows", "denies", "", ExplicitDeny, "boundary", "denies"},
		{"silent", "allows", "", ImplicitDeny, "identity", ""},
		{"silent", "denies", "", ExplicitDeny, "boundary", "denies"},
		{"allows", "", "allows", Allow, "", "allows"},
		{"allows", "", "silent", ImplicitDeny, "session", ""},
		{"allows", "", "denies", ExplicitDeny, "session", "denies"},
		{"silent", "", "allows", ImplicitDeny, "identity", ""},
		{"allows", "allows", "allows", Allow, "", "allows"},
		{"allows", "allows", "silent", ImplicitDeny, "session", ""},
		{"allows", "silent", "denies", ExplicitDeny, "session", "denies"},
		{"denies", "allows", "allows", ExplicitDeny, "identity", "denies"},
	}
	for _, test := range tests {
		p := Policies{Boundary: layer(t, test.boundary)}
		if n := layer(t, test.identity); n != nil {
			p.Identity = []Named{*n}
		}
		if n := layer(t, test.session); n != nil {
			p.Session = []Named{*n}
		}
		got := p.Decide(&Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k"})
		if got.Effect != test.want || got.Layer != test.wantLayer || got.Statement.Sid != test.wantSid {
			t.Errorf("identity %q, boundary %q, session %q: %+v, want %s of layer %q by %q",
				test.identity, test.boundary, test.session, got, test.want, test.wantLayer, test.wantSid)
		}
	}
}

func TestExplicitDenyWinsWithinAPolicyAndAmongPolicies(t *testing.T) {
	r := &Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k"}
	allows, denies := *layer(t, "allows"), *layer(t, "denies")
	for _, identity := range [][]Named{{allows, denies}, {denies, allows}} {
		got := Policies{Identity: identity}.Decide(r)
		want := Decision{Effect: ExplicitDeny, Statement: Statement{Policy: "denies", Sid: "denies"}, Layer: "identity"}
		if got != want {
			t.Errorf("Decide with %v = %+v, want %+v", identity, got, want)
		}
	}
	checkEffect(t, Policies{Identity: []Named{allows, allows}}, r, Allow)
}

func TestLayerThatCannotBeReadAllowsNothing(t *testing.T) {
	r := &Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k"}
	identity := []Named{*layer(t, "allows")}
	checkEffect(t, Policies{Identity: identity}, r, Allow)
	checkEffect(t, Policies{Identity: identity, Boundary: &Named{Name: "none"}}, r, ImplicitDeny)
	checkEffect(t, Policies{Identity: identity, Session: []Named{}}, r, ImplicitDeny)
	checkEffect(t, Policies{Identity: []Named{{Name: "none"}}}, r, ImplicitDeny)
	trust := trustOf(t, `{"AWS":"*"}`)
	checkEffect(t, Policies{Identity: []Named{trust}}, &Request{Action: "sts:AssumeRole", Resource: roleARN}, ImplicitDeny)
}

func TestCompiledPolicyKeepsNothingOfARequest(t *testing.T) {
	p := fileOf(t, notesFile)
	for range 3 {
		for _, tenant := range []string{"yellow", "blue", "green"} {
			for _, key := range []string{"yellow", "blue", "green"} {
				want := ImplicitDeny
				if key == tenant {
					want = Allow
				}
				checkEffect(t, p, getItem(tenant, key), want)
			}
		}
	}
}

func TestOnePolicyDecidesConcurrently(t *testing.T) {
	p := fileOf(t, notesFile)
	var wg sync.WaitGroup
	for _, tenant := range []string{"yellow", "blue", "green", "red"} {
		wg.Go(func() {
			for i := range 500 {
				key := []string{"yellow", "blue", "green", "red"}[i%4]
				if got := p.Decide(getItem(tenant, key)).Effect; (got == Allow) != (key == tenant) {
					t.Errorf("tenant %s, key %s: %s", tenant, key, got)
				}
				p.Explain(getItem(tenant, key))
			}
		})
	}
	wg.Wait()
}

// getItem is a GetItem of tenant's session for the keys.
func getItem(tenant string, keys ...string) *Request {
	return &Request{Action: "dynamodb:GetItem", Resource: table, Context: values{tagKey: tenant, leading: keys}.context()}
}

func TestDecisionAllocatesNothing(t *testing.T) {
	p := fileOf(t, notesFile)
	for _, r := range []*Request{getItem("yellow", "yellow"), getItem("yellow", "blue")} {
		if got := testing.AllocsPerRun(100, func() { p.Decide(r) }); got != 0 {
			t.Errorf("Decide allocates %v times, want 0", got)
		}
	}
}
