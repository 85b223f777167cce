package policyset

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"example.com/shiptrack/infra/localaws/policy"
	"example.com/shiptrack/infra/prove/theorem"
)

// guess is a first ownership file while it is made.
type guess struct {
	tag       string
	resources []*guessed // in the order in which they were found
	notes     []string
	bare      []string // actions without a resource
}

// guessed is a kind of resource.
type guessed struct {
	service string
	theorem.Resource
}

// Guess makes a first ownership file of what the policies of s say: the tag that they compare, the condition keys that they hold to it, and
// the ARNs that it stands in. It returns the file, and what it had to guess, which the file lists too.
func Guess(s *Set) (text []byte, notes []string, err error) {
	roles, err := s.parsed()
	if err != nil {
		return nil, nil, err
	}
	// What is no role has no session of a tenant, so it tells nothing of who owns what.
	roles = slices.DeleteFunc(roles, func(r theorem.Role) bool { return r.Anyone })
	g := &guess{tag: mostUsedTag(roles)}
	all := tagKeys(roles)
	if len(all) == 0 {
		return nil, nil, errors.New(s.Name + ": no policy looks at a session tag (aws:PrincipalTag/...), so nothing tells whose a session is: the theorem is about sessions with a tenant's tag")
	}
	if len(all) > 1 {
		g.notef("\"tag\": the policies look at %s; %s is used most", strings.Join(all, ", "), g.tag)
	}
	for i := range roles {
		if g.looksAtTag(&roles[i]) {
			g.role(&roles[i])
		}
	}
	o := &theorem.Ownership{Tag: g.tag, MayTag: g.taggers(s, roles), Stores: g.stores()}
	if len(o.MayTag) > 0 {
		g.notef("\"mayTag\": %s may ask for sessions of any tenant, by the trust policies; keep who has verified which tenant asks", strings.Join(o.MayTag, ", "))
	}
	if len(o.Stores) == 0 {
		return nil, nil, fmt.Errorf("%s: no statement holds a resource or a condition key to ${aws:PrincipalTag/%s}, so nothing tells who owns what: write the file by hand", s.Name, g.tag)
	}
	o.Guessed = g.notes
	text, err = json.Marshal(o, jsontext.WithIndent("  "))
	return append(text, '\n'), g.notes, err
}

func (g *guess) notef(format string, args ...any) {
	if note := fmt.Sprintf(format, args...); !slices.Contains(g.notes, note) {
		g.notes = append(g.notes, note)
	}
}

// mostUsedTag is the key of session tags that policies use most; of several, one that is called like a tenant.
func mostUsedTag(roles []theorem.Role) string {
	uses := map[string]int{}
	for i := range roles {
		for _, n := range documentsOf(&roles[i]) {
			for _, key := range n.Policy.Keys() {
				if kind, tag, ok := strings.Cut(key, "/"); ok && (strings.EqualFold(kind, "aws:PrincipalTag") || strings.EqualFold(kind, "aws:RequestTag")) {
					uses[tag]++
				}
			}
		}
	}
	for tag := range uses {
		uses[tag] += 2 * standsInARNs(roles, tag)
	}
	for _, like := range []string{"tenant", "org", "customer", "client"} {
		for tag := range uses {
			if strings.Contains(strings.ToLower(tag), like) {
				uses[tag] += 1000
			}
		}
	}
	best := "tenant"
	for _, tag := range slices.Sorted(maps.Keys(uses)) {
		if uses[tag] > uses[best] {
			best = tag
		}
	}
	return best
}

// standsInARNs is how many ARNs of Allow statements a tag stands in.
func standsInARNs(roles []theorem.Role, tag string) (n int) {
	for i := range roles {
		for _, d := range roles[i].Identity {
			for _, c := range d.Policy.Clauses() {
				for _, a := range c.Resources {
					n += strings.Count(a.Source, "${aws:PrincipalTag/"+tag+"}")
				}
			}
		}
	}
	return n
}

// variable is the policy variable of the tag.
func (g *guess) variable() string { return "${aws:PrincipalTag/" + g.tag + "}" }

func (g *guess) looksAtTag(r *theorem.Role) bool {
	return slices.ContainsFunc(r.Identity, func(n policy.Named) bool {
		return slices.ContainsFunc(n.Policy.Keys(), func(key string) bool { return strings.EqualFold(key, "aws:PrincipalTag/"+g.tag) })
	})
}

// role reads the Allow statements of a role.
func (g *guess) role(r *theorem.Role) {
	for _, n := range r.Identity {
		for _, c := range n.Policy.Clauses() {
			at := theorem.Place{File: n.Name + ".json", Line: c.At.Line, Column: c.At.Column, Sid: c.Sid}
			switch {
			case c.Effect != policy.Allow:
			case c.NotAction || c.NotResource:
				g.notef("%s has NotAction or NotResource: what it grants is not read", at)
			default:
				g.statement(&c, at)
			}
		}
	}
}

// statement reads what an Allow says of who owns what it grants.
func (g *guess) statement(c *policy.Clause, at theorem.Place) {
	var names []string
	for _, t := range c.Actions {
		if service, _, _ := strings.Cut(strings.ToLower(t.Source), ":"); service != "sts" && service != "*" {
			names = append(names, t.Source)
		}
	}
	key, owner := g.told(c, at)
	for service, actions := range byService(names) {
		for _, a := range c.Resources {
			if strings.HasPrefix(strings.ToLower(key), "aws:requesttag/") {
				// The tag in a request is what a thing will have. It tells whose the thing is only where it is new.
				made := func(name string) bool {
					return slices.ContainsFunc(makingActions, func(known string) bool { return strings.EqualFold(known, name) })
				}
				if all := slices.DeleteFunc(slices.Clone(actions), func(name string) bool { return !made(name) }); len(all) > 0 {
					g.grant(service, all, a.Source, key, owner, at)
				}
				if all := slices.DeleteFunc(slices.Clone(actions), made); len(all) > 0 {
					g.grant(service, all, a.Source, "", "", at)
				}
				continue
			}
			g.grant(service, actions, a.Source, key, owner, at)
		}
	}
}

func byService(names []string) map[string][]string {
	all := map[string][]string{}
	for _, name := range names {
		service, _, _ := strings.Cut(strings.ToLower(name), ":")
		all[service] = append(all[service], name)
	}
	return all
}

// owner is a value or an ARN with the hole in place of the tag. A wildcard right beside it does not say where the name begins or ends.
func (g *guess) owner(text string) string {
	text = strings.Replace(text, g.variable(), "{owner}", 1)
	before, after, _ := strings.Cut(text, "{owner}")
	if strings.HasSuffix(before, "?") {
		before = strings.TrimRight(before, "?")
		g.notef("%q: a ? stands right before the tenant; its name is taken to begin behind %q", text, before)
	}
	if end := strings.TrimLeft(after, "*?"); end != after {
		if last := before[max(len(before)-1, 0):]; end == "" && strings.ContainsAny(last, "#/_-.") {
			end = last + "*" // what stands before a name stands behind it too
		}
		g.notef("%q: a %s stands right behind the tenant; its name is taken to end before %q", text, after[:1], cmp.Or(end, "the end"))
		after = end
	}
	return starred(before + "{owner}" + after)
}
