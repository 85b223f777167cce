package theorem

import (
	"testing"

	"example.com/shiptrack/infra/localaws/policy"
)

// TestKeysTellConstraintsApart: what is kept under a key must be of no other constraint, whatever characters a policy has.
func TestKeysTellConstraintsApart(t *testing.T) {
	text := func(parts ...policy.Part) policy.Text { return policy.Text{Parts: parts} }
	literal := func(s string) policy.Part { return policy.Part{Text: s} }
	seen := map[string]int{}
	for i, c := range []constraint{
		{texts: []policy.Text{text(literal("a"), policy.Part{Kind: policy.Many})}},
		{texts: []policy.Text{text(literal("a\x01\x02"))}},
		{texts: []policy.Text{text(literal("a"), literal("b"))}},
		{texts: []policy.Text{text(literal("a\x01\x00b"))}},
		{texts: []policy.Text{text(literal("a")), text(literal("b"))}},
		{texts: []policy.Text{text(literal("a\x00\x01\x00b"))}},
		{texts: []policy.Text{text(literal("a"))}, negated: true},
		{texts: []policy.Text{text(literal("a"))}, folding: foldASCII},
		{texts: []policy.Text{text(literal("a"))}},
		{arns: []policy.ARN{{Any: true}}},
		{arns: []policy.ARN{{Segments: []policy.Text{text(literal("a"))}}}},
		{},
	} {
		if other, taken := seen[c.key()]; taken {
			t.Errorf("constraints %d and %d have one key", other, i)
		}
		seen[c.key()] = i
	}
}
