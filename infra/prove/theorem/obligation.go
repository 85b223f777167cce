package theorem

import (
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws/policy"
)

// maxCases bounds how many ways past the Deny statements are looked at.
const maxCases = 4096

// obligation is one Allow of a role, and one kind of access that it may grant: it must cross no tenants.
type obligation struct {
	*prover
	role   *Role
	store  string
	arn    string  // the resource, as the ownership file has it
	access *Access // nil: the ownership file does not know the resource
	allows []placed
	denies []placed
	// situations are the requests that the Allow may let through, before any Deny.
	situations []*situation
}

// obligations are those of r.
func (p *prover) obligations(r *Role) []*obligation {
	identity := side(clausesOf(r.Identity...))
	var all []*obligation
	if r.Boundary == nil {
		for _, a := range identity.allows {
			all = append(all, p.accesses(r, []placed{a}, identity.denies)...)
		}
		return all
	}
	boundary := side(clausesOf(*r.Boundary))
	denies := slices.Concat(identity.denies, boundary.denies)
	for _, a := range identity.allows {
		for _, limit := range boundary.allows {
			all = append(all, p.accesses(r, []placed{a, limit}, denies)...)
		}
	}
	return all
}

// accesses are the obligations of Allow statements that have to apply together: one of each kind of access.
func (p *prover) accesses(r *Role, allows, denies []placed) []*obligation {
	var all []*obligation
	for _, k := range p.known {
		all = p.add(all, &obligation{prover: p, role: r, store: k.store, arn: k.arn, access: k.access, allows: allows, denies: denies}, k.actions, k.arns)
	}
	for _, service := range services(allows) {
		of := p.ownedARN("arn:*:*:*:*:*") // as kafka-cluster:Connect, whose ARNs are kafka's
		if service == "*" || p.owned.knows(service) {
			of = p.arnsOf(strings.ReplaceAll(service, "*", "?*")).and(p.unknown)
		}
		all = p.strange(all, r, allows, denies, service, of)
	}
	return all
}

// add adds o, where its statements may let a request through.
func (p *prover) add(all []*obligation, o *obligation, actions, arns *automaton) []*obligation {
	if p.automaton(actionsOf(&o.allows[0].Clause)).and(actions).isEmpty() {
		return all
	}
	start := &situation{alphabet: p.alphabet, words: map[string]*word{}, base: map[string]*automaton{}}
	start.principal(p, o.role)
	if o.access != nil && o.access.Always {
		start.base[fold(o.access.Key)] = p.something()
	}
	start.asks(actions, arns)
	situations := []*situation{start}
	for _, a := range o.allows {
		for _, element := range clauseFacts(&a.Clause) {
			situations = with(situations, element)
		}
	}
	situations = possible(situations)
	if len(situations) == 0 {
		return all
	}
	o.situations = situations
	return append(all, o)
}

// possible are those of situations that may be as far as the languages of their words tell.
func possible(situations []*situation) []*situation {
	return slices.DeleteFunc(situations, func(s *situation) bool {
		_, ok := s.languages()
		return !ok
	})
}

// decide decides o, and adds to f.
func (o *obligation) decide(f *Finding, admin bool) {
	if o.access == nil {
		if o.escapes() {
			if admin {
				f.raise(Administrative)
				f.Reaches = append(f.Reaches, o.allows[0].at.String())
				return
			}
			f.open(o.allows[0].at, "%s", o.unknownOf())
			f.Decided = append(f.Decided, Decided{At: o.allows[0].at, Verdict: Undecided})
		}
		return
	}
	f.raise(Proven)
	if admin {
		f.raise(Administrative)
		f.Reaches = append(f.Reaches, o.allows[0].at.String())
		return
	}
	tags := o.tagsOf(o.role)
	f.Rests = append(f.Rests, tags.rests...)
	for _, problem := range tags.problems {
		f.open(problem.At, "%s", problem.Why)
	}
	for _, mode := range tags.modes() {
		own := Finding{Verdict: Proven}
		o.in(mode, tags, &own)
		f.add(own)
		f.Decided = append(f.Decided, Decided{o.allows[0].at, o.arn, o.access.Actions, mode.String(), own.Verdict})
	}
}

// unknownOf says what of a statement the ownership file does not know.
func (o *obligation) unknownOf() string {
	switch {
	case o.arn != noResource:
		return "the ownership file does not know what the statement grants: add the resource to it, and who owns it"
	case o.lists:
		return `the ownership file does not know an action without a resource that the statement grants: list it under the ARN "*"`
	}
	return `the statement's Resource "*" is for actions without a resource too, and the ownership file does not say which those are: list them under the ARN "*", with the owner nobody or everybody; what it names under other ARNs always has one`
}

// escapes reports whether a request of o may pass the Deny statements.
func (o *obligation) escapes() bool {
	passed, whole := o.past(o.situations)
	return !whole || len(passed) > 0
}

// mode is what the session's tag is.
type mode uint8

const (
	tagged   mode = iota // one value, not empty
	untagged             // none
	emptied              // empty: nothing says how what looks at it is decided
)

func (m mode) String() string { return [...]string{"tagged", "untagged", "emptied"}[m] }

// in decides o for sessions whose tag is as mode says.
func (o *obligation) in(m mode, tags *tags, f *Finding) {
	mentioned := slices.ContainsFunc(o.allows, func(c placed) bool { return c.mentions(o.tagKey) })
	for _, s := range o.situations {
		s = s.clone()
		tag := fact{key: o.tagKey, presence: absent}
		switch {
		case m == tagged:
			s.base = withBase(s.base, o.tagKey, tags.values)
			tag = fact{key: o.tagKey, presence: present, one: true}
		case m == emptied && mentioned:
			tag.presence = blank
		}
		if !s.add(tag) {
			continue
		}
		if len(o.crossings(s, f)) == 0 {
			continue
		}
		cases, whole := o.past([]*situation{s})
		if !whole {
			f.open(o.allows[0].at, "there are more than %d ways past the Deny statements: write fewer conditions into them", maxCases)
			continue
		}
		o.refute(cases, f)
	}
}

// refute looks for a request in one of the cases that crosses. A case in which there is none that can be shown is open.
func (o *obligation) refute(cases []*situation, f *Finding) {
	var why string
	for _, s := range cases {
		for _, c := range o.crossings(s, f) {
			r, fault := o.witness(c)
			if r == nil {
				why = fault
				continue
			}
			f.raise(Refuted)
			if !slices.ContainsFunc(f.Refutations, r.says) {
				f.Refutations = append(f.Refutations, *r)
			}
			return
		}
	}
	if why != "" {
		f.open(o.allows[0].at, "%s", why)
	}
}

func withBase(base map[string]*automaton, key string, a *automaton) map[string]*automaton {
	out := map[string]*automaton{key: a}
	for k, v := range base {
		if k != key {
			out[k] = v
		}
	}
	return out
}

// past returns the ways in which the requests of situations pass every Deny; whole is false where there are too many. A Deny that names
// less than everyone, of a trust policy, may be about another caller.
func (o *obligation) past(situations []*situation) (cases []*situation, whole bool) {
	for _, d := range o.denies {
		if len(d.Principals.Source) > 0 && !d.Principals.Everyone {
			continue
		}
		situations = evading(situations, &d.Clause, evadingFacts(&d.Clause))
		if len(situations) > maxCases {
			return nil, false
		}
	}
	return situations, true
}

// mentions reports whether c looks at a condition key.
func (c *placed) mentions(key string) bool {
	used := func(list []variable) bool {
		return slices.ContainsFunc(list, func(v variable) bool { return v.key == key })
	}
	if used((&constraint{arns: c.Resources}).variables()) {
		return true
	}
	return slices.ContainsFunc(c.Conditions, func(condition policy.ClauseCondition) bool {
		return fold(condition.Key) == key || used(testOf(&condition).variables())
	})
}
