package theorem

import (
	"slices"
	"strings"
)

// Grant is a request for what is its session's own, that the policies allow.
type Grant struct {
	At       Place  // the statement that grants it
	Tenant   string // of the session, and the owner of what the request touches
	Resource *Resource
	Access   *Access
	Session  Session
	Request  Request
}

// Grants are the requests that the Allow statements of roles are there for: of a session of tenant, for each action that the ownership file
// names, about what it says is tenant's own. What the policies do not allow is left out, and so is what has no owner.
func Grants(account string, roles []Role, owned *Ownership, tenant string) ([]Grant, error) {
	p, err := newProver(account, roles, owned)
	if err != nil {
		return nil, err
	}
	var all []Grant
	for i := range roles {
		p.within(maxEffort, func() { all = p.grants(all, &roles[i], tenant) }) // of what is too large none is shown
	}
	return all, nil
}

// grants adds those of r.
func (p *prover) grants(all []Grant, r *Role, tenant string) []Grant {
	for _, o := range p.obligations(r) {
		if o.access == nil || o.access.Owner == everybody || o.access.Owner == nobody {
			continue
		}
		for _, name := range o.access.Actions {
			if strings.ContainsAny(name, "*?") {
				continue
			}
			if g := o.grant(name, tenant); g != nil {
				all = append(all, *g)
			}
		}
	}
	return all
}

// grant is the request of an action about what is id's own, or nil.
func (o *obligation) grant(name, id string) *Grant {
	key := resource
	if o.access.Key != "" {
		key = fold(o.access.Key)
	}
	for _, s := range o.situations {
		s = s.clone()
		s.base = withBase(s.base, action, s.base[action].and(o.exactly(name)))
		s.base = withBase(s.base, o.tagKey, o.tagsOf(o.role).values.and(o.exactly(id)))
		if !s.add(fact{key: o.tagKey, presence: present, one: true}) || !s.add(fact{key: key, presence: present}) {
			continue
		}
		passed, _ := o.past([]*situation{s}) // where there are too many ways, none is tried
		for _, s := range passed {
			if g := o.grantIn(s, key, id); g != nil {
				return g
			}
		}
	}
	return nil
}

func (o *obligation) grantIn(s *situation, key, id string) *Grant {
	langs, ok := s.languages()
	if !ok {
		return nil
	}
	r := reading{alphabet: o.alphabet, values: map[string]*automaton{o.tagKey: o.exactly(id)}}
	own := r.meeting(langs[key].and(o.ownedBy(id)), s.words[key].constraints())
	for _, w := range own.words(maxTries) {
		values, fault := o.fill(s, map[string]string{o.tagKey: id, key: o.spell(w.word)}, "")
		if fault != "" {
			continue
		}
		session, _ := o.session(wanted{mode: modeOf(s.words[o.tagKey]), tenant: id, others: o.otherTags(values, o.role.permissions())})
		if session == nil {
			continue
		}
		g := &Grant{At: o.allows[0].at, Tenant: id, Resource: o.owned.resourceOf(o.access), Access: o.access, Session: *session, Request: requestOf(values, session)}
		if o.allowed(&g.Request, s) {
			return g
		}
	}
	return nil
}

// ownedBy is the language of what names id as the owner.
func (o *obligation) ownedBy(id string) *automaton {
	text := strings.Replace(o.access.Owner, hole, id, 1)
	if o.access.Key == "" {
		return o.ownedARN(text)
	}
	r := reading{alphabet: o.alphabet}
	return r.text(parts(text), exact)
}

// resourceOf is the one whose access it is.
func (o *Ownership) resourceOf(access *Access) *Resource {
	for i := range o.Stores {
		for j := range o.Stores[i].Resources {
			r := &o.Stores[i].Resources[j]
			for k := range r.Access {
				if &r.Access[k] == access {
					return r
				}
			}
		}
	}
	return nil
}

// Other is an action on a resource.
type Other struct {
	Action, Resource string
	Owned            bool // a request for it names an owner
}

// Others are what else o lists for the resource of g and for what is inside of it, such as an index of a table, and that touches
// tenants' data.
func (o *Ownership) Others(g *Grant) []Other {
	var all []Other
	add := func(arn string, r *Resource) {
		for i := range r.Access {
			for _, name := range r.Access[i].Actions {
				if other := (Other{name, arn, r.Access[i].Owner != everybody}); r.Access[i].Owner != nobody && !strings.ContainsAny(name, "*?") && !slices.Contains(all, other) {
					all = append(all, other)
				}
			}
		}
	}
	for i := range o.Stores {
		resources := o.Stores[i].Resources
		if !slices.ContainsFunc(resources, func(r Resource) bool { return r.ARN == g.Resource.ARN }) {
			continue
		}
		add(g.Request.Resource, g.Resource)
		for j := range resources {
			before, last, _ := cutLast(resources[j].ARN, "*")
			if _, inside, ok := cutLast(before, "*"); ok && last == "" && strings.HasPrefix(inside, "/") {
				add(g.Request.Resource+inside+"any", &resources[j])
			}
		}
	}
	return slices.DeleteFunc(all, func(other Other) bool {
		return other.Action == g.Request.Action && other.Resource == g.Request.Resource
	})
}

func cutLast(text, separator string) (before, after string, ok bool) {
	i := strings.LastIndex(text, separator)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+len(separator):], true
}
