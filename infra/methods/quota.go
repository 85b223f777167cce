package methods

import (
	"cmp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"

	"example.com/shiptrack/infra/localaws"
)

// Quota is a limit of AWS (IAM User Guide, "IAM and AWS STS quotas"; AWS KMS Developer Guide, "Resource quotas").
type Quota struct {
	Name string
	// Limit is the default. Most is what can be had on request; 0: no more.
	Limit, Most int
}

// The quotas that one of the methods comes near.
var (
	rolesOfAccount = Quota{"roles in an account", 1000, 5000}
	roleName       = Quota{"characters of a role's name", 64, 0}
	trustPolicy    = Quota{"characters of a trust policy", 2048, 4096}
	inlinePolicies = Quota{"characters of all inline policies of a role", 10240, 0}
	sessionPolicy  = Quota{"characters of a session policy, one definition", 2048, 0}
	sessionForAll  = Quota{"characters of a session policy, all definitions", 2048, 0}
)

// Of what is the same for each method.
const (
	stsPerSecond = 600 // calls of STS, for an account and region
	kmsKeys      = 100_000
)

// highest is what can be had at most.
func (q Quota) highest() int { return max(q.Limit, q.Most) }

// Use is how much of a quota a method needs.
type Use struct {
	Quota
	Used int
}

// Uses is what a method needs of each quota for so many tenants. The service's own role counts.
func Uses(m Method, tenants int, definitions []Definition) ([]Use, error) {
	cost, err := CostOf(m, tenants, definitions)
	if err != nil {
		return nil, err
	}
	roles, err := Roles(m, definitions, Tenant(0))
	if err != nil {
		return nil, err
	}
	one, all, err := sessionPolicies(m, definitions)
	if err != nil {
		return nil, err
	}
	name, trust, inline := largest(roles[1:])
	return []Use{
		{rolesOfAccount, cost.Roles + 1}, {roleName, name}, {trustPolicy, trust}, {inlinePolicies, inline}, {sessionPolicy, one}, {sessionForAll, all},
	}, nil
}

// breaksFirst is the quota that is exceeded the most.
func breaksFirst(uses []Use) string {
	share := func(u Use) float64 { return float64(u.Used) / float64(u.Limit) }
	first := slices.MaxFunc(uses, func(a, b Use) int { return cmp.Compare(share(a), share(b)) })
	if first.Used <= first.Limit {
		return "nothing of IAM"
	}
	return first.Name
}

func largest(roles []localaws.Role) (name, trust, inline int) {
	for _, r := range roles {
		all := 0
		for _, p := range r.Policies {
			all += size(p.Document)
		}
		name, trust, inline = max(name, len(r.Name)), max(trust, size(r.Trust)), max(inline, all)
	}
	return name, trust, inline
}

// sessionPolicies are the length of the longest session policy for one definition, and of one for all of them at once. Both are 0 where a
// method writes none.
func sessionPolicies(m Method, definitions []Definition) (one, all int, err error) {
	for i := range definitions {
		in, err := m.Input(Tenant(0), &definitions[i])
		if err != nil {
			return 0, 0, err
		}
		one = max(one, len(aws.ToString(in.Policy)))
	}
	if one == 0 {
		return 0, 0, nil
	}
	policy, err := together(Tenant(0), definitions)
	return one, len(policy), err
}

// MostTenants is how many tenants have room among so many roles of an account; ok is false where their number does not matter.
func MostTenants(m Method, definitions []Definition, roles int) (n int, ok bool, err error) {
	none, err := CostOf(m, 0, definitions)
	if err != nil {
		return 0, false, err
	}
	one, err := CostOf(m, 1, definitions)
	if each := one.Roles - none.Roles; err == nil && each > 0 {
		return (roles - none.Roles - 1) / each, true, nil // the service's own role
	}
	return 0, false, err
}
