package prove

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/prove/theorem"
)

// Theorem is what the policies say for all tenants and all requests.
type Theorem struct {
	Name      string // of the policies, for people; empty: those of the report
	Ownership iam.Ownership
	Findings  []theorem.Finding
	Took      time.Duration
	// Beside is the theorem for another set of policies, which stands beside this one in the table; nil: none.
	Beside *Theorem
	// Replayed are the refutations as signed requests on localaws, and Derived the attacks that are made of the policies' own Allow
	// statements; none: see Try.
	Replayed []Replayed
	Derived  []Derived
	// Uncovered are requests that localaws allowed although they cross, by a statement by which no attack leaked.
	Uncovered []Replayed

	account string
	owned   *theorem.Ownership
}

// Values are the ones with which Load fills policies.
func (a *Account) Values() localaws.Values {
	return a.names.ValuesIn(a.config.Region, a.id)
}

// Owned reads an ownership file, filled with values.
func Owned(file iam.Ownership, values localaws.Values) (*theorem.Ownership, error) {
	filled, err := values.Fill(file.Name, string(file.Text))
	if err != nil {
		return nil, err
	}
	owned, err := theorem.ReadOwnership([]byte(filled))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file.Name, err)
	}
	return owned, nil
}

// Decide decides the theorem for roles, which were filled with values.
func Decide(roles []localaws.Role, owned iam.Ownership, values localaws.Values) (*Theorem, error) {
	ownership, err := Owned(owned, values)
	if err != nil {
		return nil, err
	}
	parsed, err := theorem.Roles(roles)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	findings, err := theorem.Prove(values.Account, parsed, ownership)
	return &Theorem{Ownership: owned, Findings: findings, Took: time.Since(began), account: values.Account, owned: ownership}, err
}

// Try replays each refutation as a signed request on localaws, and makes attacks of the Allow statements of roles and carries them out there.
// rows are the attacks that were carried out under the same roles.
func (t *Theorem) Try(ctx context.Context, roles []localaws.Role, rows []Row) (err error) {
	if err := t.replay(ctx, roles); err != nil {
		return err
	}
	if t.Derived, err = Derive(ctx, roles, t.owned); err != nil {
		return err
	}
	tried := slices.Clone(t.Replayed)
	for i := range t.Derived {
		tried = append(tried, t.Derived[i].Attempt)
	}
	t.Uncovered = Uncovered(tried, rows)
	return nil
}

// ofTenants is t and its roles without those of operators.
func (t *Theorem) ofTenants(roles []localaws.Role) ([]localaws.Role, *Theorem) {
	if t == nil {
		return roles, nil
	}
	less := *t
	less.Findings = slices.DeleteFunc(slices.Clone(t.Findings), func(f theorem.Finding) bool { return t.isAdministrative(f.Role) })
	return slices.DeleteFunc(slices.Clone(roles), func(r localaws.Role) bool { return t.isAdministrative(r.Name) }), &less
}

// isAdministrative reports whether a role is one of operators.
func (t *Theorem) isAdministrative(role string) bool {
	return t != nil && t.owned.Administrative[role] != ""
}

// replay replays the refutations on a localaws with roles.
func (t *Theorem) replay(ctx context.Context, roles []localaws.Role) (err error) {
	var refutations []theorem.Refutation
	for i := range t.Findings {
		refutations = append(refutations, t.Findings[i].Refutations...)
	}
	t.Replayed, err = Replay(ctx, roles, refutations)
	return err
}

// refused are the refutations that localaws does not confirm, in words.
func (t *Theorem) refused() []string {
	var all []string
	for i := range t.Replayed {
		if r := &t.Replayed[i]; r.How != NotReplayed && !r.Allowed {
			all = append(all, fmt.Sprintf("the refutation at %s is not one: localaws refuses %s", r.At, cmp.Or(r.Sent, r.String())))
		}
	}
	return all
}

// count is how many findings have the verdict.
func (t *Theorem) count(v theorem.Verdict) (n int) {
	for i := range t.Findings {
		if t.Findings[i].Verdict == v {
			n++
		}
	}
	return n
}

// failures are the findings that are not proven, in words.
func (t *Theorem) failures() []string {
	var all []string
	for i := range t.Findings {
		if f := &t.Findings[i]; f.Verdict == theorem.Refuted || f.Verdict == theorem.Undecided {
			all = append(all, fmt.Sprintf("the theorem is %s for %s and %s", f.Verdict, f.Role, f.Store))
		}
	}
	all = append(all, t.refused()...)
	for i := range t.Derived {
		if d := &t.Derived[i]; !d.Holds() {
			all = append(all, "the derived attack "+d.Name)
		}
	}
	return all
}

// stores are the columns of the table: those of the ownership file, and what else a role reaches.
func (t *Theorem) stores() []string {
	var all []string
	for i := range t.Findings {
		if !slices.Contains(all, t.Findings[i].Store) {
			all = append(all, t.Findings[i].Store)
		}
	}
	return all
}

// rows is the verdicts as a table: a line for each role.
func (t *Theorem) rows() [][]string {
	stores := t.stores()
	all := [][]string{append([]string{"role"}, stores...)}
	for i := range t.Findings {
		f := &t.Findings[i]
		if last := all[len(all)-1]; len(all) == 1 || last[0] != f.Role {
			row := make([]string, 1+len(stores))
			row[0] = f.Role
			all = append(all, row)
		}
		if f.Verdict != theorem.Nothing {
			all[len(all)-1][1+slices.Index(stores, f.Store)] = string(f.Verdict) + t.Beside.other(f)
		}
	}
	for _, row := range all {
		for i := range row {
			if row[i] == "" {
				row[i] = "-"
			}
		}
	}
	return all
}

// other is what t says of f's role and store, where it is another verdict than f's.
func (t *Theorem) other(f *theorem.Finding) string {
	if t == nil {
		return ""
	}
	for i := range t.Findings {
		o := &t.Findings[i]
		if o.Role == f.Role && o.Store == f.Store && o.Verdict != f.Verdict && o.Verdict != theorem.Nothing {
			return fmt.Sprintf(" (%s: %s)", t.Name, o.Verdict)
		}
	}
	return ""
}

const statement = "for every two tenants and every request: no session that the trust policy gives to one may touch what is the other's"

// print writes the theorem with what it rests on, and each refutation.
func (t *Theorem) print(table io.Writer) {
	fmt.Fprintf(table, "\nthe theorem, %s\n", statement)
	for _, row := range t.rows() {
		fmt.Fprintln(table, strings.Join(row, "\t"))
	}
	for _, line := range t.rests() {
		fmt.Fprintln(table, "it rests on: "+line)
	}
	for _, line := range t.told() {
		fmt.Fprintln(table, line)
	}
	if n := len(t.Derived); n > 0 {
		held := 0
		for i := range t.Derived {
			if t.Derived[i].Holds() {
				held++
			}
		}
		fmt.Fprintf(table, "of %d attacks that are derived from the Allow statements %d were denied beside a control that was allowed\n", n, held)
	}
	for i := range t.Uncovered {
		fmt.Fprintf(table, "no attack of the table covers %s: %s\n", t.Uncovered[i].At, t.Uncovered[i].String())
	}
}

// replayed says what became of r as a signed request.
func (t *Theorem) replayed(r *theorem.Refutation) string {
	for i := range t.Replayed {
		if p := &t.Replayed[i]; p.At == r.At && p.Tenant == r.Tenant && p.Victim == r.Victim {
			if p.Allowed {
				return fmt.Sprintf(" (%s to localaws, which allows it)", p.How)
			}
			return fmt.Sprintf(" (%s: %s)", p.How, p.Why)
		}
	}
	return ""
}

// rests are the assumptions of all findings that are proven.
func (t *Theorem) rests() []string {
	var all []string
	for i := range t.Findings {
		if t.Findings[i].Verdict != theorem.Nothing {
			all = append(all, t.Findings[i].Rests...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// told is what is refuted, undecided or administrative, a line each.
func (t *Theorem) told() []string {
	var all []string
	for i := range t.Findings {
		f := &t.Findings[i]
		for j := range f.Refutations {
			all = append(all, fmt.Sprintf("%s: %s: %s%s", theorem.Refuted, f.Refutations[j].At, f.Refutations[j].String(), t.replayed(&f.Refutations[j])))
		}
		for _, o := range f.Open {
			all = append(all, fmt.Sprintf("%s: %s: %s", theorem.Undecided, o.At, o.Why))
		}
		for _, statement := range f.Reaches {
			all = append(all, fmt.Sprintf("administrative: %s reaches tenants' data in %s by %s", f.Role, f.Store, statement))
		}
	}
	return all
}

// markdown writes the theorem for an auditor.
func (t *Theorem) markdown(b *strings.Builder) {
	fmt.Fprintf(b, "\n## The theorem\n\nDecided from the policies alone, %s. Who owns what says `%s` (SHA-256 `%s`).\n\n", statement, t.Ownership.Name, t.Ownership.SHA256)
	for i, row := range t.rows() {
		fmt.Fprintf(b, "| %s |\n", strings.Join(row, " | "))
		if i == 0 {
			b.WriteString(strings.Repeat("| --- ", len(row)) + "|\n")
		}
	}
	b.WriteString("\nIt rests on this:\n\n")
	for _, line := range t.rests() {
		fmt.Fprintf(b, "- %s\n", line)
	}
	for i, line := range t.told() {
		if i == 0 {
			b.WriteString("\nWhat is not proven:\n\n")
		}
		fmt.Fprintf(b, "- %s\n", line)
	}
}
