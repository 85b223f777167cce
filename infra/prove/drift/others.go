package drift

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws/policy"
	"example.com/shiptrack/infra/prove/theorem"
)

// others adds each role and user that the files do not know, and whose policies reach what the stores keep. Whom Wanted.Operators names may.
func (c *comparison) others(there *There) {
	reach := newReach(c.wanted, there)
	roles, rolesErr := parse(there)
	for i := range there.Others {
		p := &there.Others[i]
		if c.knows(p) {
			continue
		}
		where := p.Kind + " " + p.Name
		found, err := reach.of(p)
		if err != nil {
			c.add(where, "what it reaches is not known", "the files do not know it, and its policies cannot be read: %v", err)
			continue
		}
		if len(found) == 0 {
			continue
		}
		change := Change{Where: where, What: fmt.Sprintf("the files do not know it, and it reaches %s%s (--operator %s/%s tells that it may)", toldGrants(found), p.trusted(), p.Kind, path.Base(p.Name))}
		change.Why, change.broken = c.judge(p, roles, rolesErr)
		if change.Why == "" {
			change.What += "; the theorem is proven for it too"
		}
		c.changes = append(c.changes, change)
	}
}

// ofServices is the path of roles that AWS services make for themselves: nobody else can change or assume them.
const ofServices = "aws-service-role/"

// knows reports whether p is an operator, or one that AWS keeps.
func (c *comparison) knows(p *Principal) bool {
	if p.Kind == kindRole && (c.wanted.Owned.Administrative[p.Name] != "" || strings.HasPrefix(p.Name, ofServices)) {
		return true
	}
	return slices.ContainsFunc(c.wanted.Operators, func(pattern string) bool {
		matches, err := path.Match(pattern, p.Kind+"/"+path.Base(p.Name))
		return err == nil && matches
	})
}

// judge says why isolation is not shown for p beside roles, or where they cannot be read; empty: the theorem is proven for its sessions. broken:
// a tenant's session gets another's.
func (c *comparison) judge(p *Principal, roles []theorem.Role, unread error) (why string, broken bool) {
	const unseen = "the theorem speaks of sessions of roles alone: who has its keys may touch what is every tenant's"
	if p.Kind != kindRole {
		return unseen, false
	}
	if unread != nil {
		return unread.Error(), false
	}
	own, err := p.role()
	if err != nil {
		return err.Error(), false
	}
	findings, err := theorem.Prove(c.wanted.Values.Account, append(slices.Clip(roles), own), c.wanted.Owned)
	if err != nil {
		return err.Error(), false
	}
	for i := range findings {
		f := &findings[i]
		if f.Role != own.Name {
			continue
		}
		for k := range f.Refutations {
			r := &f.Refutations[k]
			if r.Tenant != "" {
				return r.String(), true
			}
			why = cmp.Or(why, r.String())
		}
		for _, open := range f.Open {
			why = cmp.Or(why, open.Why)
		}
		if f.Verdict == theorem.Undecided {
			why = cmp.Or(why, "the theorem is undecided for it")
		}
	}
	return why, false
}

// role is p as the theorem has it.
func (p *Principal) role() (theorem.Role, error) {
	role := Role{Name: p.Name, Trust: p.Trust, Inline: map[string]string{}, Boundary: p.Boundary, Limits: p.Limits}
	for _, d := range p.Documents {
		role.Inline[d.Name] = d.Text
	}
	return role.parse()
}

// trusted says whom a role trusts.
func (p *Principal) trusted() string {
	parsed, err := policy.Parse([]byte(p.Trust), policy.Trust)
	if p.Kind != kindRole || err != nil {
		return ""
	}
	var all []string
	for _, clause := range parsed.Clauses() {
		if clause.Effect == policy.Allow {
			all = append(all, clause.Principals.Source...)
		}
	}
	slices.Sort(all)
	return "; it trusts " + strings.Join(slices.Compact(all), ", ")
}

// maxTold bounds how many statements a difference tells, and maxText each one: AWS's own name hundreds of actions.
const (
	maxTold = 3
	maxText = 300
)

func toldGrants(found []grant) string {
	var stores, statements []string
	for _, g := range found {
		stores = append(stores, g.store)
		said := g.policy + ": " + g.told
		if len(said) > maxText {
			said = said[:maxText] + " ..."
		}
		if !slices.Contains(statements, said) {
			statements = append(statements, said)
		}
	}
	slices.Sort(stores)
	told := strings.Join(slices.Compact(stores), ", ") + " by "
	if more := len(statements) - maxTold; more > 0 {
		return told + strings.Join(statements[:maxTold], "; ") + fmt.Sprintf("; and %d more statements", more)
	}
	return told + strings.Join(statements, "; ")
}
