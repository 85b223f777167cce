package theorem

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws/policy"
)

// tags is what the tag of a role's sessions may be.
type tags struct {
	values        *automaton // not empty
	passing       *automaton // those that are not transitive
	absent, empty bool
	vendings      []*vending
	loose         []*vending // of vendings with a tag: those whose tag is not transitive
	rests         []string
	problems      []Open
	taggers       []asker          // who may ask for a session with a tag
	outsiders     []asker          // who may bring a tag along that no trust policy of the set vends
	from          map[string]Place // the roles whose sessions may bring their tag along, and where they are trusted
}

// asker is a principal that a trust policy names, and where.
type asker struct {
	who string
	at  Place
}

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

const (
	assumeRole = "sts:AssumeRole"
	tagSession = "sts:TagSession"
)

func (t *tags) modes() []mode {
	var all []mode
	if !t.values.isEmpty() {
		all = append(all, tagged)
	}
	if t.absent {
		all = append(all, untagged)
	}
	if t.empty {
		all = append(all, emptied)
	}
	return all
}

// tagsOf says what the tag of r's sessions may be, by the trust policies. The callers' own policies can only take away.
func (p *prover) tagsOf(r *Role) *tags { return p.tags[r.Name] }

// vendAll finds the tags of all roles: first what each trust policy vends, then what sessions bring along that assume another role, and
// then who may ask for them.
func (p *prover) vendAll() {
	for i := range p.roles {
		if r := &p.roles[i]; !p.within(maxEffort/10, func() { p.vendOf(r) }) {
			p.tags[r.Name] = &tags{
				values: p.some(p.where(isTag), false), passing: p.some(p.where(isTag), false), absent: true, empty: true, from: map[string]Place{}, problems: []Open{{At: p.trustOf(r), Why: tooMuch}},
			}
		}
	}
	inherited := map[string]*automaton{}
	for i := range p.roles {
		inherited[p.roles[i].Name] = p.inherit(&p.roles[i])
	}
	for i := range p.roles {
		r := &p.roles[i]
		p.tags[r.Name].values = inherited[r.Name]
	}
	for i := range p.roles {
		r := &p.roles[i]
		p.trust(p.tags[r.Name])
		p.within(maxEffort/10, func() { p.describe(p.tags[r.Name], r) }) // what it says helps a reader, and no proof
	}
}

func (p *prover) vendOf(r *Role) {
	t := &tags{values: &automaton{}, passing: &automaton{}, from: map[string]Place{}}
	p.tags[r.Name] = t
	clauses := clausesOf(r.Trust)
	for _, a := range clauses {
		if a.Effect != policy.Allow {
			continue
		}
		for _, source := range a.Principals.Source {
			if !named(&a.Principals, source) {
				t.problems = append(t.problems, Open{At: a.at, Why: "the principal " + source + " is an identity provider: what tags its tokens can ask for is not modelled"})
			}
		}
		if !p.does(&a, assumeRole) {
			continue
		}
		for _, c := range clauses {
			if c.Effect == policy.Allow && p.does(&c, tagSession) {
				p.vend(t, r, clauses, a, c)
			}
		}
		p.vendUntagged(t, r, clauses, a)
	}
}

// inherit is what the tag of r's sessions may be with what callers bring along: a session keeps its transitive tags when it assumes another
// role, and they are not in aws:RequestTag.
func (p *prover) inherit(r *Role) *automaton {
	own := p.tags[r.Name]
	values, seen := own.values, map[string]bool{}
	var visit func(of *tags)
	visit = func(of *tags) {
		for caller, at := range of.from {
			if caller == r.Name && of != own {
				own.problems = append(own.problems, Open{At: own.circle(at), Why: "roles trust each other in a circle, this one among them: let one of them alone trust the other"})
			}
			if !seen[caller] {
				seen[caller] = true
				values = or(values, p.tags[caller].values)
				visit(p.tags[caller])
			}
		}
		if len(of.outsiders) > 0 {
			values = or(values, p.some(p.where(isTag), false))
		}
	}
	visit(own)
	return values
}

// circle is where a role names the one by which the circle is closed; at is where another names it.
func (t *tags) circle(at Place) Place {
	places := slices.SortedFunc(maps.Values(t.from), func(a, b Place) int { return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column)) })
	if len(places) > 0 {
		return places[0]
	}
	return at
}

// trust says who is trusted to ask for sessions of any tenant.
func (p *prover) trust(t *tags) {
	for _, a := range slices.Concat(t.taggers, t.outsiders) {
		if p.mayTag(a.who) {
			t.rests = append(t.rests, p.short(a.who)+" asks only for the tenant whose request it serves")
			continue
		}
		t.problems = append(t.problems, Open{At: a.at, Why: fmt.Sprintf("%s may ask for a session of any tenant, or bring a transitive tag along: if it is trusted to have verified who asks, name it in \"mayTag\" of the ownership file", p.short(a.who))})
	}
}

func (p *prover) trustOf(r *Role) Place {
	return Place{File: r.Trust.Name + ".json", Line: 1, Column: 1}
}

// named reports whether source is one of the kinds of principals that can match.
func named(p *policy.Principals, source string) bool {
	if source == "*" || slices.Contains(p.Names, source) || slices.Contains(p.Services, source) {
		return true
	}
	return slices.ContainsFunc(p.Accounts, func(account string) bool {
		return source == account || strings.HasSuffix(source, ":iam::"+account+":root")
	})
}

// does reports whether c names the action.
func (p *prover) does(c *placed, name string) bool {
	return !p.automaton(actionsOf(&c.Clause)).and(p.exactly(name)).isEmpty()
}

// automaton is that of a constraint without variables.
func (a *alphabet) automaton(c *constraint) *automaton { return reading{alphabet: a}.automaton(c) }

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

// both are the situations in which Allow statements a and c of a trust policy let a session be vended, past its Deny statements.
func (p *prover) both(s *situation, clauses []placed, statements ...placed) []*situation {
	situations := []*situation{s}
	for _, c := range statements {
		for i := range c.Conditions {
			situations = with(situations, conditionFacts(&c.Conditions[i], true))
		}
	}
	for _, d := range clauses {
		// Who is named by less than everyone may be another than who asks.
		if d.Effect == policy.Allow || !d.Principals.Everyone || !p.does(&d, assumeRole) && (len(statements) < 2 || !p.does(&d, tagSession)) {
			continue
		}
		var ways [][]fact
		for i := range d.Conditions {
			ways = append(ways, conditionFacts(&d.Conditions[i], false)...)
		}
		situations = possible(with(situations, ways))
	}
	return possible(situations)
}

// asksForTag says that the tenant's tag is asked for.
func (p *prover) asksForTag(s *situation) {
	s.add(fact{key: p.requestTag(), presence: present, one: true})
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
	if !assume.mentions(p.requestTag()) && !tag.mentions(p.requestTag()) {
		t.empty = true
	}
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

// describe says what is known of the values, for whoever reads a verdict.
func (p *prover) describe(t *tags, r *Role) {
	if t.values.isEmpty() {
		return
	}
	var never []string
	for _, delimiter := range "/_@*,:" {
		s := p.only(delimiter)
		var b builder
		start, end := b.state(), b.state()
		b.on(start, start, p.all, 0)
		b.on(start, end, s, 0)
		b.on(end, end, p.all, 0)
		if t.values.and(b.build(start, end)).isEmpty() {
			never = append(never, string(delimiter))
		}
	}
	said := "each session of " + r.Name + " has one " + p.owned.Tag
	if t.absent || t.empty {
		said = "a session of " + r.Name + " may be without " + p.owned.Tag
	}
	if len(never) > 0 {
		said += ", never with any of " + strings.Join(never, " ")
	}
	t.rests = append(t.rests, said)
}
