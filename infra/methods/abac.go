package methods

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws"
)

// ABAC has a role for each definition, whose policy compares the session's tag with the data. It is what the product has.
type ABAC struct{}

// Name is the method's.
func (ABAC) Name() string { return "ABAC" }

// Shared is a role for each definition, with the product's own trust policy.
func (ABAC) Shared(definitions []Definition) ([]localaws.Role, error) {
	roles, err := iam.Load(iam.Hardened, values())
	var all []localaws.Role
	for i := range definitions {
		d := &definitions[i]
		all = append(all, role(d.Name, find(roles, "TrackingAccessRole", ""), localaws.PolicyDocument{Name: d.Name, Document: d.policy}))
	}
	return all, err
}

// OfTenant is nothing.
func (ABAC) OfTenant(string, []Definition) ([]localaws.Role, error) { return nil, nil }

// Input puts the tenant into the session's tag.
func (ABAC) Input(tenant string, d *Definition) (*sts.AssumeRoleInput, error) {
	in := ask(d.Name, tenant)
	in.Tags, in.TransitiveTagKeys = []types.Tag{{Key: aws.String("TenantID"), Value: &tenant}}, []string{"TenantID"}
	return in, nil
}
