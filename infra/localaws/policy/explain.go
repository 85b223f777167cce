package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Miss says why a statement that names r's action did not apply. Its String is a sentence for logs and
// for people; it holds values of the request. Want and Got must not be changed: a policy may share them.
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

// finding is a statement that names the action of a request and does not apply.
type finding struct {
	policy    string
	statement *statement
	obstacle
}

// trace keeps what a decision finds, for its explanation. It needs no memory of its own where few statements name an action without
// applying.
type trace struct {
	first [usualFindings]finding
	n     int // of first
	more  []finding
}

const usualFindings = 8

// add does nothing where t is nil: nobody asks for an explanation.
func (t *trace) add(n *Named, s *statement, o obstacle) {
	if t == nil {
		return
	}
	var f *finding
	if t.n < usualFindings {
		f = &t.first[t.n]
		t.n++
	} else {
		t.more = append(t.more, finding{})
		f = &t.more[len(t.more)-1]
	}
	f.policy, f.statement, f.obstacle = n.Name, s, o
}

// Explain returns a Miss for every statement that names r's action and did not match r, in the order of
// layers, policies and statements. It names the first element that failed.
func (p Policies) Explain(r *Request) []Miss { return ExplainResource(Named{}, p, r) }

// ExplainTrust is Explain for DecideTrust: the trust policy first, then the caller's own policies.
func ExplainTrust(trust Named, caller Policies, r *Request) []Miss {
	return ExplainResource(trust, caller, r)
}

// ExplainResource is Explain for DecideKey and DecideResource: the policy of the resource first, then the caller's own policies.
func ExplainResource(resource Named, caller Policies, r *Request) []Miss {
	var t trace
	var own layers
	a := newAction(r.Action)
	r = caller.bounding(r)
	resource.grants(r, &a, &t)
	own.evaluate(&caller, r, &a, &t)
	return t.appendMisses(nil, r)
}

// DecideExplained is Decide, and appends to misses what Explain returns where r is not allowed. It evaluates once, where Decide and
// Explain evaluate twice.
func (p Policies) DecideExplained(misses []Miss, r *Request) (d Decision, _ []Miss) {
	var t trace
	p.decide(r, &t).tell(&d)
	return d, t.explain(misses, &d, r)
}

// DecideTrustExplained is DecideTrust, and appends to misses what ExplainTrust returns where r is not allowed.
func DecideTrustExplained(misses []Miss, trust Named, caller Policies, r *Request) (d Decision, _ []Miss) {
	var t trace
	trust.admit(trustLayer, &caller, r, &t).tell(&d)
	return d, t.explain(misses, &d, r)
}

// DecideKeyExplained is DecideKey, and appends to misses what ExplainResource returns where r is not allowed.
func DecideKeyExplained(misses []Miss, key Named, caller Policies, r *Request) (d Decision, _ []Miss) {
	var t trace
	key.admit(resourceLayer, &caller, r, &t).tell(&d)
	return d, t.explain(misses, &d, r)
}

// DecideResourceExplained is DecideResource, and appends to misses what ExplainResource returns where r is not allowed.
func DecideResourceExplained(misses []Miss, resource Named, owner string, caller Policies, r *Request) (d Decision, _ []Miss) {
	var t trace
	resource.share(owner, &caller, r, &t).tell(&d)
	return d, t.explain(misses, &d, r)
}

func (t *trace) explain(misses []Miss, d *Decision, r *Request) []Miss {
	if d.Effect == Allow {
		return misses
	}
	return t.appendMisses(misses, r)
}

// appendMisses tells the findings on r.
func (t *trace) appendMisses(misses []Miss, r *Request) []Miss {
	n := t.n + len(t.more)
	if n == 0 {
		return misses
	}
	said := make(texts, 0, 2*n) // mostly one that is wanted and one that the request has
	misses = slices.Grow(misses, n)
	for i := range t.n {
		misses = t.first[i].appendMiss(misses, r, &said)
	}
	for i := range t.more {
		misses = t.more[i].appendMiss(misses, r, &said)
	}
	return misses
}

func (f *finding) appendMiss(misses []Miss, r *Request, said *texts) []Miss {
	misses = append(misses, Miss{})
	m, s := &misses[len(misses)-1], f.statement
	m.Statement.Policy, m.Statement.Sid, m.Statement.Index, m.Effect = f.policy, s.sid, s.index, s.effect
	switch f.element {
	case principalElement:
		f.tellPrincipal(m, &r.Caller)
	case resourceElement:
		f.tellResource(m, r, said)
	default:
		f.tellCondition(m, r.Context, said)
	}
	return misses
}

func (f *finding) tellPrincipal(m *Miss, c *Caller) {
	p := &f.statement.principals
	m.Element, m.Want = "Principal", p.source
	names := []string{c.Service, c.ARN, c.RoleARN}
	if ids := p.another(c); ids != nil { // else nobody could see why the name is not enough
		m.Want = append(slices.Clone(m.Want), ids...)
		names = append(names, cmp.Or(c.RoleID, c.ID))
	}
	for _, name := range names {
		if name != "" {
			m.Got = append(m.Got, name)
		}
	}
}

func (f *finding) tellResource(m *Miss, r *Request, said *texts) {
	s := f.statement
	m.Element, m.Got = "Resource", said.add(r.Resource)
	if s.notResource {
		m.Element = "NotResource"
	}
	if key := undecidableVariable(s.resourceVariables, r.Context); key != nil {
		m.Undecidable = key.name
	}
	if m.Want = s.resourceTexts; len(s.resourceVariables) > 0 {
		m.Want = said.add(m.Want...)
		for i := range m.Want {
			m.Want[i] = render(m.Want[i], s.resources[i].patterns, r.Context)
		}
	}
}

func (f *finding) tellCondition(m *Miss, ctx *Context, said *texts) {
	if f.key != nil {
		m.Undecidable = f.key.name
	}
	c := f.condition
	if c == nil {
		m.Element = "Condition"
		return
	}
	m.Element = c.element
	if m.Want = c.values; c.variables {
		m.Want = said.add(m.Want...)
		for i := range m.Want {
			m.Want[i] = c.tell(i, ctx)
		}
	}
	if e := ctx.lookup(c.key); e != nil {
		m.Got = said.add(ctx.values(e)...)
	}
}

// tell is value i of the policy, with its variables replaced.
func (c *condition) tell(i int, ctx *Context) string {
	if t, ok := c.test.(textTest); ok && t[i].isVariable() { // as it mostly is
		if value, ok := t[i].pieces[0].value(ctx); ok {
			return value
		}
	}
	return render(c.values[i], c.test.patterns, ctx)
}

// texts holds the texts of all misses in one place.
type texts []string

// add returns a copy of list; it is not nil.
func (t *texts) add(list ...string) []string {
	*t = append(*t, list...)
	end := len(*t)
	return (*t)[end-len(list) : end : end]
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
	return strings.NewReplacer(replacements...).Replace(source)
}
