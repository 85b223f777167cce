package policyset

import (
	"fmt"
	"io"
	"strings"
)

// GitHub writes an annotation for each line of a policy at fault: GitHub documentation, "Workflow commands".
func (r *Report) GitHub(out io.Writer) error {
	for i := range r.Findings {
		f := &r.Findings[i]
		for j := range f.Refutations {
			x := &f.Refutations[j]
			annotate(out, "error", x.At, "tenants are not kept apart", x.Story+"\nmissing: "+x.Guard.Name+": "+x.Guard.Do+"\nreplay: "+x.Replay)
		}
		for _, o := range f.Open {
			annotate(out, "warning", o.At, "not decided", o.Why)
		}
	}
	for _, note := range r.Notes {
		fmt.Fprintf(out, "::notice::%s\n", escaped(note, false))
	}
	_, err := fmt.Fprintln(out, r.Summary())
	return err
}

func annotate(out io.Writer, level string, at Place, title, message string) {
	fmt.Fprintf(out, "::%s file=%s,line=%d,col=%d,title=%s::%s\n", level, escaped(at.File, true), at.Line, at.Column, escaped(title, true), escaped(message, false))
}

// escaped is a text as workflow commands have it; those of a property have more that is escaped.
func escaped(text string, property bool) string {
	pairs := []string{"%", "%25", "\r", "%0D", "\n", "%0A"}
	if property {
		pairs = append(pairs, ":", "%3A", ",", "%2C")
	}
	return strings.NewReplacer(pairs...).Replace(text)
}
