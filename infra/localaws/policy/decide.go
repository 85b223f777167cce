package policy

// Decide evaluates r as IAM does for a request to a service without resource policies: IAM User Guide,
// "Policy evaluation logic". An explicit Deny in any layer wins; then every layer must allow.
func (p Policies) Decide(r *Request) Decision {
	if r.Action == "" || r.Resource == "" {
		return Decision{Layer: layerIdentity}
	}
	identity := evaluateAll(p.Identity, r, layerIdentity)
	boundary, session := p.limits(r)
	for _, d := range [...]*Decision{&identity, &boundary, &session} {
		if d.Effect == ExplicitDeny {
			return *d
		}
	}
	for _, d := range [...]*Decision{&identity, &boundary, &session} {
		if d.Effect != Allow {
			return *d
		}
	}
	identity.Layer = ""
	return identity
}

// limits evaluates the two layers that only take away; one that is not there allows.
func (p *Policies) limits(r *Request) (boundary, session Decision) {
	boundary.Effect, session.Effect = Allow, Allow
	if p.Boundary != nil {
		boundary = Decision{Layer: layerBoundary}
		p.Boundary.evaluate(r, &boundary)
	}
	if p.Session != nil {
		session = evaluateAll(p.Session, r, layerSession)
	}
	return boundary, session
}

func evaluateAll(policies []Named, r *Request, layer string) Decision {
	d := Decision{Layer: layer}
	for i := range policies {
		policies[i].evaluate(r, &d)
		if d.Effect == ExplicitDeny {
			break
		}
	}
	return d
}

// evaluate turns d, the decision on the policies before n, into the one that includes n; d's layer stays.
func (n *Named) evaluate(r *Request, d *Decision) {
	if n.Policy == nil {
		return
	}
	for i := range n.Policy.statements {
		s := &n.Policy.statements[i]
		if s.effect == Allow && d.Effect == Allow || !s.applies(r) {
			continue
		}
		d.Effect, d.Statement = s.effect, n.statement(s)
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
	d := Decision{Layer: layerTrust}
	if r.Action == "" || r.Resource == "" || trust.Policy == nil {
		return d
	}
	best := notNamed
	for i := range trust.Policy.statements {
		s := &trust.Policy.statements[i]
		g := s.trusts(r)
		if s.effect == ExplicitDeny && g != notNamed {
			return Decision{Effect: ExplicitDeny, Statement: trust.statement(s), Layer: layerTrust}
		}
		if g > best {
			best, d = g, Decision{Effect: Allow, Statement: trust.statement(s)}
		}
	}
	if r.Caller.Service != "" {
		return d
	}
	own := caller.Decide(r)
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

// sharesAccount reports whether c and the role belong to one account.
func (c *Caller) sharesAccount(role string) bool {
	segments := splitARN(role, false)
	return len(segments) == arnColons+1 && segments[4] == c.Account && c.Account != ""
}

// trusts returns how far s, of a trust policy, goes for r's caller; for a Deny anything but notNamed means
// that it applies.
func (s *statement) trusts(r *Request) grant {
	g := notNamed
	if s.effect == Allow {
		g = s.principals.allows(&r.Caller)
	} else if s.principals.denies(&r.Caller) {
		g = direct
	}
	if g == notNamed || !s.names(r.Action) || !s.meetsConditions(r.Context) {
		return notNamed
	}
	return g
}
