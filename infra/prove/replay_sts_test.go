package prove

import (
	"fmt"
	"strings"
	"testing"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/prove/theorem"
)

// trusting is a role whose trust policy has the statements.
func trusting(name string, statements ...string) localaws.Role {
	return localaws.Role{Name: name, Trust: []byte(`{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`)}
}

// lets is a statement that lets a role do actions.
func lets(role, actions, condition string) string {
	return fmt.Sprintf(`{"Effect":"Allow","Principal":{"AWS":"%s"},"Action":[%s],"Condition":{%s}}`, roleARN(role), actions, condition)
}

// TestSessionsOfAnotherTenantAreReplayed holds that localaws vends each session of which the theorem says that a tenant's session gets it,
// and refuses it once the trust policy holds the tag.
func TestSessionsOfAnotherTenantAreReplayed(t *testing.T) {
	const assume, both = `"sts:AssumeRole"`, `"sts:AssumeRole","sts:TagSession"`
	const any, own, keeps = `"StringLike":{"aws:RequestTag/TenantID":"?*"}`, `"StringEquals":{"aws:RequestTag/TenantID":"${aws:PrincipalTag/TenantID}"}`, `"ForAnyValue:StringEquals":{"sts:TransitiveTagKeys":"TenantID"}`
	task := trusting("Service", `{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}`)
	a := trusting("A", lets("Service", both, any))
	for name, test := range map[string]struct{ open, closed []localaws.Role }{
		"a tag is replaced": {
			[]localaws.Role{task, a, trusting("B", lets("A", both, any))},
			[]localaws.Role{task, a, trusting("B", lets("A", both, own))},
		},
		"a tag is replaced that could be transitive": {
			[]localaws.Role{task, a, trusting("B", lets("A", both, any))},
			[]localaws.Role{task, trusting("A", lets("Service", both, any+","+keeps)), trusting("B", lets("A", both, any))},
		},
		"a tag is replaced, where TagSession alone is held": {
			[]localaws.Role{task, a, trusting("B", lets("A", assume, ""), lets("A", `"sts:TagSession"`, any))},
			[]localaws.Role{task, a, trusting("B", lets("A", assume, ""), lets("A", `"sts:TagSession"`, own))},
		},
		"a tag gets longer": {
			[]localaws.Role{task, a, trusting("B", lets("A", both, strings.Replace(own, "StringEquals", "StringLike", 1)), lets("A", both, `"StringLike":{"aws:RequestTag/TenantID":"${aws:PrincipalTag/TenantID}*"}`))},
			[]localaws.Role{task, a, trusting("B", lets("A", both, strings.Replace(own, "StringEquals", "StringLike", 1)))},
		},
		"a tag is lost two roles deep": {
			[]localaws.Role{task, a, trusting("X", lets("A", assume, "")), trusting("Y", lets("X", assume, "")), trusting("B", lets("Y", both, any))},
			[]localaws.Role{task, a, trusting("X", lets("A", both, own)), trusting("Y", lets("X", both, own)), trusting("B", lets("Y", both, own))},
		},
		"another tag is asked for": {
			[]localaws.Role{task, a, trusting("B", lets("A", both, `"StringEquals":{"aws:RequestTag/TenantID":"${aws:PrincipalTag/Shown}"}`))},
			[]localaws.Role{task, a, trusting("B", lets("A", both, own))},
		},
	} {
		t.Run(name, func(t *testing.T) {
			found := ofSTS(t, test.open)
			if len(found) == 0 {
				t.Fatal("the theorem finds no session")
			}
			for _, r := range replay(t, test.open, found...) {
				if r.How != Sent || !r.Allowed {
					t.Errorf("%s: %s, allowed %t by %s %s %s", r.String(), r.How, r.Allowed, r.Layer, r.Decided, r.Why)
				}
			}
			for _, r := range replay(t, test.closed, found...) {
				if r.Allowed {
					t.Errorf("closed: %s is allowed by %s", r.String(), r.Decided)
				}
			}
			if left := ofSTS(t, test.closed); len(left) > 0 {
				t.Errorf("closed: %s", left[0].String())
			}
		})
	}
}

// ofSTS are the refutations of the column STS.
func ofSTS(t *testing.T, all []localaws.Role) []theorem.Refutation {
	t.Helper()
	parsed, err := theorem.Roles(all)
	if err != nil {
		t.Fatal(err)
	}
	findings, err := theorem.Prove(account, parsed, ownership(t))
	if err != nil {
		t.Fatal(err)
	}
	var found []theorem.Refutation
	for _, f := range findings {
		if f.Store == "STS" {
			found = append(found, f.Refutations...)
		}
	}
	return found
}
