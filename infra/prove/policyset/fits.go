package policyset

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws/policy"
	"example.com/shiptrack/infra/prove/theorem"
)

// fits refuses an ownership file whose tag no policy looks at while policies look at others, and notes what else of it belongs to no policy.
func fits(roles []theorem.Role, name string, owned *theorem.Ownership) (notes []string, err error) {
	tags := tagKeys(roles)
	known := slices.ContainsFunc(tags, func(key string) bool { return strings.EqualFold(key, owned.Tag) })
	switch {
	case len(tags) == 0:
		notes = append(notes, "no policy looks at a session tag: whatever a role may do, each of its sessions may do")
	case !known:
		return nil, fmt.Errorf(`%s: "tag" is %q, and no policy looks at that tag; they look at %s: write one of these, or the policies' own spelling`, name, owned.Tag, strings.Join(tags, ", "))
	}
	services := servicesOf(roles)
	for _, s := range owned.Stores {
		for _, r := range s.Resources {
			service := strings.SplitN(r.ARN+":::", ":", 6)[2]
			if r.ARN != "*" && !services["*"] && !services[strings.ToLower(service)] {
				notes = append(notes, fmt.Sprintf("%s: store %s has %s, and no policy allows an action of %s: delete it, or look for a misspelling", name, s.Name, r.ARN, service))
			}
		}
	}
	names := map[string]bool{}
	for i := range roles {
		names[roles[i].Name] = true
	}
	for _, role := range slices.Sorted(maps.Keys(owned.Administrative)) {
		if !names[role] {
			notes = append(notes, fmt.Sprintf("%s: \"administrative\" has %s, and there is no such role, and nothing else of that name that has policies", name, role))
		}
	}
	for _, g := range owned.Guessed {
		notes = append(notes, fmt.Sprintf("%s: a guess that nobody has checked: %s", name, g))
	}
	return notes, nil
}

// tagKeys are the keys of session tags that policies look at, as they spell them.
func tagKeys(roles []theorem.Role) []string {
	keys := map[string]bool{}
	for i := range roles {
		for _, n := range documentsOf(&roles[i]) {
			for _, key := range n.Policy.Keys() {
				kind, tag, ok := strings.Cut(key, "/")
				if ok && (strings.EqualFold(kind, "aws:PrincipalTag") || strings.EqualFold(kind, "aws:RequestTag")) {
					keys[tag] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(keys))
}

func documentsOf(r *theorem.Role) []policy.Named {
	all := slices.Clone(r.Identity)
	if r.Boundary != nil {
		all = append(all, *r.Boundary)
	}
	if r.Trust.Policy != nil {
		all = append(all, r.Trust)
	}
	return all
}

// servicesOf are those whose actions policies allow, in small letters; * stands for any.
func servicesOf(roles []theorem.Role) map[string]bool {
	all := map[string]bool{}
	for i := range roles {
		for _, n := range roles[i].Identity {
			for _, c := range n.Policy.Clauses() {
				for _, t := range c.Actions {
					service, _, _ := strings.Cut(strings.ToLower(t.Source), ":")
					if c.NotAction || strings.ContainsAny(service, "*?") {
						service = "*"
					}
					all[service] = true
				}
			}
		}
	}
	return all
}
