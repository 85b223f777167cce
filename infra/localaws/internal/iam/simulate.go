package iam

import (
	"fmt"
	"regexp"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/policy"
)

// simulation is a request to the policy simulator: IAM API reference, SimulateCustomPolicy and SimulatePrincipalPolicy.
type simulation struct {
	policies  policy.Policies
	resource  *policy.Named // the resource policy, if there is one
	owner     string        // the account of resources whose ARNs name none
	caller    policy.Caller
	context   *policy.Context
	actions   []string
	resources []string
	given     bool     // ResourceArns was
	missing   []string // keys that the policies look at and nobody gave
	boundary  bool     // there is a permissions boundary
}

var (
	simulatedAction = regexp.MustCompile(`^[A-Za-z0-9-]+:[A-Za-z0-9]+$`)
	simulatedARN    = regexp.MustCompile(`^arn:[^:*?]+:[^:*?]+:[^:]*:[^:]*:.+$`)
	userARN         = regexp.MustCompile(`^arn:aws:iam::([0-9]{12}):user/(?:[\x21-\x7e]*/)?([\w+=,.@-]+)$`)
	arnAccount      = regexp.MustCompile(`^arn:[^:]*:[^:]*:[^:]*:([0-9]{12}):`)
	ownerARN        = regexp.MustCompile(`^(?:arn:aws:iam::)?([0-9]{12})(?::root)?$`)
)

// maxSimulated is how many statements one request may have evaluated, each for an action and a resource. The answer names
// every statement that matched.
const maxSimulated = 100_000

func invalidInput(format string, args ...any) error {
	return api.Errorf(400, "InvalidInput", format, args...)
}

// SourcePolicyType, as the simulator answers it.
const (
	identitySource = "IAM Policy"
	boundarySource = "Permissions Boundary Policy"
	resourceSource = "Resource Policy"
)

func simulateCustomPolicy(q *query) (*plan, error) {
	s := &simulation{context: new(policy.Context), caller: policy.Caller{Account: q.Account}}
	if err := q.required("PolicyInputList.member.1", "policyInputList"); err != nil {
		return nil, err
	}
	if err := s.readPolicies(q); err != nil {
		return nil, err
	}
	return q.simulate(s, "*")
}

// simulatePrincipalPolicy: the account has no groups, so that a principal is a role or a user.
func simulatePrincipalPolicy(q *query) (*plan, error) {
	arn := q.Form.Get("PolicySourceArn")
	if len(arn) < 20 {
		return nil, invalid("1 validation error detected: Value at 'policySourceArn' failed to satisfy constraint: Member must have length greater than or equal to 20")
	}
	s := &simulation{context: new(policy.Context)}
	if k, principal := q.principal(arn); principal != nil {
		s.caller = policy.Caller{ARN: arn, RoleARN: arn, Account: q.Account}
		s.policies = k.simulatedPolicies(principal, q.snapshot)
		s.context.Set("aws:PrincipalArn", arn)
		if k.noun == "user" {
			s.caller.RoleARN = ""
			s.context.Set("aws:username", principal.Name)
		}
		for _, tag := range principal.Tags {
			s.context.Set("aws:PrincipalTag/"+tag.Key, tag.Value)
		}
	}
	if err := s.readPolicies(q); err != nil {
		return nil, err
	}
	p, err := q.simulate(s, arn)
	if err == nil && s.caller.ARN == "" {
		p.answer = func() (any, error) { return nil, noSuchPrincipal(arn) }
	}
	return p, err
}

// simulate reads what both operations take.
func (q *query) simulate(s *simulation, on string) (*plan, error) {
	for _, read := range []func(*query) error{s.readRequests, s.readResourcePolicy, s.readContext} {
		if err := read(q); err != nil {
			return nil, err
		}
	}
	page, err := q.page()
	if err != nil {
		return nil, err
	}
	if n := len(s.actions) * len(s.resources) * (1 + s.policies.Statements()); n > maxSimulated {
		return nil, invalidInput("The request asks for more than %d evaluations of a statement: simulate fewer actions or resources at a time.", maxSimulated)
	}
	s.caller.Bounded = s.boundary
	s.findMissing()
	return q.on(on, nil, func() (any, error) { return s.answer(q.ctx, page) }), nil
}

// required refuses a request without a parameter that it must have; field is its name in AWS's words.
func (q *query) required(parameter, field string) error {
	if !q.Form.Has(parameter) {
		return invalid("1 validation error detected: Value at '%s' failed to satisfy constraint: Member must not be null", field)
	}
	return nil
}

// readPolicies adds the policies of PolicyInputList, and a boundary, which takes the place of the principal's own.
func (s *simulation) readPolicies(q *query) error {
	for i, text := range q.Form.List("PolicyInputList") {
		named, err := simulated(fmt.Sprintf("PolicyInputList.%d", i+1), text, policy.Simulated)
		if err != nil {
			return err
		}
		s.policies.Identity = append(s.policies.Identity, *named)
	}
	boundaries := q.Form.List("PermissionsBoundaryPolicyInputList")
	if len(boundaries) > 1 {
		return invalidInput("PermissionsBoundaryPolicyInputList takes one policy.")
	}
	for _, text := range boundaries {
		named, err := simulated("PermissionsBoundaryPolicyInputList.1", text, policy.Simulated)
		if err != nil {
			return err
		}
		s.policies.Boundary = named
	}
	s.boundary = s.policies.Boundary != nil
	return nil
}

func simulated(name, text string, kind policy.Kind) (*policy.Named, error) {
	parsed, err := policy.Parse([]byte(text), kind)
	if err != nil {
		return nil, invalidInput("The policy %s is not valid: %s", name, err)
	}
	return &policy.Named{Name: name, Policy: parsed}, nil
}

// readRequests reads which actions are tried on which resources. "This operation does not support using wildcards (*) in an
// action name."
func (s *simulation) readRequests(q *query) error {
	if err := q.required("ActionNames.member.1", "actionNames"); err != nil {
		return err
	}
	s.actions = q.Form.List("ActionNames")
	for _, action := range s.actions {
		if !simulatedAction.MatchString(action) {
			return invalidInput("Invalid action name %q: it must be a service and an operation, such as dynamodb:GetItem, without wildcards.", action)
		}
	}
	s.resources = q.Form.List("ResourceArns")
	if s.given = len(s.resources) > 0; !s.given {
		s.resources = []string{"*"}
	}
	for _, arn := range s.resources {
		if arn != "*" && !simulatedARN.MatchString(arn) {
			return invalidInput("ResourceNames are not in a valid ARN format: %s.", arn)
		}
	}
	q.Form.Get("ResourceHandlingOption") // of EC2's RunInstances: which resources have to be there is not checked
	return nil
}

// readResourcePolicy: "CallerArn is required if you include a ResourcePolicy", and "You can specify only the ARN of an IAM user."
func (s *simulation) readResourcePolicy(q *query) error {
	caller, text, owner := q.Form.Get("CallerArn"), q.Form.Get("ResourcePolicy"), q.Form.Get("ResourceOwner")
	if caller != "" {
		match := userARN.FindStringSubmatch(caller)
		if match == nil {
			return invalidInput("CallerArn must be the ARN of an IAM user: %s", caller)
		}
		s.caller = policy.Caller{ARN: caller, Account: match[1]}
		s.context.Set("aws:PrincipalArn", caller)
		s.context.Set("aws:PrincipalAccount", match[1])
		s.context.Set("aws:username", match[2])
	}
	s.owner = s.caller.Account
	if owner != "" {
		match := ownerARN.FindStringSubmatch(owner)
		if match == nil {
			return invalidInput("ResourceOwner must be the ARN of an account: %s", owner)
		}
		s.owner = match[1]
	}
	if text == "" {
		return nil
	}
	if caller == "" {
		return invalidInput("CallerArn must be provided where ResourcePolicy is.")
	}
	named, err := simulated("ResourcePolicy", text, policy.SimulatedResource)
	s.resource = named
	return err
}

// ownerOf is the account that owns resource: "the owner of any simulated resource that does not identify its owner in the resource ARN"
// is ResourceOwner. Where nobody says who calls, the caller is in the account of the ARN.
func (s *simulation) ownerOf(resource string) string {
	if match := arnAccount.FindStringSubmatch(resource); match != nil && s.caller.ARN != "" {
		return match[1]
	}
	return s.owner
}

// findMissing lists "context keys that are required by the included input policies but that were not provided".
func (s *simulation) findMissing() {
	given := map[string]bool{}
	s.context.Each(func(key string, _ []string, _ bool) { given[strings.ToLower(key)] = true })
	for _, key := range s.keys() {
		if !given[strings.ToLower(key)] {
			s.missing = append(s.missing, key)
		}
	}
}

// keys are those that all policies look at, each once.
func (s *simulation) keys() []string {
	all := s.policies.Identity
	for _, more := range []*policy.Named{s.policies.Boundary, s.resource} {
		if more != nil {
			all = append(all[:len(all):len(all)], *more)
		}
	}
	return keysOf(all)
}

func keysOf(policies []policy.Named) []string {
	var keys []string
	seen := map[string]bool{}
	for _, n := range policies {
		for _, key := range n.Policy.Keys() {
			if folded := strings.ToLower(key); !seen[folded] {
				seen[folded] = true
				keys = append(keys, key)
			}
		}
	}
	return keys
}
