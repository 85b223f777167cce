package prove

import (
	"fmt"
	"io"
	"strings"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/policy"
)

// Question is a request to explain, as it would be decided for a session of a role.
type Question struct {
	Principal string // ARN of the role, or of a session of it
	Action    string // "dynamodb:GetItem"
	Resource  string // an ARN
	Tags      []KeyValue
	Context   []KeyValue // further condition keys; a key that is given twice has two values
}

// KeyValue is a tag, or a value of a condition key.
type KeyValue struct{ Key, Value string }

// Explain writes whether the roles' policies allow q, and the statement that decided. For each statement that names
// the action and did not apply, it writes which element failed on which values. It reports whether q is allowed, and
// returns an error where q names no role. For an AssumeRole, the trust policy of the role in Resource decides.
func Explain(out io.Writer, roles []localaws.Role, q Question) (allowed bool, err error) {
	caller, err := roleOf(q.Principal)
	if err != nil {
		return false, err
	}
	own, err := compile(roles, caller)
	if err != nil {
		return false, err
	}
	r := &policy.Request{Action: q.Action, Resource: q.Resource, Context: q.context(), Caller: policy.Caller{
		ARN: "arn:aws:sts::" + account + ":assumed-role/" + caller + "/explain", RoleARN: roleARN(caller), Account: account}}
	decision, misses := own.Decide(r), own.Explain(r)
	if strings.EqualFold(q.Action, "sts:AssumeRole") || strings.EqualFold(q.Action, "sts:TagSession") {
		trust, err := trustOf(roles, q.Resource)
		if err != nil {
			return false, err
		}
		decision, misses = policy.DecideTrust(trust, own, r), policy.ExplainTrust(trust, own, r)
	}
	switch decision.Effect {
	case policy.Allow:
		fmt.Fprintf(out, "allow: %s %s\n", decision.Statement.Policy, decision.Statement.Sid)
	case policy.ExplicitDeny:
		fmt.Fprintf(out, "deny: %s %s denies it\n", decision.Statement.Policy, decision.Statement.Sid)
	default:
		fmt.Fprintf(out, "deny: no statement of the %s policies allows it\n", decision.Layer)
	}
	for _, m := range misses {
		fmt.Fprintf(out, "  %s\n", m)
	}
	return decision.Effect == policy.Allow, nil
}

// roleOf is the role's name in arn:aws:iam::ACCOUNT:role/NAME or arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION.
func roleOf(arn string) (string, error) {
	if _, name, ok := strings.Cut(arn, ":role/"); ok && name != "" {
		return name, nil
	}
	if _, rest, ok := strings.Cut(arn, ":assumed-role/"); ok {
		if name, session, ok := strings.Cut(rest, "/"); ok && name != "" && session != "" {
			return name, nil
		}
	}
	return "", fmt.Errorf("%q is neither a role's ARN nor a session's, such as %s", arn, roleARN("NAME"))
}

func (q Question) context() *policy.Context {
	keys := new(policy.Context)
	for _, t := range q.Tags {
		keys.Set("aws:PrincipalTag/"+t.Key, t.Value)
	}
	values, order := map[string][]string{}, []string{}
	for _, kv := range q.Context {
		if values[kv.Key] == nil {
			order = append(order, kv.Key)
		}
		values[kv.Key] = append(values[kv.Key], kv.Value)
	}
	for _, key := range order {
		if all := values[key]; len(all) > 1 {
			keys.SetAll(key, all)
		} else { // policy variables have no key with several values
			keys.Set(key, all[0])
		}
	}
	return keys
}

// compile returns the permission policies of a role.
func compile(roles []localaws.Role, name string) (policy.Policies, error) {
	var all policy.Policies
	for _, r := range roles {
		if r.Name != name {
			continue
		}
		for _, p := range r.Policies {
			compiled, err := policy.Parse(p.Document, policy.Identity)
			if err != nil {
				return all, err
			}
			all.Identity = append(all.Identity, policy.Named{Name: name + "/" + p.Name, Policy: compiled})
		}
		if r.Boundary != nil {
			compiled, err := policy.Parse(r.Boundary, policy.Identity)
			if err != nil {
				return all, err
			}
			all.Boundary = &policy.Named{Name: name + "/boundary", Policy: compiled}
		}
		return all, nil
	}
	return all, fmt.Errorf("the policy set has no role %s", name)
}

func trustOf(roles []localaws.Role, arn string) (policy.Named, error) {
	name, err := roleOf(arn)
	if err != nil {
		return policy.Named{}, err
	}
	for _, r := range roles {
		if r.Name == name {
			compiled, err := policy.Parse(r.Trust, policy.Trust)
			return policy.Named{Name: name + "/trust", Policy: compiled}, err
		}
	}
	return policy.Named{}, fmt.Errorf("the policy set has no role %s", name)
}
