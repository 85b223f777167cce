package prove

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws"
)

// Attacks are all of them, by name.
func (n Names) Attacks() []*Attack {
	all := slices.Concat(dynamodbAttacks(), stsAttacks(), trustAttacks(), iamAttacks(), signatureAttacks(), policyAttacks(), objectPolicies(), s3Attacks(), kmsAttacks(), openSearchAttacks(), operatorAttacks(), operatorPolicies(), blockedAttacks(), blockedPolicies(), tokenAttacks(), keptAttacks(), httpAttacks())
	for _, a := range all {
		if a.services {
			a.needs = seedTask // which writes the shipments
		}
		a.Name, a.Does, a.Differs, a.needs = n.fill(a.Name), n.fill(a.Does), n.fill(a.Differs), n.fill(a.needs)
	}
	if !n.operated { // nobody ends sessions, and there is no name of a role that would
		all = slices.DeleteFunc(all, func(a *Attack) bool { return a.bounded || strings.Contains(a.needs, operator) })
	}
	slices.SortStableFunc(all, func(a, b *Attack) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// OnAWS are the attacks but those on the services, which anybody may run elsewhere.
func (n Names) OnAWS() []*Attack {
	return slices.DeleteFunc(n.Attacks(), func(a *Attack) bool { return a.services })
}

// CarryOut carries out attacks on target under the policies of roles; attacks that change more of the target run later. It
// leaves out attacks that need a role which is not among roles, and those that are not for the target. Then it reads the
// logs. Where an attack is on the services, it starts them from the binaries in bin.
func CarryOut(ctx context.Context, target Target, roles []localaws.Role, attacks []*Attack, bin string, progress func(done, all int)) (rows []Row, audit Audit, err error) {
	attacks = slices.DeleteFunc(slices.Clone(attacks), func(a *Attack) bool { return !a.Concerns(roles) || !target.Has(a) })
	slices.SortStableFunc(attacks, func(a, b *Attack) int { return cmp.Compare(a.Spoils, b.Spoils) })
	if target.Account == nil {
		if roles, err = target.Names.blocked(roles); err != nil {
			return nil, audit, err
		}
	}
	w, err := target.world(ctx, roles)
	if err != nil {
		return nil, audit, err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	if slices.ContainsFunc(attacks, func(a *Attack) bool { return a.services }) {
		if err := w.serve(ctx, bin); err != nil {
			return nil, audit, fmt.Errorf("start the services: %w", err)
		}
	}
	for _, a := range attacks {
		if ctx.Err() != nil {
			return rows, audit, ctx.Err()
		}
		if row := target.adapted(a).Run(ctx, w); target.Account == nil || !errors.Is(row.Err, errNoSession) {
			rows = append(rows, row)
		}
		progress(len(rows), len(attacks))
	}
	slices.SortStableFunc(rows, func(a, b Row) int { return cmp.Compare(a.Attack.Name, b.Attack.Name) })
	audit, err = w.audit()
	return rows, audit, err
}

// Attackable returns an error if there are no names, or roles lacks a role that the attacks are about, or has the one that they make.
func (n Names) Attackable(roles []localaws.Role) error {
	if n.filler == nil {
		return errNoNames
	}
	for _, needed := range []string{n.fill(service), n.fill("~access-role~")} {
		if !has(roles, needed) {
			var names []string
			for _, role := range roles {
				names = append(names, role.Name)
			}
			return fmt.Errorf("the attacks are about the role %s, and there is none; there is %s", needed, strings.Join(names, ", "))
		}
	}
	if has(roles, other) {
		return fmt.Errorf("the attacks make a role %s of their own: give yours another name", other)
	}
	return nil
}

// Concerns reports whether roles has the roles that a uses or attacks.
func (a *Attack) Concerns(roles []localaws.Role) bool {
	return a.needs == "" || slices.ContainsFunc(roles, func(r localaws.Role) bool { return r.Name == a.needs && (!a.bounded || r.Boundary != nil) })
}

func has(roles []localaws.Role, name string) bool {
	return slices.ContainsFunc(roles, func(r localaws.Role) bool { return r.Name == name })
}
