package prove

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

func (r *Report) outcomes() map[Outcome]int {
	n := map[Outcome]int{}
	for i := range r.Mutations {
		n[r.Mutations[i].Outcome]++
	}
	return n
}

// kinds counts the mutants of each kind by outcome.
func (r *Report) kinds() map[string]map[Outcome]int {
	all := map[string]map[Outcome]int{}
	for i := range r.Mutations {
		m := &r.Mutations[i]
		if all[m.Kind] == nil {
			all[m.Kind] = map[Outcome]int{}
		}
		all[m.Kind][m.Outcome]++
	}
	return all
}

// printMutants writes the mutation score, a row for each kind of mutant.
func (r *Report) printMutants(table io.Writer) {
	if len(r.Mutations) == 0 {
		return
	}
	row := func(kind string, n map[Outcome]int) {
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%d\t%d\n", kind, n[Noticed], n[Masked], n[RefutedByTheorem], n[Equivalent], n[Harmless], n[Unnoticed])
	}
	fmt.Fprintf(table, "\nmutants of the policies\tnoticed\tmasked\trefuted\tequivalent\tharmless\tunnoticed\n")
	kinds := r.kinds()
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		row(kind, kinds[kind])
	}
	row("all", r.outcomes())
	if n := r.undecided(); n > 0 {
		fmt.Fprintf(table, "of the masked ones the theorem decides all but %d: there it cannot say whether the change alone does harm\n", n)
	}
}

// undecided is how many mutants that a second layer hides the theorem says nothing of.
func (r *Report) undecided() (n int) {
	for i := range r.Mutations {
		if r.Mutations[i].Proof == undecidedProof {
			n++
		}
	}
	return n
}

// mutantsMarkdown lists the mutants that an auditor would ask about: those that no attack notices, those that a second layer
// hides, and those that change nothing.
func (r *Report) mutantsMarkdown(b *strings.Builder) {
	if len(r.Mutations) == 0 {
		return
	}
	b.WriteString("\n## Mutants\n\nA mutant is a copy of a policy file with one change. It shows whether the attacks would notice such a mistake: a change that allows more has to let an attack through, and one that allows less has to refuse a control.\n\n")
	b.WriteString("| kind | noticed | masked | refuted | equivalent | harmless | unnoticed |\n| --- | --- | --- | --- | --- | --- | --- |\n")
	kinds := r.kinds()
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		n := kinds[kind]
		fmt.Fprintf(b, "| %s | %d | %d | %d | %d | %d | %d |\n", kind, n[Noticed], n[Masked], n[RefutedByTheorem], n[Equivalent], n[Harmless], n[Unnoticed])
	}
	for _, part := range []struct {
		outcome Outcome
		title   string
		why     func(*Mutation) string
	}{
		{Unnoticed, "Unnoticed: no attack notices this change, and nothing proves that it does no harm", func(m *Mutation) string { return m.Proof }},
		{RefutedByTheorem, "Refuted: no attack notices this change, and the theorem does", func(m *Mutation) string { return m.Proof }},
		{Harmless, "Harmless: what the change adds touches nobody else's data", func(m *Mutation) string { return m.Proof }},
		{Masked, "Masked: a second layer still denies. Once that layer is removed too, an attack notices", func(m *Mutation) string { return strings.TrimSuffix("`"+m.With+"`; then "+m.By+". "+m.Proof, ". ") }},
		{Equivalent, "Equivalent: proven to decide every request as the original does", func(m *Mutation) string { return m.Proof }},
	} {
		r.mutantsOf(b, part.outcome, part.title, part.why)
	}
}

func (r *Report) mutantsOf(b *strings.Builder, outcome Outcome, title string, why func(*Mutation) string) {
	began := false
	for i := range r.Mutations {
		m := &r.Mutations[i]
		if m.Outcome != outcome {
			continue
		}
		if !began {
			fmt.Fprintf(b, "\n### %s\n\n| mutant | |\n| --- | --- |\n", title)
			began = true
		}
		fmt.Fprintf(b, "| `%s` | %s |\n", m.Name, why(m))
	}
}
