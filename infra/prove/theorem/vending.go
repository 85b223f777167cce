package theorem

import (
	"slices"

	"example.com/shiptrack/infra/localaws/policy"
)

// vending is a way in which the trust policy vends a session.
type vending struct {
	*situation
	assume, tag placed // tag is without Actions where there is no tag
	by          []string
	mode        mode
}

// allow is the statement that lets the tag through, or the session where there is none.
func (v *vending) allow() placed {
	if v.mode == untagged {
		return v.assume
	}
	return v.tag
}

// start is what is true of each AssumeRole.
func (p *prover) start() *situation {
	s := &situation{alphabet: p.alphabet, words: map[string]*word{}, base: map[string]*automaton{
		p.requestTag(): p.some(p.where(isTag), false),
		tagKeys:        p.some(p.where(isTag), false),
		sessionName:    p.some(p.where(isSessionName), false),
		transitive:     p.some(p.where(isTag), false),
	}}
	s.add(fact{key: sessionName, presence: present, one: true})
	return s
}

var (
	sessionName = fold("sts:RoleSessionName")
	tagKeys     = fold("aws:TagKeys")
	transitive  = fold("sts:TransitiveTagKeys")
)

func (p *prover) requestTag() string { return fold("aws:RequestTag/" + p.owned.Tag) }

// both are the situations in which the Allow assume of a trust policy, and the Allow tag where there is one, let a session be vended, past the
// Deny statements.
func (p *prover) both(s *situation, clauses []placed, assume placed, tag ...placed) []*situation {
	situations := []*situation{s}
	for i := range assume.Conditions {
		situations = with(situations, conditionFacts(&assume.Conditions[i], true))
	}
	for _, t := range tag {
		for i := range t.Conditions {
			if !ofName(&t.Conditions[i]) {
				situations = with(situations, conditionFacts(&t.Conditions[i], true))
			}
		}
	}
	for _, d := range clauses {
		// Who is named by less than everyone may be another than who asks.
		assumes := p.does(&d, assumeRole)
		if d.Effect == policy.Allow || !d.Principals.Everyone || !assumes && (len(tag) == 0 || !p.does(&d, tagSession)) {
			continue
		}
		var ways [][]fact
		for i := range d.Conditions {
			if !assumes && ofName(&d.Conditions[i]) {
				ways = append(ways, nil)
			} else {
				ways = append(ways, conditionFacts(&d.Conditions[i], false)...)
			}
		}
		situations = possible(with(situations, ways))
	}
	return possible(situations)
}

// ofName reports whether c looks at the session's name. sts:TagSession has no such key (Service Authorization Reference, "Actions, resources,
// and condition keys for AWS STS"), but examples of AWS write it there: so nothing is concluded from it.
func ofName(c *policy.ClauseCondition) bool {
	return fold(c.Key) == sessionName || slices.ContainsFunc(testOf(c).variables(), func(v variable) bool { return v.key == sessionName })
}

// asksForTag says that the tenant's tag is asked for.
func (p *prover) asksForTag(s *situation) {
	s.add(fact{key: p.requestTag(), presence: present, one: true})
	s.add(fact{key: tagKeys, presence: present, multi: true, some: p.ownKey()})
}

// asksForEmpty says that the tenant's tag is asked for with an empty value.
func (p *prover) asksForEmpty(s *situation) {
	s.add(fact{key: p.requestTag(), presence: blank, one: true})
	s.add(fact{key: tagKeys, presence: present, multi: true, some: p.ownKey()})
}

// ownKey is the key of the tenant's tag: STS takes no two that differ in case alone.
func (p *prover) ownKey() *constraint {
	return &constraint{texts: []policy.Text{{Source: p.owned.Tag, Parts: []policy.Part{{Text: p.owned.Tag}}}}, folding: foldUnicode}
}

// passing is s with what makes the tag pass: it is not transitive, so that another can be asked for in its place when the session assumes a
// role. STS refuses that of a transitive one.
func (p *prover) passing(s *situation) []*situation {
	others := p.ownKey()
	others.negated = true
	return possible(with([]*situation{s}, [][]fact{{{key: transitive, presence: absent}}, {{key: transitive, presence: present, multi: true, all: others}}}))
}

// vend adds the sessions with a tag.
func (p *prover) vend(t *tags, r *Role, clauses []placed, assume, tag placed) {
	s := p.start()
	p.asksForTag(s)
	by := common(&assume.Principals, &tag.Principals)
	for _, v := range p.both(s, clauses, assume, tag) {
		langs, ok := v.languages()
		if !ok {
			continue
		}
		t.values = or(t.values, langs[p.requestTag()])
		t.vendings = append(t.vendings, &vending{v, assume, tag, by, tagged})
		for _, loose := range p.passing(v) {
			langs, _ := loose.languages()
			t.passing = or(t.passing, langs[p.requestTag()])
			t.loose = append(t.loose, &vending{loose, assume, tag, by, tagged})
		}
		for _, who := range by {
			t.taggers = append(t.taggers, asker{who, tag.at})
		}
	}
	empty := p.start()
	p.asksForEmpty(empty)
	t.empty = t.empty || len(p.both(empty, clauses, assume, tag)) > 0
}

// vendUntagged adds the sessions for which no tag of the tenant is asked.
func (p *prover) vendUntagged(t *tags, r *Role, clauses []placed, assume placed) {
	s := p.start()
	s.add(fact{key: p.requestTag(), presence: absent})
	vended := p.both(s, clauses, assume)
	if len(vended) == 0 {
		return
	}
	t.absent = true
	for _, v := range vended {
		t.vendings = append(t.vendings, &vending{v, assume, placed{}, assume.Principals.Source, untagged})
	}
	for i := range p.roles {
		caller := &p.roles[i]
		if caller.Name != r.Name && p.namesRole(&assume.Principals, caller) && p.reaches(caller, &assume.Principals, r) {
			t.from[caller.Name] = assume.at
		}
	}
	for _, who := range assume.Principals.Source {
		if p.isOutsider(&assume.Principals, who) {
			t.outsiders = append(t.outsiders, asker{who, assume.at})
		}
	}
}
