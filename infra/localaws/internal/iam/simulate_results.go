package iam

import (
	"context"
	"fmt"
	"time"

	"example.com/shiptrack/infra/localaws/policy"
)

// The XML forms of the simulator's answers.

type positionElement struct{ Line, Column int }

type statementElement struct {
	SourcePolicyId, SourcePolicyType string
	StartPosition, EndPosition       positionElement
}

type boundaryDetail struct{ AllowedByPermissionsBoundary bool }

type detailEntry struct {
	Key   string `xml:"key"`
	Value string `xml:"value"`
}

type details struct {
	Entry []detailEntry `xml:"entry"`
}

type evaluationResult struct {
	EvalActionName, EvalResourceName, EvalDecision string
	MatchedStatements                              members[statementElement]
	MissingContextValues                           members[string]
	PermissionsBoundaryDecisionDetail              *boundaryDetail
	EvalDecisionDetails                            *details
	ResourceSpecificResults                        *members[resourceResult]
}

type resourceResult struct {
	EvalResourceName, EvalResourceDecision string
	MatchedStatements                      members[statementElement]
	MissingContextValues                   members[string]
	EvalDecisionDetails                    *details
	PermissionsBoundaryDecisionDetail      *boundaryDetail
}

// answer evaluates one page: a result for each action, and in it one for each resource that was named. Where those differ,
// AWS does not document what the action's own decision is; it is the one that grants least, with its resource.
// simulationTime is how long a simulation may take. Patterns with many wildcards take long on long values, and one request
// may hold many of both.
const simulationTime = 5 * time.Second

func (s *simulation) answer(ctx context.Context, p page) (any, error) {
	soon, cancel := context.WithTimeout(ctx, simulationTime)
	defer cancel()
	all := make([]int, len(s.actions))
	for i := range all {
		all[i] = i
	}
	chosen, more := cut(p, all, func(i int) string { return fmt.Sprintf("%09d", i) })
	results := make([]evaluationResult, len(chosen))
	for i, n := range chosen {
		if soon.Err() != nil {
			break
		}
		results[i] = s.evaluateAll(soon, s.actions[n])
	}
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case soon.Err() != nil:
		return nil, invalidInput("The request takes longer than %v to evaluate: simulate fewer actions, resources or context values at a time.", simulationTime)
	}
	return struct {
		EvaluationResults members[evaluationResult]
		paging
	}{members[evaluationResult]{results}, more}, nil
}

// leniency orders decisions by what they grant.
var leniency = map[string]int{decisions[policy.ExplicitDeny]: 0, decisions[policy.ImplicitDeny]: 1, decisions[policy.Allow]: 2}

// evaluateAll evaluates action on each resource, until ctx ends.
func (s *simulation) evaluateAll(ctx context.Context, action string) evaluationResult {
	result := s.evaluate(action, s.resources[0])
	if !s.given {
		return result
	}
	specific := []resourceResult{result.specific()}
	for _, resource := range s.resources[1:] {
		if ctx.Err() != nil {
			return result
		}
		next := s.evaluate(action, resource)
		specific = append(specific, next.specific())
		if leniency[next.EvalDecision] < leniency[result.EvalDecision] {
			result = next
		}
	}
	// "This list is used when the resource in a simulation is "*", either explicitly, or when the ResourceArns parameter blank. If you
	// include a list of resources, then any missing context values are instead included under the ResourceSpecificResults section."
	result.MissingContextValues, result.ResourceSpecificResults = members[string]{}, &members[resourceResult]{specific}
	for i := range specific {
		if specific[i].EvalResourceName == "*" {
			result.MissingContextValues, specific[i].MissingContextValues = specific[i].MissingContextValues, members[string]{}
		}
	}
	return result
}

func (r *evaluationResult) specific() resourceResult {
	return resourceResult{r.EvalResourceName, r.EvalDecision, r.MatchedStatements, r.MissingContextValues, r.EvalDecisionDetails, r.PermissionsBoundaryDecisionDetail}
}

// decisions are EvalDecision's values.
var decisions = map[policy.Effect]string{policy.Allow: "allowed", policy.ExplicitDeny: "explicitDeny", policy.ImplicitDeny: "implicitDeny"}

func (s *simulation) evaluate(action, resource string) evaluationResult {
	r := &policy.Request{Action: action, Resource: resource, Caller: s.caller, Context: s.context}
	owner := s.ownerOf(resource)
	decision := s.policies.Decide(r)
	if s.resource != nil || owner != s.caller.Account {
		decision = policy.DecideResource(s.resourcePolicy(), owner, s.policies, r)
	}
	result := evaluationResult{
		EvalActionName: action, EvalResourceName: resource, EvalDecision: decisions[decision.Effect],
		MatchedStatements: members[statementElement]{s.matched(decision.Effect, r)}, MissingContextValues: members[string]{s.missing},
	}
	if s.boundary {
		allows := policy.Policies{Identity: []policy.Named{*s.policies.Boundary}}.Decide(r).Effect == policy.Allow
		result.PermissionsBoundaryDecisionDetail = &boundaryDetail{allows}
	}
	if owner != s.caller.Account {
		result.EvalDecisionDetails = s.sides(r)
	}
	return result
}

// matched are the statements that determine the result. "If any statement denies that operation, then the explicit deny
// overrides any allow. In addition, the deny statement is the only entry included in the result."
func (s *simulation) matched(effect policy.Effect, r *policy.Request) []statementElement {
	var all []statementElement
	add := func(n *policy.Named, source string) {
		for _, m := range n.Matches(r) {
			if m.Effect == effect {
				all = append(all, statementElement{n.Name, source, positionElement(m.Start), positionElement(m.End)})
			}
		}
	}
	for i := range s.policies.Identity {
		add(&s.policies.Identity[i], identitySource)
	}
	if s.policies.Boundary != nil && effect == policy.ExplicitDeny {
		add(s.policies.Boundary, boundarySource)
	}
	if s.resource != nil {
		add(s.resource, resourceSource)
	}
	return all
}

// resourcePolicy is one without statements where none is given.
func (s *simulation) resourcePolicy() policy.Named {
	if s.resource == nil {
		return policy.Named{}
	}
	return *s.resource
}

// sides says what each kind of policy says by itself: "This parameter is returned only for cross-account simulations."
func (s *simulation) sides(r *policy.Request) *details {
	theirs := policy.ImplicitDeny
	resource := s.resourcePolicy()
	for _, m := range resource.Matches(r) {
		if theirs != policy.ExplicitDeny {
			theirs = m.Effect
		}
	}
	return &details{[]detailEntry{{identitySource, decisions[s.policies.Decide(r).Effect]}, {resourceSource, decisions[theirs]}}}
}
