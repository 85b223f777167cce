package tenants_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/policy"
	"example.com/shiptrack/infra/prove"
	"example.com/shiptrack/infra/prove/theorem"
	"example.com/shiptrack/infra/tenants"
	"example.com/shiptrack/pkg/tenant"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func suspended(t testing.TB, name string) tenants.Block {
	return tenants.Block{Tenant: id(t, name), Suspended: true}
}

func revoked(t testing.TB, name string, before time.Time) tenants.Block {
	return tenants.Block{Tenant: id(t, name), Before: before}
}

// decide says whether a boundary allows a session of a tenant, vended at a moment, to read.
func decide(t testing.TB, text, name string, vended time.Time) policy.Effect {
	t.Helper()
	p, err := policy.Parse([]byte(text), policy.Identity)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	keys := new(policy.Context)
	keys.Set("aws:PrincipalTag/TenantID", name)
	keys.Set("aws:TokenIssueTime", vended.Format(time.RFC3339))
	return policy.Policies{Identity: []policy.Named{{Name: "boundary", Policy: p}}}.Decide(&policy.Request{Action: "dynamodb:GetItem", Resource: "arn:aws:dynamodb:us-east-1:000000000000:table/TrackingData", Context: keys}).Effect
}

func TestDocumentDeniesThoseWhoAreBlockedAndNobodyElse(t *testing.T) {
	text, err := tenants.Document(tenants.KeyTag, []tenants.Block{suspended(t, "acme"), revoked(t, "globex", noon), revoked(t, "initech", noon.Add(time.Minute))})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		vended time.Time
		want   policy.Effect
	}{
		{"acme", noon, policy.ExplicitDeny}, {"acme", noon.Add(time.Hour), policy.ExplicitDeny},
		{"acme-eu", noon, policy.Allow}, {"acm", noon, policy.Allow}, {"ACME", noon, policy.Allow},
		{"globex", noon.Add(-time.Second), policy.ExplicitDeny}, {"globex", noon, policy.Allow}, {"globex-2", noon.Add(-time.Hour), policy.Allow},
		{"initech", noon, policy.ExplicitDeny}, {"initech", noon.Add(time.Minute), policy.Allow},
	} {
		if got := decide(t, text, test.name, test.vended); got != test.want {
			t.Errorf("%s, vended %v: %v, want %v", test.name, test.vended, got, test.want)
		}
	}
}

// TestNoBlockIsTheDocumentThatIsShipped: what the files hold is what the command writes when nobody is blocked.
func TestNoBlockIsTheDocumentThatIsShipped(t *testing.T) {
	text, err := tenants.Document(tenants.KeyTag, nil)
	if err != nil {
		t.Fatal(err)
	}
	roles, err := iam.Load(iam.Hardened, values(t))
	if err != nil {
		t.Fatal(err)
	}
	bounded := 0
	for _, r := range roles {
		if r.Boundary == nil {
			continue
		}
		bounded++
		if got, want := strings.Join(strings.Fields(string(r.Boundary)), ""), strings.Join(strings.Fields(text), ""); got != want {
			t.Errorf("%s: %s, want %s", r.Name, got, want)
		}
	}
	if bounded != len(tenants.SessionRoles) {
		t.Errorf("%d roles have a boundary, want %v", bounded, tenants.SessionRoles)
	}
}

// crowdOf are n blocks with ids as long as a UUID.
func crowdOf(t testing.TB, n int, block func(i int, id tenant.ID) tenants.Block) (all []tenants.Block) {
	for i := range n {
		all = append(all, block(i, id(t, fmt.Sprintf("5f0c54f8-62a4-4c5e-9c3b-%012d", i))))
	}
	return all
}

// TestManyRevocationsAreDrawnTogether: more statements than a policy holds become fewer, and each tenant stays denied.
func TestManyRevocationsAreDrawnTogether(t *testing.T) {
	blocks := crowdOf(t, 120, func(i int, id tenant.ID) tenants.Block {
		return tenants.Block{Tenant: id, Before: noon.Add(time.Duration(i) * 17 * time.Second)}
	})
	text, err := tenants.Document(tenants.KeyTag, blocks)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range blocks {
		if got := decide(t, text, b.Tenant.String(), b.Before.Add(-time.Second)); got != policy.ExplicitDeny {
			t.Errorf("%s, vended before its revocation: %v", b.Tenant, got)
		}
		if got := decide(t, text, b.Tenant.String(), blocks[len(blocks)-1].Before); got != policy.Allow {
			t.Errorf("%s, vended after the last revocation: %v", b.Tenant, got)
		}
	}
	if !strings.Contains(text, "DateLessThan") {
		t.Error("no revocation stands in the document")
	}
}

// TestHowManyFit is the source of the figures in how-to/suspend-revoke-or-remove-a-tenant.md.
func TestHowManyFit(t *testing.T) {
	most := func(block func(i int, id tenant.ID) tenants.Block) int {
		for n := 140; ; n++ {
			if _, err := tenants.Document(tenants.KeyTag, crowdOf(t, n, block)); errors.Is(err, tenants.ErrFull) {
				return n - 1
			} else if err != nil {
				t.Fatal(err)
			}
		}
	}
	all := most(func(_ int, id tenant.ID) tenants.Block { return tenants.Block{Tenant: id, Suspended: true} })
	spread := most(func(i int, id tenant.ID) tenants.Block {
		return tenants.Block{Tenant: id, Before: noon.Add(time.Duration(i) * time.Second)}
	})
	if all != 151 || spread != 149 {
		t.Errorf("%d suspended or %d revoked tenants fit, the how-to says 151 and 149", all, spread)
	}
}

func TestDocumentIsTheSameForTheSameBlocksInAnyOrder(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var blocks []tenants.Block
		for i := range rapid.IntRange(0, 60).Draw(r, "blocks") {
			b := tenants.Block{Tenant: id(t, fmt.Sprintf("tenant-%d", i)), Suspended: rapid.Bool().Draw(r, "suspended")}
			if !b.Suspended {
				b.Before = noon.Add(time.Duration(rapid.IntRange(0, 3600).Draw(r, "second")) * time.Second)
			}
			blocks = append(blocks, b)
		}
		first, err := tenants.Document(tenants.KeyTag, blocks)
		again, errAgain := tenants.Document(tenants.KeyTag, rapid.Permutation(blocks).Draw(r, "order"))
		if err != nil || errAgain != nil || first != again {
			r.Fatalf("%v, %v:\n%s\n%s", err, errAgain, first, again)
		}
		for _, b := range blocks {
			vended := noon.Add(-time.Second)
			if got := decide(t, first, b.Tenant.String(), vended); got != policy.ExplicitDeny {
				r.Fatalf("%+v: %v", b, got)
			}
			if got := decide(t, first, b.Tenant.String()+"0", vended); got != policy.Allow && len(blocks) < 11 {
				r.Fatalf("a twin of %+v: %v", b, got)
			}
		}
	})
}

// TestTheoremHoldsWithRevocations: whatever the command writes, the hardened policies keep tenants apart.
func TestTheoremHoldsWithRevocations(t *testing.T) {
	roles, err := iam.Load(iam.Hardened, values(t))
	if err != nil {
		t.Fatal(err)
	}
	text, err := tenants.Document(tenants.KeyTag, append(crowdOf(t, 20, func(i int, id tenant.ID) tenants.Block {
		return tenants.Block{Tenant: id, Before: noon.Add(time.Duration(i%3) * time.Minute)}
	}),
		suspended(t, "acme"), suspended(t, "acme-eu")))
	if err != nil {
		t.Fatal(err)
	}
	for i := range roles {
		if roles[i].Boundary != nil {
			roles[i].Boundary = []byte(text)
		}
	}
	want := verdictsOf(t, mustLoad(t))
	if got := verdictsOf(t, roles); got != want || !strings.Contains(want, "TrackingAccessRole DynamoDB PROVEN") || strings.Contains(want, "REFUTED") || strings.Contains(want, "UNDECIDED") {
		t.Errorf("with revocations:\n%s\nwithout:\n%s", got, want)
	}
}

func mustLoad(t testing.TB) []localaws.Role {
	t.Helper()
	roles, err := iam.Load(iam.Hardened, values(t))
	if err != nil {
		t.Fatal(err)
	}
	return roles
}

// values fill the placeholders of the shipped policies, as prove does.
func values(t testing.TB) localaws.Values {
	t.Helper()
	file, err := iam.EmbeddedOwnership()
	if err != nil {
		t.Fatal(err)
	}
	names, err := prove.ReadNames(file)
	if err != nil {
		t.Fatal(err)
	}
	return names.Values()
}

func verdictsOf(t testing.TB, roles []localaws.Role) string {
	t.Helper()
	owned, err := iam.EmbeddedOwnership()
	if err != nil {
		t.Fatal(err)
	}
	decided, err := prove.Decide(roles, owned, values(t))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, f := range decided.Findings {
		if f.Verdict != theorem.Nothing {
			fmt.Fprintln(&b, f.Role, f.Store, f.Verdict)
		}
	}
	return b.String()
}
