package prove

import (
	"fmt"
	"strings"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/prove/mutate"
	"example.com/shiptrack/infra/prove/theorem"
)

const undecidedProof = "undecided"

// prove says of a mutant that no attack notices alone what the theorem says of it: that it is refuted, that it decides every request as the
// original does, or that the requests in which it differs touch nobody else's data. Without one of these it is Unnoticed.
func (t *Theorem) prove(m *Mutation, roles []localaws.Role) error {
	roles, t = t.ofTenants(roles) // what operators reach is the same before and after
	changed, err := m.Apply(roles)
	if err != nil {
		return err
	}
	parsed, err := theorem.Roles(changed)
	if err != nil {
		return err
	}
	same, err := theorem.Compare(t.account, t.roles, parsed, t.owned)
	if err != nil {
		return err
	}
	findings := t.Findings
	if same.Added != nil || len(same.Undecided) > 0 { // else nothing is allowed that was not
		if findings, err = theorem.Prove(t.account, parsed, t.owned); err != nil {
			return err
		}
	}
	if theorem.Worst(findings) == theorem.Refuted {
		m.Proof = "refuted: " + (&Theorem{Findings: findings}).told()[0]
		if m.Outcome == Unnoticed || m.Outcome == Equivalent {
			m.Outcome = RefutedByTheorem
		}
		return nil
	}
	m.settle(findings, same)
	return nil
}

// settle gives m its outcome by what is proven. What holds under an assumption alone, which the original does without, makes none harmless
// that nothing notices.
func (m *Mutation) settle(findings []theorem.Finding, c *theorem.Comparison) {
	assumed, holds := theorem.Assumed(findings)
	what, difference := "it adds", c.Added
	if difference == nil {
		what, difference = "it takes away", c.Removed
	}
	switch {
	case c.Same():
		m.Proof, m.Outcome = "proven: it decides every request as the original does", Equivalent
		return
	case holds && difference != nil && len(assumed) == 0:
		m.Proof = fmt.Sprintf("proven harmless: %s %s, and the theorem holds", what, difference)
		if m.Outcome == Unnoticed || m.Outcome == Equivalent {
			m.Outcome = Harmless
		}
	case holds && difference != nil:
		m.Proof = fmt.Sprintf("harmless as long as %s: %s %s, and the theorem holds but for that", strings.Join(assumed, " and "), what, difference)
	default:
		m.Proof = undecidedProof
	}
	if m.Outcome == Equivalent {
		m.Outcome = Unnoticed
	}
	if m.Outcome == Harmless && m.Direction == mutate.Narrows {
		m.Outcome = Unnoticed // a control has to notice what is taken away
	}
}
