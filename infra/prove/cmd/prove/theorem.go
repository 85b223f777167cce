package main

import (
	"os"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/prove"
)

// theorem decides the theorem for roles; with a selection of the attacks it is not asked for.
func (c attack) theorem(roles []localaws.Role, target prove.Target) (*prove.Theorem, error) {
	if c.Only != "" {
		return nil, nil
	}
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	owned, err := iam.OpenOwnership(c.Ownership, c.Policies, dir)
	if err != nil {
		return nil, err
	}
	values := prove.Values()
	if target.Account != nil {
		values = target.Account.Values()
	}
	return prove.Decide(roles, owned, values)
}
