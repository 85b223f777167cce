package policy

import (
	"slices"
	"strings"
	"testing"

	"example.com/shiptrack/infra/localaws/internal/alloctest"
)

// FuzzDenyNeverWidens holds that statements with Deny, whatever they say, allow nothing that was not allowed, nothing by
// themselves, and that a document without statements that apply allows nothing.
func FuzzDenyNeverWidens(f *testing.F) {
	wide := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`
	for _, file := range []string{notesFile, picturesFile, becomeFile} {
		document := []byte(read(f, file))
		f.Add([]byte(wide), document, "yellow", "blue")
		f.Add(document, []byte(wide), "yellow", "yellow")
		f.Add(document, document, "*", "blue")
	}
	f.Fuzz(func(t *testing.T, document, denies []byte, tag, got string) {
		var added *Policy
		var err error
		alloctest.Bound(t, len(denies), func() { added, err = Parse(denies, Identity) })
		if err != nil {
			return
		}
		deny := Named{Name: "deny", Policy: &Policy{statements: slices.Clone(added.statements), index: added.index}}
		for i := range deny.Policy.statements {
			deny.Policy.statements[i].effect = ExplicitDeny
		}
		p, err := Parse(document, Identity)
		if err != nil {
			p = nil // no statements
		}
		for _, r := range []*Request{
			{Action: "dynamodb:GetItem", Resource: table, Context: values{tagKey: tag, leading: []string{tag, got}, "a:b": got}.context()},
			{Action: tag, Resource: got, Context: values{tagKey: []string{tag, got}, "a:b": got}.context()},
		} {
			before := Policies{Identity: []Named{{Name: "p", Policy: p}}}.Decide(r).Effect
			after := Policies{Identity: []Named{{Name: "p", Policy: p}, deny}}.Decide(r).Effect
			if after == Allow && before != Allow {
				t.Errorf("%s: %s became %s by %s", show(r), before, after, denies)
			}
			if before == Allow && p == nil {
				t.Errorf("%s: allowed without a statement", show(r))
			}
			if alone := (Policies{Identity: []Named{deny}}).Decide(r).Effect; alone == Allow {
				t.Errorf("%s: allowed by Deny statements alone: %s", show(r), denies)
			}
		}
	})
}

// FuzzTagIsNoPattern holds that a tag's value stands for itself alone, wherever a policy has it.
func FuzzTagIsNoPattern(f *testing.F) {
	const variable = "${aws:PrincipalTag/TenantID}"
	resources := mustParse(f, documentOf(current, `"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket/`+variable+`/*"`), Identity)
	operators := map[string]*Policy{}
	for _, operator := range []string{"StringEquals", "StringLike", "ForAllValues:StringLike", "ForAnyValue:StringEquals", "StringLikeIfExists"} {
		operators[operator] = mustParse(f, documentOf(current, `"Effect":"Allow","Action":"*","Resource":"*","Condition":{"`+operator+`":{"a:b":"`+variable+`"}}`), Identity)
	}
	for _, pair := range [][2]string{{"*", "blue"}, {"yellow", "yellow"}, {"?", "b"}, {"b*", "blue"}, {"${*}", "*"}, {"", ""}, {variable, "yellow"}, {"yellow/..", "blue"}, {"a'", "a"}, {"yellow", "yellow "}, {"yellow", ""}} {
		f.Add(pair[0], pair[1])
	}
	f.Fuzz(func(t *testing.T, tag, got string) {
		ctx := values{tagKey: tag, "a:b": got}.context()
		decide := func(p *Policy, resource string) bool {
			r := &Request{Action: "s3:GetObject", Resource: resource, Context: ctx}
			var effect Effect
			alloctest.Bound(t, len(tag)+len(got), func() { effect = Policies{Identity: []Named{{Name: "p", Policy: p}}}.Decide(r).Effect })
			return effect == Allow
		}
		for operator, p := range operators {
			// Where the key is empty it counts as absent for ForAllValues.
			absent := got == "" && strings.HasPrefix(operator, "ForAllValues:")
			if allowed, want := decide(p, "*"), tag != "" && (tag == got || absent); allowed != want {
				t.Errorf("%s: the tag %q, the key %q: allowed %t", operator, tag, got, allowed)
			}
		}
		own := tag != "" && strings.HasPrefix(got+"/x", tag+"/")
		if allowed := decide(resources, "arn:aws:s3:::bucket/"+got+"/x"); allowed != own {
			t.Errorf("Resource: the tag %q, the prefix %q: allowed %t", tag, got, allowed)
		}
	})
}
