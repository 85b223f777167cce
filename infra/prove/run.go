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
// a role that is not among roles is left out; then the logs are read. The services are started from the binaries in bin where an attack is on them.
func CarryOut(ctx context.Context, roles []iam.Role, attacks []*Attack, bin string) (rows []Row, audit Audit, err error) {
	attacks = slices.DeleteFunc(slices.Clone(attacks), func(a *Attack) bool { return !a.concerns(roles) })
	shared, err := NewWorld(ctx, roles)
	if err != nil {
		return nil, audit, err
	}
	defer func() { err = errors.Join(err, shared.Close()) }()
	if slices.ContainsFunc(attacks, func(a *Attack) bool { return a.services }) {
		if err := shared.serve(ctx, bin); err != nil {
			return nil, audit, fmt.Errorf("start the services: %w", err)
		}
	}
	for _, a := range attacks {
		row, own, err := attackOn(ctx, shared, roles, a)
		if err != nil {
			return nil, audit, err
		}
		rows = append(rows, row)
		audit.add(own)
	}
	own, err := shared.audit()
	audit.add(own)
	return rows, audit, errors.Join(err, ctx.Err())
}

func attackOn(ctx context.Context, shared *World, roles []iam.Role, a *Attack) (row Row, audit Audit, err error) {
	if !a.Spoils {
		return a.Run(ctx, shared), audit, nil
	}
	own, err := NewWorld(ctx, roles)
	if err != nil {
		return row, audit, err
	}
	defer func() { err = errors.Join(err, own.Close()) }()
	row = a.Run(ctx, own)
	audit, err = own.audit()
	return row, audit, err
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
