package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Miss says why a statement that names r's action did not apply. Its String is a sentence for logs and
// for people; it holds values of the request.
type Miss struct {
	Statement Statement
	Effect    Effect   // Allow, or ExplicitDeny for a Deny statement
	Element   string   // "Resource", "Principal", or "Condition ForAllValues:StringEquals dynamodb:LeadingKeys"
	Want      []string // as the document has them, with variables replaced
	Got       []string // nil: the key is absent
	// Undecidable names a key of the statement whose values are unknown, or that has several values where only
	// one is allowed. Want and Got may be empty then.
	Undecidable string
}

// String says it in one line: `Role/Policy ReadOwnPartition (Allow) did not apply:
// ForAllValues:StringEquals dynamodb:LeadingKeys wants [yellow], the request has [blue]`.
func (m Miss) String() string {
	sid := m.Statement.Sid
	if sid == "" {
		sid = fmt.Sprintf("statement %d", m.Statement.Index)
	}
	said := fmt.Sprintf("%s %s (%s) did not apply: %s", m.Statement.Policy, sid, m.Effect,
		strings.TrimPrefix(m.Element, "Condition "))
	switch {
	case m.Undecidable != "" && m.Want == nil:
		return fmt.Sprintf("%s cannot be decided on %s", said, m.Undecidable)
	case m.Undecidable != "":
		return fmt.Sprintf("%s wants [%s], and cannot be decided on [%s]", said, strings.Join(m.Want, ", "), strings.Join(m.Got, ", "))
	case m.Got == nil:
		return fmt.Sprintf("%s wants [%s], the request does not have it", said, strings.Join(m.Want, ", "))
	}
	return fmt.Sprintf("%s wants [%s], the request has [%s]", said, strings.Join(m.Want, ", "), strings.Join(m.Got, ", "))
}

// Explain returns a Miss for every statement that names r's action and did not match r, in the order of
// layers, policies and statements. It names the first element that failed.
func (p Policies) Explain(r *Request) []Miss {
	var misses []Miss
	for i := range p.Identity {
		misses = p.Identity[i].explain(misses, r, (*statement).missedResource)
	}
	if p.Boundary != nil {
		misses = p.Boundary.explain(misses, r, (*statement).missedResource)
	}
	for i := range p.Session {
		misses = p.Session[i].explain(misses, r, (*statement).missedResource)
	}
	return misses
}

// ExplainTrust is Explain for DecideTrust: the trust policy first, then the caller's own policies.
func ExplainTrust(trust Named, caller Policies, r *Request) []Miss {
	return append(trust.explain(nil, caller.bounding(r), (*statement).missedPrincipal), caller.Explain(r)...)
}

// ExplainResource is Explain for DecideKey and DecideResource: the policy of the resource first, then the caller's own policies.
func ExplainResource(resource Named, caller Policies, r *Request) []Miss {
	missed := func(s *statement, r *Request, miss *Miss) bool {
		return s.missedPrincipal(r, miss) || s.missedResource(r, miss)
	}
	return append(resource.explain(nil, caller.bounding(r), missed), caller.Explain(r)...)
}

// explain appends n's misses. missedTarget fills in what a statement applies to, and reports whether that
// is what failed.
func (n *Named) explain(misses []Miss, r *Request, missedTarget func(*statement, *Request, *Miss) bool) []Miss {
	if n.Policy == nil {
		return misses
	}
	var miss Miss // one for all statements: it lies on the heap
	for _, i := range n.Policy.services.naming(serviceOf(r.Action)) {
		s := &n.Policy.statements[i]
		if !s.names(r.Action) {
			continue
		}
		miss = Miss{Statement: n.statement(s), Effect: s.effect}
		if missedTarget(s, r, &miss) || s.missedCondition(r.Context, &miss) {
			misses = append(misses, miss)
		}
	}
	return misses
}

func (s *statement) missedPrincipal(r *Request, miss *Miss) bool {
	c := &r.Caller
	if s.effect == Allow && s.allows(c) != notNamed || s.effect == ExplicitDeny && s.principals.denies(c) {
		return false
	}
	miss.Element, miss.Want = "Principal", s.principals.source
	names := []string{c.Service, c.ARN, c.RoleARN}
	if ids := s.principals.another(c); ids != nil { // else nobody could see why the name is not enough
		miss.Want = append(slices.Clone(miss.Want), ids...)
		names = append(names, cmp.Or(c.RoleID, c.ID))
	}
	for _, name := range names {
		if name != "" {
			miss.Got = append(miss.Got, name)
		}
	}
	return true
}

func (s *statement) missedResource(r *Request, miss *Miss) bool {
	if s.coversResource(r) {
		return false
	}
	texts := make([]string, 1, 1+len(s.resources))
	texts[0] = r.Resource
	miss.Element, miss.Got = "Resource", texts[:1:1]
	if s.notResource {
		miss.Element = "NotResource"
	}
	if key := undecidableVariable(s.resourceVariables, r.Context); key != nil {
		miss.Undecidable = key.name
	}
	for i := range s.resources {
		texts = append(texts, render(s.resources[i].source, s.resources[i].patterns, r.Context))
	}
	miss.Want = texts[1:]
	return true
}

func (s *statement) missedCondition(ctx *Context, miss *Miss) bool {
	if key := s.undecidable(ctx); key != nil {
		miss.Element, miss.Undecidable = "Condition", key.name
		return s.effect == Allow
	}
	for i := range s.conditions {
		c := &s.conditions[i]
		v := c.evaluate(ctx)
		if v == yes || v == undecidable && s.effect == ExplicitDeny {
			continue
		}
		miss.Element = c.element
		miss.Want = make([]string, len(c.values))
		for i, value := range c.values {
			miss.Want[i] = render(value, c.test.patterns, ctx)
		}
		if e := ctx.lookup(c.key); e != nil {
			miss.Got = append([]string{}, e.values()...)
		}
		if v == undecidable {
			miss.Undecidable = c.key.name
		}
		return true
	}
	return false
}

// render replaces the variables of source, a text that patterns were compiled from; one without value
// stays as it is written.
func render(source string, patterns func(func(*pattern)), ctx *Context) string {
	if !strings.Contains(source, "${") {
		return source
	}
	var replacements []string
	patterns(func(p *pattern) {
		for i := range p.pieces {
			if p.pieces[i].kind != pieceVariable {
				continue
			}
			if value, ok := p.pieces[i].value(ctx); ok {
				replacements = append(replacements, p.pieces[i].written, value)
			}
		}
	})
	if len(replacements) == 2 && replacements[0] == source { // a variable alone, as it mostly is in a condition
		return replacements[1]
	}
	return strings.NewReplacer(replacements...).Replace(source)
}
