package prove

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/prove/mutate"
)

// benches are workers, one for each processor.
type benches []*bench

func newBenches(ctx context.Context, roles []localaws.Role, attacks []*Attack) (benches, error) {
	var all benches
	for range runtime.GOMAXPROCS(0) {
		b, err := newBench(ctx, roles, attacks)
		if err != nil {
			return nil, errors.Join(err, all.Close())
		}
		all = append(all, b)
	}
	return all, nil
}

func (all benches) Close() error {
	var errs []error
	for _, b := range all {
		errs = append(errs, b.world.Close())
	}
	return errors.Join(errs...)
}

// each calls do for 0 to n-1.
func (all benches) each(ctx context.Context, n int, do func(context.Context, *bench, int) error) error {
	var next atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	for _, b := range all {
		group.Go(func() error {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				if err := errors.Join(ctx.Err(), do(ctx, b, int(i))); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// bench holds the attacks against mutants in one World: sessions are had under the policies as they are, and a
// mutant takes their place for as long as it is attacked. It is not safe for concurrent use.
type bench struct {
	roles   []localaws.Role
	attacks []*Attack
	world   *World
}

// newBench returns a bench with the attacks that leave their World as it was.
func newBench(ctx context.Context, roles []localaws.Role, attacks []*Attack) (*bench, error) {
	w, err := newWorld(ctx, roles, nil, crowd)
	if err != nil {
		return nil, err
	}
	b := &bench{roles: roles, world: w}
	for _, a := range attacks {
		if a.Spoils == Nothing && !a.services && a.concerns(roles) {
			b.attacks = append(b.attacks, a)
		}
	}
	return b, nil
}

// run returns those of attacks whose verdict under m is not Holds.
func (b *bench) run(ctx context.Context, m mutate.Mutant, attacks []*Attack) (found, error) {
	roles, err := m.Apply(b.roles)
	if err != nil {
		return nil, err
	}
	if err := b.world.SetRoles(ctx, roles); err != nil {
		return nil, err
	}
	all := found{}
	for _, a := range attacks {
		switch row := a.Run(ctx, b.world); row.Verdict {
		case Broken:
			return nil, row.Err
		case Holds:
		default:
			all[a] = row.Verdict
		}
	}
	return all, ctx.Err()
}

// unmoved is an error where an attack does not hold any more under the policies as they are: it then notices every mutant, and shows nothing.
func (all benches) unmoved(ctx context.Context) error {
	for _, b := range all {
		if err := b.world.SetRoles(ctx, b.roles); err != nil {
			return err
		}
		for _, a := range b.attacks {
			if row := a.Run(ctx, b.world); row.Verdict != Holds {
				return fmt.Errorf("%s does not leave the world as it was (%s %s): the score of mutants shows nothing", a.Name, row.Verdict, row.Control.Code)
			}
		}
	}
	return nil
}
