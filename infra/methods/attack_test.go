package methods

import (
	"testing"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/prove/theorem"
)

// The rows are the ways to ask for a session: no mistake, forgotten, *, another. A method that gives no session answers no control either.
func TestWhatEachMethodLetsThrough(t *testing.T) {
	type outcome struct{ sessions, through, controls int }
	const all, sessions = 24, 15
	want := map[string][]outcome{
		"RBAC":               {{sessions, 0, all}, {0, 0, 0}, {0, 0, 0}, {sessions, 21, 0}},
		"generated policies": {{sessions, 0, all}, {sessions, all, all}, {sessions, 6, 6}, {sessions, 21, 0}},
		"ABAC":               {{sessions, 0, all}, {0, 0, 0}, {0, 0, 0}, {sessions, 21, 0}},
	}
	for _, r := range compared(t) {
		for i, o := range r.Outcomes {
			if got := (outcome{o.Sessions, len(o.Through), o.Controls}); got != want[r.Method.Name()][i] || o.Tried != all {
				t.Errorf("%s, %s: %+v of %d, want %+v of %d; answered: %q", r.Method.Name(), o.Case, got, o.Tried, want[r.Method.Name()][i], all, o.Through)
			}
		}
	}
}

// A broken policy has to be noticed: here RBAC's roles are all of one tenant.
func TestAHoleIsSeen(t *testing.T) {
	definitions := define(t, 1)
	w := world(t, oneForAll{}, definitions, cast...)
	o, err := w.outcome(t.Context(), askings[0])
	if err != nil {
		t.Fatal(err)
	}
	if len(o.Through) != 2 || o.Through[0] != "GetItem by yellow of blue" {
		t.Errorf("%q, want GetItem and Query by yellow of blue", o.Through)
	}
}

// oneForAll is RBAC whose roles all have blue's policy.
type oneForAll struct{ RBAC }

func (oneForAll) OfTenant(tenant string, definitions []Definition) ([]localaws.Role, error) {
	roles, err := RBAC{}.OfTenant(tenant, definitions)
	blues, _ := RBAC{}.OfTenant(blue, definitions)
	for i := range roles {
		roles[i].Policies = blues[i].Policies
	}
	return roles, err
}

func TestWhatTheTheoremSaysOfEachMethod(t *testing.T) {
	want := map[string][2]theorem.Verdict{
		"RBAC": {theorem.Refuted, theorem.Undecided}, "generated policies": {theorem.Refuted, theorem.Refuted}, "ABAC": {theorem.Proven, theorem.Proven},
	}
	for _, r := range compared(t) {
		if got := [2]theorem.Verdict{r.Verdict, r.Tagged}; got != want[r.Method.Name()] {
			t.Errorf("%s: %v, want %v", r.Method.Name(), got, want[r.Method.Name()])
		}
	}
}
