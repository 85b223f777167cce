package prove

import (
	"context"

	"example.com/shiptrack/infra/localaws/policy"
)

// trustAttacks are those by AWS's own services. Nobody can send a request in their name, so the trust policies are evaluated.
func trustAttacks() []*Attack {
	var all []*Attack
	for name, role := range map[string]string{"": service, "seed-": seedTask, "operator-": operator} {
		add := func(attack, does, differs, service, action string) {
			all = append(all, &Attack{
				Name: "sts/" + name + attack, Does: does + role, Differs: differs, Layer: STS, Codes: denied, needs: needs[role], local: true,
				Attempt: trusted(role, service, action), Control: trusted(role, "ecs-tasks.amazonaws.com", "sts:AssumeRole"),
			})
		}
		add("other-compute", "EC2 starts a machine in ", "the service is ECS", "ec2.amazonaws.com", "sts:AssumeRole")
		add("task-tags", "ECS passes tags to a session of ", "it passes none", "ecs-tasks.amazonaws.com", "sts:TagSession")
		add("task-source-identity", "ECS sets the source identity of a session of ", "it sets none", "ecs-tasks.amazonaws.com", "sts:SetSourceIdentity")
	}
	return all
}

func trusted(role, service, action string) Step {
	return func(_ context.Context, w *World) (Answer, error) {
		trust, err := trustOf(w.roles, w.names.fill(roleARN(role)))
		if err != nil {
			return Answer{}, err
		}
		r := &policy.Request{Action: action, Resource: w.names.fill(roleARN(role)), Caller: policy.Caller{Service: service}, Context: new(policy.Context)}
		d := policy.DecideTrust(trust, policy.Policies{}, r)
		return answerOf(d, func() []policy.Miss { return policy.ExplainTrust(trust, policy.Policies{}, r) }), nil
	}
}
