package theorem

import (
	"maps"
	"slices"
	"strings"
)

// witness returns an AssumeRole of c that the policies allow, or why there is none to show.
func (h *hop) witness(v *vending, c crossing) (*Refutation, string) {
	why := "no AssumeRole could be made that shows it"
	for _, begun := range h.starts(c) {
		values, fault := h.fill(c.situation, begun.values, begun.victim)
		if fault != "" {
			why = fault
			continue
		}
		session, tenant := h.session(h.by, values, begun.victim)
		if session == nil {
			why = "no session was found that may ask"
			continue
		}
		if ctx, ok := h.assumed(h.to, session, values, v.situation); ok && tenant != begun.victim {
			return &Refutation{At: v.allow().at, Tenant: tenant, Victim: begun.victim, Session: *session, Request: Request{assumeRole, h.arnOf(h.to), ctx}}, ""
		}
	}
	return nil, why
}

// session is one of s that can ask with values, and whose it was in the beginning: not victim's. It is nil where none was found.
func (h *hop) session(s *stop, values map[string][]string, victim string) (*Session, string) {
	o := &obligation{prover: h.prover, role: s.role}
	if s.from == nil {
		tenant := first(values[h.tagKey])
		found, _ := o.session(wanted{mode: tagged, tenant: tenant, loose: true, others: o.otherTags(values, append(s.role.permissions(), h.to.Trust))})
		return found, tenant
	}
	for _, v := range s.ways {
		fixed := map[string]string{}
		if v.mode == emptied {
			fixed[h.requestTag()] = ""
		}
		values, fault := o.fill(v.situation, fixed, victim)
		if fault != "" {
			continue
		}
		from, tenant := h.session(s.from, values, victim)
		if from == nil {
			continue
		}
		if ctx, ok := h.assumed(s.role, from, values, v.situation); ok {
			return h.asked(s.role, from, ctx), tenant
		}
	}
	return nil, ""
}

// assumed asks the policies whether a session may get one of to. The condition keys are values, but for the tags, which are those that the
// session has and asks for.
func (h *hop) assumed(to *Role, session *Session, values map[string][]string, s *situation) (map[string][]string, bool) {
	ctx := maps.Clone(values)
	maps.DeleteFunc(ctx, func(key string, _ []string) bool { return strings.HasPrefix(key, principalTags) })
	for key, value := range session.Tags {
		ctx[fold("aws:PrincipalTag/"+key)] = []string{value}
	}
	identify(ctx, session.Name)
	asked := h.requested(values, to)
	if keys := once(values[transitive]); len(keys) > 0 {
		ctx[transitive] = keys
	}
	whole := h.alsoTransitive(asked, values[transitive])
	for key, value := range asked {
		ctx[fold("aws:RequestTag/"+key)] = []string{value}
	}
	if delete(ctx, tagKeys); len(asked) > 0 {
		ctx[tagKeys] = slices.Sorted(maps.Keys(asked))
	}
	r := &h.roles[slices.IndexFunc(h.roles, func(r Role) bool { return r.Name == session.Role })]
	caller, own := h.sessionOf(r, session.Name)
	return ctx, whole && h.vended(to, caller, own, ctx, s)
}

var requestTags = fold("aws:RequestTag/")

// requested are the tags that values ask for, with their keys spelled as the trust policy of to does.
func (p *prover) requested(values map[string][]string, to *Role) map[string]string {
	all := map[string]string{}
	for key, list := range values {
		tag, ok := strings.CutPrefix(key, requestTags)
		if !ok {
			continue
		}
		for _, written := range to.Trust.Policy.Keys() {
			if fold(written) == key {
				_, tag, _ = strings.Cut(written, "/")
			}
		}
		if key == p.requestTag() {
			tag = p.spelled(values[tagKeys])
		}
		all[tag] = first(list)
	}
	return all
}

// asked is the session of a role that from gets by an AssumeRole with these condition keys.
func (h *hop) asked(role *Role, from *Session, ctx map[string][]string) *Session {
	s := &Session{Role: role.Name, By: from.Role, From: from, Name: first(ctx[sessionName]), Tags: map[string]string{}, Transitive: ctx[transitive]}
	for _, key := range ctx[tagKeys] {
		s.Tags[key] = first(ctx[fold("aws:RequestTag/"+key)])
	}
	return s
}
