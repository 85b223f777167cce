package policy

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"example.com/shiptrack/infra/localaws/internal/alloctest"
)

// What a request is decided by is found by its service. Nothing that a look at every statement finds may be missing.
func TestEveryStatementThatNamesAnActionIsLookedAt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		action := rapid.SampledFrom([]string{"*", "s3:*", "s3:Get*", "S3:GetObject", "kms:Decrypt", "sqs:Send?", "KMS:*"})
		var text []string
		for range rapid.IntRange(1, 6).Draw(t, "statements") {
			element := rapid.SampledFrom([]string{"Action", "Action", "NotAction"}).Draw(t, "element")
			actions := rapid.SliceOfN(action, 1, 3).Draw(t, "actions")
			text = append(text, fmt.Sprintf(`{"Effect":"Allow","%s":["%s"],"Resource":"*"}`, element, strings.Join(actions, `","`)))
		}
		p, err := Parse([]byte(`{"Version":"2012-10-17","Statement":[`+strings.Join(text, ",")+`]}`), Identity)
		if err != nil {
			t.Fatal(err)
		}
		asked := rapid.SampledFrom([]string{"s3:GetObject", "S3:getobject", "\u017f3:GetObject", "kms:Decrypt", "\u212ams:Decrypt", "sqs:Send1", "iam:GetRole", "s3outposts:GetObject", "s3", ""}).Draw(t, "asked")
		var want, got []int
		for i := range p.statements {
			if p.statements[i].names(asked) {
				want = append(want, i)
			}
		}
		a := newAction(asked)
		statements, exact := p.index.naming(&a)
		for _, i := range statements {
			if exact || p.statements[i].names(asked) {
				got = append(got, i)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("%s is named by %v of %s, want %v", asked, got, text, want)
		}
	})
}

// unindexed is p without its index: every statement is compared with every action.
func unindexed(p *Policy) *Policy {
	return &Policy{statements: p.statements, index: index{other: allOf(p.statements)}}
}

func TestIndexChangesNoDecisionAndNoExplanation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		own, limit := parseStatements(t, current, drawStatements(t)...), parseStatements(t, current, drawStatements(t)...)
		own.Boundary = &limit.Identity[0]
		plain := func(n Named) Named { return Named{n.Name, unindexed(n.Policy)} }
		resource, boundary := drawResource(t), plain(limit.Identity[0])
		naive := Policies{Identity: []Named{plain(own.Identity[0])}, Boundary: &boundary}
		r := drawRequest(t)
		r.Action = rapid.SampledFrom([]string{r.Action, strings.ToUpper(r.Action), "s3:PutObject", "sqs:Send", "s3outposts:PutObject", "s3", "*"}).Draw(t, "asked")
		if got, want := own.Decide(r), naive.Decide(r); got != want {
			t.Fatalf("%s: %+v with an index, %+v without", show(r), got, want)
		}
		if got, want := DecideResource(resource, account, own, r), DecideResource(plain(resource), account, naive, r); got != want {
			t.Fatalf("%s: %+v with an index, %+v without", show(r), got, want)
		}
		if got, want := ExplainResource(resource, own, r), ExplainResource(plain(resource), naive, r); !reflect.DeepEqual(got, want) {
			t.Fatalf("%s: explained by %v with an index, by %v without", show(r), got, want)
		}
	})
}

// An outsider's document of many actions must not take long to index, and what is not indexed must be found all the same.
func TestActionsBeyondTheIndexAreFound(t *testing.T) {
	var actions []string
	for i := range 200 {
		actions = append(actions, fmt.Sprintf(`"s3:Get%d"`, i))
	}
	many := `{"Effect":"Allow","Action":[` + strings.Join(actions, ",") + `],"Resource":"*"},
		{"Effect":"Allow","Action":["s3:Put*"` + strings.Repeat(`,"s3:Put*"`, mostCompared/100) + `],"Resource":"*"}`
	p := mustParse(t, `{"Version":"2012-10-17","Statement":[`+many+`]}`, Simulated)
	for i, wantExact := range map[int]bool{0: true, len(actions) - 1: false} {
		r := &Request{Action: fmt.Sprintf("s3:get%d", i), Resource: "*"}
		a := newAction(r.Action)
		if _, exact := p.index.naming(&a); exact != wantExact {
			t.Errorf("%s is found exactly: %t, want %t", r.Action, exact, wantExact)
		}
		checkEffect(t, Policies{Identity: []Named{{Policy: p}}}, r, Allow)
	}
	checkEffect(t, Policies{Identity: []Named{{Policy: p}}}, &Request{Action: "s3:Get", Resource: "*"}, ImplicitDeny)
}

// Half of the statements name any service, the others one of their own each.
func TestIndexIsNoLargerThanItsDocument(t *testing.T) {
	var text []string
	for i := range 500 {
		text = append(text, `{"Effect":"Allow","Action":"*","Resource":"*"}`, fmt.Sprintf(`{"Effect":"Deny","Action":"a%d:b","Resource":"*"}`, i))
	}
	document := []byte(`{"Version":"2012-10-17","Statement":[` + strings.Join(text, ",") + `]}`)
	var p *Policy
	alloctest.Bound(t, len(document), func() { p = mustParse(t, string(document), Simulated) })
	role := Policies{Identity: []Named{{Policy: p}}}
	checkEffect(t, role, &Request{Action: "a77:b", Resource: "*"}, ExplicitDeny)
	checkEffect(t, role, &Request{Action: "a77:c", Resource: "*"}, Allow)
}
