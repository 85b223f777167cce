package policy

// outcome is what a layer says; the zero outcome is an implicit deny.
type outcome struct {
	effect    Effect
	policy    *Named
	statement *statement
}

func (o *outcome) decision(layer string) Decision {
	d := Decision{Effect: o.effect, Layer: layer}
	if o.policy != nil {
		d.Statement = o.policy.statement(o.statement)
	}
	return d
}

// Decide evaluates r as IAM does for a request to a service without resource policies: IAM User Guide,
// "Policy evaluation logic". An explicit Deny in any layer wins; then every layer must allow.
func (p Policies) Decide(r *Request) Decision { return p.decide(r) }

func (p *Policies) decide(r *Request) Decision {
	if r.Action == "" || r.Resource == "" {
		return Decision{Layer: layerIdentity}
	}
	var identity outcome
	identity.addAll(p.Identity, r)
	if p.Boundary == nil && p.Session == nil {
		if identity.effect == Allow {
			return identity.decision("")
		}
		return identity.decision(layerIdentity)
	}
	boundary, session := p.limits(r)
	switch {
	case identity.effect == ExplicitDeny:
		return identity.decision(layerIdentity)
	case boundary.Effect == ExplicitDeny:
		return boundary
	case session.Effect == ExplicitDeny:
		return session
	case identity.effect != Allow:
		return identity.decision(layerIdentity)
	case boundary.Effect != Allow:
		return boundary
	case session.Effect != Allow:
		return session
	}
	return identity.decision("")
}

// limits evaluates the two layers that only remove permissions; a layer that is absent allows everything.
func (p *Policies) limits(r *Request) (boundary, session Decision) {
	boundary.Effect, session.Effect = Allow, Allow
	if p.Boundary != nil {
		var o outcome
		o.add(p.Boundary, r, serviceOf(r.Action))
		boundary = o.decision(layerBoundary)
	}
	if p.Session != nil {
		var o outcome
		o.addAll(p.Session, r)
		session = o.decision(layerSession)
	}
	return boundary, session
}

func (o *outcome) addAll(policies []Named, r *Request) {
	service := serviceOf(r.Action)
	for i := range policies {
		o.add(&policies[i], r, service)
	}
}

// add turns o, the outcome of the policies before n, into the one that includes n. service is that of r's action.
func (o *outcome) add(n *Named, r *Request, service string) {
	if n.Policy == nil || o.effect == ExplicitDeny {
		return
	}
	for _, i := range n.Policy.services.naming(service) {
		s := &n.Policy.statements[i]
		if s.effect == Allow && o.effect == Allow || !s.applies(r) {
			continue
		}
		o.effect, o.policy, o.statement = s.effect, n, s
		if s.effect == ExplicitDeny {
			return
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
func DecideTrust(trust Named, caller Policies, r *Request) Decision {
	return trust.admit(layerTrust, caller, r)
}

// admit decides r by n, a policy that must allow, and by the caller's own policies.
func (n *Named) admit(layer string, caller Policies, r *Request) Decision {
	if r.Action == "" || r.Resource == "" || n.Policy == nil {
		return Decision{Layer: layer}
	}
	r = caller.bounding(r)
	best, d := n.grants(r, layer)
	if d.Effect == ExplicitDeny {
		return d
	}
	if r.Caller.Service != "" {
		return d
	}
	own := caller.decide(r)
	switch {
	case own.Effect == ExplicitDeny:
		return own
	case d.Effect != Allow:
		return d
	case best == delegated || !r.Caller.sharesAccount(r.Resource):
		if own.Effect != Allow {
			return own
		}
	case best == roleGranted:
		boundary, session := caller.limits(r)
		if boundary.Effect != Allow {
			return boundary
		}
		if session.Effect != Allow {
			return session
		}
	}
	return d
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
func (n *Named) grants(r *Request, layer string) (grant, Decision) {
	best, d := notNamed, Decision{Layer: layer}
	if n.Policy == nil {
		return best, d
	}
	for i := range n.Policy.statements {
		s := &n.Policy.statements[i]
		g := s.trusts(r)
		if s.effect == ExplicitDeny && g != notNamed {
			return notNamed, Decision{Effect: ExplicitDeny, Statement: n.statement(s), Layer: layer}
		}
		if g > best {
			best, d = g, Decision{Effect: Allow, Statement: n.statement(s)}
		}
	}
	return best, d
}

// allows returns how far an Allow goes for caller. The root of an account cannot assume a role (STS API reference, AssumeRole).
func (s *statement) allows(caller *Caller) grant {
	if isTrust := s.resources == nil; isTrust && caller.isRoot() {
		return notNamed
	}
	return s.principals.allows(caller)
}

// trusts returns how far s, of a policy that names principals, goes for r's caller; for a Deny anything but notNamed means
// that it applies.
func (s *statement) trusts(r *Request) grant {
	g := notNamed
	if s.effect == Allow {
		g = s.allows(&r.Caller)
	} else if s.principals.denies(&r.Caller) {
		g = direct
	}
	if s.resources != nil && !s.coversResource(r) {
		return notNamed // a trust policy has no resources: it is the role's own
	}
	if g == notNamed || !s.names(r.Action) || !s.meetsConditions(r.Context) {
		return notNamed
	}
	return g
}
