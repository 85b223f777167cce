package drift

import (
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws/policy"
	"example.com/shiptrack/infra/prove/theorem"
)

// maxTenants bounds how many tenants are asked about: each pair of them is asked.
const maxTenants = 20

// probe is a request for what is victim's, that the policy of the resource itself may allow.
type probe struct{ action, resource, key, value string } // key is a condition key beside the session's tag

// resources asks the policies of keys, bucket and table whether they give a session of one tenant what is another's. The theorem knows
// policies of roles alone.
func (j *Judgement) resources(wanted Wanted, there *There, roles []theorem.Role) {
	tenants := there.tenants(wanted.Tag)
	for i := range there.Keys {
		k := &there.Keys[i]
		for _, owner := range k.tenants(wanted.Tag) {
			j.ask("the policy of KMS key "+k.ID, k.Policy, policy.Key, wanted, roles, tenants, func(victim string) []probe {
				if victim != owner {
					return nil
				}
				return []probe{{"kms:Decrypt", k.ARN, "aws:ResourceTag/" + wanted.Tag, owner}, {"kms:GenerateDataKey", k.ARN, "aws:ResourceTag/" + wanted.Tag, owner}}
			})
		}
	}
	arn := "arn:aws:s3:::" + wanted.Values.Bucket
	j.ask("the policy of bucket "+wanted.Values.Bucket, there.Bucket.Policy, policy.Resource, wanted, roles, tenants, func(victim string) []probe {
		return []probe{
			{"s3:GetObject", arn + "/" + victim + "/1001/pod.pdf", "", ""}, {"s3:PutObject", arn + "/" + victim + "/1001/pod.pdf", "", ""},
			{"s3:DeleteObject", arn + "/" + victim + "/1001/pod.pdf", "", ""}, {"s3:ListBucket", arn, "s3:prefix", victim + "/"},
		}
	})
	j.ask("the resource policy of table "+wanted.Table, there.Table.Policy, policy.Resource, wanted, roles, tenants, func(victim string) []probe {
		return []probe{
			{"dynamodb:GetItem", there.Table.ARN, "dynamodb:LeadingKeys", victim}, {"dynamodb:PutItem", there.Table.ARN, "dynamodb:LeadingKeys", victim},
			{"dynamodb:Scan", there.Table.ARN, "", ""},
		}
	})
	j.ask("the access policy of domain "+wanted.Values.Domain, there.Domain.Policy, policy.Resource, wanted, roles, tenants, func(victim string) []probe {
		return searches(wanted, victim)
	})
}

// searches are requests to search victim's index, as the ownership file names it.
func searches(wanted Wanted, victim string) (all []probe) {
	for _, s := range wanted.Owned.Stores {
		for _, r := range s.Resources {
			for _, a := range r.Access {
				parts := strings.SplitN(a.Owner, ":", 6)
				if len(parts) < 6 || parts[2] != "es" {
					continue
				}
				_, path, _ := strings.Cut(strings.TrimPrefix(parts[5], "domain/"), "/")
				path = strings.NewReplacer("{owner}", victim, "*", "_search").Replace(path)
				all = append(all, probe{"es:ESHttpGet", wanted.domainARN() + "/" + path, "", ""}, probe{"es:ESHttpPost", wanted.domainARN() + "/" + path, "", ""})
			}
		}
	}
	return all
}

// tenants are those that keys are tagged with, and two that may be anybody.
func (t *There) tenants(tag string) []string {
	all := []string{"tenant-a", "tenant-b"}
	for i := range t.Keys {
		all = append(all, t.Keys[i].tenants(tag)...)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	return all[:min(len(all), maxTenants)]
}

// ask asks a document for each two tenants. Where it allows something, and no probe crosses, nothing is shown: whom it lets in is said.
func (j *Judgement) ask(what, document string, kind policy.Kind, wanted Wanted, roles []theorem.Role, tenants []string, probes func(victim string) []probe) {
	if document == "" {
		return
	}
	parsed, err := policy.Parse([]byte(document), kind)
	if err != nil {
		j.add(NotShown, "%s: %v", what, err)
		return
	}
	named := policy.Named{Name: what, Policy: parsed}
	for _, victim := range tenants {
		for _, p := range probes(victim) {
			for i := range roles {
				if by := p.crosses(named, kind, wanted, &roles[i], tenants, victim); by != "" {
					j.add(Broken, "%s lets a session of %s for %q use %s on %s, which is of %q", what, roles[i].Name, by, p.action, p.resource, victim)
					return
				}
			}
		}
	}
	if kind == policy.Key { // its difference from the one of the files says whom it lets in
		return
	}
	for _, c := range parsed.Clauses() {
		if c.Effect == policy.Allow {
			j.add(NotShown, "%s allows something by itself, to %s", what, strings.Join(c.Principals.Source, ", "))
		}
	}
}

// crosses returns the tenant whose session gets what is victim's, or "".
func (p probe) crosses(named policy.Named, kind policy.Kind, wanted Wanted, role *theorem.Role, tenants []string, victim string) string {
	account := wanted.Values.Account
	for _, by := range tenants {
		if by == victim {
			continue
		}
		ctx := new(policy.Context)
		ctx.Set("aws:PrincipalTag/"+wanted.Tag, by)
		ctx.Set("aws:PrincipalAccount", account)
		if p.key != "" {
			ctx.Set(p.key, p.value)
		}
		r := &policy.Request{Action: p.action, Resource: p.resource, Context: ctx, Caller: policy.Caller{
			ARN: "arn:aws:sts::" + account + ":assumed-role/" + role.Name + "/" + by + "@drift", RoleARN: "arn:aws:iam::" + account + ":role/" + role.Name, Account: account,
		}}
		own := policy.Policies{Identity: role.Identity, Boundary: role.Boundary}
		decide := func() policy.Decision { return policy.DecideResource(named, account, own, r) }
		if kind == policy.Key {
			decide = func() policy.Decision { return policy.DecideKey(named, own, r) }
		}
		if decide().Effect == policy.Allow {
			return by
		}
	}
	return ""
}
