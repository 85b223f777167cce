package policy

import (
	"errors"
	"fmt"
	"strings"
)

// statement is a compiled statement.
type statement struct {
	sid       string
	index     int
	effect    Effect // Allow or ExplicitDeny
	actions   []pattern
	notAction bool
	resources []arnPattern // none in a trust policy
	// resourceTexts are resources as written.
	resourceTexts []string
	notResource   bool
	principals    principals
	conditions    []condition
	// variables are the keys of all variables, resourceVariables those of the resources alone.
	variables, resourceVariables []conditionKey
	start, end                   Position
	brace                        Position // of its first character
}

func (raw *rawStatement) compile(kind rules, variables bool) (statement, error) {
	s := statement{sid: raw.sid.text, start: raw.start, end: raw.end, brace: raw.brace}
	// Resource-based policies take other Sids: "Enable IAM User Permissions" is that of KMS's default key policy, and
	// __default_statement_ID that of an SNS topic's.
	if !kind.resource && strings.ContainsFunc(s.sid, func(r rune) bool { return !isAlphanumeric(r) }) {
		return s, place(raw.sid.at, errors.New("a Sid has letters and digits only"))
	}
	switch raw.effect.text {
	case "Allow":
		s.effect = Allow
	case "Deny":
		s.effect = ExplicitDeny
	default:
		return s, raw.badEffect()
	}
	if err := s.compileActions(raw, kind); err != nil {
		return s, err
	}
	if err := s.compileTarget(raw, kind, variables); err != nil {
		return s, err
	}
	if err := s.compileConditions(raw, variables); err != nil {
		return s, err
	}
	s.collectVariables()
	return s, nil
}

func (s *statement) compileActions(raw *rawStatement, kind rules) error {
	actions := raw.action
	if s.notAction = raw.notAction != nil; s.notAction {
		actions = raw.notAction
	}
	if (raw.action == nil) != s.notAction {
		return errors.New("needs either Action or NotAction")
	}
	for _, w := range actions {
		action, err := compileAction(w.text)
		if err != nil {
			return place(w.at, fmt.Errorf("action %q %w", w.text, err))
		}
		if service, _, _ := strings.Cut(w.text, ":"); kind.trust && !strings.EqualFold(service, "sts") {
			// IAM: "AssumeRole policy may only specify STS AssumeRole actions."
			return place(w.at, fmt.Errorf("action %q is none of sts", w.text))
		}
		s.actions = append(s.actions, action)
	}
	return nil
}

// compileTarget compiles the principals of a trust policy, or the resources of any other.
func (s *statement) compileTarget(raw *rawStatement, kind rules, variables bool) (err error) {
	resources := raw.resource
	if s.notResource = raw.noResource != nil; s.notResource {
		resources = raw.noResource
	}
	if kind.trust {
		switch {
		case resources != nil:
			return place(resources[0].at, errors.New("a trust policy has no Resource: it is the role"))
		case len(raw.principal) == 0:
			return errors.New("needs a Principal")
		}
		s.principals, err = compilePrincipals(raw.principal)
		return err
	}
	if kind.resource {
		err = s.compilePrincipals(raw)
	} else if raw.hasPrincipal {
		err = errors.New("an identity policy has no Principal: it is who the policy is attached to")
	}
	if err != nil {
		return err
	}
	if (raw.resource == nil) != s.notResource {
		return errors.New("needs either Resource or NotResource")
	}
	s.resourceTexts = textsOf(resources)
	for _, w := range resources {
		// Where an entry that matches nothing would grant more, it is refused.
		resource, err := compileResource(w.text, variables, kind.awsWritten && s.effect == Allow && !s.notResource)
		if err != nil {
			return place(w.at, err)
		}
		s.resources = append(s.resources, resource)
	}
	return nil
}

// compilePrincipals compiles Principal or NotPrincipal of a resource-based policy. "You must use NotPrincipal with
// Effect Deny": an Allow would let in everyone else.
func (s *statement) compilePrincipals(raw *rawStatement) (err error) {
	if (len(raw.principal) == 0) == (len(raw.notPrincipal) == 0) {
		return errors.New("needs either Principal or NotPrincipal")
	}
	if len(raw.principal) > 0 {
		s.principals, err = compilePrincipals(raw.principal)
		return err
	}
	if s.effect == Allow {
		return errors.New("has NotPrincipal, which is for Deny only")
	}
	s.principals, err = compilePrincipals(raw.notPrincipal)
	s.principals.not = true
	return err
}

func (s *statement) compileConditions(raw *rawStatement, variables bool) error {
	for _, block := range raw.condition {
		if len(block.keys) == 0 {
			return place(block.operator.at, fmt.Errorf("condition %s names no key", block.operator.text))
		}
		for i, m := range block.keys {
			for _, earlier := range block.keys[:i] {
				// Access Analyzer: "Duplicate keys with different case".
				if strings.EqualFold(earlier.name.text, m.name.text) {
					return place(m.name.at, fmt.Errorf("condition %s has the key %s twice", block.operator.text, m.name.text))
				}
			}
			c, err := compileCondition(block.operator.text, m.name.text, textsOf(m.values), variables)
			if err != nil {
				return place(faultOf(block.operator, m, variables), err)
			}
			if n := len(s.conditions); n > 0 {
				c.sameKey = strings.EqualFold(s.conditions[n-1].key.name, c.key.name)
			}
			s.conditions = append(s.conditions, c)
		}
	}
	return nil
}

func (s *statement) collectVariables() {
	collect := func(p *pattern) {
		for i := range p.pieces {
			if p.pieces[i].kind == pieceVariable {
				s.variables = append(s.variables, p.pieces[i].key)
			}
		}
	}
	for i := range s.resources {
		s.resources[i].patterns(collect)
	}
	s.resourceVariables = s.variables[:len(s.variables):len(s.variables)]
	for i := range s.conditions {
		s.conditions[i].test.patterns(collect)
	}
}

// names reports whether the Action element names action: "The prefix and the action name are case
// insensitive" (IAM User Guide, "IAM JSON policy elements: Action").
func (s *statement) names(action string) bool {
	for i := range s.actions {
		if s.actions[i].matchFold(action) {
			return !s.notAction
		}
	}
	return s.notAction
}

// obstacle is why a statement that names the action of a request does not apply to it. The zero obstacle: it applies.
type obstacle struct {
	element   element
	condition *condition    // that failed; nil: none is looked at where key cannot be decided
	key       *conditionKey // of a condition or of a variable in one, that cannot be decided
}

type element uint8

const (
	nothing element = iota
	principalElement
	resourceElement
	conditionElement
)

// examine looks at all but the action and the principals of s.
func (s *statement) examine(r *Request) obstacle {
	if !s.coversResource(r) {
		return obstacle{element: resourceElement}
	}
	return s.failedCondition(r.Context)
}

// coversResource matches Resource or NotResource. "The resource that includes a policy variable with no
// value will not match any resource" (IAM User Guide, "Policy variables with no value"). What that means
// for NotResource is documented nowhere; here it keeps an Allow from applying, and a Deny applies as if the
// entry were not there.
func (s *statement) coversResource(r *Request) bool {
	if s.effect == ExplicitDeny && undecidableVariable(s.resourceVariables, r.Context) != nil {
		return true
	}
	for i := range s.resources {
		p := &s.resources[i]
		if s.notResource && s.effect == Allow && !p.resolves(r.Context) {
			return false
		}
		if p.match(r.Resource, r.Context) {
			return !s.notResource
		}
	}
	return s.notResource
}

// failedCondition looks at the conditions: all must be true. If a condition cannot be decided, a Deny applies and an Allow does
// not, whatever the other conditions say.
func (s *statement) failedCondition(ctx *Context) obstacle {
	if key := s.undecidable(ctx); key != nil {
		if s.effect == Allow {
			return obstacle{conditionElement, nil, key}
		}
		return obstacle{}
	}
	var e *entry
	for i := range s.conditions {
		c := &s.conditions[i]
		if !c.sameKey {
			e = ctx.lookup(c.key)
		}
		switch c.evaluate(e, ctx) {
		case no:
			return obstacle{conditionElement, c, nil}
		case undecidable:
			if s.effect == Allow {
				return obstacle{conditionElement, c, &c.key}
			}
		}
	}
	return obstacle{}
}

// undecidable returns a key of s whose values are unknown or that may count as absent, or a multivalued key that s uses as a
// variable: "You can't use a multivalued condition key as a variable."
func (s *statement) undecidable(ctx *Context) *conditionKey {
	if ctx == nil {
		return nil
	}
	if key := undecidableVariable(s.variables, ctx); key != nil {
		return key
	}
	if !ctx.unknown {
		return nil
	}
	for i := range s.conditions {
		if e := ctx.lookup(s.conditions[i].key); e != nil && e.undecidable() {
			return &s.conditions[i].key
		}
	}
	return nil
}

func undecidableVariable(variables []conditionKey, ctx *Context) *conditionKey {
	for i := range variables {
		if ctx == nil || ctx.noVariable&bucketBit(variables[i].hash) == 0 { // as mostly: it spares the search
			continue
		}
		if e := ctx.lookup(variables[i]); e != nil && (e.undecidable() || e.multivalued()) {
			return &variables[i]
		}
	}
	return nil
}
