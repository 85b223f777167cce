package policy

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// The generators draw from few values, so that statements and requests often meet.
var (
	someKeys      = []string{tagKey, leading, "a:b", "a:c"}
	someValues    = []string{"yellow", "blue", "yellow2", "", "*", "?", "5", "true", "10.0.0.1", roleARN, "2026-01-01"}
	someActions   = []string{"dynamodb:GetItem", "dynamodb:Query", "s3:GetObject"}
	someResources = []string{table, "arn:aws:s3:::b/yellow/k", "arn:aws:s3:::b/blue/k", "arn:aws:s3:::b/*/k", "*"}
	actionTexts   = []string{"dynamodb:GetItem", "dynamodb:*", "s3:get?bject", "*"}
	resourceTexts = []string{"*", table, "arn:aws:s3:::b/*", "arn:aws:s3:::b/${aws:PrincipalTag/TenantID}/*", "arn:aws:s3:::b/${a:b, 'blue'}/k"}
	valueTexts    = []string{"yellow", "blue", "*", "yell?w", "${aws:PrincipalTag/TenantID}", "${a:b, 'yellow'}*", "${*}"}
)

func drawRequest(t *rapid.T) *Request {
	r := &Request{
		Action:   rapid.SampledFrom(someActions).Draw(t, "action"),
		Resource: rapid.SampledFrom(someResources).Draw(t, "resource"),
		Caller:   Caller{ARN: serviceSession, RoleARN: serviceRole, Account: account},
		Context:  new(Context),
	}
	for _, key := range someKeys {
		switch rapid.IntRange(0, 5).Draw(t, key) {
		case 0, 1:
			r.Context.Set(key, rapid.SampledFrom(someValues).Draw(t, "value"))
		case 2, 3:
			r.Context.SetAll(key, rapid.SliceOfN(rapid.SampledFrom(someValues), 0, 2).Draw(t, "values"))
		case 4:
			r.Context.SetUnknown(key)
		}
	}
	return r
}

// drawStatement draws the members of a valid statement of the effect.
func drawStatement(t *rapid.T, effect string) map[string]any {
	action := rapid.SampledFrom([]string{"Action", "Action", "NotAction"}).Draw(t, "action element")
	resource := rapid.SampledFrom([]string{"Resource", "Resource", "NotResource"}).Draw(t, "resource element")
	s := map[string]any{
		"Effect": effect,
		action:   rapid.SliceOfN(rapid.SampledFrom(actionTexts), 1, 2).Draw(t, "actions"),
		resource: rapid.SliceOfN(rapid.SampledFrom(resourceTexts), 1, 2).Draw(t, "resources"),
	}
	names := slices.Sorted(maps.Keys(operators))
	blocks := map[string]any{}
	for range rapid.IntRange(0, 2).Draw(t, "conditions") {
		name := rapid.SampledFrom(names).Draw(t, "operator")
		key := rapid.SampledFrom(someKeys).Draw(t, "key")
		full := name
		if name != "Null" {
			full = rapid.SampledFrom([]string{"", "ForAllValues:", "ForAnyValue:"}).Draw(t, "prefix") + name +
				rapid.SampledFrom([]string{"", "IfExists"}).Draw(t, "suffix")
		}
		blocks[full] = map[string]any{key: drawValues(t, name)}
	}
	if len(blocks) > 0 {
		s["Condition"] = blocks
	}
	return s
}

func drawValues(t *rapid.T, operator string) any {
	switch {
	case strings.HasPrefix(operator, "String"):
		return rapid.SliceOfN(rapid.SampledFrom(valueTexts), 1, 2).Draw(t, "values")
	case operator == "Null":
		return rapid.SampledFrom([]string{"true", "false"}).Draw(t, "null")
	}
	return json.RawMessage(operatorSample(operator))
}

func drawStatements(t *rapid.T) []map[string]any {
	var statements []map[string]any
	for range rapid.IntRange(1, 4).Draw(t, "statements") {
		statements = append(statements, drawStatement(t, rapid.SampledFrom([]string{"Allow", "Allow", "Deny"}).Draw(t, "effect")))
	}
	return statements
}

func parseStatements(t *rapid.T, version string, statements ...map[string]any) Policies {
	text, err := json.Marshal(map[string]any{"Version": version, "Statement": statements})
	if err != nil {
		t.Fatal(err)
	}
	p, err := Parse(text, Identity)
	if err != nil {
		t.Fatalf("Parse(%s): %v", text, err)
	}
	return Policies{Identity: []Named{{Name: "drawn", Policy: p}}}
}

// drawResource draws a policy of a resource.
func drawResource(t *rapid.T) Named {
	statements := drawStatements(t)
	for _, s := range statements {
		s["Principal"] = map[string]any{"AWS": rapid.SampledFrom([]string{"*", account, serviceRole, roleARN}).Draw(t, "principal")}
	}
	text, err := json.Marshal(map[string]any{"Version": current, "Statement": statements})
	if err != nil {
		t.Fatal(err)
	}
	p, err := Parse(text, Resource)
	if err != nil {
		t.Fatalf("Parse(%s): %v", text, err)
	}
	return Named{"resource", p}
}

func show(r *Request) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", r.Action, r.Resource)
	r.Context.Each(func(key string, values []string, unknown bool) { fmt.Fprintf(&b, " %s=%q,%v", key, values, unknown) })
	return b.String()
}
