package prove

import (
	"context"
	"errors"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/prove/mutate"
)

// bench holds the attacks against mutants of the policies of roles, in one World: sessions are had under the
// policies as they are, and a mutant takes their place for as long as it is attacked. It is not safe for
// concurrent use. Close it.
type bench struct {
	roles   []iam.Role
	attacks []*Attack
	world   *World
}

// newBench returns a bench with all attacks that leave their World as it was.
func newBench(ctx context.Context, roles []iam.Role) (*bench, error) {
	w, err := newWorld(ctx, roles, nil)
	if err != nil {
		return nil, err
	}
	b := &bench{roles: roles, world: w}
	for _, a := range Attacks() {
		if !a.Spoils {
			b.attacks = append(b.attacks, a)
		}
	}
	return b, nil
}

// Close ends b.
func (b *bench) Close() error { return b.world.Close() }

// Notices returns the attacks that get through under m, and the controls that are refused; none: m is not
// noticed by itself.
func (b *bench) Notices(ctx context.Context, m mutate.Mutant) (by []string, err error) {
	roles, err := m.Apply(b.roles)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.world.SetRoles(ctx, b.roles)) }()
	if err := b.world.SetRoles(ctx, roles); err != nil {
		return nil, err
	}
	for _, a := range b.attacks {
		switch row := a.Run(ctx, b.world); row.Verdict {
		case Broken:
			return nil, row.Err
		case Holds:
		case Leak:
			by = append(by, a.Name)
		default:
			by = append(by, "control of "+a.Name)
		}
	}
	return by, ctx.Err()
}
