package policyset

import (
	"fmt"
	"io"
	"strings"
)

// Markdown writes the report as a page.
func (r *Report) Markdown(out io.Writer) error {
	fmt.Fprintf(out, "# Tenant isolation of `%s`\n\n**%s**\n\nWho owns what says `%s`.\n\n", r.Set, r.Summary(), r.Ownership)
	fmt.Fprintln(out, "| role | store | verdict |\n| --- | --- | --- |")
	for i := range r.Findings {
		f := &r.Findings[i]
		fmt.Fprintf(out, "| `%s` | %s | %s |\n", f.Role, cell(f.Store), f.Verdict)
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		for j := range f.Refutations {
			x := &f.Refutations[j]
			fmt.Fprintf(out, "\n## `%s`\n\n%s\n\n- session: %s\n- replay: %s\n- missing: **%s**: %s\n", x.At, code(x.Story, x.Request()), x.How(), x.Replay, x.Guard.Name, x.Guard.Do)
		}
		for _, o := range f.Open {
			fmt.Fprintf(out, "\n## Undecided: `%s`\n\n%s\n", o.At, o.Why)
		}
	}
	list(out, "What is proven rests on this", r.rests())
	list(out, "Notes", r.Notes)
	return nil
}

func list(out io.Writer, title string, lines []string) {
	for i, line := range lines {
		if i == 0 {
			fmt.Fprintf(out, "\n## %s\n\n", title)
		}
		fmt.Fprintf(out, "- %s\n", line)
	}
}

// code is text with part of it as code.
func code(text, part string) string { return strings.Replace(text, part, "`"+part+"`", 1) }

func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
