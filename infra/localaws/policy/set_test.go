package policy

import "testing"

func TestSetOperators(t *testing.T) {
	one, both, none := []string{"x"}, []string{"x", "y"}, []string{}
	checkConditions(t, []conditionCase{
		{"all, one of one", on("ForAllValues:StringEquals", "a:b", `"x"`), values{"a:b": one}, yes},
		{"all, one of two", on("ForAllValues:StringEquals", "a:b", `"x"`), values{"a:b": both}, no},
		{"all, two of two", on("ForAllValues:StringEquals", "a:b", `["x","y","z"]`), values{"a:b": both}, yes},
		{"all on a single-valued key", on("ForAllValues:StringEquals", "a:b", `"x"`), values{"a:b": "y"}, no},
		{"all, negated", on("ForAllValues:StringNotEquals", "a:b", `"y"`), values{"a:b": both}, no},
		{"all, negated, none of them", on("ForAllValues:StringNotEquals", "a:b", `"z"`), values{"a:b": both}, yes},
		{"any, one of two", on("ForAnyValue:StringEquals", "a:b", `"y"`), values{"a:b": both}, yes},
		{"any, none of two", on("ForAnyValue:StringEquals", "a:b", `"z"`), values{"a:b": both}, no},
		{"any, negated, one differs", on("ForAnyValue:StringNotEquals", "a:b", `"x"`), values{"a:b": both}, yes},
		{"any, negated, none differs", on("ForAnyValue:StringNotEquals", "a:b", `["x","y"]`), values{"a:b": both}, no},
		{"all, numbers", on("ForAllValues:NumericLessThan", "a:b", `10`), values{"a:b": []string{"1", "9"}}, yes},
		{"all, one too great", on("ForAllValues:NumericLessThan", "a:b", `10`), values{"a:b": []string{"1", "10"}}, no},
		{"all, one is no number", on("ForAllValues:NumericLessThan", "a:b", `10`), values{"a:b": []string{"1", "x"}}, undecidable},
		{"any, one is no number", on("ForAnyValue:NumericLessThan", "a:b", `10`), values{"a:b": []string{"x", "11"}}, undecidable},
		{"no prefix, one value", on("StringEquals", "a:b", `"x"`), values{"a:b": one}, yes},
		{"no prefix, several values", on("StringEquals", "a:b", `"x"`), values{"a:b": both}, undecidable},
		{"all on an empty set", on("ForAllValues:StringEquals", "a:b", `"x"`), values{"a:b": none}, yes},
	})
}

func TestForAllValuesIsTrueOnAbsentKeyUnlessNullGuards(t *testing.T) {
	const guarded = `{"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":"yellow"},"Null":{"dynamodb:LeadingKeys":"false"}}`
	bare := on("ForAllValues:StringEquals", leading, `"yellow"`)
	checkConditions(t, []conditionCase{
		{"bare, absent", bare, nil, yes},
		{"bare, empty", bare, values{leading: []string{}}, yes},
		{"guarded, absent", guarded, nil, no},
		{"guarded, empty", guarded, values{leading: []string{}}, no},
		{"guarded, own key", guarded, values{leading: []string{"yellow"}}, yes},
		{"guarded, other key", guarded, values{leading: []string{"blue"}}, no},
	})
}

func TestNullTestsExistence(t *testing.T) {
	checkConditions(t, []conditionCase{
		{"absent, true", on("Null", "a:b", `"true"`), nil, yes},
		{"absent, false", on("Null", "a:b", `"false"`), nil, no},
		{"present, true", on("Null", "a:b", `true`), values{"a:b": "x"}, no},
		{"present, false", on("Null", "a:b", `false`), values{"a:b": "x"}, yes},
		{"present with several values, false", on("Null", "a:b", `false`), values{"a:b": []string{"x", "y"}}, yes},
		{"empty set, true", on("Null", "a:b", `true`), values{"a:b": []string{}}, yes},
	})
}

func TestOperatorsAndKeysAreAndValuesAreOr(t *testing.T) {
	const twoKeys = `{"StringEquals":{"a:b":["x","y"],"a:c":"z"}}`
	const twoOperators = `{"StringEquals":{"a:b":"x"},"NumericLessThan":{"a:n":5}}`
	checkConditions(t, []conditionCase{
		{"both keys", twoKeys, values{"a:b": "y", "a:c": "z"}, yes},
		{"first key only", twoKeys, values{"a:b": "x", "a:c": "x"}, no},
		{"second key only", twoKeys, values{"a:b": "z", "a:c": "z"}, no},
		{"both operators", twoOperators, values{"a:b": "x", "a:n": "4"}, yes},
		{"first operator only", twoOperators, values{"a:b": "x", "a:n": "6"}, no},
		{"second operator only", twoOperators, values{"a:b": "y", "a:n": "4"}, no},
		{"negated, none of the values", on("StringNotEquals", "a:b", `["x","y"]`), values{"a:b": "z"}, yes},
		{"negated, one of the values", on("StringNotEquals", "a:b", `["x","y"]`), values{"a:b": "y"}, no},
		{"empty Condition", `{}`, nil, yes},
	})
}

func TestUnknownKeyNeverAllowsAndAlwaysDenies(t *testing.T) {
	for name := range operators {
		condition := on(name, "a:b", operatorSample(name))
		if name == "Null" {
			checkConditions(t, []conditionCase{
				{"Null true", on(name, "a:b", "true"), values{"a:b": nil}, undecidable},
				{"Null false", on(name, "a:b", "false"), values{"a:b": nil}, undecidable},
			})
			continue
		}
		checkConditions(t, []conditionCase{
			{name, condition, values{"a:b": nil}, undecidable},
			{name + "IfExists", on(name+"IfExists", "a:b", operatorSample(name)), values{"a:b": nil}, undecidable},
			{"ForAllValues:" + name, on("ForAllValues:"+name, "a:b", operatorSample(name)), values{"a:b": nil}, undecidable},
			{"ForAnyValue:" + name, on("ForAnyValue:"+name, "a:b", operatorSample(name)), values{"a:b": nil}, undecidable},
		})
	}
	const other = `{"StringEquals":{"a:b":"x","a:c":"y"}}`
	checkConditions(t, []conditionCase{
		{"as a variable", on("StringNotEquals", "a:b", `"${a:v}"`), values{"a:b": "x", "a:v": nil}, undecidable},
		{"as a variable with default", on("StringEquals", "a:b", `"${a:v, 'x'}"`), values{"a:b": "x", "a:v": nil}, undecidable},
		{"as a variable beside a match", on("StringEquals", "a:b", `["x","${a:v}"]`), values{"a:b": "x", "a:v": nil}, undecidable},
		{"as a variable over an absent key", on("StringNotEquals", "a:b", `"${a:v}"`), values{"a:v": nil}, undecidable},
		{"beside a condition that fails", other, values{"a:b": "z", "a:c": nil}, undecidable},
		{"that nothing looks at", on("StringEquals", "a:b", `"x"`), values{"a:b": "x", "a:v": nil}, yes},
	})
}

func TestUnknownVariableInResourceNeverAllowsAndAlwaysDenies(t *testing.T) {
	const entry = `"Action":"s3:GetObject","Resource":["arn:aws:s3:::other/*","arn:aws:s3:::b/${a:v}/*"]`
	allow := identityOf(t, documentOf("2012-10-17", `"Effect":"Allow",`+entry))
	deny := identityOf(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny",`+entry+`}]}`)
	for resource, request := range map[string]values{
		"arn:aws:s3:::b/x/k":   {"a:v": nil},
		"arn:aws:s3:::other/k": {"a:v": nil},
		"arn:aws:s3:::b/y/k":   {"a:v": []string{"y"}},
	} {
		r := &Request{Action: "s3:GetObject", Resource: resource, Context: request.context()}
		checkEffect(t, allow, r, ImplicitDeny)
		checkEffect(t, deny, r, ExplicitDeny)
	}
	known := &Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::b/x/k", Context: values{"a:v": "x"}.context()}
	checkEffect(t, allow, known, Allow)
	known.Context.Set("a:v", "y")
	checkEffect(t, deny, known, Allow)
}
