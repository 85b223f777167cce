package theorem

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws/policy"
)

// Session is an AssumeRole.
type Session struct {
	Role, By, Name string
	// From is the session that asks; nil: it is one of the role's By, or of a service, of which nothing more is said.
	From       *Session
	Tags       map[string]string
	Transitive []string
}

// wanted says which session of a role is wanted.
type wanted struct {
	mode   mode
	tenant string
	name   string // empty: any
	loose  bool   // its tag is not transitive
	others map[string]string
}

func modeOf(tag *word) mode {
	if tag != nil && tag.presence == present {
		return tagged
	}
	return untagged
}

// session is an AssumeRole that gets the session, or why there is none to show.
func (o *obligation) session(w wanted) (*Session, string) {
	key := fmt.Sprintf("%q %+v", o.role.Name, w)
	if _, known := o.sessions[key]; !known {
		o.sessions[key] = o.vend(w)
	}
	if s := o.sessions[key]; s != nil {
		return s, ""
	}
	return nil, "the trust policy may vend a session for it, and no AssumeRole was found that shows it"
}

// vend is an AssumeRole; nil where none was found.
func (o *obligation) vend(w wanted) *Session {
	vendings := o.tagsOf(o.role).vendings
	if w.loose {
		vendings = o.tagsOf(o.role).loose
	}
	for _, v := range vendings {
		if v.mode != w.mode {
			continue
		}
		fixed := map[string]string{}
		if w.mode == tagged {
			fixed[o.requestTag()] = w.tenant
		}
		if w.name != "" {
			fixed[sessionName] = w.name
		}
		values, fault := o.fill(v.situation, fixed, "")
		if fault != "" {
			continue
		}
		s := &Session{Role: o.role.Name, Name: first(values[sessionName]), Transitive: once(values[transitive]), Tags: maps.Clone(w.others)}
		if w.mode == tagged {
			s.Tags[o.spelled(values[tagKeys])] = w.tenant
		}
		for tag, value := range o.requested(values, o.role) { // others that the trust policy asks for
			if !slices.ContainsFunc(slices.Collect(maps.Keys(s.Tags)), func(k string) bool { return fold(k) == fold(tag) }) && fold(tag) != fold(o.owned.Tag) {
				s.Tags[tag] = value
			}
		}
		if !o.alsoTransitive(s.Tags, s.Transitive) {
			continue
		}
		// Of the caller's own session nothing is said: it is shown where it needs no tag.
		maps.DeleteFunc(values, func(key string, _ []string) bool { return strings.HasPrefix(key, principalTags) })
		for key, value := range s.Tags {
			values[fold("aws:RequestTag/"+key)] = []string{value}
		}
		values[tagKeys] = slices.Sorted(maps.Keys(s.Tags))
		for _, by := range v.by {
			caller, own := o.caller(by)
			if o.vended(o.role, caller, own, values, v.situation) {
				s.By = o.short(by)
				return s
			}
		}
	}
	return nil
}

// once is keys without those that come again: STS refuses them.
func once(keys []string) []string { return slices.Compact(slices.Sorted(slices.Values(keys))) }

// alsoTransitive adds the tags whose keys are to be transitive, since STS takes no others. It reports whether this leaves the tenant's tag as
// it is.
func (o *obligation) alsoTransitive(tags map[string]string, keys []string) bool {
	for _, key := range keys {
		if slices.ContainsFunc(slices.Collect(maps.Keys(tags)), func(k string) bool { return strings.EqualFold(k, key) }) {
			continue
		}
		if strings.EqualFold(key, o.owned.Tag) {
			return false
		}
		tags[key] = "any"
	}
	return true
}

var principalTags = fold("aws:PrincipalTag/")

// spelled is the tenant's key as keys have it.
func (p *prover) spelled(keys []string) string {
	if i := slices.IndexFunc(keys, func(key string) bool { return strings.EqualFold(key, p.owned.Tag) }); i >= 0 {
		return keys[i]
	}
	return p.owned.Tag
}

// otherTags are those that a session must have beside the tenant's, so that a request of it has values. Their keys are spelled as policies
// do.
func (o *obligation) otherTags(values map[string][]string, policies []policy.Named) map[string]string {
	spelled := map[string]string{}
	for _, n := range policies {
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

// vended asks the trust policy of a role, with the caller's own policies.
func (p *prover) vended(to *Role, caller policy.Caller, own policy.Policies, values map[string][]string, s *situation) bool {
	asks := []string{assumeRole}
	if len(values[tagKeys]) > 0 {
		asks = append(asks, tagSession)
	}
	if len(values[fold("sts:SourceIdentity")]) > 0 {
		asks = append(asks, "sts:SetSourceIdentity")
	}
	return !slices.ContainsFunc(asks, func(name string) bool {
		asked := values
		if name == tagSession { // it has no session name: see ofName
			asked = maps.Clone(values)
			delete(asked, sessionName)
		}
		r := &policy.Request{Action: name, Resource: p.arnOf(to), Caller: caller, Context: contextOf(asked, s)}
		return policy.DecideTrust(to.Trust, own, r).Effect != policy.Allow
	})
}

// caller is a session of the role that a trust policy names, with its policies, or an AWS service. Of a role outside the set, an account or
// everyone that the ownership file trusts to ask it is a session whose own policies, which are not known, allow that.
func (p *prover) caller(name string) (policy.Caller, policy.Policies) {
	for i := range p.roles {
		if r := &p.roles[i]; p.arnOf(r) == name {
			return p.sessionOf(r, "task")
		}
	}
	if slices.Contains(p.owned.MayTag, name) && (name == "*" || strings.Contains(name, ":role/") || accountOf(name) != "") {
		return p.stranger(name), policy.Policies{Identity: everything}
	}
	return policy.Caller{Service: name}, policy.Policies{}
}

// sessionOf is a session of r by its name, with the policies of r.
func (p *prover) sessionOf(r *Role, name string) (policy.Caller, policy.Policies) {
	session := "arn:aws:sts::" + p.account + ":assumed-role/" + r.Name + "/" + name
	return policy.Caller{ARN: session, RoleARN: p.arnOf(r), Account: p.account}, policy.Policies{Identity: r.Identity, Boundary: r.Boundary}
}
