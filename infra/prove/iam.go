package prove

import (
	"context"
	"net/url"
	"slices"

	"example.com/shiptrack/infra/localaws"
)

// iamAttacks try to change the policies themselves: a caller who can do that needs no session of another tenant.
func iamAttacks() []*Attack {
	const harmless = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:ListAllMyBuckets","Resource":"*"}]}`
	var all []*Attack
	for prefix, by := range map[string]string{"": attacker, "service-": service, "seed-": seedTask} {
		role := "~access-role~"
		if by == seedTask {
			role = "~seed-role~"
		}
		add := func(name, does string, values url.Values) {
			values.Set("Version", "2010-05-08")
			values.Set("RoleName", role)
			ask := func(by string) Step { return step(request{by: by, service: "iam", body: values.Encode()}) }
			all = append(all, &Attack{
				Name: "iam/" + prefix + name, Does: by + ": " + does + " of " + role, Differs: "the caller is root", Layer: IAM, Codes: refused, needs: needs[by],
				Attempt: ask(by), Control: ask(root),
			})
		}
		add("get-role", "reads the trust policy", url.Values{"Action": {"GetRole"}})
		add("put-policy", "puts a policy into those", url.Values{"Action": {"PutRolePolicy"}, "PolicyName": {"Planted"}, "PolicyDocument": {harmless}})
		all = append(all, &Attack{
			Name: "iam/" + prefix + "update-trust", Does: by + ": puts the trust policy of " + role, Differs: "the caller is root", Layer: IAM, Codes: refused, needs: needs[by],
			Attempt: updateTrust(by, role), Control: updateTrust(root, role),
		})
	}
	return append(all, whyDenied()...)
}

// updateTrust puts the same document again, so that it changes nothing if it is allowed.
func updateTrust(by, role string) Step {
	return func(ctx context.Context, w *World) (Answer, error) {
		i := slices.IndexFunc(w.roles, func(r localaws.Role) bool { return r.Name == w.names.fill(role) })
		values := url.Values{"Action": {"UpdateAssumeRolePolicy"}, "Version": {"2010-05-08"}, "RoleName": {role}, "PolicyDocument": {string(w.roles[i].Trust)}}
		return w.send(ctx, request{by: by, service: "iam", body: values.Encode()})
	}
}
