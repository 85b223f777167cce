package prove

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/prove/mutate"
	"example.com/shiptrack/infra/prove/theorem"
)

const undecidedProof = "undecided"

// prove says of a mutant that is Unnoticed, as no attack notices it alone, what the theorem says of it: that it is refuted, that it decides every request as the
// original does, or that the requests in which it differs touch nobody else's data. Without one of these it stays Unnoticed.
//
// A refutation counts where localaws allows it, as a signed request under the mutant. Of a role of operators the theorem says nothing, so a
// mutant of one has to decide every request as the original does.
func (t *Theorem) prove(ctx context.Context, m *Mutation, roles []localaws.Role) error {
	ofOperator := t.isAdministrative(m.Role)
	if ofOperator {
		roles = slices.DeleteFunc(slices.Clone(roles), func(r localaws.Role) bool { return r.Name != m.Role })
	} else {
		roles, t = t.ofTenants(roles) // what operators reach is the same before and after
	}
	changed, err := m.Apply(roles)
	if err != nil {
		return err
	}
	parsed, err := theorem.Roles(changed)
	if err != nil {
		return err
	}
	before, err := theorem.Roles(roles)
	if err != nil {
		return err
	}
	same, err := theorem.CompareDecided(t.account, before, parsed, t.owned)
	if err != nil {
		return err
	}
	if ofOperator {
		m.settle(nil, same)
		return nil
	}
	findings := t.Findings
	if same.Added != nil || len(same.Undecided) > 0 { // else nothing is allowed that was not
		if findings, err = theorem.Prove(t.account, parsed, t.owned); err != nil {
			return err
		}
	}
	if theorem.Worst(findings) == theorem.Refuted {
		refuted := &Theorem{Findings: findings}
		if err := refuted.replay(ctx, changed); err != nil {
			return err
		}
		for _, refused := range refuted.refused() {
			return fmt.Errorf("mutant %s: %s", m.Name, refused)
		}
		m.Proof, m.Outcome = refuted.told()[0], RefutedByTheorem
		return nil
	}
	m.settle(findings, same)
	return nil
}

// settle gives m its outcome by what is proven. What holds under an assumption alone, which the original does without, makes none harmless
// that nothing notices.
func (m *Mutation) settle(findings []theorem.Finding, c *theorem.Comparison) {
	assumed, holds := theorem.Assumed(findings)
	holds = holds && len(findings) > 0 // of a role of operators there are none
	what, difference := "it adds", c.Added
	if difference == nil {
		what, difference = "it takes away", c.Removed
	}
	switch {
	case c.Same():
		m.Proof, m.Outcome = "proven: it decides every request as the original does", Equivalent
	case holds && difference != nil && len(assumed) == 0:
		m.Proof = fmt.Sprintf("proven harmless: %s %s, and the theorem holds", what, difference)
		if m.Direction != mutate.Narrows { // a control has to notice what is taken away
			m.Outcome = Harmless
		}
	case holds && difference != nil:
		m.Proof = fmt.Sprintf("harmless as long as %s: %s %s, and the theorem holds but for that", strings.Join(assumed, " and "), what, difference)
	default:
		m.Proof = undecidedProof
	}
}
