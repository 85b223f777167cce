package theorem

import (
	"slices"

	"example.com/shiptrack/infra/localaws/policy"
)

// sts is where sessions that are got by sessions are told.
const sts = "STS"

// assumes tells where r may assume a role whose policies are not known: what its sessions reach then is not decided.
func (p *prover) assumes(r *Role, at func(string) *Finding) {
	strangers := p.ownedARN("arn:*:iam::*:role/*")
	for i := range p.roles {
		strangers = strangers.and(p.exactly(p.arnOf(&p.roles[i])).not(p.all))
	}
	for _, c := range clausesOf(r.Identity...) {
		if c.Effect == policy.Allow && p.does(&c, assumeRole) && p.covers(&c, strangers) && p.owned.Administrative[r.Name] == "" {
			at(sts).leave(Open{
				At:  c.at,
				Why: "it allows to assume roles that are not among these, and what they reach is not known: name the roles of this set in its Resource",
				If:  "no role outside of the set trusts " + r.Name + " or its account",
			})
		}
	}
}

// covers reports whether c may be about one of arns.
func (p *prover) covers(c *placed, arns *automaton) bool {
	a := reading{alphabet: p.alphabet}.automaton(resourcesOf(&c.Clause))
	return a == nil || !a.and(arns).isEmpty()
}

// stop is a kind of session that a tenant's session may get on the way to another tenant's: its tag is gone.
type stop struct {
	role *Role
	from *stop      // nil: it is the tenant's session itself, with its tag
	ways []*vending // in which from gets it
}

// stops are the kinds of sessions that a tenant's session of r may get without its tag, r's own first. Only a tag that is not transitive
// can be lost.
func (p *prover) stops(r *Role) []*stop {
	all := []*stop{{role: r}}
	for i := 0; i < len(all); i++ {
		for j := range p.roles {
			to := &p.roles[j]
			if slices.ContainsFunc(all[1:], func(s *stop) bool { return s.role == to }) {
				continue
			}
			if ways := append(p.asks(all[i], to, untagged), p.asks(all[i], to, emptied)...); len(ways) > 0 {
				all = append(all, &stop{to, all[i], ways})
			}
		}
	}
	return all
}

// asks are the ways in which the trust policy of to lets a session of s have one of to, with a tag as m says.
func (p *prover) asks(s *stop, to *Role, m mode) []*vending {
	var all []*vending
	clauses := clausesOf(to.Trust)
	for _, assume := range p.assuming(clauses, s.role, to) {
		if m == untagged {
			for _, v := range p.both(p.startBy(s, m), clauses, assume) {
				all = append(all, &vending{situation: v, assume: assume, mode: m})
			}
			continue
		}
		for _, tag := range p.naming(clauses, s.role, tagSession) {
			for _, v := range p.both(p.startBy(s, m), clauses, assume, tag) {
				all = append(all, &vending{situation: v, assume: assume, tag: tag, mode: m})
			}
		}
	}
	return all
}

// naming are the Allow statements of a trust policy that name r and the action.
func (p *prover) naming(clauses []placed, r *Role, action string) []placed {
	return slices.DeleteFunc(slices.Clone(clauses), func(c placed) bool {
		return c.Effect != policy.Allow || !p.does(&c, action) || !p.namesRole(&c.Principals, r)
	})
}

// assuming are those that let r assume to, as far as r's own policies may allow it too.
func (p *prover) assuming(clauses []placed, r, to *Role) []placed {
	return slices.DeleteFunc(p.naming(clauses, r, assumeRole), func(c placed) bool { return !p.reaches(r, &c.Principals, to) })
}

// startBy is what is true of each AssumeRole by a session of s.
func (p *prover) startBy(s *stop, m mode) *situation {
	start := p.start()
	start.principal(p, s.role)
	if s.from == nil {
		start.base[p.tagKey] = p.tagsOf(s.role).passing
		start.add(fact{key: p.tagKey, presence: present, one: true})
	} else {
		start.add(fact{key: p.tagKey, presence: absent}) // of an empty one an Allow takes no more
	}
	switch m {
	case tagged:
		p.asksForTag(start)
	case untagged:
		start.add(fact{key: p.requestTag(), presence: absent})
	case emptied:
		p.asksForEmpty(start)
	}
	return start
}

// reaches reports whether principals name r or its sessions, or else whether r's own policies may let it assume the role.
func (p *prover) reaches(r *Role, principals *policy.Principals, to *Role) bool {
	if principals.Everyone || p.namesItself(principals, r) {
		return true
	}
	own := policy.Policies{Identity: r.Identity}
	return own.MayAllow(assumeRole, p.arnOf(to))
}
