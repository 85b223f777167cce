package theorem

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/policy"
)

// Role is a role with its policies.
type Role struct {
	Name     string
	Trust    policy.Named
	Identity []policy.Named
	Boundary *policy.Named // nil: none
	// Anyone says that it is no role: others have these policies, such as a user, and nothing is known of who asks. Its trust policy is empty.
	Anyone bool
}

// Roles parses the documents of roles. The name of a policy is ROLE/NAME, as its file is called.
func Roles(roles []localaws.Role) ([]Role, error) {
	var all []Role
	for _, r := range roles {
		trust, err := policy.Parse(r.Trust, policy.Trust)
		if err != nil {
			return nil, fmt.Errorf("%s/trust: %w", r.Name, err)
		}
		parsed := Role{Name: r.Name, Trust: policy.Named{Name: r.Name + "/trust", Policy: trust}}
		for _, d := range r.Policies {
			p, err := policy.Parse(d.Document, policy.Identity)
			if err != nil {
				return nil, fmt.Errorf("%s/%s: %w", r.Name, d.Name, err)
			}
			parsed.Identity = append(parsed.Identity, policy.Named{Name: r.Name + "/" + d.Name, Policy: p})
		}
		if r.Boundary != nil {
			p, err := policy.Parse(r.Boundary, policy.Identity)
			if err != nil {
				return nil, fmt.Errorf("%s/boundary: %w", r.Name, err)
			}
			parsed.Boundary = &policy.Named{Name: r.Name + "/boundary", Policy: p}
		}
		all = append(all, parsed)
	}
	return all, nil
}

// placed is a statement in its document.
type placed struct {
	policy.Clause
	at Place
}

func clausesOf(policies ...policy.Named) []placed {
	var all []placed
	for _, n := range policies {
		for _, c := range n.Policy.Clauses() {
			all = append(all, placed{c, Place{n.Name + ".json", c.At.Line, c.At.Column, c.Sid}})
		}
	}
	return all
}

// prover decides the theorem for a set of roles.
type prover struct {
	*alphabet
	account string
	roles   []Role
	owned   *Ownership
	tagKey  string // aws:PrincipalTag/TenantID, folded
	tags    map[string]*tags
	// sessions are those that were looked for, by whose they are; nil: none was found.
	sessions map[string]*Session
	*kinds
	part string // see partition
}

// Prove decides, for each role and each kind of store, whether a session that the trust policies can vend for one tenant may touch what is
// another's. It reads nothing but its arguments. account is the one of the roles, twelve digits.
func Prove(account string, roles []Role, owned *Ownership) ([]Finding, error) {
	return NewProofs(account, owned).Prove(roles)
}

// Proofs are those of several sets of roles under one ownership file, which is read once for all. It must not be changed meanwhile. Proofs may
// be used by several goroutines.
type Proofs struct {
	account string
	owned   *Ownership
	kinds   sync.Map // *kinds by the partition and the characters of the alphabet
}

// NewProofs has none yet.
func NewProofs(account string, owned *Ownership) *Proofs {
	return &Proofs{account: account, owned: owned}
}

// Prove is that of some roles alone: see the function Prove.
func (all *Proofs) Prove(roles []Role) ([]Finding, error) {
	p, err := all.prover(roles)
	if err != nil {
		return nil, err
	}
	var found []Finding
	for i := range roles {
		found = append(found, p.role(&roles[i])...)
	}
	return found, nil
}

// newSpeaker is a prover that knows the language of the policies, and nothing yet of sessions.
func newSpeaker(account string, roles []Role, owned *Ownership) (p *prover, err error) {
	p = &prover{account: account, roles: roles, owned: owned, tagKey: fold("aws:PrincipalTag/" + owned.Tag), tags: map[string]*tags{}, sessions: map[string]*Session{}}
	p.alphabet, err = newAlphabet(p.texts())
	return p, err
}

func newProver(account string, roles []Role, owned *Ownership) (*prover, error) {
	return NewProofs(account, owned).prover(roles)
}

func (all *Proofs) prover(roles []Role) (*prover, error) {
	p, err := newSpeaker(all.account, roles, all.owned)
	if err != nil {
		return nil, err
	}
	// The kinds are automata over the alphabet, of ARNs in the partition. No proof changes one.
	language := p.partition() + " " + string(p.runes)
	known, found := all.kinds.Load(language)
	if !found {
		k := &kinds{}
		if !p.within(maxEffort, func() { k = p.readKinds() }) {
			return nil, errors.New("the ownership file's ARNs are too large to be decided: write fewer wildcards into one")
		}
		known, _ = all.kinds.LoadOrStore(language, k)
	}
	p.kinds = known.(*kinds)
	p.vendAll()
	return p, nil
}

// texts are all texts of the policies and the ownership file.
func (p *prover) texts() []string {
	all := []string{p.owned.Tag}
	for i := range p.roles {
		r := &p.roles[i]
		all = append(all, r.Name)
		for _, c := range clausesOf(append(r.permissions(), r.Trust)...) {
			for _, t := range c.Actions {
				all = append(all, t.Source)
			}
			for _, a := range c.Resources {
				all = append(all, a.Source)
			}
			for _, condition := range c.Conditions {
				all = append(append(all, condition.Key), condition.Values...)
			}
		}
	}
	for _, s := range p.owned.Stores {
		for _, r := range s.Resources {
			all = append(all, r.ARN)
			for _, a := range r.Access {
				all = append(append(all, a.Owner), a.Actions...)
				if a.Delimiters != nil {
					all = append(all, *a.Delimiters)
				}
			}
		}
	}
	return all
}

// permissions are all policies that speak of what a session of r may do.
func (r *Role) permissions() []policy.Named {
	all := slices.Clone(r.Identity)
	if r.Boundary != nil {
		all = append(all, *r.Boundary)
	}
	return all
}

// role is the findings of one role, in the order of the stores.
func (p *prover) role(r *Role) []Finding {
	findings := map[string]*Finding{}
	at := func(store string) *Finding {
		if findings[store] == nil {
			findings[store] = &Finding{Role: r.Name, Store: store, Verdict: Nothing}
		}
		return findings[store]
	}
	admin := p.owned.Administrative[r.Name] != ""
	if !p.within(maxEffort, func() {
		for _, o := range p.obligations(r) {
			if f := at(o.store); !p.within(maxEffort/10, func() { o.decide(f, admin) }) {
				f.open(o.allows[0].at, tooMuch)
			}
		}
		if !p.within(maxEffort/10, func() { p.vends(r, at) }) {
			at(sts).open(p.trustOf(r), tooMuch)
		}
		p.assumes(r, at)
		p.elsewhere(r, at)
	}) {
		for _, s := range p.owned.Stores {
			at(s.Name).open(p.trustOf(r), tooMuch)
		}
		at(sts).open(p.trustOf(r), tooMuch)
	}
	var all []Finding
	for _, s := range p.owned.Stores {
		all = append(all, *at(s.Name))
		delete(findings, s.Name)
	}
	for _, store := range slices.Sorted(maps.Keys(findings)) {
		all = append(all, *findings[store])
	}
	for i := range all {
		f := &all[i]
		slices.Sort(f.Rests)
		f.Rests, f.Reaches = slices.Compact(f.Rests), slices.Compact(f.Reaches)
	}
	return all
}

// maxEffort bounds how many situations of a role are looked at; of one obligation it is a tenth. It is some seconds.
const maxEffort = 20_000

const tooMuch = "the policies are too large to be decided: write fewer Deny statements and conditions, and fewer wildcards into one text"

// within reports whether f came to its end with so much effort, and with automata that are not too large.
func (p *prover) within(effort int, f func()) (done bool) {
	before := p.effort
	p.effort = maxEffort - effort
	defer func() {
		p.effort = before + p.effort - (maxEffort - effort)
		if fault := recover(); fault != nil {
			if _, ok := fault.(tooLarge); !ok {
				panic(fault)
			}
			done = false
		}
	}()
	f()
	return true
}
