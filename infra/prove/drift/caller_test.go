package drift_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/prove/caller"
	"example.com/shiptrack/infra/prove/caller/callertest"
)

// TestCallerNeedsItsPolicyAndNoLess: with the policy of infra/prove/caller all is read; without one action of it that is named.
func TestCallerNeedsItsPolicyAndNoLess(t *testing.T) {
	k := newKit(t)
	k.bound()
	policy, err := caller.Policy("drift", k.wanted.Values)
	k.must(err)
	if r := k.report(k.as(policy)); r.Code() != 0 {
		t.Fatalf("with the policy: code %d:\n%s", r.Code(), k.told(r))
	}
	for _, action := range callertest.Actions(t, policy) {
		if action == "ReadDomain es:DescribeDomain" { // localaws describes no domain
			continue
		}
		r := k.report(k.as(callertest.Without(t, policy, action)))
		if _, name, _ := strings.Cut(action, " "); len(r.Unread) == 0 || !strings.Contains(r.Unread[0], "AccessDenied") || !strings.Contains(r.Unread[0], name) {
			t.Errorf("without %s: code %d, unread %q; want it named", action, r.Code(), r.Unread)
		}
	}
}

// as is the configuration of a caller with this policy.
func (k *kit) as(policy string) aws.Config {
	k.Helper()
	k.l.PutRoles(k, localaws.Role{
		Name:     "Reader",
		Trust:    []byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`),
		Policies: []localaws.PolicyDocument{{Name: "Read", Document: []byte(policy)}},
	})
	return k.l.Config(k.l.RoleCredentials(k, "Reader", "drift"))
}
