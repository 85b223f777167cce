package methods

import (
	"encoding/json"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"example.com/shiptrack/infra/localaws"
)

// Generated has one role that may do everything for all tenants. Code writes a policy for each session, and AWS allows what both allow.
type Generated struct{}

// Name is the method's.
func (Generated) Name() string { return "generated policies" }

// Shared is the role, with a policy for each definition.
func (Generated) Shared(definitions []Definition) ([]localaws.Role, error) {
	var policies []localaws.PolicyDocument
	for i := range definitions {
		policy, err := definitions[i].everyone()
		if err != nil {
			return nil, err
		}
		policies = append(policies, localaws.PolicyDocument{Name: definitions[i].Name, Document: policy})
	}
	return []localaws.Role{role("EveryTenant", []byte(trustsService), policies...)}, nil
}

// OfTenant is nothing.
func (Generated) OfTenant(string, []Definition) ([]localaws.Role, error) { return nil, nil }

// Input writes the tenant into a session policy.
func (Generated) Input(tenant string, d *Definition) (*sts.AssumeRoleInput, error) {
	policy, err := d.literal(tenant)
	in := ask("EveryTenant", tenant)
	in.Policy = aws.String(string(policy))
	return in, err
}

// together is the session policy of one session for all of definitions. A statement that two have stands there once.
func together(tenant string, definitions []Definition) ([]byte, error) {
	var all struct {
		Version   string
		Statement []json.RawMessage
	}
	for i := range definitions {
		policy, err := definitions[i].literal(tenant)
		if err != nil {
			return nil, err
		}
		var one struct {
			Version   string
			Statement []json.RawMessage
		}
		if err := json.Unmarshal(policy, &one); err != nil {
			return nil, err
		}
		all.Version = one.Version
		for _, s := range one.Statement {
			if !slices.ContainsFunc(all.Statement, func(have json.RawMessage) bool { return string(have) == string(s) }) {
				all.Statement = append(all.Statement, s)
			}
		}
	}
	return json.Marshal(all)
}
