package policy

import (
	"fmt"
	"strings"
	"testing"
)

const (
	goodIdentity = `{"Version":"2012-10-17","Statement":[{"Sid":"One","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*","Condition":{"StringEquals":{"a:b":"x"}}}]}`
	goodTrust    = `{"Version":"2012-10-17","Id":"x","Statement":[{"Effect":"Allow","Principal":{"AWS":"000000000000"},"Action":"sts:AssumeRole"}]}`
)

func TestDocumentsAsAWSAcceptsThem(t *testing.T) {
	statement := func(members string) string { return documentOf("2012-10-17", members) }
	const base = `"Effect":"Allow","Action":"s3:GetObject"`
	for _, document := range []string{
		goodIdentity,
		`{"Statement":{"Effect":"Deny","NotAction":["s3:GetObject"],"NotResource":["*"]},"Version":"2008-10-17"}`,
		`{"Statement":[{"Resource":"*","Action":"*","Effect":"Allow"}]}`,
		" \r\n\t" + goodIdentity + "\n",
		statement(base + `,"Resource":"*","Condition":{}`),
		statement(base + `,"Sid":"","Resource":"*"},{` + base + `,"Sid":"","Resource":"*"`),
		statement(base + `,"Resource":["arn:aws:s3:::b/${aws:PrincipalTag/Cost Center, 'a:b'}/*","arn:*:s3:*:*:b"]`),
		statement(base + `,"Resource":"*","Condition":{"NumericLessThan":{"s3:max-keys":10},"Bool":{"aws:SecureTransport":true},"Null":{"a:b":[true,"false"]}}`),
		statement(base + `,"Resource":"*","Condition":{"StringEquals":{"token.actions.githubusercontent.com:sub":"x","aws:RequestTag/a/b:c=d+e-f@g":"x"}}`),
	} {
		mustParse(t, document, Identity)
	}
	for _, principal := range []string{
		`{"AWS":"*"}`, `{"AWS":["000000000000","arn:aws:iam::000000000000:root"]}`, `{"AWS":"arn:aws:iam::000000000000:role/path/R"}`,
		`{"AWS":"arn:aws:iam::000000000000:user/ana"}`, `{"AWS":"arn:aws:sts::000000000000:assumed-role/R/s","Service":"ec2.amazonaws.com"}`,
		`{"AWS":"arn:aws:sts::000000000000:federated-user/ana"}`, `{"Federated":"arn:aws:iam::000000000000:saml-provider/P"}`,
		`{"Federated":"cognito-identity.amazonaws.com"}`, `{"Service":["ec2.amazonaws.com","ecs-tasks.amazonaws.com"]}`,
	} {
		trustOf(t, principal)
	}
	mustParse(t, goodTrust, Trust)
}

func TestMalformedDocumentsAreRefused(t *testing.T) {
	replace := func(old, new string) string { return strings.Replace(goodIdentity, old, new, 1) }
	tests := []struct{ name, document, reason string }{
		{"empty", "", "EOF"},
		{"not an object", `[]`, "must be an object"},
		{"null", `null`, "must be an object"},
		{"no Statement", `{"Version":"2012-10-17"}`, "no Statement"},
		{"empty Statement", `{"Version":"2012-10-17","Statement":[]}`, "Statement is empty"},
		{"Statement a string", `{"Statement":"x"}`, "Statement must be an object"},
		{"trailing text", goodIdentity + "x", "invalid character"},
		{"trailing document", goodIdentity + "{}", "after the document"},
		{"truncated", goodIdentity[:len(goodIdentity)-1], "EOF"},
		{"duplicate name", replace(`"Effect"`, `"Effect":"Deny","Effect"`), "duplicate"},
		{"duplicate name, escaped", replace(`"Effect"`, `"\u0045ffect":"Deny","Effect"`), "duplicate"},
		{"a byte order mark", "\ufeff" + goodIdentity, "begins with a byte order mark (BOM): save it as UTF-8 without one"},
		{"invalid UTF-8", replace("One", "\xff"), "invalid character"},
		{"surrogate in an escape", replace(`"x"`, `"\ud800"`), "surrogate"},
		{"character beyond Latin-1", replace(`"x"`, `"Ω"`), "invalid character"},
		{"unknown Version", replace("2012-10-17", "2026-01-01"), "unknown Version"},
		{"Version a number", replace(`"2012-10-17"`, `2012`), "Version must be a string"},
		{"Id in an identity policy", replace(`"Statement"`, `"Id":"x","Statement"`), `unknown element "Id"`},
		{"unknown element", replace(`"Statement"`, `"Comment":"x","Statement"`), `unknown element "Comment"`},
		{"element in another case", replace(`"Statement"`, `"statement"`), `unknown element "statement"`},
		{"unknown statement element", replace(`"Effect"`, `"Why":"x","Effect"`), `unknown element "Why"`},
		{"statement element in another case", replace(`"Effect"`, `"effect"`), `unknown element "effect"`},
		{"no Effect", replace(`"Effect":"Allow",`, ``), "Effect"},
		{"Effect in another case", replace(`"Allow"`, `"allow"`), "neither Allow nor Deny"},
		{"Effect an array", replace(`"Allow"`, `["Allow"]`), "Effect must be a string"},
		{"no Action", replace(`"Action":"s3:GetObject",`, ``), "Action or NotAction"},
		{"Action and NotAction", replace(`"Action"`, `"NotAction":"s3:*","Action"`), "Action or NotAction"},
		{"empty Action", replace(`"s3:GetObject"`, `[]`), "Action is empty"},
		{"Action a number", replace(`"s3:GetObject"`, `3`), "Action must be a string"},
		{"Action null", replace(`"s3:GetObject"`, `null`), "Action must be a string"},
		{"Action nested", replace(`"s3:GetObject"`, `[["s3:GetObject"]]`), "Action must be a string"},
		{"Action without prefix", replace("s3:GetObject", "GetObject"), "service prefix"},
		{"Action with an empty prefix", replace("s3:GetObject", ":GetObject"), "service prefix"},
		{"Action with an empty name", replace("s3:GetObject", "s3:"), "service prefix"},
		{"wildcard in the prefix", replace("s3:GetObject", "s*:GetObject"), "service prefix"},
		{"prefix that is a star", replace("s3:GetObject", "*:GetObject"), "service prefix"},
		{"Action with two colons", replace("s3:GetObject", "s3:Get:Object"), "character ':'"},
		{"Action with a variable", replace("s3:GetObject", "s3:${a:b}"), "character '$'"},
		{"no Resource", replace(`"Resource":"arn:aws:s3:::b/*",`, ``), "Resource or NotResource"},
		{"Resource and NotResource", replace(`"Resource"`, `"NotResource":"*","Resource"`), "Resource or NotResource"},
		{"empty Resource", replace(`"arn:aws:s3:::b/*"`, `[]`), "Resource is empty"},
		{"Resource no ARN", replace("arn:aws:s3:::b/*", "b/*"), "no ARN"},
		{"Resource of five segments", replace("arn:aws:s3:::b/*", "arn:aws:s3:b"), "no ARN"},
		{"Resource with another prefix", replace("arn:aws:s3:::b/*", "urn:aws:s3:::b/*"), "no ARN"},
		{"wildcard in the service segment", replace("arn:aws:s3:::b/*", "arn:aws:s*:::b/*"), "service"},
		{"no service segment", replace("arn:aws:s3:::b/*", "arn:aws::::b/*"), "lacks"},
		{"no resource part", replace("arn:aws:s3:::b/*", "arn:aws:s3:::"), "lacks"},
		{"variable before the fifth colon", replace("arn:aws:s3:::b/*", "arn:aws:s3:${aws:RequestedRegion}::b/*"), "Region"},
		{"placeholder", replace("arn:aws:s3:::b/*", "arn:aws:s3::<account-id>:b/*"), "account"},
		{"Principal", replace(`"Effect"`, `"Principal":{"AWS":"*"},"Effect"`), "no Principal"},
		{"empty Principal", replace(`"Effect"`, `"Principal":{},"Effect"`), "no Principal"},
		{"NotPrincipal", replace(`"Effect"`, `"NotPrincipal":{"AWS":"*"},"Effect"`), `unknown element "NotPrincipal"`},
		{"Sid with a space", replace(`"One"`, `"One One"`), "Sid"},
		{"duplicate Sid", replace(`"Statement":[`, `"Statement":[{"Sid":"One","Effect":"Allow","Action":"*","Resource":"*"},`), "Sid"},
		{"Condition an array", replace(`{"StringEquals":{"a:b":"x"}}`, `[]`), "Condition must be an object"},
		{"operator without keys", replace(`{"a:b":"x"}`, `{}`), "names no key"},
		{"operator not an object", replace(`{"a:b":"x"}`, `"x"`), "must be an object"},
		{"no values", replace(`{"a:b":"x"}`, `{"a:b":[]}`), "is empty"},
		{"value null", replace(`{"a:b":"x"}`, `{"a:b":null}`), "strings, numbers or booleans"},
		{"value an object", replace(`{"a:b":"x"}`, `{"a:b":{}}`), "strings, numbers or booleans"},
		{"key twice in different case", replace(`{"a:b":"x"}`, `{"a:b":"x","A:B":"y"}`), "twice"},
		{"key without service", replace(`"a:b"`, `"b"`), "service:name"},
		{"key without tag name", replace(`"a:b"`, `"aws:RequestTag/"`), "after the slash"},
		{"key with a variable", replace(`"a:b"`, `"aws:RequestTag/${a:b}"`), "character '$'"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { checkMalformed(t, test.document, Identity, test.reason) })
	}
	mustParse(t, goodIdentity, Identity)
}

func TestMalformedConditionsAreRefused(t *testing.T) {
	tests := []struct{ operator, value, reason string }{
		{"StringEqual", `"x"`, "unknown condition operator"},
		{"stringequals", `"x"`, "unknown condition operator"},
		{"ForSomeValues:StringEquals", `"x"`, "unknown condition operator"},
		{"ForAllValues:ForAnyValue:StringEquals", `"x"`, "unknown condition operator"},
		{"StringEqualsIfExistsIfExists", `"x"`, "unknown condition operator"},
		{"IfExistsStringEquals", `"x"`, "unknown condition operator"},
		{"", `"x"`, "unknown condition operator"},
		{"NullIfExists", `"true"`, "IfExists"},
		{"ForAllValues:Null", `"true"`, "told apart"},
		{"ForAnyValue:Null", `"true"`, "told apart"},
		{"Null", `"yes"`, "neither true nor false"},
		{"Bool", `"yes"`, "neither true nor false"},
		{"Bool", `1`, "neither true nor false"},
		{"Bool", `"${a:v}"`, "neither true nor false"},
		{"NumericEquals", `"x"`, "not a number"},
		{"NumericEquals", `"${a:v}"`, "not a number"},
		{"NumericEquals", `1e3`, "not a number"},
		{"NumericEquals", `".5"`, "not a number"},
		{"DateEquals", `"2026-13-01"`, "not a date"},
		{"DateEquals", `"2026-01-01T00:00:00"`, "not a date"},
		{"DateEquals", `"2026-01-01T0:00:00Z"`, "not a date"},
		{"DateEquals", `"2026-01-01T00:00:00,5Z"`, "not a date"},
		{"DateEquals", `"99999999999999"`, "not a date"},
		{"DateEquals", `"${a:v}"`, "not a date"},
		{"BinaryEquals", `"a"`, "not base64"},
		{"BinaryEquals", `"aGk=\n"`, "not base64"},
		{"IpAddress", `"10.0.0.0/33"`, "CIDR"},
		{"IpAddress", `"10.0.0.*"`, "CIDR"},
		{"IpAddress", `"::ffff:10.0.0.0/104"`, "IPv6 form"},
		{"IpAddress", `"fe80::1%eth0"`, "CIDR"},
		{"ArnEquals", `"yellow"`, "no ARN"},
		{"ArnLike", `"arn:aws:iam:*"`, "no ARN"},
		{"ArnLike", `"*:aws:iam::0:role/x"`, "no ARN"},
		{"StringEquals", `"${"`, "not closed"},
		{"StringEquals", `"${}"`, "service:name"},
		{"StringEquals", `"${a:v"`, "not closed"},
		{"StringEquals", `"${TenantID}"`, "service:name"},
		{"StringEquals", `"${ a:v}"`, "space"},
		{"StringEquals", `"${a:v }"`, "space"},
		{"StringEquals", `"${a:${b:c}}"`, "character '$'"},
		{"StringEquals", `"${a:v,'d'}"`, "default"},
		{"StringEquals", `"${a:v, d}"`, "default"},
		{"StringEquals", `"${a:v, 'd}"`, "default"},
		{"StringEquals", `"${a:v, 'd' }"`, "default"},
		{"StringEquals", `"${a:v, 'd}'}"`, "default"},
		{"StringLike", `"${**}"`, "service:name"},
	}
	for _, test := range tests {
		t.Run(test.operator+" "+test.value, func(t *testing.T) {
			checkMalformed(t, documentOf("2012-10-17",
				`"Effect":"Allow","Action":"*","Resource":"*","Condition":`+on(test.operator, "a:b", test.value)), Identity, test.reason)
		})
	}
	for name := range operators {
		if name == "Null" {
			continue
		}
		for _, prefix := range []string{"", "ForAllValues:", "ForAnyValue:"} {
			for _, suffix := range []string{"", "IfExists"} {
				mustParse(t, documentOf("2012-10-17", `"Effect":"Allow","Action":"*","Resource":"*","Condition":`+
					on(prefix+name+suffix, "a:b", operatorSample(name))), Identity)
			}
		}
	}
}

func TestMalformedTrustPoliciesAreRefused(t *testing.T) {
	tests := []struct{ name, members, reason string }{
		{"no Principal", `"Action":"sts:AssumeRole"`, "needs a Principal"},
		{"star alone", `"Principal":"*","Action":"sts:AssumeRole"`, "Principal must be an object"},
		{"empty Principal", `"Principal":{},"Action":"sts:AssumeRole"`, "needs a Principal"},
		{"empty list", `"Principal":{"AWS":[]},"Action":"sts:AssumeRole"`, "is empty"},
		{"Principal an array", `"Principal":["*"],"Action":"sts:AssumeRole"`, "Principal must be an object"},
		{"CanonicalUser", `"Principal":{"CanonicalUser":"79a5"},"Action":"sts:AssumeRole"`, "unknown kind of principal"},
		{"kind in another case", `"Principal":{"aws":"*"},"Action":"sts:AssumeRole"`, "unknown kind of principal"},
		{"NotPrincipal", `"NotPrincipal":{"AWS":"*"},"Action":"sts:AssumeRole"`, `unknown element "NotPrincipal"`},
		{"Resource", `"Principal":{"AWS":"*"},"Action":"sts:AssumeRole","Resource":"*"`, "no Resource"},
		{"NotResource", `"Principal":{"AWS":"*"},"Action":"sts:AssumeRole","NotResource":"*"`, "no Resource"},
		{"short account", `"Principal":{"AWS":"123"},"Action":"sts:AssumeRole"`, "principal"},
		{"wildcard in a role", `"Principal":{"AWS":"arn:aws:iam::000000000000:role/*"},"Action":"sts:AssumeRole"`, "principal"},
		{"variable in a role", `"Principal":{"AWS":"arn:aws:iam::000000000000:role/${a:b}"},"Action":"sts:AssumeRole"`, "principal"},
		{"placeholder", `"Principal":{"AWS":"arn:aws:iam::<account-id>:role/R"},"Action":"sts:AssumeRole"`, "principal"},
		{"group", `"Principal":{"AWS":"arn:aws:iam::000000000000:group/g"},"Action":"sts:AssumeRole"`, "principal"},
		{"role without name", `"Principal":{"AWS":"arn:aws:iam::000000000000:role/"},"Action":"sts:AssumeRole"`, "has no name"},
		{"session without name", `"Principal":{"AWS":"arn:aws:sts::000000000000:assumed-role/R"},"Action":"sts:AssumeRole"`, "principal"},
		{"another service's ARN", `"Principal":{"AWS":"arn:aws:s3::000000000000:role/R"},"Action":"sts:AssumeRole"`, "principal"},
		{"service star", `"Principal":{"Service":"*"},"Action":"sts:AssumeRole"`, "service principal"},
		{"service without domain", `"Principal":{"Service":"ec2"},"Action":"sts:AssumeRole"`, "service principal"},
		{"federated star", `"Principal":{"Federated":"*"},"Action":"sts:AssumeRole"`, "federated principal"},
		{"action of another service", `"Principal":{"AWS":"*"},"Action":"s3:GetObject"`, "none of sts"},
		{"every action", `"Principal":{"AWS":"*"},"Action":"*"`, "none of sts"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			checkMalformed(t, documentOf("2012-10-17", `"Effect":"Allow",`+test.members), Trust, test.reason)
		})
	}
	mustParse(t, documentOf("2012-10-17", `"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"`), Trust)
	checkMalformed(t, goodTrust, Identity, "unknown element")
	checkMalformed(t, goodIdentity, Trust, "none of sts")
	checkMalformed(t, goodIdentity, Kind(7), "unknown kind")
}

func TestSizeLimitsDoNotCountWhiteSpace(t *testing.T) {
	for kind, limit := range map[Kind]int{Identity: maxIdentity, Trust: maxTrust} {
		document := goodIdentity
		if kind == Trust {
			document = goodTrust
		}
		room := limit - len(document)
		fill := func(n int, space string) string {
			return strings.Replace(document, `"Effect"`, fmt.Sprintf(`"Sid":"%s",%s"Effect"`, strings.Repeat("x", n), space), 1)
		}
		if kind == Identity {
			document = strings.Replace(document, `"Sid":"One",`, "", 1)
			room = limit - len(document)
		}
		room -= len(`"Sid":"",`)
		mustParse(t, fill(room, strings.Repeat(" \n", 5000)), kind)
		checkMalformed(t, fill(room+1, ""), kind, "more than")
	}
	checkMalformed(t, goodIdentity+strings.Repeat(" ", maxParameter), Identity, "more than 131072")
}
