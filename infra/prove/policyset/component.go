package policyset

import (
	"fmt"
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws/policy"
	"example.com/shiptrack/infra/prove/theorem"
)

// components are roles in groups that have to be proven together: who may assume whom. Roles of different groups say nothing of each
// other, and the theorem takes the square of the number of roles. Roles whose trust policy is not known are in none.
func components(roles []theorem.Role, account string) [][]theorem.Role {
	g := &grouping{account: account, parent: make([]int, len(roles)), roles: roles, byARN: map[string]int{}}
	for i := range roles {
		g.parent[i] = i
		g.byARN[g.arn(i)] = i
	}
	for i := range roles {
		if assumes(&roles[i]) {
			g.assumers = append(g.assumers, i)
		}
	}
	for i := range roles {
		g.linkTrust(i)
		g.linkResources(i)
	}
	at := map[int]int{}
	var all [][]theorem.Role
	for i := range roles {
		if roles[i].Trust.Policy == nil {
			continue
		}
		root := g.find(i)
		if _, known := at[root]; !known {
			at[root] = len(all)
			all = append(all, nil)
		}
		all[at[root]] = append(all[at[root]], roles[i])
	}
	return all
}

type grouping struct {
	account  string
	roles    []theorem.Role
	parent   []int
	byARN    map[string]int
	assumers []int // roles whose own policies let them assume some role
}

func (g *grouping) arn(i int) string { return "arn:aws:iam::" + g.account + ":role/" + g.roles[i].Name }

func (g *grouping) find(i int) int {
	for g.parent[i] != i {
		g.parent[i] = g.parent[g.parent[i]]
		i = g.parent[i]
	}
	return i
}

func (g *grouping) link(i, j int) { g.parent[g.find(i)] = g.find(j) }

// assumes reports whether a policy of r allows an action of STS.
func assumes(r *theorem.Role) bool {
	return slices.ContainsFunc(r.Identity, func(n policy.Named) bool {
		return slices.ContainsFunc(n.Policy.Clauses(), func(c policy.Clause) bool {
			return c.Effect == policy.Allow && (c.NotAction || slices.ContainsFunc(c.Actions, func(t policy.Text) bool {
				service, _, _ := strings.Cut(strings.ToLower(t.Source), ":")
				return strings.ContainsAny(service, "*?") || service == "sts"
			}))
		})
	})
}

// linkTrust links a role with those that its trust policy names.
func (g *grouping) linkTrust(i int) {
	if g.roles[i].Trust.Policy == nil {
		return
	}
	for _, c := range g.roles[i].Trust.Policy.Clauses() {
		p := &c.Principals
		switch {
		case p.Everyone || p.Not || slices.ContainsFunc(p.Names, policy.IsUniqueID):
			for j := range g.roles {
				g.link(i, j)
			}
		case slices.Contains(p.Accounts, g.account):
			for _, j := range g.assumers {
				own := policy.Policies{Identity: g.roles[j].Identity}
				if own.MayAllow("sts:AssumeRole", g.arn(i)) {
					g.link(i, j)
				}
			}
		}
		for _, name := range p.Names {
			role := name
			if rest, ok := strings.CutPrefix(name, fmt.Sprintf("arn:aws:sts::%s:assumed-role/", g.account)); ok {
				short, _, _ := strings.Cut(rest, "/")
				role = "arn:aws:iam::" + g.account + ":role/" + short
			}
			if j, known := g.byARN[role]; known {
				g.link(i, j)
			}
		}
	}
}

// linkResources links a role with those that its policies name as a resource: it knows what they reach.
func (g *grouping) linkResources(i int) {
	if _, assumer := slices.BinarySearch(g.assumers, i); !assumer {
		return
	}
	for _, n := range g.roles[i].Identity {
		for _, c := range n.Policy.Clauses() {
			for _, a := range c.Resources {
				if j, known := g.byARN[a.Source]; known {
					g.link(i, j)
				}
			}
		}
	}
}
