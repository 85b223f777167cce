package theorem

import (
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws/policy"
)

// isOutsider reports whether who may have sessions, with tags, of which the set says nothing.
func (p *prover) isOutsider(principals *policy.Principals, who string) bool {
	if slices.Contains(principals.Services, who) || !named(principals, who) || strings.Contains(who, ":user/") {
		return false
	}
	return !slices.ContainsFunc(p.roles, func(r Role) bool { return p.isOf(who, &r) })
}

// common are the principals that both name; of two of which one is among the other, the lesser one.
func common(a, b *policy.Principals) []string {
	var all []string
	for _, x := range a.Source {
		for _, y := range b.Source {
			switch {
			case x == y, covers(x, y):
				all = append(all, y)
			case covers(y, x):
				all = append(all, x)
			case policy.IsUniqueID(x) || policy.IsUniqueID(y):
				all = append(all, x, y)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// covers reports whether y is one of those that x, everyone, an account or a role, names.
func covers(x, y string) bool {
	if !strings.HasPrefix(y, "arn:") && !policy.IsUniqueID(y) && strings.Contains(y, ".") {
		return false // a service
	}
	account := x
	if before, isRoot := strings.CutSuffix(x, ":root"); isRoot {
		account = before[strings.LastIndexByte(before, ':')+1:]
	}
	session := strings.Replace(strings.Replace(x, ":iam::", ":sts::", 1), ":role/", ":assumed-role/", 1) + "/"
	return x == "*" || y == account || strings.Contains(y, "::"+account+":") || strings.HasPrefix(y, session)
}

// mayTag reports whether a principal is trusted to ask for a session of any tenant. One whose sessions are a tenant's own need not be: that
// each stays with its tenant is an obligation of its own (vends).
func (p *prover) mayTag(who string) bool {
	if slices.Contains(p.owned.MayTag, p.short(who)) || slices.Contains(p.owned.MayTag, who) {
		return true
	}
	for i := range p.roles {
		if r := &p.roles[i]; who == p.arnOf(r) && p.owned.Administrative[r.Name] == "" {
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
	return p.namesItself(principals, r)
}

// namesItself reports whether principals name r or a session of it. A unique id may be that of any role.
func (p *prover) namesItself(principals *policy.Principals, r *Role) bool {
	return slices.ContainsFunc(principals.Names, func(name string) bool { return p.isOf(name, r) || policy.IsUniqueID(name) })
}

// isOf reports whether a principal is r or a session of it.
func (p *prover) isOf(who string, r *Role) bool {
	return who == p.arnOf(r) || strings.HasPrefix(who, "arn:aws:sts::"+p.account+":assumed-role/"+r.Name+"/")
}
