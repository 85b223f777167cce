package smt

import (
	"slices"
	"strings"
	"unicode"

	"example.com/shiptrack/infra/localaws/policy"
	"example.com/shiptrack/infra/prove/theorem"
)

// The modes of a session's tag.
const (
	tagged   = "tagged"   // one value, not empty
	untagged = "untagged" // none
	emptied  = "emptied"  // empty
)

// tenant is the term of the tag of the session that asks.
const tenant = "t"

// session says that a session of role with a tag as mode says can be vended.
func (c *certificate) session(role *theorem.Role, mode string) {
	c.say("A session of %s%s. What the caller's own policies say can only take away, so it is left out.", role.Name, map[string]string{
		tagged: " for the tenant t", untagged: " without a tag", emptied: " whose tag is empty",
	}[mode])
	if mode == tagged {
		c.declare(tenant, "String")
	}
	if mode != tagged {
		c.assert(c.asked(role, mode, "sts "))
		return
	}
	c.isTagged(tenant)
	for _, d := range delimiters(c.access) {
		if d <= unicode.MaxASCII && !isTag(d) {
			c.assert(not(contains(tenant, quote(string(d))))) // solvers need not find it in the language
		}
	}
	c.assert(c.vended(role, nil))
}

// isTagged says that a text is the value of a tag, and not empty.
func (c *certificate) isTagged(text string) {
	c.note("a tag may have any character beyond ASCII (STS: letters, digits and spaces alone)")
	c.assert(and(not(equal(text, `""`)), inLanguage(text, many(tagCharacters()))))
}

// maxChain bounds how many sessions in a chain are written out.
const maxChain = 3

// vended says that a session of role has the tag t: it was asked for, or the session of the caller had it as a transitive tag.
func (c *certificate) vended(role *theorem.Role, seen []string) string {
	if slices.Contains(seen, role.Name) {
		c.note("roles that trust each other in a circle may give each other any tag")
		return yes
	}
	if len(seen) == maxChain {
		c.note("chains of more roles than a few may give any tag")
		return yes
	}
	seen = append(slices.Clip(seen), role.Name)
	prefix := "sts " + strings.Join(append(slices.Clone(seen[1:]), ""), " ")
	ways := []string{c.asked(role, tagged, prefix)}
	for i := range c.roles {
		caller := &c.roles[i]
		if caller.Name == role.Name || !c.trusts(role, caller) || !c.maybeTagged(caller, seen) {
			continue
		}
		ways = append(ways, and(c.asked(role, untagged, prefix+"untagged, from "+caller.Name+" "), c.vended(caller, seen)))
	}
	return or(ways...)
}

// maybeTagged reports whether a trust policy has any statement about tags, or trusts a role that has.
func (c *certificate) maybeTagged(role *theorem.Role, seen []string) bool {
	if slices.Contains(seen, role.Name) {
		return true
	}
	for _, s := range role.Trust.Policy.Clauses() {
		if s.Effect == policy.Allow && (s.NotAction || slices.ContainsFunc(s.Actions, func(t policy.Text) bool { return !strings.EqualFold(t.Source, assumeRole) })) {
			return true
		}
	}
	return slices.ContainsFunc(c.roles, func(caller theorem.Role) bool {
		return caller.Name != role.Name && c.trusts(role, &caller) && c.maybeTagged(&caller, append(slices.Clip(seen), role.Name))
	})
}

const (
	assumeRole = "sts:AssumeRole"
	tagSession = "sts:TagSession"
)

// asked says that a trust policy lets a session be vended for which the tag was asked as mode says.
func (c *certificate) asked(role *theorem.Role, mode, prefix string) string {
	value := map[string]string{tagged: tenant, emptied: `""`, untagged: `""`}[mode]
	clauses := role.Trust.Policy.Clauses()
	return c.granted(c.asks(clauses, mode, prefix, value), clauses, mode)
}

// granted says that a trust policy lets somebody ask.
func (c *certificate) granted(r *request, clauses []policy.Clause, mode string) string {
	facts := slices.Clone(r.granted)
	for _, ask := range asksOf(mode) {
		r.asksFor(ask)
		facts = append(facts, c.lets(r, clauses, func(*policy.Clause) string { return yes }))
	}
	return and(facts...)
}

// asksFor makes r a request for an action of STS. Of the two, sts:TagSession has no session's name (Service Authorization Reference).
func (r *request) asksFor(action string) {
	if r.action = quote(strings.ToLower(action)); action == tagSession {
		r.fix(sessionName, no, `""`)
	}
}

// asks is an AssumeRole that asks for the tag value as mode says. What is true of each is in granted.
func (c *certificate) asks(clauses []policy.Clause, mode, prefix, value string) *request {
	r := c.request(prefix, clauses)
	r.fix("aws:RequestTag/"+c.owned.Tag, map[bool]string{true: no, false: yes}[mode == untagged], value)
	if r.looks(clauses, sessionName) {
		k := r.key(sessionName)
		r.granted = append(r.granted, k.has, inLanguage(k.values[0], many(nameCharacters())))
	}
	if mode != untagged && r.looks(clauses, tagKeys) {
		k := r.key(tagKeys)
		r.granted = append(r.granted, k.has, inLanguage(k.values[0], caseless(c.owned.Tag)))
	}
	return r
}

// asksOf are the actions that an AssumeRole needs.
func asksOf(mode string) []string {
	if mode == untagged {
		return []string{assumeRole}
	}
	return []string{assumeRole, tagSession}
}

// lets says that the statements of a trust policy allow the action of r. An Allow counts where by is true of it.
func (c *certificate) lets(r *request, clauses []policy.Clause, by func(*policy.Clause) string) string {
	var allows, evades []string
	for i := range clauses {
		s := &clauses[i]
		switch {
		case s.Effect == policy.Allow:
			allows = append(allows, and(by(s), r.applies(s)))
		case s.Principals.Everyone && !s.Principals.Not:
			evades = append(evades, r.evades(s))
		default:
			c.note("a Deny of a trust policy that does not name everyone is taken not to apply, since it may name another than who asks")
		}
	}
	return and(or(allows...), and(evades...))
}

const (
	sessionName    = "sts:RoleSessionName"
	tagKeys        = "aws:TagKeys"
	transitiveKeys = "sts:TransitiveTagKeys"
)

// looks reports whether clauses have a condition or a variable of the key.
func (r *request) looks(clauses []policy.Clause, text string) bool {
	return slices.ContainsFunc(clauses, func(c policy.Clause) bool {
		return slices.ContainsFunc(c.Conditions, func(condition policy.ClauseCondition) bool {
			used := slices.ContainsFunc(append(texts(condition.ARNs), condition.Texts...), func(t policy.Text) bool {
				return slices.ContainsFunc(t.Parts, func(p policy.Part) bool { return fold(p.Key) == fold(text) })
			})
			return used || fold(condition.Key) == fold(text)
		})
	})
}

// trusts reports whether a trust policy may name a role, its sessions, its account or everyone.
func (c *certificate) trusts(role, caller *theorem.Role) bool {
	return slices.ContainsFunc(role.Trust.Policy.Clauses(), func(s policy.Clause) bool {
		return s.Effect == policy.Allow && (c.namesItself(&s.Principals, caller) || slices.Contains(s.Principals.Accounts, c.account))
	})
}

// namesItself reports whether principals name a role, its sessions or everyone. A unique id may be the role's.
func (c *certificate) namesItself(p *policy.Principals, caller *theorem.Role) bool {
	return p.Not || p.Everyone || slices.ContainsFunc(p.Names, func(text string) bool {
		return policy.IsUniqueID(text) || text == c.arnOf(caller) || strings.HasPrefix(text, "arn:aws:sts::"+c.account+":assumed-role/"+caller.Name+"/")
	})
}

func (c *certificate) arnOf(role *theorem.Role) string {
	return "arn:aws:iam::" + c.account + ":role/" + role.Name
}

func letters() []string {
	return []string{between('a', 'z'), between('A', 'Z'), between('0', '9')}
}

func characters(ranges []string, others string) string {
	for _, r := range others {
		ranges = append(ranges, word(string(r)))
	}
	return either(ranges...)
}

// tagCharacters are those of a tag's value: STS API reference, Tag: [\p{L}\p{Z}\p{N}_.:/=+\-@]*.
func tagCharacters() string {
	return characters(append(letters(), between(0x80, lastRune)), tagMarks)
}

const tagMarks = " _.:/=+-@"

// isTag reports whether a tag may have a character of ASCII.
func isTag(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(tagMarks, r)
}

// nameCharacters are those of a session's name: STS API reference, AssumeRole: [\w+=,.@-]*.
func nameCharacters() string { return characters(letters(), "_+=,.@-") }
