package methods

import (
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws"
)

// Method is a way to keep tenants apart: what has to be in IAM, and the AssumeRole by which the service gets a tenant's session.
//
// None of them looks at the tenant's name. In the product the token's verification and package tenant do; here names that should not have
// come so far show what each method does with them.
type Method interface {
	Name() string
	// Shared are the roles that are there once.
	Shared(definitions []Definition) ([]localaws.Role, error)
	// OfTenant are the roles that one more tenant needs.
	OfTenant(tenant string, definitions []Definition) ([]localaws.Role, error)
	// Input asks for a session of one tenant that may do what one definition says.
	Input(tenant string, d *Definition) (*sts.AssumeRoleInput, error)
}

// Roles are all roles for these tenants, the service's own first.
func Roles(m Method, definitions []Definition, tenants ...string) ([]localaws.Role, error) {
	shared, err := m.Shared(definitions)
	if err != nil {
		return nil, err
	}
	own, err := caller(shared)
	if err != nil {
		return nil, err
	}
	all := append([]localaws.Role{own}, shared...)
	for _, t := range tenants {
		added, err := m.OfTenant(t, definitions)
		if err != nil {
			return nil, err
		}
		all = append(all, added...)
	}
	return all, nil
}

// All are the methods, in the article's order.
func All() []Method { return []Method{RBAC{}, Generated{}, ABAC{}} }

// service is the role that asks for sessions. It is the same for each method but for the names of the roles that it may assume, and not counted.
const service = "TrackingServiceRole"

const (
	rolePrefix    = "arn:aws:iam::" + account + ":role/"
	trustsService = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + rolePrefix + service + `"},"Action":"sts:AssumeRole"}]}`
)

// caller is the service's role, which may assume the shared roles. Where there are none, it may assume what is called as the roles of
// tenants are: a list of them would have no room.
func caller(shared []localaws.Role) (localaws.Role, error) {
	roles, err := iam.Load(iam.Hardened, values())
	if err != nil {
		return localaws.Role{}, err
	}
	may := []string{rolePrefix + prefix + "*"}
	if len(shared) > 0 {
		may = nil
	}
	for _, r := range shared {
		may = append(may, rolePrefix+r.Name)
	}
	policy, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []any{
		map[string]any{"Effect": "Allow", "Action": []string{"sts:AssumeRole", "sts:TagSession"}, "Resource": may},
	}})
	return localaws.Role{Name: service, Trust: find(roles, service, ""), Policies: []localaws.PolicyDocument{{Name: "AssumePolicy", Document: policy}}}, err
}

// prefix begins the name of each role that has sessions of tenants.
const prefix = "Access"

func role(name string, trust []byte, policies ...localaws.PolicyDocument) localaws.Role {
	return localaws.Role{Name: prefix + name, Trust: trust, Policies: policies}
}

// ask is an AssumeRole without anything that only one method has.
func ask(role, tenant string) *sts.AssumeRoleInput {
	return &sts.AssumeRoleInput{
		RoleArn: aws.String(rolePrefix + prefix + role), RoleSessionName: aws.String(tenant + "@methods"),
	}
}
