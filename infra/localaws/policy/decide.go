package policy

// outcome is what one or more policies say; the zero outcome is an implicit deny. It is small, to be copied where a Decision is not.
type outcome struct {
	effect    Effect
	policy    *Named
	statement *statement
	layer     layerID // that denies
}

// tell fills in d.
func (o outcome) tell(d *Decision) {
	d.Effect, d.Layer = o.effect, layerNames[o.layer]
	if o.policy != nil {
		d.Statement.Policy, d.Statement.Sid, d.Statement.Index = o.policy.Name, o.statement.sid, o.statement.index
	}
}

// in is o, a denial, with the layer that it comes from.
func (o outcome) in(l layerID) outcome {
	o.layer = l
	return o
}

// Decide evaluates r as IAM does for a request to a service without resource policies: IAM User Guide,
// "Policy evaluation logic". An explicit Deny in any layer wins; then every layer must allow.
func (p Policies) Decide(r *Request) (d Decision) {
	p.decide(r, nil).tell(&d)
	return d
}

func (p *Policies) decide(r *Request, t *trace) outcome {
	if r.Action == "" || r.Resource == "" {
		return outcome{layer: identityLayer}
	}
	a := newAction(r.Action)
	var own layers
	own.evaluate(p, r, &a, t)
	return own.outcome()
}

// layers are what each layer of a caller's own policies says. One that is absent allows everything.
type layers struct{ identity, boundary, session outcome }

func (l *layers) evaluate(p *Policies, r *Request, a *action, t *trace) {
	l.identity.addAll(p.Identity, r, a, t)
	if p.Boundary != nil {
		l.boundary.add(p.Boundary, r, a, t)
	} else {
		l.boundary.effect = Allow
	}
	if p.Session != nil {
		l.session.addAll(p.Session, r, a, t)
	} else {
		l.session.effect = Allow
	}
}

func (l *layers) outcome() outcome {
	switch {
	case l.identity.effect == ExplicitDeny:
		return l.identity.in(identityLayer)
	case l.boundary.effect == ExplicitDeny:
		return l.boundary.in(boundaryLayer)
	case l.session.effect == ExplicitDeny:
		return l.session.in(sessionLayer)
	case l.identity.effect != Allow:
		return l.identity.in(identityLayer)
	}
	return l.limit(l.identity)
}

// limit is o, an allow, where the two layers that only remove permissions allow too.
func (l *layers) limit(o outcome) outcome {
	switch {
	case l.boundary.effect != Allow:
		return l.boundary.in(boundaryLayer)
	case l.session.effect != Allow:
		return l.session.in(sessionLayer)
	}
	return o
}

func (o *outcome) addAll(policies []Named, r *Request, a *action, t *trace) {
	for i := range policies {
		o.add(&policies[i], r, a, t)
	}
}

// add turns o, the outcome of the policies before n, into the one that includes n. a is r's action. With t it looks at statements
// that cannot change the outcome, too.
func (o *outcome) add(n *Named, r *Request, a *action, t *trace) {
	if n.Policy == nil {
		return
	}
	statements, exact := n.Policy.index.naming(a)
	for _, i := range statements {
		s := &n.Policy.statements[i]
		settled := o.effect == ExplicitDeny || s.effect == Allow && o.effect == Allow
		if settled && t == nil || !exact && !s.names(a.text) {
			continue
		}
		if miss := s.examine(r); miss.element != nothing {
			t.add(n, s, miss)
		} else if !settled {
			o.effect, o.policy, o.statement = s.effect, n, s
		}
	}
}

func (n *Named) statement(s *statement) Statement {
	return Statement{Policy: n.Name, Sid: s.sid, Index: s.index}
}

// DecideTrust evaluates r, an sts action on a role, by the role's trust policy and the caller's own
// policies. The trust policy must allow; an explicit Deny in either wins. IAM User Guide, "Policy
// evaluation logic", on resource policies within an account: naming the caller's session, or everyone
// ({"AWS": "*"}), is enough; naming its role is enough within its permissions boundary and session
// policies; naming its account needs the caller's own Allow. A caller of another account than r.Resource's
// needs its own Allow always ("Cross-account policy evaluation logic"). Root assumes no role.
func DecideTrust(trust Named, caller Policies, r *Request) (d Decision) {
	trust.admit(trustLayer, &caller, r, nil).tell(&d)
	return d
}

// admit decides r by n, a policy that must allow, and by the caller's own policies.
func (n *Named) admit(l layerID, caller *Policies, r *Request, t *trace) outcome {
	if r.Action == "" || r.Resource == "" {
		return outcome{layer: l}
	}
	r = caller.bounding(r)
	a := newAction(r.Action)
	best, granted := n.grants(r, &a, t)
	var own layers
	own.evaluate(caller, r, &a, t)
	if granted.effect == ExplicitDeny || n.Policy == nil || r.Caller.Service != "" {
		return granted.in(l)
	}
	callers := own.outcome()
	switch {
	case callers.effect == ExplicitDeny:
		return callers
	case granted.effect != Allow:
		return granted.in(l)
	case best == delegated || !r.Caller.sharesAccount(r.Resource):
		if callers.effect != Allow {
			return callers
		}
	case best == roleGranted:
		return own.limit(granted)
	}
	return granted
}

// bounding is r, with the word that its caller has a permissions boundary where p has one.
func (p *Policies) bounding(r *Request) *Request {
	if p.Boundary == nil || r.Caller.Bounded {
		return r
	}
	bounded := *r
	bounded.Caller.Bounded = true
	return &bounded
}

// grants returns how much n, a trust policy or a resource-based one, grants r's caller, and n's own outcome.
func (n *Named) grants(r *Request, a *action, t *trace) (best grant, o outcome) {
	if n.Policy == nil {
		return notNamed, outcome{}
	}
	statements, exact := n.Policy.index.naming(a)
	for _, i := range statements {
		s := &n.Policy.statements[i]
		if !exact && !s.names(a.text) {
			continue
		}
		g, miss := s.trusts(r)
		switch {
		case miss.element != nothing:
			t.add(n, s, miss)
		case o.effect == ExplicitDeny:
		case s.effect == ExplicitDeny:
			best, o = notNamed, outcome{effect: ExplicitDeny, policy: n, statement: s}
		case g > best:
			best, o = g, outcome{effect: Allow, policy: n, statement: s}
		}
	}
	return best, o
}

// trusts returns how far s, of a policy that names principals, goes for r's caller; for a Deny anything but notNamed means
// that it applies.
func (s *statement) trusts(r *Request) (grant, obstacle) {
	g := notNamed
	if s.effect == Allow {
		g = s.allows(&r.Caller)
	} else if s.principals.denies(&r.Caller) {
		g = direct
	}
	if g == notNamed {
		return notNamed, obstacle{element: principalElement}
	}
	if s.resources != nil && !s.coversResource(r) {
		return notNamed, obstacle{element: resourceElement} // a trust policy has no resources: it is the role's own
	}
	if miss := s.failedCondition(r.Context); miss.element != nothing {
		return notNamed, miss
	}
	return g, obstacle{}
}

// allows returns how far an Allow goes for caller. The root of an account cannot assume a role (STS API reference, AssumeRole).
func (s *statement) allows(caller *Caller) grant {
	if isTrust := s.resources == nil; isTrust && caller.isRoot() {
		return notNamed
	}
	return s.principals.allows(caller)
}
