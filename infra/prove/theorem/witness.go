package theorem

import (
	"cmp"
	"maps"

	"example.com/shiptrack/infra/localaws/policy"
)

// Refutation is a request that is allowed and touches what is not its session's own. The policies were asked: Decide allows it.
type Refutation struct {
	At      Place   // the statement that allows it
	Tenant  string  // of the session; empty: it has no tag
	Victim  string  // who owns what the request touches; empty: nobody is named, so all do
	Session Session // how the session is got
	Request Request
}

// Request is a request with its condition keys, the tags of the session among them.
type Request struct {
	Action, Resource string
	Context          map[string][]string
}

// requestOf is the request whose words are values, by a session; nil: by any.
func requestOf(values map[string][]string, by *Session) Request {
	r := Request{Action: first(values[action]), Resource: first(values[resource]), Context: maps.Clone(values)}
	delete(r.Context, action)
	delete(r.Context, resource)
	if by != nil {
		identify(r.Context, by.Name)
		for tag, value := range by.Tags { // those that the trust policy asks for, too
			if key := fold("aws:PrincipalTag/" + tag); r.Context[key] == nil {
				r.Context[key] = []string{value}
			}
		}
	}
	return r
}

// maxTries bounds how many words of a crossing are tried.
const maxTries = 12

// witness returns a request of c that the policies allow, or why there is none to show. One that people know is tried first.
func (o *obligation) witness(c crossing) (*Refutation, string) {
	if plain := o.plainly(c); plain != nil {
		if r, _ := o.witnessOf(*plain); r != nil {
			return r, ""
		}
	}
	return o.witnessOf(c)
}

func (o *obligation) witnessOf(c crossing) (*Refutation, string) {
	why := "no request could be made that shows it: rewrite the statement's conditions with one variable each"
	for _, fixed := range o.starts(c) {
		values, fault := o.fill(c.situation, fixed.values, fixed.victim)
		if fault != "" {
			why = fault
			continue
		}
		r := &Refutation{At: o.allows[0].at, Tenant: first(values[o.tagKey]), Victim: fixed.victim}
		if r.Tenant == r.Victim && r.Tenant != "" {
			continue
		}
		for _, name := range names(values) {
			session, fault := o.session(wanted{mode: modeOf(c.words[o.tagKey]), tenant: r.Tenant, name: name, others: o.otherTags(values, o.role.permissions())})
			if fault != "" {
				why = fault
				continue
			}
			r.Session, r.Request = *session, requestOf(values, session)
			if o.allowed(&r.Request, c.situation) {
				return r, ""
			}
		}
	}
	return nil, why
}

// begin is a crossing's word with what its marks say.
type begin struct {
	values map[string]string
	victim string
}

// starts are the words to try.
func (o *obligation) starts(c crossing) []begin {
	if c.named == nil {
		return []begin{{values: map[string]string{}}}
	}
	var all []begin
	add := func(a *automaton, tag string, n int) {
		for _, w := range a.words(n) {
			b := begin{values: map[string]string{c.key: o.spell(w.word)}, victim: o.spell(w.of(owner))}
			if t := cmp.Or(tag, o.spell(w.of(tenant))); t != "" {
				b.values[o.tagKey] = t
			}
			all = append(all, b)
		}
	}
	if w := c.words[o.tagKey]; w != nil && w.presence == present {
		for _, tag := range []string{"yellow", "blue/yellow"} { // what people read more easily than the shortest
			add(o.forTenant(c, tag), tag, 4)
		}
	}
	if c.key == o.requestTag() {
		add(c.named.and(o.exactly("blue")), "", 1)
	}
	add(c.named, "", maxTries)
	return all
}

// forTenant is what the word of c may be for a session of one tenant.
func (o *obligation) forTenant(c crossing, tag string) *automaton {
	a := c.named.without(tenant)
	if c.owned {
		a = a.without(owner).and(o.template(o.access, tag))
	}
	r := reading{alphabet: o.alphabet, values: map[string]*automaton{o.tagKey: o.exactly(tag)}}
	return r.meeting(a, c.situation.words[c.key].constraints())
}

// allowed asks the policies.
func (o *obligation) allowed(r *Request, s *situation) bool {
	own := policy.Policies{Identity: o.role.Identity, Boundary: o.role.Boundary}
	return own.Decide(&policy.Request{Action: r.Action, Resource: r.Resource, Context: contextOf(r.Context, s)}).Effect == policy.Allow
}

func contextOf(values map[string][]string, s *situation) *policy.Context {
	ctx := new(policy.Context)
	for key, list := range values {
		if w := s.words[key]; w != nil && w.multi && !w.one || len(list) != 1 {
			ctx.SetAll(key, list)
		} else {
			ctx.Set(key, first(list))
		}
	}
	return ctx
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// says reports whether r says no more than other: the same statement reached by the same action, from a session as other's.
func (r *Refutation) says(other Refutation) bool {
	return r.At == other.At && r.Request.Action == other.Request.Action && (r.Tenant == "") == (other.Tenant == "") && (r.Victim == "") == (other.Victim == "")
}
