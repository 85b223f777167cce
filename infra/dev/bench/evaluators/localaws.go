package evaluators

import (
	"os"
	"strings"

	"example.com/shiptrack/infra/localaws/policy"
)

// Localaws reads the policy itself from file.
func Localaws(file string) (Engine, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return Engine{}, err
	}
	filled := strings.NewReplacer("<region>", "us-east-1", "<account-id>", "000000000000").Replace(string(text))
	parsed, err := policy.Parse([]byte(filled), policy.Identity)
	if err != nil {
		return Engine{}, err
	}
	policies := policy.Policies{Identity: []policy.Named{{Name: "pooled", Policy: parsed}}}
	return Engine{"localaws", func(r Request) func() (bool, error) {
		keys := &policy.Context{}
		if r.Tenant != "" {
			keys.Set("aws:PrincipalTag/TenantID", r.Tenant)
		}
		if len(r.Keys) > 0 {
			keys.SetAll("dynamodb:LeadingKeys", r.Keys)
		}
		request := &policy.Request{Action: r.Action, Resource: r.Resource, Context: keys}
		return func() (bool, error) { return policies.Decide(request).Effect == policy.Allow, nil }
	}}, nil
}
