package prove

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/prove/theorem"
)

// Derived is an attack that no person thought of: it is a request that a statement is there for, with one thing changed.
type Derived struct {
	Name string // role, action, and what differs; stable
	// At is the Allow statement that the attempt would cross.
	At      theorem.Place
	Differs string // the one thing in which the control differs from the attempt
	Attempt Replayed
	Control Replayed // of the session's own
}

// Holds reports whether the attempt is denied, and the control allowed.
func (d *Derived) Holds() bool {
	return d.Attempt.Layer != "" && !d.Attempt.Allowed && d.Control.Allowed
}

// Leaks reports whether the attempt is allowed.
func (d *Derived) Leaks() bool { return d.Attempt.Allowed }

// Derive makes attacks from the Allow statements of roles, and carries them out on a localaws with those roles. For each
// statement and action, the control is a request for what the ownership file says is the session's own. Each attempt
// differs in one thing: who is the owner, the key that names the owner, the action, an index, a condition key, or the session's tag.
func Derive(ctx context.Context, roles []localaws.Role, owned *theorem.Ownership) (all []Derived, err error) {
	parsed, err := theorem.Roles(roles)
	if err != nil {
		return nil, err
	}
	grants, err := theorem.Grants(account, parsed, owned, attacker)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{} // several statements and actions have the same neighbour
	s := newStage(roles)
	defer func() { err = errors.Join(err, s.Close()) }()
	for i := range grants {
		g := &grants[i]
		control, err := s.replay(ctx, &theorem.Refutation{At: g.At, Tenant: g.Tenant, Victim: g.Tenant, Session: g.Session, Request: g.Request})
		if err != nil {
			return all, fmt.Errorf("control of %s: %w", g.At, err)
		}
		for _, v := range variants(g, grants, owned) {
			same := fmt.Sprint(v.attempt.Session, v.attempt.Request)
			if seen[same] {
				continue
			}
			seen[same] = true
			attempt, err := s.replay(ctx, &v.attempt)
			if err != nil {
				return all, fmt.Errorf("%s: %s: %w", g.At, v.differs, err)
			}
			name := fmt.Sprintf("derived/%s %s %s: %s", g.Session.Role, g.At.Sid, g.Request.Action, v.name)
			all = append(all, Derived{name, g.At, v.differs, attempt, control})
		}
	}
	return all, nil
}

// Uncovered are those of requests that IAM allowed by a statement by which no attack of rows got through: no fixed attack looks there.
func Uncovered(requests []Replayed, rows []Row) []Replayed {
	covered := map[string]bool{}
	for i := range rows {
		if rows[i].Verdict == Leak {
			covered[rows[i].Decided] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(requests), func(r Replayed) bool { return !r.Allowed || covered[r.statement()] })
}

// statement is what allowed r, as Row has it. The simulator does not name it: then it is the one of the theorem.
func (r *Replayed) statement() string {
	if r.How == Sent {
		return r.Decided
	}
	return strings.TrimSuffix(r.At.File, ".json") + " " + r.At.Sid
}

// variant is an attempt.
type variant struct {
	name, differs string
	attempt       theorem.Refutation
}

// variants are the attempts that differ from g in one thing.
func variants(g *theorem.Grant, grants []theorem.Grant, owned *theorem.Ownership) []variant {
	var all []variant
	add := func(name, differs, victim string, change func(*theorem.Refutation)) {
		r := theorem.Refutation{At: g.At, Tenant: g.Tenant, Victim: victim, Session: g.Session, Request: g.Request}
		r.Request.Context = maps.Clone(g.Request.Context)
		change(&r)
		all = append(all, variant{name, differs, r})
	}
	for _, other := range []string{victim, g.Tenant + "2", g.Tenant[:len(g.Tenant)-1]} {
		if change := asOwnedBy(g, other); change != nil {
			add("owner "+other, "it is the session's own", other, change)
		}
	}
	key := strings.ToLower(g.Access.Key)
	if key != "" && !g.Access.Always {
		add("no "+g.Access.Key, "it has "+g.Access.Key, "", withoutContext(key))
	}
	for _, o := range owned.Others(g) {
		if !granted(g.Session.Role, o, grants) {
			add(strings.TrimSpace(o.Action+" "+strings.TrimPrefix(o.Resource, g.Request.Resource)), "it asks for "+g.Request.Action+" of "+g.Request.Resource, "", func(r *theorem.Refutation) {
				if r.Request.Action, r.Request.Resource = o.Action, o.Resource; !o.Owned {
					delete(r.Request.Context, key)
				}
			})
		}
	}
	tag := "aws:principaltag/" + strings.ToLower(owned.Tag)
	for _, name := range slices.Sorted(maps.Keys(g.Request.Context)) {
		if name == key || name == tag {
			continue
		}
		add("no "+name, "it has "+name, "", withoutContext(name))
		if value := one(&g.Request, name); strings.Contains(value, g.Tenant) {
			add(name+" of "+victim, name+" is of its own", victim, func(r *theorem.Refutation) {
				r.Request.Context[name] = []string{strings.ReplaceAll(value, g.Tenant, victim)}
			})
		}
	}
	add("no tag", "the session has the tag", "", func(r *theorem.Refutation) {
		r.Tenant, r.Session.Tags, r.Session.Transitive = "", nil, nil
		delete(r.Request.Context, tag)
	})
	return all
}

func withoutContext(key string) func(*theorem.Refutation) {
	return func(r *theorem.Refutation) { delete(r.Request.Context, key) }
}

// granted reports whether a role may do o for the session's own tenant.
func granted(role string, o theorem.Other, grants []theorem.Grant) bool {
	return slices.ContainsFunc(grants, func(g theorem.Grant) bool {
		return g.Session.Role == role && g.Request.Action == o.Action && g.Request.Resource == o.Resource
	})
}

// asOwnedBy has the request of g name another owner; nil where the tenant's id stands elsewhere too in what names the owner.
func asOwnedBy(g *theorem.Grant, other string) func(*theorem.Refutation) {
	key := strings.ToLower(g.Access.Key)
	named := g.Request.Resource
	if key != "" {
		named = one(&g.Request, key)
	}
	if strings.Count(named, g.Tenant) != 1 {
		return nil
	}
	named = strings.Replace(named, g.Tenant, other, 1)
	return func(r *theorem.Refutation) {
		if key == "" {
			r.Request.Resource = named
		} else {
			r.Request.Context[key] = []string{named}
		}
	}
}
