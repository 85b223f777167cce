package prove

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/prove/theorem"
)

// Report is what a run found.
type Report struct {
	Policies  iam.Source // what was attacked: its name and sum stand in every form of the report
	Target    string     // where: "embedded"
	Date      time.Time  // of the run
	Version   string     // of this program: a revision of the version control system, or "(devel)"
	Left      int        // attacks that are not for the target
	Absent    int        // attacks that need a role which the policies do not have
	Theorem   *Theorem   // nil: it was not asked for
	Rows      []Row
	Audit     Audit
	Mutations []Mutation // none: the policies were not mutated
	Search    *Search    // nil: there was none
}

// Holds reports whether every row does, and every mutant is accounted for.
func (r *Report) Holds() bool { return len(r.failures()) == 0 }

// failures lists in words why the proof does not hold.
func (r *Report) failures() []string {
	var all []string
	if len(r.Rows) == 0 {
		all = append(all, "no attack was carried out")
	}
	for i := range r.Rows {
		if row := &r.Rows[i]; row.Verdict != Holds {
			all = append(all, fmt.Sprintf("%s (%s)", row.Attack.Name, row.Verdict))
		}
	}
	return append(all, r.otherFailures()...)
}

// otherFailures are the failures outside the attacks: of the theorem, in the logs, among the mutants and in the search.
func (r *Report) otherFailures() []string {
	var all []string
	if r.Theorem != nil {
		all = r.Theorem.failures()
	}
	for _, missing := range r.Audit.Missing {
		all = append(all, "the logs: "+missing)
	}
	for i := range r.Mutations {
		if m := &r.Mutations[i]; m.Outcome == Unnoticed {
			all = append(all, "the mutant "+m.Name+" is not noticed")
		}
	}
	if r.Search != nil {
		for _, leak := range r.Search.Leaks {
			all = append(all, fmt.Sprintf("the random search with seed %d found %s", r.Search.Seed, leak))
		}
	}
	return all
}

// Figures are what bin/prove.json holds.
type Figures struct {
	Target         string `json:"target"`
	Date           string `json:"date"` // RFC 3339, in UTC
	Version        string `json:"version"`
	Policies       string `json:"policies"`
	PoliciesSHA256 string `json:"policiesSha256"`

	// Proven, Refuted and Undecided count roles and stores by what the theorem says of them.
	Proven    int `json:"proven"`
	Refuted   int `json:"refuted"`
	Undecided int `json:"undecided"`

	Attacks  int `json:"attacks"`
	Denied   int `json:"denied"`
	Controls int `json:"controls"`
	Allowed  int `json:"allowed"`
	// Audited are the requests of the run that the logs account for.
	Audited int `json:"audited"`
	// Killed counts the mutants that an attack notices, alone or after the layer that hides them is removed too.
	Mutants    int `json:"mutants"`
	Killed     int `json:"killed"`
	Equivalent int `json:"equivalent"`
	// RandomRequests are those of the search; what it finds is among Leaks.
	RandomRequests int `json:"randomRequests"`
	Leaks          int `json:"leaks"`
}

// Figures counts.
func (r *Report) Figures() Figures {
	f := Figures{
		Target: r.Target, Date: r.Date.UTC().Format(time.RFC3339), Version: r.Version, Policies: r.Policies.Name, PoliciesSHA256: r.Policies.SHA256,
		Attacks: len(r.Rows), Controls: len(r.Rows), Audited: r.Audit.AWS + r.Audit.HTTP,
	}
	for i := range r.Rows {
		row := &r.Rows[i]
		if row.Denied() {
			f.Denied++
		}
		if row.ControlAllowed() {
			f.Allowed++
		}
		if row.Verdict == Leak {
			f.Leaks++
		}
	}
	if t := r.Theorem; t != nil {
		f.Proven, f.Refuted, f.Undecided = t.count(theorem.Proven), t.count(theorem.Refuted), t.count(theorem.Undecided)
	}
	n := r.outcomes()
	f.Mutants, f.Killed, f.Equivalent = len(r.Mutations), n[Noticed]+n[Masked]+n[RefutedByTheorem], n[Equivalent]
	if r.Search != nil {
		f.RandomRequests = r.Search.Requests
		f.Leaks += len(r.Search.Leaks)
	}
	return f
}

// Summary is one sentence.
func (r *Report) Summary() string {
	f := r.Figures()
	if !r.Holds() {
		return fmt.Sprintf("ISOLATION IS NOT PROVEN for %s on %s: %s", r.Policies, r.Target, strings.Join(r.failures(), ", "))
	}
	proven := fmt.Sprintf("%d attacks were denied, each by the layer that has to deny it, and %d controls beside them were allowed, under %s on %s", f.Denied, f.Allowed, r.Policies, r.Target)
	if f.Proven > 0 {
		proven += fmt.Sprintf("; the theorem holds for all %d roles and stores that grant anything", f.Proven)
	}
	if r.Left > 0 {
		proven += fmt.Sprintf("; %d more are not for an account: what a compute service does, what would leave something there, and policies that are evaluated without a store", r.Left)
	}
	if r.Absent > 0 {
		proven += fmt.Sprintf("; %d more were left out, since they need a role that these policies do not have", r.Absent)
	}
	if f.Audited > 0 {
		proven += fmt.Sprintf("; the logs account for all %d requests", f.Audited)
	}
	if f.Mutants > 0 {
		proven += fmt.Sprintf("; of %d mutants of these policies %d were noticed, and %d grant exactly what the original grants", f.Mutants, f.Killed, f.Equivalent)
	}
	if f.RandomRequests > 0 {
		proven += fmt.Sprintf("; %d random requests (seed %d, %d of them answered) neither read nor changed another tenant's row, and no answer depended on one", f.RandomRequests, r.Search.Seed, r.Search.Answered)
	}
	return proven + "."
}

// Print writes the table: a row for each attack, and a row for each kind of mutant.
func (r *Report) Print(out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	r.printRows(table, func(*Row) bool { return true })
	r.printMutants(table)
	if r.Theorem != nil {
		r.Theorem.print(table)
	}
	return table.Flush()
}

// PrintFailures writes only failures: first the attacks that do not hold, then all other reasons why the proof fails.
func (r *Report) PrintFailures(out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fails := func(row *Row) bool { return row.Verdict != Holds }
	if slices.ContainsFunc(r.Rows, func(row Row) bool { return fails(&row) }) {
		r.printRows(table, fails)
	}
	for _, failure := range r.otherFailures() {
		fmt.Fprintln(table, failure)
	}
	if r.Theorem != nil {
		for _, line := range r.Theorem.told() {
			fmt.Fprintln(table, line)
		}
	}
	return table.Flush()
}

func (r *Report) printRows(table io.Writer, wanted func(*Row) bool) {
	fmt.Fprintln(table, "attack\tattempt\tcontrol\tby\tdecided")
	for i := range r.Rows {
		row := &r.Rows[i]
		if !wanted(row) {
			continue
		}
		attempt, control := "denied", "allowed"
		if !row.Denied() {
			attempt = string(row.Verdict)
		}
		if !row.ControlAllowed() {
			control = "REFUSED"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", row.Attack.Name, attempt, control, row.Attack.Layer, row.decided())
	}
}

func (r *Row) decided() string {
	if r.Err != nil {
		return r.Err.Error()
	}
	if r.Decided == "" {
		return r.Attempt.Code
	}
	return r.Decided
}

// JSON writes the figures as a flat object.
func (r *Report) JSON(out io.Writer) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r.Figures())
}

// Markdown writes what an auditor is given.
func (r *Report) Markdown(out io.Writer) error {
	cell := strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;").Replace
	var b strings.Builder
	fmt.Fprintf(&b, "# Tenant isolation: %s, %s\n\n%s\n\n", cell(r.Policies.Name), r.Target, cell(r.Summary()))
	fmt.Fprintf(&b, "| | |\n| --- | --- |\n| policies | %s |\n| their SHA-256 | `%s` |\n| target | %s |\n| date | %s |\n| version of prove | %s |\n\n",
		cell(r.Policies.Name), r.Policies.SHA256, r.Target, r.Date.UTC().Format(time.RFC3339), r.Version)
	b.WriteString("Each attack is one attempt to reach another tenant's data. Beside it stands its control: a request that differs in one thing and has to be allowed. Without a control, a denial could have any other reason.\n\n")
	b.WriteString("| attack | what is attempted | verdict | what denied it | the control differs in this | what allowed it |\n| --- | --- | --- | --- | --- | --- |\n")
	for i := range r.Rows {
		row := &r.Rows[i]
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", row.Attack.Name, cell(row.Attack.Does), row.Verdict, cell(row.decided()), cell(row.Attack.Differs), cell(row.Allowed))
	}
	r.mutantsMarkdown(&b)
	if r.Theorem != nil {
		r.Theorem.markdown(&b)
	}
	_, err := io.WriteString(out, b.String())
	return err
}
