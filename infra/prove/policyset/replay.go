package policyset

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"example.com/shiptrack/infra/prove"
	"example.com/shiptrack/infra/prove/theorem"
)

// batch is how many groups of roles share a localaws: making one takes longer than a request.
const batch = 50

// refuted is a group of roles with its refutations.
type refuted struct {
	roles []*Role
	asked []*Refutation
}

// replay asks a localaws about each refutation of r, and writes into it what became of that.
func (s *Set) replay(ctx context.Context, r *Report, groups [][]theorem.Role) error {
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(runtime.GOMAXPROCS(0))
	for all := range slices.Chunk(s.refuted(r, groups), batch) {
		work.Go(func() error { return s.replayBatch(ctx, all) })
	}
	return work.Wait()
}

func (s *Set) replayBatch(ctx context.Context, all []refuted) error {
	var together refuted
	for _, g := range all {
		together.roles, together.asked = append(together.roles, g.roles...), append(together.asked, g.asked...)
	}
	if s.send(ctx, together) == nil {
		return nil
	}
	for _, g := range all { // the roles of one cannot be made: the others can
		if err := s.send(ctx, g); ctx.Err() != nil {
			return fmt.Errorf("replay: %w", ctx.Err())
		} else if err != nil {
			g.leave(err.Error())
		}
	}
	return nil
}

// refuted are the groups that have refutations. Where localaws cannot have a group's roles, these are told here.
func (s *Set) refuted(r *Report, groups [][]theorem.Role) []refuted {
	by := map[string][]*Refutation{}
	for i := range r.Findings {
		for j := range r.Findings[i].Refutations {
			x := &r.Findings[i].Refutations[j]
			by[x.Session.Role] = append(by[x.Session.Role], x)
		}
	}
	var all []refuted
	for _, group := range groups {
		var g refuted
		var why string
		for i := range group {
			if role := s.role(group[i].Name); role != nil {
				g.roles, g.asked = append(g.roles, role), append(g.asked, by[role.Name]...)
				why = cmp.Or(why, unreplayable(role))
			}
		}
		if why != "" {
			g.leave(why)
		} else if len(g.asked) > 0 {
			all = append(all, g)
		}
	}
	return all
}

// leave says of each refutation why it is not replayed.
func (g *refuted) leave(why string) {
	for _, x := range g.asked {
		x.Replay, x.Allowed = "not replayed: "+why, false
	}
}

// send replays the refutations of g with names that people read more easily, and those that are not allowed so as the theorem has them.
func (s *Set) send(ctx context.Context, g refuted) error {
	to := s.relocation(g.roles)
	local := to.roles(g.roles)
	var sent []*Refutation
	var own, plain []theorem.Refutation
	for _, x := range g.asked {
		out, why := to.refutation(x.from)
		if why != "" {
			x.Replay, x.Allowed = "not replayed: "+why, false
			continue
		}
		sent, own, plain = append(sent, x), append(own, out), append(plain, renamed(out))
	}
	named, err := prove.Replay(ctx, local, plain)
	if err != nil {
		return err
	}
	for i := range sent {
		if named[i].Allowed {
			sent[i].from = renamed(sent[i].from)
			sent[i].tell()
			sent[i].replayed(&named[i])
			continue
		}
		first, err := prove.Replay(ctx, local, own[i:i+1])
		if err != nil {
			return err
		}
		sent[i].replayed(&first[0])
	}
	return nil
}

// replayed says what localaws did with the request.
func (r *Refutation) replayed(p *prove.Replayed) {
	r.Allowed = p.Allowed
	verb := "denies"
	if p.Allowed {
		verb = "allows"
	}
	switch p.How {
	case prove.Sent:
		r.Replay = fmt.Sprintf("sent as a signed request to an embedded localaws, which %s it", verb)
	case prove.Simulated:
		r.Replay = fmt.Sprintf("asked of localaws' policy simulator, which %s it (%s)", verb, brief(p.Why))
	default:
		r.Replay = "not replayed: " + brief(p.Why)
	}
	if p.How != prove.NotReplayed && !p.Allowed {
		r.Replay += ": the theorem and localaws disagree, so please report this set"
	}
}

// brief is why a request was not sent, without what STS says of its authorization.
func brief(why string) string {
	for _, end := range []string{": no task in", ". For complete details", "; the simulator answers InvalidInput"} {
		why, _, _ = strings.Cut(why, end)
	}
	return why
}
