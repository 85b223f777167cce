package policyset

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"example.com/shiptrack/infra/prove/theorem"
)

// shownRoles is how many roles the table shows one by one, before it counts them alone.
const shownRoles = 40

// Text writes the report for a terminal.
func (r *Report) Text(out io.Writer) error {
	fmt.Fprintf(out, "%s: %d %s, %s\n\n", r.Set, r.Roles, plural(r.Roles, "role"), r.Ownership)
	r.table(out)
	for i := range r.Findings {
		f := &r.Findings[i]
		for j := range f.Refutations {
			f.Refutations[j].print(out)
		}
		for _, o := range f.Open {
			fmt.Fprintf(out, "\nUNDECIDED  %s\n  %s\n", o.At, o.Why)
		}
	}
	for i := range r.Findings {
		for _, at := range r.Findings[i].Reaches {
			fmt.Fprintf(out, "\nadministrative: %s reaches tenants' data in %s by %s\n", r.Findings[i].Role, r.Findings[i].Store, at)
		}
	}
	for i, line := range r.rests() {
		if i == 0 {
			fmt.Fprintln(out, "\nWhat is proven rests on this:")
		}
		fmt.Fprintln(out, "- "+line)
	}
	for i, note := range r.Notes {
		if i == 0 {
			fmt.Fprintln(out, "\nNotes:")
		}
		fmt.Fprintln(out, "- "+note)
	}
	_, err := fmt.Fprintf(out, "\n%s\n", r.Summary())
	return err
}

func (r *Report) table(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "role\tstore\tverdict")
	proven := 0
	for i := range r.Findings {
		f := &r.Findings[i]
		if r.Roles > shownRoles && f.Verdict == theorem.Proven {
			proven++
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", f.Role, f.Store, f.Verdict)
	}
	_ = w.Flush() // errors show with the last line
	if proven > 0 {
		fmt.Fprintf(out, "and %d more that are PROVEN (--format json has them all)\n", proven)
	}
	if len(r.Findings) == 0 {
		fmt.Fprintln(out, "no role is granted anything of a store")
	}
}

// print writes a refutation.
func (r *Refutation) print(out io.Writer) {
	fmt.Fprintf(out, "\nREFUTED  %s\n  %s\n  session: %s\n  replay:  %s\n  missing: %s: %s\n", r.At, r.Story, r.How(), r.Replay, r.Guard.Name, r.Guard.Do)
	if r.Guard.See != "" {
		fmt.Fprintf(out, "           (%s, at %q)\n", guardsPage, r.Guard.See)
	}
}

// guardsPage explains the guards.
const guardsPage = "infra/docs/ARTICLE-AND-HARDENED.md"

// rests are what the proven findings rest on.
func (r *Report) rests() []string {
	seen := map[string]bool{}
	var all []string
	for i := range r.Findings {
		for _, line := range r.Findings[i].Rests {
			if !seen[line] && (r.Roles <= shownRoles || len(all) < shownRoles) {
				all = append(all, line)
			}
			seen[line] = true
		}
	}
	return all
}

// Counts are how many findings have each verdict.
func (r *Report) Counts() (proven, refuted, undecided int) {
	for i := range r.Findings {
		switch r.Findings[i].Verdict {
		case theorem.Proven:
			proven++
		case theorem.Refuted:
			refuted++
		case theorem.Undecided:
			undecided++
		}
	}
	return proven, refuted, undecided
}

// Summary is the verdict in a line.
func (r *Report) Summary() string {
	proven, refuted, undecided := r.Counts()
	said := []string{fmt.Sprintf("%s: %d proven, %d refuted, %d undecided, in %.1f s", r.Verdict, proven, refuted, undecided, r.Seconds)}
	if r.Verdict == theorem.Proven {
		said = append(said, "no session of one tenant can touch what is another's, by these policies")
	}
	return strings.Join(said, ": ")
}

func plural(n int, noun string) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}
