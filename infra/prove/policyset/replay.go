package policyset

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/prove"
	"example.com/shiptrack/infra/prove/theorem"
)

// replay asks a localaws about each refutation of r, and writes into it what became of that. Each group of roles has a localaws of its own.
func (s *Set) replay(ctx context.Context, r *Report, groups [][]theorem.Role) error {
	refuted := map[string][]*Refutation{}
	for i := range r.Findings {
		for j := range r.Findings[i].Refutations {
			x := &r.Findings[i].Refutations[j]
			refuted[x.Session.Role] = append(refuted[x.Session.Role], x)
		}
	}
	for _, group := range groups {
		var roles []*Role
		var asked []*Refutation
		for i := range group {
			if role := s.role(group[i].Name); role != nil {
				roles, asked = append(roles, role), append(asked, refuted[role.Name]...)
			}
		}
		if len(asked) == 0 {
			continue
		}
		if err := s.replayGroup(ctx, roles, asked); err != nil {
			return err
		}
	}
	return nil
}

func (s *Set) replayGroup(ctx context.Context, roles []*Role, asked []*Refutation) error {
	to := s.relocation(roles)
	var reason string
	for _, role := range roles {
		reason = cmp.Or(reason, unreplayable(role))
	}
	var sent []*Refutation
	var own, plain []theorem.Refutation // as the theorem has them, and with names that people read more easily
	for _, x := range asked {
		out, why := to.refutation(x.from)
		if why = cmp.Or(why, reason); why != "" {
			x.Replay, x.Allowed = "not replayed: "+why, false
			continue
		}
		sent, own, plain = append(sent, x), append(own, out), append(plain, renamed(out))
	}
	if len(sent) == 0 {
		return nil
	}
	return send(ctx, to.roles(roles), sent, own, plain)
}

// send replays refutations with the names of plain, and those that are not allowed so with their own.
func send(ctx context.Context, local []localaws.Role, sent []*Refutation, own, plain []theorem.Refutation) error {
	named, err := prove.Replay(ctx, local, plain)
	for i := range sent {
		if i < len(named) && named[i].Allowed {
			sent[i].from = renamed(sent[i].from)
			sent[i].tell()
			sent[i].replayed(&named[i])
			continue
		}
		first, errFirst := prove.Replay(ctx, local, own[i:i+1])
		if errFirst != nil {
			sent[i].Replay = "not replayed: " + errFirst.Error()
			continue
		}
		sent[i].replayed(&first[0])
	}
	if ctx.Err() != nil {
		return fmt.Errorf("replay: %w", errors.Join(ctx.Err(), err))
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
