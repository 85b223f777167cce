package policyset

import (
	"fmt"
	"io"
)

// ExitCode is 0 where nothing became allowed, 1 where a request did, and 3 where that is undecided. Where there were no policies before it is 0.
func (d *Diff) ExitCode() int {
	switch {
	case d.First:
		return 0
	case len(d.Allowed) > 0:
		return 1
	case len(d.Undecided) > 0:
		return 3
	}
	return 0
}

// Summary is the difference in a line.
func (d *Diff) Summary() string {
	said := "nothing became allowed"
	if d.First {
		said = "no policies before, so all is new: prove policies says whether it keeps tenants apart"
	}
	switch d.ExitCode() {
	case 1:
		said = fmt.Sprintf("%d %s may do more", len(d.Allowed), plural(len(d.Allowed), "role"))
	case 3:
		said = "it is undecided whether anything became allowed"
	}
	return fmt.Sprintf("%s: %d %s changed, in %.1f s", said, len(d.Changed), plural(len(d.Changed), "role"), d.Seconds)
}

// Write writes the difference in a format: text, json, junit, markdown or github.
func (d *Diff) Write(out io.Writer, format string) error {
	return written(out, format, map[string]func(io.Writer) error{"text": d.text, "json": d.json, "junit": d.junit, "markdown": d.markdown, "github": d.github})
}

func (d *Diff) text(out io.Writer) error {
	now := "ALLOWED NOW"
	if d.First {
		now = "allowed now"
	}
	for _, c := range d.Allowed {
		fmt.Fprintf(out, now+"  %s\n  a session of %s: %s\n", c.At, c.Role, c.Request)
	}
	for _, c := range d.Denied {
		fmt.Fprintf(out, "denied now   %s\n  a session of %s: %s\n", c.At, c.Role, c.Request)
	}
	for _, o := range d.Undecided {
		fmt.Fprintf(out, "UNDECIDED    %s\n  %s\n", o.At, o.Why)
	}
	_, err := fmt.Fprintln(out, d.Summary())
	return err
}

func (d *Diff) json(out io.Writer) error { return writeJSON(out, d) }

func (d *Diff) junit(out io.Writer) error {
	s := suite{Name: d.New, Tests: len(d.Changed), Time: fmt.Sprintf("%.3f", d.Seconds)}
	allowed := map[string]Change{}
	for _, c := range d.Allowed {
		allowed[c.Role] = c
	}
	for _, role := range d.Changed {
		c := testcase{Class: "diff", Name: role}
		if more, is := allowed[role]; is && !d.First {
			c.Failure = &failed{Message: "became allowed: " + more.Request, Text: more.At.String()}
			s.Failures++
		}
		s.Cases = append(s.Cases, c)
	}
	for _, o := range d.Undecided {
		s.Cases = append(s.Cases, testcase{Class: "diff", Name: "undecided: " + o.At.String(), Error: &failed{Message: o.Why}})
		s.Tests, s.Errors = s.Tests+1, s.Errors+1
	}
	return s.write(out)
}

func (d *Diff) markdown(out io.Writer) error {
	fmt.Fprintf(out, "# What `%s` allows beyond `%s`\n\n**%s**\n", d.New, d.Old, d.Summary())
	for _, c := range d.Allowed {
		fmt.Fprintf(out, "\n- allowed now, `%s`: a session of `%s`: `%s`\n", c.At, c.Role, c.Request)
	}
	for _, c := range d.Denied {
		fmt.Fprintf(out, "\n- denied now, `%s`: a session of `%s`: `%s`\n", c.At, c.Role, c.Request)
	}
	for _, o := range d.Undecided {
		fmt.Fprintf(out, "\n- undecided, `%s`: %s\n", o.At, o.Why)
	}
	return nil
}

func (d *Diff) github(out io.Writer) error {
	allowed := "error"
	if d.First {
		allowed = "notice"
	}
	for _, c := range d.Allowed {
		annotate(out, allowed, c.At, "a request became allowed", "a session of "+c.Role+": "+c.Request)
	}
	for _, o := range d.Undecided {
		annotate(out, "warning", o.At, "not decided", o.Why)
	}
	_, err := fmt.Fprintln(out, d.Summary())
	return err
}
