package policy

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Each of these was allowed when an empty value counted as present.
func TestEmptyTagOpensNoPolicy(t *testing.T) {
	const open = `{"Effect":"Allow","Action":"*","Resource":"*"}`
	under := func(effect, condition string) string {
		return `{"Effect":"` + effect + `","Action":"*","Resource":"*","Condition":` + condition + `}`
	}
	allOf := func(operator string) string { return `"ForAllValues:` + operator + `":{"` + tagKey + `":"blue"}` }
	null := func(value string) string { return `"Null":{"` + tagKey + `":"` + value + `"}` }
	for name, test := range map[string]struct {
		statements string
		tagged     Effect // with the tag yellow
	}{
		"Deny ForAllValues":                 {open + "," + under("Deny", "{"+allOf("StringEquals")+"}"), Allow},
		"Deny Null true":                    {open + "," + under("Deny", "{"+null("true")+"}"), Allow},
		"Allow Null false":                  {under("Allow", "{"+null("false")+"}"), Allow},
		"Allow ForAllValues and Null false": {under("Allow", "{"+allOf("StringNotEquals")+","+null("false")+"}"), Allow},
		"Allow Null true":                   {under("Allow", "{"+null("true")+"}"), ImplicitDeny},
		"Deny Null false":                   {open + "," + under("Deny", "{"+null("false")+"}"), ExplicitDeny},
	} {
		p := identityOf(t, `{"Version":"2012-10-17","Statement":[`+test.statements+`]}`)
		for _, key := range []string{tagKey, strings.ToUpper(tagKey)} {
			r := &Request{Action: "s3:GetObject", Resource: "*", Context: values{key: ""}.context()}
			if got := p.Decide(r).Effect; got == Allow {
				t.Errorf("%s: the empty tag %s is allowed", name, key)
			}
			r.Context.Set(key, "yellow")
			if got := p.Decide(r).Effect; got != test.tagged {
				t.Errorf("%s: the tag yellow: %s, want %s", name, got, test.tagged)
			}
		}
	}
}

func TestEmptyTagIsUndecidableForEveryOperator(t *testing.T) {
	keys := []string{tagKey, "aws:RequestTag/x", "aws:ResourceTag/x", "s3:ExistingObjectTag/x", "iam:ResourceTag/x", "rds:db-tag/x", "ssm:resourceTag/x"}
	for operator := range operators {
		var all []string
		if operator == "Null" {
			all = []string{"Null"}
		} else {
			for _, prefix := range []string{"", "ForAllValues:", "ForAnyValue:"} {
				all = append(all, prefix+operator, prefix+operator+"IfExists")
			}
		}
		value := operatorSample(operator)
		if operator == "Null" {
			value = `"true"`
		}
		for _, key := range keys {
			for _, name := range all {
				conditionCase{name, on(name, key, value), values{key: ""}, undecidable}.check(t)
			}
		}
	}
}

// IAM User Guide, "Single-valued vs. multivalued context keys": "a null dataset, such as an empty string".
func TestEmptyValueOfAnotherKeyCountsAsAbsent(t *testing.T) {
	empty, list := values{"s3:prefix": ""}, values{"a:b": []string{"", ""}}
	checkConditions(t, []conditionCase{
		{"all", on("ForAllValues:StringEquals", "s3:prefix", `"x"`), empty, yes},
		{"all, negated", on("ForAllValues:StringNotEquals", "s3:prefix", `""`), empty, yes},
		{"any", on("ForAnyValue:StringLike", "s3:prefix", `"*"`), empty, no},
		{"any, a number", on("ForAnyValue:NumericEquals", "s3:prefix", `1`), empty, no},
		{"any, IfExists, another value", on("ForAnyValue:StringEqualsIfExists", "s3:prefix", `"x"`), empty, undecidable},
		{"any, IfExists, this value", on("ForAnyValue:StringEqualsIfExists", "s3:prefix", `""`), empty, yes},
		{"Null true", on("Null", "s3:prefix", `"true"`), empty, yes},
		{"Null false", on("Null", "s3:prefix", `"false"`), empty, no},
		{"an operator for one value", on("StringEquals", "s3:prefix", `["","home/"]`), empty, yes},
		{"only empty values, all", on("ForAllValues:StringEquals", "a:b", `"x"`), list, undecidable},
		{"only empty values, any", on("ForAnyValue:StringEquals", "a:b", `""`), list, undecidable},
		{"only empty values, Null", on("Null", "a:b", `"true"`), list, undecidable},
		{"an empty value among others", on("ForAllValues:StringEquals", "a:b", `"x"`), values{"a:b": []string{"", "x"}}, no},
		{"a name that only looks like a tag", on("Null", "a:stage/x", `"true"`), values{"a:stage/x": ""}, yes},
	})
}

func TestKeyThatWasEmptyIsDecidedOnceItHasAValue(t *testing.T) {
	c := new(Context)
	c.Set(tagKey, "")
	c.SetAll("a:b", []string{""})
	c.Each(func(key string, values []string, unknown bool) {
		if unknown || len(values) != 1 || values[0] != "" {
			t.Errorf("%s = %q, %t: a log must show the empty value", key, values, unknown)
		}
	})
	c.Set("a:b", "x")
	c.Set(tagKey, "yellow")
	p := identityOf(t, documentOf(current, `"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"a:b":"x","`+tagKey+`":"yellow"}}`))
	checkEffect(t, p, &Request{Action: "s3:GetObject", Resource: "*", Context: c}, Allow)
}

// An empty tag is absent, or present with the empty text, and as a variable it has then no value, or that text. What is allowed must
// be allowed whichever it is, and what is denied explicitly in one of these readings must be denied.
func TestEmptyTagIsAtLeastAsStrictAsEachReading(t *testing.T) {
	const variable = "${" + tagKey + "}"
	rapid.Check(t, func(t *rapid.T) {
		statements := drawStatements(t)
		text, err := json.Marshal(statements)
		if err != nil {
			t.Fatal(err)
		}
		r := drawRequest(t)
		decide := func(instead string) Effect {
			var read []map[string]any
			if err := json.Unmarshal([]byte(strings.ReplaceAll(string(text), variable, instead)), &read); err != nil {
				t.Fatal(err)
			}
			return parseStatements(t, current, read...).Decide(r).Effect
		}
		var readings []Effect
		r.Context.SetAll(tagKey, nil)
		readings = append(readings, decide("${a:absent}"))
		r.Context.SetAll(tagKey, []string{""})
		r.Context.lookup(newConditionKey(tagKey)).vague = false // present, for Null and the set operators too
		readings = append(readings, decide("${a:absent}"), decide(""))
		r.Context.Set(tagKey, "")
		got := decide(variable)
		for i, reading := range readings {
			if got == Allow && reading != Allow || got != ExplicitDeny && reading == ExplicitDeny {
				t.Fatalf("%s, %s: %s, but %s in reading %d", text, show(r), got, reading, i)
			}
		}
	})
}
