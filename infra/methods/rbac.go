package methods

import (
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"example.com/shiptrack/infra/localaws"
)

// RBAC has a role for each tenant and each definition. The role's name says whose the session is.
type RBAC struct{}

// Name is the method's.
func (RBAC) Name() string { return "RBAC" }

// Shared is nothing.
func (RBAC) Shared([]Definition) ([]localaws.Role, error) { return nil, nil }

// OfTenant is a role for each definition, whose policy names the tenant.
func (RBAC) OfTenant(tenant string, definitions []Definition) ([]localaws.Role, error) {
	var all []localaws.Role
	for i := range definitions {
		d := &definitions[i]
		policy, err := d.literal(tenant)
		if err != nil {
			return nil, err
		}
		all = append(all, role(d.Name+"-"+tenant, []byte(trustsService), localaws.PolicyDocument{Name: d.Name, Document: policy}))
	}
	return all, nil
}

// Input names the tenant's role.
func (RBAC) Input(tenant string, d *Definition) (*sts.AssumeRoleInput, error) {
	return ask(d.Name+"-"+tenant, tenant), nil
}
