package evaluators

import (
	"slices"

	"github.com/casbin/casbin/v3"
	"github.com/casbin/casbin/v3/model"
)

// The model is what the rule needs: lines allow or deny an action on a resource, and an allowed one needs the tenant's own keys.
const casbinModel = `
[request_definition]
r = tenant, keys, obj, act
[policy_definition]
p = obj, act, eft
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = keyMatch(r.act, p.act) && keyMatch(r.obj, p.obj) && (p.eft == "deny" || own(r.keys, r.tenant))`

var casbinRule = [][]string{
	{table, "dynamodb:GetItem", "allow"}, {table, "dynamodb:BatchGetItem", "allow"}, {table, "dynamodb:Query", "allow"},
	{"*", "dynamodb:Scan", "deny"}, {"*", "dynamodb:PartiQL*", "deny"}, {table + "/index/*", "dynamodb:*", "deny"},
}

// Casbin has no operator for a set within a set: a function of ours compares keys.
func Casbin() (Engine, error) {
	m, err := model.NewModelFromString(casbinModel)
	if err != nil {
		return Engine{}, err
	}
	enforcer, err := casbin.NewEnforcer(m)
	if err != nil {
		return Engine{}, err
	}
	enforcer.AddFunction("own", func(args ...any) (any, error) {
		tenant := args[1].(string)
		others := slices.ContainsFunc(args[0].([]string), func(key string) bool { return key != tenant })
		return tenant != "" && len(args[0].([]string)) > 0 && !others, nil
	})
	if _, err := enforcer.AddPolicies(casbinRule); err != nil {
		return Engine{}, err
	}
	return Engine{"casbin", func(r Request) func() (bool, error) {
		return func() (bool, error) { return enforcer.Enforce(r.Tenant, r.Keys, r.Resource, r.Action) }
	}}, nil
}
