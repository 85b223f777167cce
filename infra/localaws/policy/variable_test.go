package policy

import "testing"

func TestVariablesInConditions(t *testing.T) {
	variable := on("StringEquals", "a:b", `"${`+tagKey+`}"`)
	checkConditions(t, []conditionCase{
		{"equal", variable, values{"a:b": "yellow", tagKey: "yellow"}, yes},
		{"not equal", variable, values{"a:b": "yellow", tagKey: "blue"}, no},
		{"name in another case", on("StringEquals", "a:b", `"${AWS:PRINCIPALTAG/tenantid}"`), values{"a:b": "yellow", tagKey: "yellow"}, yes},
		{"with text around it", on("StringEquals", "a:b", `"<${`+tagKey+`}>"`), values{"a:b": "<yellow>", tagKey: "yellow"}, yes},
		{"two of them", on("StringLike", "a:b", `"${a:c}/*/${`+tagKey+`}"`), values{"a:b": "x/1/2/yellow", "a:c": "x", tagKey: "yellow"}, yes},
		{"absent", variable, values{"a:b": "yellow"}, no},
		{"empty", on("StringEquals", "a:b", `"${a:c}"`), values{"a:b": "", "a:c": ""}, no},
		{"an empty tag", variable, values{"a:b": "", tagKey: ""}, undecidable},
		{"an empty tag with default", on("StringEquals", "a:b", `"${`+tagKey+`, 'all'}"`), values{"a:b": "all", tagKey: ""}, undecidable},
		{"absent, negated", on("StringNotEquals", "a:b", `"${`+tagKey+`}"`), values{"a:b": "yellow"}, yes},
		{"absent beside a value", on("StringEquals", "a:b", `["${`+tagKey+`}","yellow"]`), values{"a:b": "yellow"}, yes},
		{"absent beside a value, negated", on("StringNotEquals", "a:b", `["${`+tagKey+`}","yellow"]`), values{"a:b": "yellow"}, no},
		{"absent with default", on("StringEquals", "a:b", `"${`+tagKey+`, 'all'}"`), values{"a:b": "all"}, yes},
		{"present with default", on("StringEquals", "a:b", `"${`+tagKey+`, 'all'}"`), values{"a:b": "all", tagKey: "yellow"}, no},
		{"multivalued", variable, values{"a:b": "yellow", tagKey: []string{"yellow"}}, undecidable},
		{"multivalued with default", on("StringEquals", "a:b", `"${`+tagKey+`, 'all'}"`), values{"a:b": "all", tagKey: []string{}}, undecidable},
	})
}

func TestBothSidesAbsentIsNoMatch(t *testing.T) {
	condition := on("StringEquals", tagKey, `"${aws:ResourceTag/TenantID}"`)
	checkConditions(t, []conditionCase{
		{"neither", condition, nil, no},
		{"both empty", condition, values{tagKey: "", "aws:ResourceTag/TenantID": ""}, undecidable},
		{"one", condition, values{tagKey: "yellow"}, no},
		{"the other", condition, values{"aws:ResourceTag/TenantID": "yellow"}, no},
		{"both", condition, values{tagKey: "yellow", "aws:ResourceTag/TenantID": "yellow"}, yes},
		{"neither, StringLike", on("StringLike", tagKey, `"${aws:ResourceTag/TenantID}*"`), values{tagKey: "yellow"}, no},
	})
}

func TestEscapesStandForTheirCharacter(t *testing.T) {
	escaped := on("StringLike", "a:b", `"${*}${?}${$}*"`)
	checkConditions(t, []conditionCase{
		{"the characters", escaped, values{"a:b": "*?$x"}, yes},
		{"what the wildcards would take", escaped, values{"a:b": "xyzx"}, no},
		{"a dollar alone is text", on("StringEquals", "a:b", `"$5"`), values{"a:b": "$5"}, yes},
	})
}

func TestSubstitutedValuesAreLiteral(t *testing.T) {
	const resource = `"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${aws:PrincipalTag/TenantID}/*"`
	p := identityOf(t, documentOf("2012-10-17", resource))
	injected := `yellow/*","arn:aws:s3:::b/*"],"Sid":"x`
	for tag, want := range map[string]Effect{
		"yellow": Allow, "*": ImplicitDeny, "?ellow": ImplicitDeny, "yell*": ImplicitDeny, "${a:b}": ImplicitDeny,
		injected: ImplicitDeny, "": ImplicitDeny,
	} {
		request := values{tagKey: tag, "a:b": "yellow"}.context()
		checkEffect(t, p, &Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::b/yellow/k", Context: request}, want)
	}
	checkConditions(t, []conditionCase{
		{"StringLike", on("StringLike", leading, `"${aws:PrincipalTag/TenantID}"`), values{leading: "yellow", tagKey: "*"}, no},
		{"StringLike of the same text", on("StringLike", leading, `"${aws:PrincipalTag/TenantID}"`), values{leading: "*", tagKey: "*"}, yes},
		{"ArnLike", on("ArnLike", "a:b", `"arn:aws:iam::0:role/${aws:PrincipalTag/TenantID}"`), values{"a:b": "arn:aws:iam::0:role/x", tagKey: "*"}, no},
	})
}

func TestOlderVersionLeavesVariablesLiteral(t *testing.T) {
	members := `"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${aws:PrincipalTag/TenantID}/*"`
	expanded := &Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::b/yellow/k", Context: values{tagKey: "yellow"}.context()}
	literal := &Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::b/${aws:PrincipalTag/TenantID}/k", Context: values{tagKey: "yellow"}.context()}
	for document, want := range map[string][2]Effect{
		documentOf("2012-10-17", members):   {Allow, ImplicitDeny},
		documentOf("2008-10-17", members):   {ImplicitDeny, Allow},
		`{"Statement":[{` + members + `}]}`: {ImplicitDeny, Allow},
	} {
		p := identityOf(t, document)
		checkEffect(t, p, expanded, want[0])
		checkEffect(t, p, literal, want[1])
	}
	condition := `"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"a:b":"${aws:PrincipalTag/TenantID}"}}`
	request := &Request{Action: "s3:GetObject", Resource: "*", Context: values{tagKey: "yellow", "a:b": "yellow"}.context()}
	checkEffect(t, identityOf(t, documentOf("2012-10-17", condition)), request, Allow)
	checkEffect(t, identityOf(t, documentOf("2008-10-17", condition)), request, ImplicitDeny)
}

func TestVariableWithoutValueInResourceMatchesNothing(t *testing.T) {
	const broad = `{"Effect":"Allow","Action":"*","Resource":"*"}`
	document := func(effect, element, beside string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"` + effect + `","Action":"s3:GetObject","` + element +
			`":["arn:aws:s3:::b/${aws:PrincipalTag/TenantID}/*","arn:aws:s3:::open/*"]}` + beside + `]}`
	}
	tests := []struct {
		name, document, resource string
		tagged, untagged         Effect
	}{
		{"Allow, Resource", document("Allow", "Resource", ""), "arn:aws:s3:::b/yellow/k", Allow, ImplicitDeny},
		{"Allow, Resource, empty segment", document("Allow", "Resource", ""), "arn:aws:s3:::b//k", ImplicitDeny, ImplicitDeny},
		{"Allow, Resource, entry beside it", document("Allow", "Resource", ""), "arn:aws:s3:::open/k", Allow, Allow},
		{"Deny, Resource", document("Deny", "Resource", ","+broad), "arn:aws:s3:::b/yellow/k", ExplicitDeny, Allow},
		{"Allow, NotResource", document("Allow", "NotResource", ""), "arn:aws:s3:::b/blue/k", Allow, ImplicitDeny},
		{"Deny, NotResource", document("Deny", "NotResource", ","+broad), "arn:aws:s3:::b/yellow/k", Allow, ExplicitDeny},
		{"Deny, NotResource, entry beside it", document("Deny", "NotResource", ","+broad), "arn:aws:s3:::open/k", Allow, Allow},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := identityOf(t, test.document)
			r := &Request{Action: "s3:GetObject", Resource: test.resource, Context: values{tagKey: "yellow"}.context()}
			checkEffect(t, p, r, test.tagged)
			r.Context = nil
			checkEffect(t, p, r, test.untagged)
		})
	}
}

func TestDefaultStandsForAnAbsentVariableInResource(t *testing.T) {
	p := identityOf(t, documentOf("2012-10-17",
		`"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b-${aws:PrincipalTag/team, 'company-wide'}/*"`))
	tagged := values{"aws:PrincipalTag/team": "yellow"}
	checkEffect(t, p, &Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::b-company-wide/k"}, Allow)
	checkEffect(t, p, &Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::b-company-wide/k", Context: tagged.context()}, ImplicitDeny)
	checkEffect(t, p, &Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::b-yellow/k", Context: tagged.context()}, Allow)
}
