package localaws

import (
	"cmp"
	"strconv"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/identity"
	"example.com/shiptrack/infra/localaws/internal/scrub"
	"example.com/shiptrack/infra/localaws/policy"
)

// The members of GetRequestAuthorizationDetails' answer: IAM Toolbox API reference.

type evaluation struct {
	Action          string          `json:"action"`
	Resource        string          `json:"resource"`
	Context         contextValues   `json:"context"`
	EvaluatedEffect string          `json:"evaluatedEffect"`
	MatchedPolicies []matchedPolicy `json:"matchedPolicies"`
	Checks          []check         `json:"checks"`
}

type matchedPolicy struct {
	URI               string             `json:"uri"`
	MatchedStatements []matchedStatement `json:"matchedStatements"`
}

type matchedStatement struct {
	Sid             string `json:"sid"`
	EvaluatedEffect string `json:"evaluatedEffect"`
}

type check struct {
	CheckType           string          `json:"checkType"`
	EvaluatedEffect     string          `json:"evaluatedEffect"`
	RelevantPolicyTypes []string        `json:"relevantPolicyTypes"`
	MatchedPolicies     []matchedPolicy `json:"matchedPolicies"`
}

type policyInfo struct {
	Type       string       `json:"type"`
	Inline     bool         `json:"inline"`
	URI        string       `json:"uri"`
	AttachedTo []attachedTo `json:"attachedTo"`
}

type attachedTo struct {
	ARN string `json:"arn"`
}

// considered is a policy that was asked, and the layer of the decision that it belongs to.
type considered struct {
	named *policy.Named
	layer string
	info  policyInfo
}

// checkTypes are how IAM Toolbox calls the layers: the check, and the type of its policies.
var checkTypes = map[string]struct{ check, policies string }{
	"trust": {"RESOURCE", "RESOURCE_BASED_POLICY"}, "resource": {"RESOURCE", "RESOURCE_BASED_POLICY"}, "identity": {"PRINCIPAL", "IDENTITY_BASED_POLICY"},
	"boundary": {"PERMISSIONS_BOUNDARY", "PERMISSIONS_BOUNDARY"}, "session": {"SESSION", "SESSION_POLICY"},
}

// The effects, as IAM Toolbox spells them.
const (
	allows          = "ALLOW"
	explicitlyDeny  = "EXPLICIT_DENY"
	implicitlyDeny  = "IMPLICIT_DENY"
	withoutImpact   = "NO_IMPACT"
	statementDenies = "DENY"
)

var effectNames = map[string]string{"Allow": allows, "ExplicitDeny": explicitlyDeny, "ImplicitDeny": implicitlyDeny}

// layersOf are the layers that decide d, in the order in which checks are answered.
func (d *decided) layersOf() []string {
	var all []string
	switch {
	case d.permission.Trust != nil:
		all = append(all, "trust")
	case d.resourcePolicy() != nil || d.decision.Layer == "resource":
		all = append(all, "resource")
	}
	if d.principal.Kind == identity.Service {
		return all
	}
	all = append(all, "identity")
	if d.principal.Policies.Boundary != nil {
		all = append(all, "boundary")
	}
	if d.principal.Policies.Session != nil {
		all = append(all, "session")
	}
	return all
}

// resourcePolicy is the policy of the key or the bucket; nil: none was asked.
func (d *decided) resourcePolicy() *policy.Named {
	return cmp.Or(d.permission.KeyPolicy, d.permission.ResourcePolicy)
}

// policies are those that were asked; resource is what the log calls that of d. The root's permissions are no policy.
func (d *decided) policies(resource string) []considered {
	var all []considered
	add := func(layer, on string, policies ...policy.Named) {
		for i := range policies {
			uri, inline := policies[i].Name, !isPolicyARN(policies[i].Name)
			if inline {
				uri = "inline:" + uri
			}
			all = append(all, considered{&policies[i], layer, policyInfo{checkTypes[layer].policies, inline, uri, []attachedTo{{on}}}})
		}
	}
	if d.permission.Trust != nil {
		add("trust", resource, *d.permission.Trust)
	} else if onResource := d.resourcePolicy(); onResource != nil {
		add("resource", resource, *onResource)
	}
	if p := d.principal; p.Kind != identity.Root && p.Kind != identity.Service {
		on := cmp.Or(p.RoleARN, p.ARN)
		add("identity", on, p.Policies.Identity...)
		if p.Policies.Boundary != nil {
			add("boundary", on, *p.Policies.Boundary)
		}
		add("session", on, p.Policies.Session...)
	}
	return all
}

// isPolicyARN tells a managed policy, which is called by its ARN, from one that is part of a role or of a key.
func isPolicyARN(name string) bool { return strings.HasPrefix(name, "arn:") }

// matched returns the policies of a layer, or of all where it is empty, that have statements which apply to d.
func (d *decided) matched(all []considered, layer string) []matchedPolicy {
	list := []matchedPolicy{}
	for _, c := range all {
		if layer != "" && c.layer != layer {
			continue
		}
		var statements []matchedStatement
		for _, m := range c.named.Matches(d.request) {
			effect := allows
			if m.Effect == policy.ExplicitDeny {
				effect = statementDenies
			}
			// "If the statement has no Sid, one is generated for reference."
			sid := m.Statement.Sid
			if m.Statement.Policy == identity.SessionPolicy {
				sid = scrub.Secrets(sid)
			}
			statements = append(statements, matchedStatement{cmp.Or(sid, "Statement"+strconv.Itoa(m.Statement.Index)), effect})
		}
		if statements != nil {
			list = append(list, matchedPolicy{c.info.URI, statements})
		}
	}
	return list
}

// checks are the layers with what each says by itself.
func (d *decided) checks(all []considered) []check {
	var checks []check
	resourceAllows := false
	for _, layer := range d.layersOf() {
		c := check{checkTypes[layer].check, "", []string{checkTypes[layer].policies}, d.matched(all, layer)}
		c.EvaluatedEffect = effectOf(c.MatchedPolicies)
		switch {
		case layer == "identity" && d.principal.Kind == identity.Root:
			c.EvaluatedEffect = allows
		case c.EvaluatedEffect == implicitlyDeny && d.decision.Layer != layer && (resourceAllows || d.decision.Effect == policy.Allow):
			c.EvaluatedEffect = withoutImpact
		}
		resourceAllows = resourceAllows || c.CheckType == "RESOURCE" && c.EvaluatedEffect == allows
		checks = append(checks, c)
	}
	return checks
}

func effectOf(policies []matchedPolicy) string {
	effect := implicitlyDeny
	for _, p := range policies {
		for _, s := range p.MatchedStatements {
			if s.EvaluatedEffect == statementDenies {
				return explicitlyDeny
			}
			effect = allows
		}
	}
	return effect
}
