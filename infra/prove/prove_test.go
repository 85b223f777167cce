package prove

import (
	"testing"

	"example.com/shiptrack/infra/iam"
)

func roles(t testing.TB, set iam.Set) []iam.Role {
	t.Helper()
	all, err := Load(set)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func carryOut(t testing.TB, all []iam.Role) []Row {
	t.Helper()
	rows, err := CarryOut(t.Context(), all, Attacks(), func(Row) {})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestEveryAttackOnTheHardenedPoliciesIsDeniedBesideAControlThatIsAllowed(t *testing.T) {
	rows := carryOut(t, roles(t, iam.Hardened))
	names := map[string]bool{}
	for _, r := range rows {
		if r.Verdict != Holds {
			t.Errorf("%s: %s: attempt %d %s %s, control %d %s %s, %v", r.Attack.Name, r.Verdict, r.Attempt.Status, r.Attempt.Code, r.Attempt.Message, r.Control.Status, r.Control.Code, r.Control.Message, r.Err)
		}
		if names[r.Attack.Name] {
			t.Errorf("two attacks are called %s", r.Attack.Name)
		}
		names[r.Attack.Name] = true
		if r.Attack.Layer == IAM && r.Decided == "" {
			t.Errorf("%s: nothing says what denied it", r.Attack.Name)
		}
	}
	t.Logf("%d attacks", len(rows))
}

