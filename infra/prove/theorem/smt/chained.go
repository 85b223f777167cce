package smt

import (
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws/policy"
	"example.com/shiptrack/infra/prove/theorem"
)

// chained are the certificates of the column STS, by the names of the files, ROLE.STS.NEXT.smt2: one for each pair of roles of which the
// second trusts the first. Each is about one AssumeRole by a session that has its tag.
func chained(account string, roles []theorem.Role, owned *theorem.Ownership, expected map[string]theorem.Verdict) map[string]string {
	files := map[string]string{}
	for i := range roles {
		for j := range roles {
			role, next := &roles[i], &roles[j]
			if owned.Administrative[role.Name]+owned.Administrative[next.Name] != "" {
				continue
			}
			access := &theorem.Access{Key: "aws:RequestTag/" + owned.Tag, Owner: hole}
			c := &certificate{script: &script{}, obligation: &obligation{access: access}, account: account, roles: roles, owned: owned, role: role, mode: tagged}
			if !c.trusts(next, role) || !c.maybeTagged(role, nil) {
				continue
			}
			at := theorem.Place{File: next.Trust.Name + ".json", Line: 1, Column: 1}.String()
			v := expected[keyOf(role.Name, at, c.arnOf(next), nil, tagged)]
			files[role.Name+".STS."+next.Name+".smt2"] = c.chain(next, at, statusOf(v))
		}
	}
	return files
}

// other is the term of the tag that is asked for.
const other = "u"

// chain is the file about sessions of next.
func (c *certificate) chain(next *theorem.Role, at, status string) string {
	c.say("A session of %s for the tenant t, whose tag is not transitive: STS refuses another in place of a transitive one.", c.role.Name)
	c.declare(tenant, "String")
	c.isTagged(tenant)
	clauses := c.role.Trust.Policy.Clauses()
	first := c.asks(clauses, tagged, "sts ", tenant)
	c.assert(c.granted(first, clauses, tagged))
	c.passes(first, clauses)
	c.say("It asks for a session of %s with the tag u, which is another tenant's.", next.Name)
	c.declare(other, "String")
	c.isTagged(other)
	c.assert(not(equal(other, tenant)))
	clauses = next.Trust.Policy.Clauses()
	all := slices.Concat(clauses, c.clauses())
	r := c.asks(all, tagged, "", other)
	c.principal(r, all)
	r.fix("aws:PrincipalTag/"+c.owned.Tag, yes, tenant)
	for _, segment := range strings.SplitN(c.arnOf(next), ":", 6) {
		r.segments = append(r.segments, quote(segment))
	}
	for _, ask := range asksOf(tagged) {
		r.asksFor(ask)
		c.assert(c.lets(r, clauses, func(s *policy.Clause) string { return c.by(r, s) }))
		c.limits(r)
	}
	c.assert(and(r.granted...))
	return c.written(append([]string{
		at, "", "It states: a session of " + c.role.Name + " for a tenant t gets one of " + next.Name + " for another tenant u.",
		"unsat: it gets none. sat: it gets one.",
	}, c.noted()...), status)
}

// passes says that the tag of the session that was asked for is not transitive.
func (c *certificate) passes(r *request, clauses []policy.Clause) {
	if !r.looks(clauses, transitiveKeys) {
		return
	}
	k := r.key(transitiveKeys)
	for i, value := range k.values {
		used := k.has
		if i > 0 {
			used = k.used[i-1]
		}
		c.assert(not(and(used, inLanguage(value, caseless(c.owned.Tag)))))
	}
}

// by says that a statement of a trust policy lets the role ask: it names the role, or its account, and then the role's own policies have to
// allow it too.
func (c *certificate) by(r *request, s *policy.Clause) string {
	if c.namesItself(&s.Principals, c.role) {
		return yes
	}
	if !slices.Contains(s.Principals.Accounts, c.account) {
		return no
	}
	var own []string
	for _, n := range c.role.Identity {
		for _, allow := range n.Policy.Clauses() {
			if allow.Effect == policy.Allow {
				own = append(own, r.applies(&allow))
			}
		}
	}
	return or(own...)
}
