package evaluators

import "github.com/cedar-policy/cedar-go"

const cedarRule = `
permit (principal, action in [Action::"dynamodb:GetItem", Action::"dynamodb:BatchGetItem", Action::"dynamodb:Query"], resource)
when {
  resource == Table::"` + table + `" && principal has TenantID && context has LeadingKeys && [principal.TenantID].containsAll(context.LeadingKeys)
};
forbid (principal, action in [Action::"dynamodb:Scan", Action::"dynamodb:PartiQLSelect"], resource);
forbid (principal, action, resource) when { resource is Index };`

// Cedar reads the rule in its own language. It has no pattern for names of actions, so one of PartiQL stands for all.
func Cedar() (Engine, error) {
	policies, err := cedar.NewPolicySetFromBytes("pooled", []byte(cedarRule))
	if err != nil {
		return Engine{}, err
	}
	return Engine{"cedar", func(r Request) func() (bool, error) {
		who := cedar.NewEntityUID("Session", "session")
		attributes := cedar.RecordMap{}
		if r.Tenant != "" {
			attributes["TenantID"] = cedar.String(r.Tenant)
		}
		entities := cedar.EntityMap{who: {UID: who, Attributes: cedar.NewRecord(attributes)}}
		context := cedar.RecordMap{}
		if len(r.Keys) > 0 {
			var keys []cedar.Value
			for _, key := range r.Keys {
				keys = append(keys, cedar.String(key))
			}
			context["LeadingKeys"] = cedar.NewSet(keys...)
		}
		kind := cedar.EntityType("Index")
		if r.Resource == table {
			kind = "Table"
		}
		request := cedar.Request{
			Principal: who, Action: cedar.NewEntityUID("Action", cedar.String(r.Action)),
			Resource: cedar.NewEntityUID(kind, cedar.String(r.Resource)), Context: cedar.NewRecord(context),
		}
		return func() (bool, error) {
			decision, diagnostic := cedar.Authorize(policies, entities, request)
			if len(diagnostic.Errors) > 0 {
				return false, errorOf(diagnostic.Errors[0].Message)
			}
			return decision == cedar.Allow, nil
		}
	}}, nil
}

type errorOf string

func (e errorOf) Error() string { return string(e) }
