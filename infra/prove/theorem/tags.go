package theorem

import (
	"fmt"
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws/policy"
)

// tags is what the tag of a role's sessions may be.
type tags struct {
	values         *automaton // not empty
	absent, empty  bool
	vendings       []*vending
	rests          []string
	problems       []Open
	inherited      bool // values may come from a caller's session
	inProgress     bool
	administrative bool
}

// vending is a way in which the trust policy vends a session.
type vending struct {
	*situation
	assume, tag placed // tag is without Actions where there is no tag
	by          []string
	mode        mode
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

// tagsOf says what the tag of r's sessions may be, by its trust policy. The caller's own policies can only take away.
func (p *prover) tagsOf(r *Role) *tags {
	if known := p.tags[r.Name]; known != nil {
		if known.inProgress {
			known.problems = append(known.problems, Open{p.trustOf(r), "this role and another trust each other in a circle: let one of them alone trust the other"})
		}
		return known
	}
	t := &tags{values: &automaton{}, inProgress: true}
	p.tags[r.Name] = t
	clauses := clausesOf(r.Trust)
	for _, a := range clauses {
		if a.Effect != policy.Allow {
			continue
		}
		for _, source := range a.Principals.Source {
			if !named(&a.Principals, source) {
				t.problems = append(t.problems, Open{a.at, "the principal " + source + " is an identity provider: what tags its tokens can ask for is not modelled"})
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
	p.describe(t, r)
	t.inProgress = false
	return t
}

func (p *prover) trustOf(r *Role) Place {
	return Place{File: r.Trust.Name + ".json", Line: 1, Column: 1}
}

// named reports whether one of the kinds of principals that can match has source.
func named(p *policy.Principals, source string) bool {
	if source == "*" || slices.Contains(p.Names, source) || slices.Contains(p.Services, source) {
		return true
	}
	return slices.ContainsFunc(p.Accounts, func(account string) bool { return strings.Contains(source, account) })
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
		p.requestTag():                p.some(p.where(isTag), false),
		fold("aws:TagKeys"):           p.some(p.where(isTag), false),
		sessionName:                   p.some(p.where(isSessionName), false),
		fold("sts:TransitiveTagKeys"): p.some(p.where(isTag), false),
	}}
	s.add(fact{key: sessionName, presence: present, one: true})
	return s
}

var sessionName = fold("sts:RoleSessionName")

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

// vend adds the sessions with a tag.
func (p *prover) vend(t *tags, r *Role, clauses []placed, assume, tag placed) {
	s := p.start()
	key := &constraint{texts: []policy.Text{{Source: p.owned.Tag, Parts: []policy.Part{{Text: p.owned.Tag}}}}, folding: foldUnicode}
	s.add(fact{key: p.requestTag(), presence: present, one: true})
	s.add(fact{key: fold("aws:TagKeys"), presence: present, multi: true, some: key})
	by := common(&assume.Principals, &tag.Principals)
	for _, v := range p.both(s, clauses, assume, tag) {
		langs, ok := v.languages()
		if !ok {
			continue
		}
		t.values = or(t.values, langs[p.requestTag()]).least(p.all)
		t.vendings = append(t.vendings, &vending{v, assume, tag, by, tagged})
		for _, who := range by {
			if !p.mayTag(who) {
				t.problems = append(t.problems, Open{tag.at, fmt.Sprintf("%s may ask for a session of any tenant: if it is trusted to have verified who asks, name it in \"mayTag\" of the ownership file", p.short(who))})
			} else {
				t.rests = append(t.rests, p.short(who)+" asks only for the tenant whose request it serves")
			}
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
	for _, v := range p.both(s, clauses, assume) {
		t.absent = true
		t.vendings = append(t.vendings, &vending{v, assume, placed{}, assume.Principals.Source, untagged})
		for i := range p.roles {
			caller := &p.roles[i]
			if !p.namesRole(&assume.Principals, caller) || caller.Name == r.Name {
				continue
			}
			// A session keeps its transitive tags when it assumes another role, and they are not in aws:RequestTag.
			if from := p.tagsOf(caller); !from.values.isEmpty() {
				t.values, t.inherited = or(t.values, from.values).least(p.all), true
			}
		}
	}
}

// common are the principals that both name.
func common(a, b *policy.Principals) []string {
	var all []string
	for _, source := range a.Source {
		if slices.Contains(b.Source, source) || b.Everyone {
			all = append(all, source)
		}
	}
	if a.Everyone {
		all = b.Source
	}
	if len(all) == 0 { // such as an account, and a role of it
		all = append(slices.Clone(a.Source), b.Source...)
	}
	return all
}

// mayTag reports whether a principal is trusted to ask for a session of any tenant. One whose sessions are a tenant's own need not be: that
// each stays with its tenant is an obligation of its own (vends).
func (p *prover) mayTag(who string) bool {
	if slices.Contains(p.owned.MayTag, p.short(who)) || slices.Contains(p.owned.MayTag, who) {
		return true
	}
	for i := range p.roles {
		if r := &p.roles[i]; who == p.arnOf(r) {
			t := p.tagsOf(r)
			return !t.values.isEmpty() && !t.absent && !t.empty
		}
	}
	return false
}

func (p *prover) arnOf(r *Role) string { return "arn:aws:iam::" + p.account + ":role/" + r.Name }

// short is the name of a role of the set, and any other principal as it is.
func (p *prover) short(who string) string {
	for i := range p.roles {
		if who == p.arnOf(&p.roles[i]) {
			return p.roles[i].Name
		}
	}
	return who
}

// namesRole reports whether principals name sessions of r, or an account or everyone, among whom they are.
func (p *prover) namesRole(principals *policy.Principals, r *Role) bool {
	if principals.Everyone || slices.Contains(principals.Accounts, p.account) {
		return true
	}
	session := "arn:aws:sts::" + p.account + ":assumed-role/" + r.Name + "/"
	return slices.ContainsFunc(principals.Names, func(name string) bool {
		return name == p.arnOf(r) || strings.HasPrefix(name, session)
	})
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
	if principals.Everyone {
		return true
	}
	if !slices.Contains(principals.Accounts, p.account) {
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
