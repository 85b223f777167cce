package policy

import (
	"fmt"
	"testing"
)

// conditionCase decides one condition, as an Allow and as a Deny over it.
type conditionCase struct {
	name      string
	condition string // the Condition element's value
	request   values
	want      verdict
}

// check decides c within an Allow statement, and within a Deny statement beside an unconditional Allow:
// what cannot be decided denies in both.
func (c conditionCase) check(t *testing.T) {
	t.Helper()
	const common = `"Action":"dynamodb:GetItem","Resource":"*"`
	conditioned := common + `,"Condition":` + c.condition
	allow := identityOf(t, documentOf("2012-10-17", `"Effect":"Allow",`+conditioned))
	deny := identityOf(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",`+common+`},{"Effect":"Deny",`+conditioned+`}]}`)
	wantAllow, wantDeny := ImplicitDeny, Allow
	if c.want == yes {
		wantAllow = Allow
	}
	if c.want != no {
		wantDeny = ExplicitDeny
	}
	r := &Request{Action: "dynamodb:GetItem", Resource: table, Context: c.request.context()}
	if got := allow.Decide(r).Effect; got != wantAllow {
		t.Errorf("Allow under %s, request %v: %s, want %s", c.condition, c.request, got, wantAllow)
	}
	if got := deny.Decide(r).Effect; got != wantDeny {
		t.Errorf("Deny under %s, request %v: %s, want %s", c.condition, c.request, got, wantDeny)
	}
}

func checkConditions(t *testing.T, cases []conditionCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, c.check)
	}
}

// on is a Condition element of one operator, one key and a list of values as JSON.
func on(operator, key, list string) string {
	return fmt.Sprintf(`{%q:{%q:%s}}`, operator, key, list)
}

func TestConditionKeyNamesAreCaseInsensitiveAndValuesAreNot(t *testing.T) {
	checkConditions(t, []conditionCase{
		{"same case", on("StringEquals", tagKey, `"yellow"`), values{tagKey: "yellow"}, yes},
		{"key in another case", on("StringEquals", "AWS:principaltag/TENANTID", `"yellow"`), values{tagKey: "yellow"}, yes},
		{"another key", on("StringEquals", tagKey+"2", `"yellow"`), values{tagKey: "yellow"}, no},
		{"value in another case", on("StringEquals", tagKey, `"Yellow"`), values{tagKey: "yellow"}, no},
		{"value in another case, ignored", on("StringEqualsIgnoreCase", tagKey, `"Yellow"`), values{tagKey: "yellow"}, yes},
		{"another value, case ignored", on("StringEqualsIgnoreCase", tagKey, `"Blue"`), values{tagKey: "yellow"}, no},
		{"variable in another case, ignored", on("StringEqualsIgnoreCase", "a:b", `"x${AWS:PRINCIPALTAG/tenantid}"`), values{tagKey: "yellow", "a:b": "XYELLOW"}, yes},
	})
}

func TestMissingKeyMatchesNegatedOperatorsOnly(t *testing.T) {
	for operator, want := range map[string]verdict{
		"StringEquals": no, "StringNotEquals": yes, "StringEqualsIgnoreCase": no, "StringNotEqualsIgnoreCase": yes,
		"StringLike": no, "StringNotLike": yes, "NumericEquals": no, "NumericNotEquals": yes, "NumericLessThan": no,
		"NumericLessThanEquals": no, "NumericGreaterThan": no, "NumericGreaterThanEquals": no, "DateEquals": no,
		"DateNotEquals": yes, "DateLessThan": no, "DateLessThanEquals": no, "DateGreaterThan": no,
		"DateGreaterThanEquals": no, "Bool": no, "BinaryEquals": no, "IpAddress": no, "NotIpAddress": yes,
		"ArnEquals": no, "ArnLike": no, "ArnNotEquals": yes, "ArnNotLike": yes,
	} {
		value := operatorSample(operator)
		checkConditions(t, []conditionCase{
			{operator, on(operator, "a:b", value), nil, want},
			{operator + " on an empty set", on(operator, "a:b", value), values{"a:b": []string{}}, want},
			{operator + "IfExists", on(operator+"IfExists", "a:b", value), nil, yes},
			{"ForAllValues:" + operator, on("ForAllValues:"+operator, "a:b", value), nil, yes},
			{"ForAllValues:" + operator + " on an empty set", on("ForAllValues:"+operator, "a:b", value), values{"a:b": []string{}}, yes},
			{"ForAnyValue:" + operator, on("ForAnyValue:"+operator, "a:b", value), nil, no},
			{"ForAnyValue:" + operator + " on an empty set", on("ForAnyValue:"+operator, "a:b", value), values{"a:b": []string{}}, no},
			{"ForAnyValue:" + operator + "IfExists", on("ForAnyValue:"+operator+"IfExists", "a:b", value), nil, yes},
		})
	}
	if got, want := len(operators), 27; got != want {
		t.Errorf("%d operators, want %d: the list above with Null", got, want)
	}
}

// operatorSample is a value that the operator takes.
func operatorSample(operator string) string {
	switch operator {
	case "Bool":
		return `"true"`
	case "IpAddress", "NotIpAddress":
		return `"10.0.0.0/8"`
	case "ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike":
		return `"arn:aws:iam::000000000000:role/*"`
	case "BinaryEquals":
		return `"aGk="`
	}
	return `"2024"`
}

func TestIfExistsStillTestsAKeyThatExists(t *testing.T) {
	checkConditions(t, []conditionCase{
		{"equal", on("StringEqualsIfExists", "a:b", `"x"`), values{"a:b": "x"}, yes},
		{"not equal", on("StringEqualsIfExists", "a:b", `"x"`), values{"a:b": "y"}, no},
		{"negated", on("StringNotEqualsIfExists", "a:b", `"x"`), values{"a:b": "x"}, no},
		{"all values", on("ForAllValues:StringEqualsIfExists", "a:b", `"x"`), values{"a:b": []string{"x", "y"}}, no},
	})
}

func TestStringOperators(t *testing.T) {
	checkConditions(t, []conditionCase{
		{"StringEquals takes wildcards literally", on("StringEquals", "a:b", `"x*"`), values{"a:b": "xy"}, no},
		{"StringEquals on a literal star", on("StringEquals", "a:b", `"x*"`), values{"a:b": "x*"}, yes},
		{"StringEquals on the empty string", on("StringEquals", "a:b", `""`), values{"a:b": ""}, yes},
		{"StringLike *", on("StringLike", "a:b", `"x*z"`), values{"a:b": "xyyz"}, yes},
		{"StringLike * takes nothing", on("StringLike", "a:b", `"x*z"`), values{"a:b": "xz"}, yes},
		{"StringLike ?", on("StringLike", "a:b", `"x?z"`), values{"a:b": "xyz"}, yes},
		{"StringLike ? is one character", on("StringLike", "a:b", `"x?z"`), values{"a:b": "xz"}, no},
		{"StringLike ? is one character of two bytes", on("StringLike", "a:b", `"x?z"`), values{"a:b": "xéz"}, yes},
		{"StringLike ?? after * is two characters", on("StringLike", "a:b", `"*??"`), values{"a:b": "€"}, no},
		{"StringLike is case-sensitive", on("StringLike", "a:b", `"X*"`), values{"a:b": "xy"}, no},
		{"StringLike * on the empty string", on("StringLike", "a:b", `"*"`), values{"a:b": ""}, yes},
		{"StringLike ?* on the empty string", on("StringLike", "a:b", `"?*"`), values{"a:b": ""}, no},
		{"StringNotLike", on("StringNotLike", "a:b", `"x*"`), values{"a:b": "xy"}, no},
		{"StringNotEquals", on("StringNotEquals", "a:b", `"x"`), values{"a:b": "y"}, yes},
		{"StringNotEqualsIgnoreCase", on("StringNotEqualsIgnoreCase", "a:b", `"x"`), values{"a:b": "X"}, no},
	})
}

func TestNumericOperators(t *testing.T) {
	cases := []struct {
		got, want              string
		lt, le, eq, ne, ge, gt verdict
	}{
		{"5", "10", yes, yes, no, yes, no, no},
		{"10", "5", no, no, no, yes, yes, yes},
		{"10", "10.0", no, yes, yes, no, yes, no},
		{"0010", "10", no, yes, yes, no, yes, no},
		{"-0", "0", no, yes, yes, no, yes, no},
		{"-10", "-5", yes, yes, no, yes, no, no},
		{"0.25", "0.5", yes, yes, no, yes, no, no},
		{"9007199254740993", "9007199254740992", no, no, no, yes, yes, yes},
		{"-1", "1", yes, yes, no, yes, no, no},
		{"1", "-1", no, no, no, yes, yes, yes},
		{"ten", "10", undecidable, undecidable, undecidable, undecidable, undecidable, undecidable},
		{"", "10", undecidable, undecidable, undecidable, undecidable, undecidable, undecidable},
		{"1e1", "10", undecidable, undecidable, undecidable, undecidable, undecidable, undecidable},
	}
	for _, c := range cases {
		for operator, want := range map[string]verdict{"LessThan": c.lt, "LessThanEquals": c.le, "Equals": c.eq,
			"NotEquals": c.ne, "GreaterThanEquals": c.ge, "GreaterThan": c.gt} {
			conditionCase{"", on("Numeric"+operator, "a:b", `"`+c.want+`"`), values{"a:b": c.got}, want}.check(t)
		}
	}
}

func TestDateOperators(t *testing.T) {
	cases := []struct {
		got, want              string
		lt, le, eq, ne, ge, gt verdict
	}{
		{"2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", yes, yes, no, yes, no, no},
		{"2026-01-01T00:00:00Z", "1767225600", no, yes, yes, no, yes, no},
		{"1767225600", "2026-01-01", no, yes, yes, no, yes, no},
		{"2026-01-01T01:00:00+01:00", "2026", no, yes, yes, no, yes, no},
		{"2026-01-01T00:00Z", "2026-01", no, yes, yes, no, yes, no},
		{"2026-01-01T00:00:00.5Z", "2026-01-01T00:00:00Z", no, no, no, yes, yes, yes},
		{"yesterday", "2026", undecidable, undecidable, undecidable, undecidable, undecidable, undecidable},
		{"2026-01-01T00:00:00", "2026", undecidable, undecidable, undecidable, undecidable, undecidable, undecidable},
		{"-5", "2026", undecidable, undecidable, undecidable, undecidable, undecidable, undecidable},
	}
	for _, c := range cases {
		for operator, want := range map[string]verdict{"LessThan": c.lt, "LessThanEquals": c.le, "Equals": c.eq,
			"NotEquals": c.ne, "GreaterThanEquals": c.ge, "GreaterThan": c.gt} {
			conditionCase{"", on("Date"+operator, "a:b", `"`+c.want+`"`), values{"a:b": c.got}, want}.check(t)
		}
	}
}

func TestBoolBinaryAndAddressOperators(t *testing.T) {
	checkConditions(t, []conditionCase{
		{"Bool true", on("Bool", "a:b", `"true"`), values{"a:b": "true"}, yes},
		{"Bool as a JSON boolean", on("Bool", "a:b", `true`), values{"a:b": "true"}, yes},
		{"Bool false", on("Bool", "a:b", `"true"`), values{"a:b": "false"}, no},
		{"Bool of something else", on("Bool", "a:b", `"true"`), values{"a:b": "yes"}, undecidable},
		{"binary equal", on("BinaryEquals", "a:b", `"aGk="`), values{"a:b": "hi"}, yes},
		{"binary not equal", on("BinaryEquals", "a:b", `"aGk="`), values{"a:b": "aGk="}, no},
		{"IPv4 in block", on("IpAddress", "a:b", `"10.0.0.0/8"`), values{"a:b": "10.255.0.1"}, yes},
		{"IPv4 out of block", on("IpAddress", "a:b", `"10.0.0.0/8"`), values{"a:b": "11.0.0.1"}, no},
		{"IPv4 mapped to IPv6", on("IpAddress", "a:b", `"10.0.0.0/8"`), values{"a:b": "::ffff:10.0.0.1"}, yes},
		{"single address", on("IpAddress", "a:b", `"10.0.0.1"`), values{"a:b": "10.0.0.1"}, yes},
		{"another address", on("IpAddress", "a:b", `"10.0.0.1"`), values{"a:b": "10.0.0.2"}, no},
		{"IPv6 in block", on("IpAddress", "a:b", `["10.0.0.0/8","2001:DB8:1234:5678::/64"]`), values{"a:b": "2001:db8:1234:5678::1"}, yes},
		{"IPv6 out of block", on("IpAddress", "a:b", `"2001:DB8:1234:5678::/64"`), values{"a:b": "2001:db8:1234:5679::1"}, no},
		{"NotIpAddress in", on("NotIpAddress", "a:b", `"10.0.0.0/8"`), values{"a:b": "10.0.0.1"}, no},
		{"NotIpAddress out", on("NotIpAddress", "a:b", `"10.0.0.0/8"`), values{"a:b": "11.0.0.1"}, yes},
		{"no address", on("NotIpAddress", "a:b", `"10.0.0.0/8"`), values{"a:b": "localhost"}, undecidable},
	})
}

func TestArnOperatorsMatchPerSegment(t *testing.T) {
	const wide = "arn:aws:someservice:*:111122223333:finance/*"
	cases := []conditionCase{
		{"in the segment", on("ArnLike", "a:b", `"`+wide+`"`), values{"a:b": "arn:aws:someservice:us-east-2:111122223333:finance/document.txt"}, yes},
		// The example of "Amazon Resource Name (ARN) condition operators": StringLike matches it.
		{"over a colon", on("ArnLike", "a:b", `"`+wide+`"`), values{"a:b": "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt"}, no},
		{"resource part with colons", on("ArnLike", "a:b", `"arn:aws:sns:*:*:*"`), values{"a:b": "arn:aws:sns:eu-west-1:0:topic:subscription"}, yes},
		{"case-sensitive", on("ArnEquals", "a:b", `"`+roleARN+`"`), values{"a:b": "arn:aws:iam::000000000000:role/notesreader"}, no},
		{on("ArnEquals", "a:b", `"takes wildcards"`), on("ArnEquals", "a:b", `"arn:aws:iam::*:role/Notes*"`), values{"a:b": roleARN}, yes},
		{"any", on("ArnLike", "a:b", `"*"`), values{"a:b": roleARN}, yes},
		{"negated", on("ArnNotLike", "a:b", `"arn:aws:iam::*:role/Notes*"`), values{"a:b": roleARN}, no},
		{"negated, another", on("ArnNotEquals", "a:b", `"arn:aws:iam::*:role/Other*"`), values{"a:b": roleARN}, yes},
		{"no ARN", on("ArnNotLike", "a:b", `"arn:aws:iam::*:role/Notes*"`), values{"a:b": "yellow"}, undecidable},
		{"variable", on("ArnLike", "a:b", `"arn:aws:iam::*:role/${`+tagKey+`}-*"`), values{"a:b": "arn:aws:iam::0:role/yellow-1", tagKey: "yellow"}, yes},
		{"variable does not move colons", on("ArnLike", "a:b", `"arn:aws:${`+tagKey+`}:*:*:role/x"`), values{"a:b": "arn:aws:iam::0:a:b:role/x", tagKey: "iam::0"}, no},
		{"variable before the fifth colon", on("ArnLike", "a:b", `"arn:aws:${`+tagKey+`}:*:*:role/x"`), values{"a:b": "arn:aws:iam::0:role/x", tagKey: "iam"}, yes},
		{"variable of a whole ARN", on("ArnEquals", "a:b", `"${aws:PrincipalArn}"`), values{"a:b": roleARN, "aws:PrincipalArn": roleARN}, yes},
		{"variable of another ARN", on("ArnEquals", "a:b", `"${aws:PrincipalArn}"`), values{"a:b": roleARN, "aws:PrincipalArn": roleARN + "2"}, no},
	}
	checkConditions(t, cases)
}
