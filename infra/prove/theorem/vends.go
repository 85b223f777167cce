package theorem

import (
	"example.com/shiptrack/infra/localaws/policy"
)

// assumes tells where r may assume a role whose policies are not known: what its sessions reach then is not decided.
func (p *prover) assumes(r *Role, at func(string) *Finding) {
	strangers := p.ownedARN("arn:*:iam::*:role/*")
	for i := range p.roles {
		strangers = strangers.and(p.exactly(p.arnOf(&p.roles[i])).not(p.all))
	}
	for _, c := range clausesOf(r.Identity...) {
		if c.Effect == policy.Allow && p.does(&c, assumeRole) && p.covers(&c, strangers) && p.owned.Administrative[r.Name] == "" {
			at("STS").leave(Open{
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

// vends decides whether a session of r may get a session of another tenant.
func (p *prover) vends(r *Role, at func(string) *Finding) {
	own := p.tagsOf(r)
	if own.values.isEmpty() || p.owned.Administrative[r.Name] != "" {
		return
	}
	for i := range p.roles {
		to := &p.roles[i]
		clauses := clausesOf(to.Trust)
		for _, a := range clauses {
			if a.Effect != policy.Allow || !p.does(&a, assumeRole) || !p.namesRole(&a.Principals, r) || !p.reaches(r, &a.Principals, to) {
				continue
			}
			for _, c := range clauses {
				if c.Effect == policy.Allow && p.does(&c, tagSession) && p.namesRole(&c.Principals, r) {
					p.vendsAs(r, own, to, clauses, a, c, at("STS"))
				}
			}
		}
	}
}

// reaches reports whether principals name r or its sessions, or else whether r's own policies may let it assume the role.
func (p *prover) reaches(r *Role, principals *policy.Principals, to *Role) bool {
	if principals.Everyone || p.namesItself(principals, r) {
		return true
	}
	own := policy.Policies{Identity: r.Identity}
	return own.MayAllow(assumeRole, p.arnOf(to))
}

func (p *prover) vendsAs(r *Role, own *tags, to *Role, clauses []placed, assume, tag placed, f *Finding) {
	f.raise(Proven)
	access := &Access{Key: "aws:RequestTag/" + p.owned.Tag, Owner: hole, Always: true}
	o := &obligation{prover: p, role: r, store: "STS", access: access, allows: []placed{tag}}
	s := p.start()
	s.base = withBase(s.base, p.tagKey, own.values)
	s.add(fact{key: p.requestTag(), presence: present, one: true})
	s.add(fact{key: p.tagKey, presence: present, one: true})
	for _, v := range p.both(s, clauses, assume, tag) {
		if len(o.crossings(v, f)) > 0 {
			f.open(tag.at, "a session of %s for one tenant may get a session of %s for another: the trust policy does not hold aws:RequestTag/%s to aws:PrincipalTag/%s", r.Name, to.Name, p.owned.Tag, p.owned.Tag)
		}
	}
}
