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

const (
	assumeRole = "sts:AssumeRole"
	tagSession = "sts:TagSession"
)

// byToken are the actions that vend a session for a token of an identity provider.
var byToken = []string{"sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"}

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
		if a.Principals.Everyone && slices.ContainsFunc(byToken, func(name string) bool { return p.does(&a, name) }) {
			t.problems = append(t.problems, Open{At: a.at, Why: "everyone may bring a token of an identity provider: what tags its tokens can ask for is not modelled"})
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
