package theorem

import (
	"reflect"
	"slices"

	"example.com/shiptrack/infra/localaws/policy"
)

// withoutShared is a and b where they differ in one Deny alone, without the conditions that both forms of it have. What one form denies and the
// other does not is within what they tell apart by the rest: so what is not found there is not there. No request is asked of it.
func withoutShared(a, b statements) (statements, statements) {
	if !slices.EqualFunc(a.allows, b.allows, alike) || len(a.denies) != len(b.denies) {
		return a, b
	}
	differs := -1
	for i := range a.denies {
		switch {
		case alike(a.denies[i], b.denies[i]):
		case differs >= 0:
			return a, b
		default:
			differs = i
		}
	}
	if differs < 0 {
		return a, b
	}
	c, d := a.denies[differs], b.denies[differs]
	a.denies, b.denies = slices.Clone(a.denies), slices.Clone(b.denies)
	a.denies[differs].Conditions = without(c.Conditions, d.Conditions)
	b.denies[differs].Conditions = without(d.Conditions, c.Conditions)
	return a, b
}

// without are those of conditions that others do not have.
func without(conditions, others []policy.ClauseCondition) []policy.ClauseCondition {
	spelled := func(c policy.ClauseCondition) policy.ClauseCondition {
		c.Matches = nil
		return c
	}
	return slices.DeleteFunc(slices.Clone(conditions), func(c policy.ClauseCondition) bool {
		return slices.ContainsFunc(others, func(d policy.ClauseCondition) bool { return reflect.DeepEqual(spelled(c), spelled(d)) })
	})
}

// boundaryOf are the statements of a role's boundary.
func boundaryOf(r *Role) []placed {
	if r.Boundary == nil {
		return nil
	}
	return clausesOf(*r.Boundary)
}
