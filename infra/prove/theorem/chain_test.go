package theorem

import (
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// holdChain draws sessions of which each gets the next, and holds the column STS to them.
func (w *world) holdChain(t *rapid.T, verdict map[string]Verdict, counts map[string]int) {
	s := w.drawNext(t, nil)
	holder := s // the last session with a tenant
	for s != nil {
		if s = w.drawNext(t, s); s == nil || s.tenant() == "" {
			continue
		}
		if holder.tenant() != "" && holder.tenant() != s.tenant() {
			counts["chains"]++
			if v := verdict[holder.role+" "+sts]; v == Proven || v == Nothing || v == "" {
				t.Fatalf("%s of %s is %q, but a session %+v of it may get %+v\n%s", sts, holder.role, v, holder, s, w)
			}
		}
		holder = s
	}
}

// drawNext draws a session that s gets; nil where none of some is vended, or the chain is long enough.
func (w *world) drawNext(t *rapid.T, s *session) *session {
	if s != nil && s.from != nil && s.from.from != nil {
		return nil
	}
	for range 6 {
		next := w.drawSession(t)
		if s != nil {
			next.from, next.by = s, s.role
			if role := map[string]string{"Access": "Chained", "Chained": "Deep"}[s.role]; w.has(role) && !one(t, 4) {
				next.role = role
			}
			if one(t, 3) {
				next.tags, next.transitive = nil, nil
			}
		}
		if w.vends(next) {
			return next
		}
	}
	return nil
}

// has reports whether the set has a role.
func (w *world) has(name string) bool {
	return slices.ContainsFunc(w.roles, func(r Role) bool { return r.Name == name })
}

// checkChain holds a refutation of the column STS to the policies.
func (w *world) checkChain(t *rapid.T, r Refutation) {
	last := w.chain(t, &r.Session, r)
	began := last
	for began.from != nil {
		began = began.from
	}
	next := &session{role: r.Request.Resource[strings.LastIndexByte(r.Request.Resource, '/')+1:], by: last.role, from: last, name: first(r.Request.Context[sessionName]), tags: map[string]string{}}
	for _, key := range r.Request.Context[tagKeys] {
		next.tags[key] = first(r.Request.Context[requestTags+strings.ToLower(key)])
	}
	next.transitive = r.Request.Context[transitive]
	switch {
	case r.Request.Action != "sts:AssumeRole" || !w.vends(next):
		t.Fatalf("the last session is not vended: %+v\n%s", r, w)
	case began.tenant() == "" || next.tenant() == "" || began.tenant() == next.tenant():
		t.Fatalf("from %q to %q: %+v\n%s", began.tenant(), next.tenant(), r, w)
	case r.Tenant != began.tenant() || r.Victim != next.tenant():
		t.Fatalf("it is told of other tenants than %q and %q: %+v\n%s", began.tenant(), next.tenant(), r, w)
	}
}

// chain is the sessions of a refutation as drawn ones, each of which has to be vended.
func (w *world) chain(t *rapid.T, s *Session, r Refutation) *session {
	of := &session{role: s.Role, by: s.By, name: s.Name, tags: s.Tags, transitive: slices.Clone(s.Transitive)}
	if s.From != nil {
		of.from = w.chain(t, s.From, r)
	}
	if !w.vends(of) {
		t.Fatalf("no such session is vended: %+v, of %+v\n%s", of, r, w)
	}
	return of
}
