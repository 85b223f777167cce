package theorem

import (
	"fmt"
	"slices"
)

// vends decides whether a session of r for one tenant may get a session of another, or of operators: with its tag, or once it is lost.
func (p *prover) vends(r *Role, at func(string) *Finding) {
	own := p.tagsOf(r)
	if own.values.isEmpty() || p.owned.Administrative[r.Name] != "" {
		return
	}
	for _, s := range p.stops(r) {
		for i := range p.roles {
			h := &hop{obligation: &obligation{prover: p, role: s.role, store: sts}, by: s, to: &p.roles[i]}
			var found Finding
			if h.decide(&found); found.Verdict == "" {
				continue
			}
			for _, problem := range own.problems {
				found.open(problem.At, "%s", problem.Why)
			}
			f := at(sts)
			if f.add(found); s.from == nil {
				f.Decided = append(f.Decided, Decided{At: p.trustOf(h.to), Resource: p.arnOf(h.to), Mode: tagged.String(), Verdict: found.Verdict})
			}
		}
	}
}

// hop is an AssumeRole by a session of a stop, which must not lead to another tenant.
type hop struct {
	*obligation
	by *stop
	to *Role
}

// decide decides h, and adds to f. Where no statement lets the session ask, there is nothing to decide.
func (h *hop) decide(f *Finding) {
	h.access = &Access{Key: "aws:RequestTag/" + h.owned.Tag, Owner: hole, Always: true}
	asks := h.asks(h.by, h.to, tagged)
	if h.owned.Administrative[h.to.Name] != "" {
		h.access = &Access{Owner: everybody}
		asks = append(asks, h.asks(h.by, h.to, untagged)...)
	}
	if clauses := clausesOf(h.to.Trust); len(h.assuming(clauses, h.role, h.to)) > 0 && len(h.naming(clauses, h.role, tagSession)) > 0 {
		f.raise(Proven)
	}
	for _, v := range asks {
		h.allows = []placed{v.allow()}
		for _, c := range h.crossings(v.situation, f) {
			r, why := h.witness(v, c)
			if r == nil {
				f.open(h.allows[0].at, "%s (%s)", h.suspicion(), why)
				continue
			}
			f.raise(Refuted)
			if !slices.ContainsFunc(f.Refutations, r.says) {
				f.Refutations = append(f.Refutations, *r)
			}
		}
	}
}

// suspicion says what h may lead to.
func (h *hop) suspicion() string {
	began := h.by
	for began.from != nil {
		began = began.from
	}
	said := "a session of " + began.role.Name + " for one tenant may "
	switch {
	case h.access.Owner == everybody:
		return said + "get one of " + h.to.Name + ", which is administrative: let its trust policy name no role of tenants"
	case h.by.from != nil:
		return said + "lose its tag in " + h.role.Name + ", and get one of " + h.to.Name + " for another: let the trust policy of " + h.role.Name + " ask for the tag"
	}
	return said + fmt.Sprintf("get one of %s for another: let the trust policy hold aws:RequestTag/%s to ${aws:PrincipalTag/%[2]s}", h.to.Name, h.owned.Tag)
}
