package methods

import (
	"strings"
	"testing"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/localawstest"
)

func TestCostsAreThoseOfTheRolesThemselves(t *testing.T) {
	const tenants = 40
	for _, m := range All() {
		for n := 1; n <= MaxDefinitions; n++ {
			definitions := define(t, n)
			var names []string
			for i := range tenants {
				names = append(names, Tenant(i))
			}
			roles, err := Roles(m, definitions, names...)
			if err != nil {
				t.Fatal(err)
			}
			got, err := CostOf(m, tenants, definitions)
			if want := costOf(roles[1:]); err != nil || got != want {
				t.Errorf("%s, %d definitions: %+v %v, want %+v", m.Name(), n, got, err, want)
			}
		}
	}
}

func TestHowManyTenantsHaveRoomInAnAccount(t *testing.T) {
	for _, test := range []struct{ definitions, roles, want int }{{1, 1000, 999}, {1, 5000, 4999}, {5, 1000, 199}, {5, 5000, 999}} {
		n, ok, err := MostTenants(RBAC{}, define(t, test.definitions), test.roles)
		if n != test.want || !ok || err != nil {
			t.Errorf("RBAC, %d definitions, %d roles: %d %t %v, want %d", test.definitions, test.roles, n, ok, err, test.want)
		}
		for _, m := range []Method{Generated{}, ABAC{}} {
			if n, ok, err := MostTenants(m, define(t, test.definitions), test.roles); ok || err != nil {
				t.Errorf("%s has room for %d tenants (%v), want any number", m.Name(), n, err)
			}
		}
	}
}

func TestWhatBreaksFirst(t *testing.T) {
	want := map[string]string{"RBAC": rolesOfAccount.Name, "generated policies": sessionForAll.Name, "ABAC": "nothing of IAM"}
	for _, r := range compared(t) {
		if got := breaksFirst(r.Uses); got != want[r.Method.Name()] {
			t.Errorf("%s: %s, want %s", r.Method.Name(), got, want[r.Method.Name()])
		}
	}
	if got := breaksFirst([]Use{{trustPolicy, 2048}}); got != "nothing of IAM" {
		t.Errorf("a trust policy of 2,048 characters breaks %s", got)
	}
}

// The quotas of the page are those that localaws holds to.
func TestASessionPolicyForAllDefinitionsIsTooLong(t *testing.T) {
	definitions := define(t, MaxDefinitions)
	w := world(t, Generated{}, definitions)
	for n, code := range map[int]string{3: "", 4: "ValidationError"} {
		policy, err := together(Tenant(0), definitions[:n])
		if err != nil {
			t.Fatal(err)
		}
		in := ask("EveryTenant", yellow)
		text := string(policy)
		in.Policy = &text
		if (len(text) > sessionForAll.Limit) != (code != "") {
			t.Errorf("%d definitions need %d characters", n, len(text))
		}
		_, _, err = w.Session(t.Context(), in)
		if got, _ := localawstest.Failure(err); got != code {
			t.Errorf("%d definitions, %d characters: %v, want %q", n, len(text), err, code)
		}
	}
}

func TestARoleWhoseNameIsTooLongIsRefused(t *testing.T) {
	w := world(t, RBAC{}, define(t, 4))
	for length, refused := range map[int]bool{43: false, 44: true} {
		if err := w.iam([]string{strings.Repeat("a", length)}); (err != nil) != refused {
			t.Errorf("a tenant's id of %d characters: %v, refused should be %t", length, err, refused)
		}
	}
}

// An account with more roles is not what localaws is asked about.
func TestWhatAnAccountHasNoRoomForIsNotMeasured(t *testing.T) {
	got, err := Measure(t.Context(), RBAC{}, 5000, define(t, 1))
	if want := (Times{Tenants: 5000, Definitions: 1, Roles: 5001}); err != nil || got != want {
		t.Errorf("%+v %v, want %+v", got, err, want)
	}
	for _, m := range All() {
		got, err := Measure(t.Context(), m, 2, define(t, 1))
		added, _ := m.OfTenant(yellow, define(t, 1))
		if err != nil || got.Stores <= 0 || got.First <= 0 || got.Later <= 0 || (got.IAM > 0) != (len(added) > 0) {
			t.Errorf("%s: %+v %v", m.Name(), got, err)
		}
	}
}

func TestSizeIsWithoutWhiteSpace(t *testing.T) {
	if got := costOf([]localaws.Role{{Trust: []byte("{ \"a\":\n\t\"é\" }"), Policies: []localaws.PolicyDocument{{Document: []byte("{}")}}}}); got != (Cost{1, 1, 12}) {
		t.Errorf("%+v", got)
	}
}
