package policy

// DecideResource evaluates r by a resource-based policy and the caller's own policies; owner is the account of the
// resource. IAM User Guide, "Policy evaluation logic": an explicit Deny in either wins. Within one account either may
// allow: naming a user, a session or everyone is enough; naming a role is enough within its permissions boundary and
// session policies; naming the account leaves it to the caller's own policies. Across accounts both must allow
// ("Cross-account policy evaluation logic"): a resource without a policy (a nil Policy) is closed to other accounts. An AWS service has no
// policies of its own: the resource's decides.
func DecideResource(resource Named, owner string, caller Policies, r *Request) (d Decision) {
	resource.share(owner, &caller, r, nil).tell(&d)
	return d
}

// share decides r by n, a policy that may allow, and by the caller's own policies.
func (n *Named) share(owner string, caller *Policies, r *Request, t *trace) outcome {
	if r.Action == "" || r.Resource == "" || owner == "" {
		return outcome{layer: resourceLayer}
	}
	r = caller.bounding(r)
	a := newAction(r.Action)
	best, granted := n.grants(r, &a, t)
	if granted.effect != Allow {
		granted.layer = resourceLayer
	}
	var own layers
	own.evaluate(caller, r, &a, t)
	callers := own.outcome()
	switch {
	case r.Caller.Service != "":
		return granted
	case callers.effect == ExplicitDeny:
		return callers
	case granted.effect == ExplicitDeny:
		return granted
	case owner != r.Caller.Account && granted.effect != Allow:
		return granted
	case owner != r.Caller.Account || callers.effect == Allow || best < roleGranted:
		return callers
	case best == roleGranted:
		return own.limit(granted)
	}
	return granted
}

// ResourceAccount is the account that an ARN names, twelve digits; empty: it names none, as an S3 bucket's, or is no ARN.
func ResourceAccount(arn string) string {
	if account := arnSegment(arn, 4); isAccount(account) {
		return account
	}
	return ""
}

// DecideKey evaluates r, an action on a KMS key, by the key's policy and the caller's own policies. KMS Developer Guide,
// "Key policies in AWS KMS" and "Default key policy": no principal has a permission on a key unless the key policy allows
// it. Naming the account makes the caller's own policies count, and gives the account's root all that the statement allows;
// without that an own Allow is without effect. Naming a session or everyone is enough; naming a role is enough within its
// permissions boundary and session policies. An explicit Deny in either wins.
func DecideKey(key Named, caller Policies, r *Request) (d Decision) {
	key.admit(resourceLayer, &caller, r, nil).tell(&d)
	return d
}
