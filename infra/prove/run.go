package prove

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"example.com/shiptrack/infra/iam"
)

// Attacks are all of them, by name.
func Attacks() []*Attack {
	all := slices.Concat(dynamodbAttacks(), stsAttacks(), trustAttacks(), iamAttacks(), signatureAttacks(), policyAttacks(), tokenAttacks(), httpAttacks())
	slices.SortStableFunc(all, func(a, b *Attack) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// CarryOut carries out attacks under the policies of roles. What spoils a World gets one of its own; what is about
// a role that is not among roles is left out. The services are started from the binaries in bin where an attack is on them.
func CarryOut(ctx context.Context, roles []iam.Role, attacks []*Attack, bin string) (rows []Row, err error) {
	attacks = slices.DeleteFunc(slices.Clone(attacks), func(a *Attack) bool { return !a.concerns(roles) })
	shared, err := NewWorld(ctx, roles)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, shared.Close()) }()
	if slices.ContainsFunc(attacks, func(a *Attack) bool { return a.services }) {
		if err := shared.serve(ctx, bin); err != nil {
			return nil, fmt.Errorf("start the services: %w", err)
		}
	}
	for _, a := range attacks {
		row, err := attackOn(ctx, shared, roles, a)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, ctx.Err()
}

func attackOn(ctx context.Context, shared *World, roles []iam.Role, a *Attack) (row Row, err error) {
	if !a.Spoils {
		return a.Run(ctx, shared), nil
	}
	own, err := NewWorld(ctx, roles)
	if err != nil {
		return Row{}, err
	}
	defer func() { err = errors.Join(err, own.Close()) }()
	return a.Run(ctx, own), nil
}

func (a *Attack) concerns(roles []iam.Role) bool {
	if a.services {
		return has(roles, seedTask) // which writes the shipments
	}
	return a.needs == "" || has(roles, a.needs)
}

func has(roles []iam.Role, name string) bool {
	return slices.ContainsFunc(roles, func(r iam.Role) bool { return r.Name == name })
}
