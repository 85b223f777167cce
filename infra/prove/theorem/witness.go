package theorem

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

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

// Session is an AssumeRole.
type Session struct {
	Role, By, Name string
	Tags           map[string]string
	Transitive     []string
}

// Request is a request with its condition keys, the tags of the session among them.
type Request struct {
	Action, Resource string
	Context          map[string][]string
}

// requestOf is the request whose words are values, which it takes over.
func requestOf(values map[string][]string) Request {
	r := Request{Action: first(values[action]), Resource: first(values[resource]), Context: values}
	delete(values, action)
	delete(values, resource)
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
		r.Request = requestOf(values)
		session, fault := o.session(r.Tenant, c.words[o.tagKey], o.otherTags(values))
		if fault != "" {
			why = fault
			continue
		}
		r.Session = *session
		if o.allowed(&r.Request, c.situation) {
			return r, ""
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

// session is an AssumeRole that gets a session for tenant, or why there is none to show.
func (o *obligation) session(tenant string, tag *word, others map[string]string) (*Session, string) {
	want := untagged
	if tag != nil && tag.presence == present {
		want = tagged
	}
	key := fmt.Sprintf("%q %s %q %q", o.role.Name, want, tenant, others)
	if _, known := o.sessions[key]; !known {
		o.sessions[key] = o.vend(want, tenant, others)
	}
	if s := o.sessions[key]; s != nil {
		return s, ""
	}
	return nil, "the trust policy may vend a session for it, and no AssumeRole was found that shows it"
}

// vend is an AssumeRole; nil where none was found.
func (o *obligation) vend(want mode, tenant string, others map[string]string) *Session {
	t := o.tagsOf(o.role)
	for _, v := range t.vendings {
		if v.mode != want {
			continue
		}
		fixed := map[string]string{}
		if want == tagged {
			fixed[o.requestTag()] = tenant
		}
		values, fault := o.fill(v.situation, fixed, "")
		if fault != "" {
			continue
		}
		s := &Session{Role: o.role.Name, Name: first(values[sessionName]), Transitive: values[fold("sts:TransitiveTagKeys")], Tags: maps.Clone(others)}
		if want == tagged {
			s.Tags[o.spelled(values[fold("aws:TagKeys")])] = tenant
		}
		// Of the caller's own session nothing is said: it is shown where it needs no tag.
		maps.DeleteFunc(values, func(key string, _ []string) bool { return strings.HasPrefix(key, principalTags) })
		for key, value := range s.Tags {
			values[fold("aws:RequestTag/"+key)] = []string{value}
		}
		values[fold("aws:TagKeys")] = slices.Sorted(maps.Keys(s.Tags))
		for _, by := range v.by {
			if o.vended(v, by, values) {
				s.By = o.short(by)
				return s
			}
		}
	}
	return nil
}

var principalTags = fold("aws:PrincipalTag/")

// spelled is the tenant's key as keys have it.
func (o *obligation) spelled(keys []string) string {
	if i := slices.IndexFunc(keys, func(key string) bool { return strings.EqualFold(key, o.owned.Tag) }); i >= 0 {
		return keys[i]
	}
	return o.owned.Tag
}

// otherTags are those that a session must have beside the tenant's, so that a request of it has values. Their keys are spelled as the
// role's policies do.
func (o *obligation) otherTags(values map[string][]string) map[string]string {
	spelled := map[string]string{}
	for _, n := range o.role.permissions() {
		for _, key := range n.Policy.Keys() {
			spelled[fold(key)] = key
		}
	}
	all := map[string]string{}
	for key, list := range values {
		if tag, ok := strings.CutPrefix(key, principalTags); ok && key != o.tagKey {
			if written := spelled[key]; written != "" {
				_, tag, _ = strings.Cut(written, "/")
			}
			all[tag] = first(list)
		}
	}
	return all
}

// vended asks the trust policy, with the caller's own policies.
func (o *obligation) vended(v *vending, by string, values map[string][]string) bool {
	caller, own := o.caller(by)
	asks := []string{assumeRole}
	if len(values[fold("aws:TagKeys")]) > 0 {
		asks = append(asks, tagSession)
	}
	return !slices.ContainsFunc(asks, func(name string) bool {
		r := &policy.Request{Action: name, Resource: o.arnOf(o.role), Caller: caller, Context: contextOf(values, v.situation)}
		return policy.DecideTrust(o.role.Trust, own, r).Effect != policy.Allow
	})
}

// caller is a session of the role that a trust policy names, with its policies, or an AWS service. Of a role outside the set, an account or
// everyone that the ownership file trusts to ask it is a session whose own policies, which are not known, allow that.
func (p *prover) caller(name string) (policy.Caller, policy.Policies) {
	for i := range p.roles {
		if r := &p.roles[i]; p.arnOf(r) == name {
			session := "arn:aws:sts::" + p.account + ":assumed-role/" + r.Name + "/task"
			return policy.Caller{ARN: session, RoleARN: name, Account: p.account}, policy.Policies{Identity: r.Identity, Boundary: r.Boundary}
		}
	}
	if slices.Contains(p.owned.MayTag, name) && (name == "*" || strings.Contains(name, ":role/") || accountOf(name) != "") {
		return p.stranger(name), policy.Policies{Identity: everything}
	}
	return policy.Caller{Service: name}, policy.Policies{}
}

// says reports whether r says no more than other: the same statement reached by the same action, from a session as other's.
func (r *Refutation) says(other Refutation) bool {
	return r.At == other.At && r.Request.Action == other.Request.Action && (r.Tenant == "") == (other.Tenant == "") && (r.Victim == "") == (other.Victim == "")
}
