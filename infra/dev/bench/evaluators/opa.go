package evaluators

import (
	"context"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
)

const opaRule = `package pooled

default allow := false

allow if {
	input.action in {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"}
	input.resource == "` + table + `"
	input.tenant != ""
	count(input.keys) > 0
	every key in input.keys { key == input.tenant }
	not deny
}

deny if input.action == "dynamodb:Scan"

deny if startswith(input.action, "dynamodb:PartiQL")

deny if {
	startswith(input.action, "dynamodb:")
	startswith(input.resource, "` + table + `/index/")
}`

// OPA reads the rule in Rego. The query is prepared, and requests are values of its own: what it recommends for speed.
func OPA(ctx context.Context) (Engine, error) {
	query, err := rego.New(rego.Query("data.pooled.allow"), rego.Module("pooled.rego", opaRule)).PrepareForEval(ctx)
	if err != nil {
		return Engine{}, err
	}
	return Engine{"opa", func(r Request) func() (bool, error) {
		keys := ast.NewArray()
		for _, key := range r.Keys {
			keys = keys.Append(ast.StringTerm(key))
		}
		input := rego.EvalParsedInput(ast.NewObject(
			ast.Item(ast.StringTerm("action"), ast.StringTerm(r.Action)), ast.Item(ast.StringTerm("resource"), ast.StringTerm(r.Resource)),
			ast.Item(ast.StringTerm("tenant"), ast.StringTerm(r.Tenant)), ast.Item(ast.StringTerm("keys"), ast.NewTerm(keys)),
		))
		return func() (bool, error) {
			result, err := query.Eval(ctx, input)
			return result.Allowed(), err
		}
	}}, nil
}
