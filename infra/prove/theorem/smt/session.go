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
	c.note("a tag may have any character beyond ASCII (STS: letters, digits and spaces alone)")
	c.assert(and(not(equal(tenant, `""`)), inLanguage(tenant, many(tagCharacters()))))
	for _, d := range delimiters(c.access) {
		if d <= unicode.MaxASCII && !isTag(d) {
			c.assert(not(contains(tenant, quote(string(d))))) // solvers need not find it in the language
		}
	}
	c.assert(c.vended(role, nil))
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
	clauses := role.Trust.Policy.Clauses()
	r := c.request(prefix, clauses)
	value := map[string]string{tagged: tenant, emptied: `""`, untagged: `""`}[mode]
	has, asks := yes, []string{assumeRole, tagSession}
	if mode == untagged {
		has, asks = no, asks[:1]
	}
	r.fix("aws:RequestTag/"+c.owned.Tag, has, value)
	var facts []string
	if r.looks(clauses, sessionName) {
		k := r.key(sessionName)
		facts = append(facts, k.has, inLanguage(k.values[0], many(nameCharacters())))
	}
	if mode != untagged && r.looks(clauses, tagKeys) {
		k := r.key(tagKeys)
		facts = append(facts, k.has, inLanguage(k.values[0], caseless(c.owned.Tag)))
	}
	for _, ask := range asks {
		r.action = quote(strings.ToLower(ask))
		var allows, evades []string
		for i := range clauses {
			s := &clauses[i]
			switch {
			case s.Effect == policy.Allow:
				allows = append(allows, r.applies(s))
			case s.Principals.Everyone && !s.Principals.Not:
				evades = append(evades, r.evades(s))
			default:
				c.note("a Deny of a trust policy that does not name everyone is taken not to apply, since it may name another than who asks")
			}
		}
		facts = append(facts, or(allows...), and(evades...))
	}
	return and(facts...)
}

const (
	sessionName = "sts:RoleSessionName"
	tagKeys     = "aws:TagKeys"
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
		p := s.Principals
		if s.Effect != policy.Allow {
			return false
		}
		return p.Not || p.Everyone || slices.Contains(p.Accounts, c.account) || slices.ContainsFunc(p.Names, func(text string) bool {
			return text == "arn:aws:iam::"+c.account+":role/"+caller.Name || strings.HasPrefix(text, "arn:aws:sts::"+c.account+":assumed-role/"+caller.Name+"/")
		})
	})
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
