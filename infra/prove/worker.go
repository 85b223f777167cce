package prove

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/prove/mutate"
)

// workers are one for each processor.
type workers []*worker

func newWorkers(ctx context.Context, names Names, roles []localaws.Role, attacks []*Attack) (workers, error) {
	var all workers
	for range runtime.GOMAXPROCS(0) {
		w, err := newWorker(ctx, names, roles, attacks)
		if err != nil {
			return nil, errors.Join(err, all.Close())
		}
		all = append(all, w)
	}
	return all, nil
}

func (all workers) Close() error {
	var errs []error
	for _, w := range all {
		errs = append(errs, w.world.Close())
	}
	return errors.Join(errs...)
}

// each calls do for 0 to n-1.
func (all workers) each(ctx context.Context, n int, do func(context.Context, *worker, int) error) error {
	var next atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	for _, w := range all {
		group.Go(func() error {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				if err := errors.Join(ctx.Err(), do(ctx, w, int(i))); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// worker carries out the attacks on mutants, one mutant after the other, in a World that nobody else uses. The sessions are
// made under the unchanged policies; then each mutant replaces the policies while it is attacked. A worker is not safe for
// concurrent use.
type worker struct {
	roles   []localaws.Role
	attacks []*Attack
	world   *World
}

// newWorker returns a worker with the attacks that change nothing in their World, by name.
func newWorker(ctx context.Context, names Names, roles []localaws.Role, attacks []*Attack) (*worker, error) {
	world, err := newWorld(ctx, names, roles, nil, crowd)
	if err != nil {
		return nil, err
	}
	if err := world.strayDocuments(ctx); err != nil {
		return nil, errors.Join(err, world.Close())
	}
	w := &worker{roles: roles, world: world}
	for _, a := range attacks {
		if a.Spoils == Nothing && !a.services && a.Concerns(roles) {
			w.attacks = append(w.attacks, a)
		}
	}
	slices.SortFunc(w.attacks, func(a, b *Attack) int { return cmp.Compare(a.Name, b.Name) })
	return w, nil
}

// run returns those of attacks whose verdict under m is not Holds. Where d is Widens it leaves the controls out, which show
// nothing then.
func (w *worker) run(ctx context.Context, m mutate.Mutant, attacks []*Attack, d mutate.Direction) (found, error) {
	all := found{}
	err := w.each(ctx, m, attacks, d, func(a *Attack, v Verdict) bool {
		if v != Holds {
			all[a] = v
		}
		return true
	})
	return all, err
}

// first returns the first of attacks whose verdict shows the effect of m, or nil.
func (w *worker) first(ctx context.Context, m mutate.Mutant, attacks []*Attack) (noticed *Attack, err error) {
	err = w.each(ctx, m, attacks, m.Direction, func(a *Attack, v Verdict) bool {
		if goes(m.Direction, v) {
			noticed = a
		}
		return noticed == nil
	})
	return noticed, err
}

// each carries out attacks under m, and tells the verdicts, until tell returns false.
func (w *worker) each(ctx context.Context, m mutate.Mutant, attacks []*Attack, d mutate.Direction, tell func(*Attack, Verdict) bool) error {
	roles, err := m.Apply(w.roles)
	if err != nil {
		return err
	}
	if err := w.world.SetRoles(ctx, roles); err != nil {
		return err
	}
	for _, a := range attacks {
		verdict, err := w.verdict(ctx, a, d)
		if err != nil {
			return err
		}
		if !tell(a, verdict) {
			break
		}
	}
	return ctx.Err()
}

func (w *worker) verdict(ctx context.Context, a *Attack, d mutate.Direction) (Verdict, error) {
	if d == mutate.Widens {
		return a.attempt(ctx, w.world)
	}
	row := a.Run(ctx, w.world)
	return row.Verdict, row.Err
}

// unchanged returns an error if an attack no longer holds under the unchanged policies. Such an attack would notice every
// mutant, and the score of mutants would show nothing.
func (all workers) unchanged(ctx context.Context) error {
	for _, w := range all {
		if err := w.world.SetRoles(ctx, w.roles); err != nil {
			return err
		}
		for _, a := range w.attacks {
			if row := a.Run(ctx, w.world); row.Verdict != Holds {
				return fmt.Errorf("%s does not leave the world as it was (%s %s): the score of mutants shows nothing", a.Name, row.Verdict, row.Control.Code)
			}
		}
	}
	return nil
}
