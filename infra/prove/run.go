package prove

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"example.com/shiptrack/infra/iam"
)

// Attacks are all of them, by name.
func Attacks() []*Attack {
	all := slices.Concat(dynamodbAttacks(), stsAttacks(), signatureAttacks(), policyAttacks())
	slices.SortStableFunc(all, func(a, b *Attack) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// Report is what a run found.
type Report struct {
	Set      string
	Rows     []Row
}

// CarryOut carries out attacks under the policies of roles. What spoils a World gets one of its own. progress
// is told after each.
func CarryOut(ctx context.Context, roles []iam.Role, attacks []*Attack, progress func(Row)) (rows []Row, err error) {
	shared, err := NewWorld(ctx, roles)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, shared.Close()) }()
	for _, a := range attacks {
		row, err := attackOn(ctx, shared, roles, a)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
		progress(row)
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

// Holds reports whether every row does, and every mutant is accounted for.
func (r *Report) Holds() bool {
	for i := range r.Rows {
		if r.Rows[i].Verdict != Holds {
			return false
		}
	}
	return len(r.Rows) > 0
}
