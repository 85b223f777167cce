package policy

// MayAllow reports whether some request for action on resource could be allowed, whatever the conditions and the explicit
// denials say. Where it returns false, Decide allows no such request: it is for a question whose answer costs something
// that only the conditions need.
func (p *Policies) MayAllow(action, resource string) bool {
	if !mayAllow(p.Identity, action, resource) {
		return false
	}
	if p.Boundary != nil && !mayAllow([]Named{*p.Boundary}, action, resource) {
		return false
	}
	return p.Session == nil || mayAllow(p.Session, action, resource)
}

func mayAllow(policies []Named, action, resource string) bool {
	for _, n := range policies {
		if n.Policy == nil {
			continue
		}
		for i := range n.Policy.statements {
			s := &n.Policy.statements[i]
			if s.effect == Allow && s.names(action) && s.mayCover(resource) {
				return true
			}
		}
	}
	return false
}

// Statements is how many statements p has, in all its layers.
func (p *Policies) Statements() int {
	n := 0
	add := func(policies ...Named) {
		for _, named := range policies {
			if named.Policy != nil {
				n += len(named.Policy.statements)
			}
		}
	}
	add(p.Identity...)
	add(p.Session...)
	if p.Boundary != nil {
		add(*p.Boundary)
	}
	return n
}

// mayCover is coversResource where no variable is known yet: each may have any value.
func (s *statement) mayCover(resource string) bool {
	if s.notResource {
		return true
	}
	for i := range s.resources {
		p := &s.resources[i]
		if p.resource.variables || p.whole.variables || p.match(resource, nil) {
			return true
		}
	}
	return false
}
