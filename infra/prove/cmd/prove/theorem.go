package main

import (
	"os"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/prove"
)

// names are those of the ownership file that belongs to the policies.
func (c attack) names() (prove.Names, iam.Ownership, error) {
	owned, err := ownership(c.Ownership, c.Policies)
	if err != nil {
		return prove.Names{}, owned, err
	}
	names, err := prove.ReadNames(owned)
	return names, owned, err
}

// theorem decides the theorem for roles; with a selection of the attacks it is not asked for.
func (c attack) theorem(roles []localaws.Role, target prove.Target, owned iam.Ownership) (*prove.Theorem, error) {
	if c.Only != "" {
		return nil, nil
	}
	values := target.Names.Values()
	if target.Account != nil {
		values = target.Account.Values()
	}
	decided, err := prove.Decide(roles, owned, values)
	if err != nil || iam.Set(c.Policies) != iam.Hardened {
		return decided, err
	}
	decided.Beside, err = besides(iam.Article, owned, values)
	return decided, err
}

// ownership reads the file that --ownership names, or the one that belongs to the policies.
func ownership(where, policies string) (iam.Ownership, error) {
	dir, err := os.Getwd()
	if err != nil {
		return iam.Ownership{}, err
	}
	return iam.OpenOwnership(where, policies, dir)
}

// besides is the theorem for the set that what is proven is compared with.
func besides(set iam.Set, owned iam.Ownership, values localaws.Values) (*prove.Theorem, error) {
	roles, err := iam.Load(set, values)
	if err != nil {
		return nil, err
	}
	t, err := prove.Decide(roles, owned, values)
	if t != nil {
		t.Name = string(set)
	}
	return t, err
}
