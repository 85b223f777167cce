package localaws

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
)

// String is the name of the policy with the Sid, or the number from 0, of the statement.
func (s Statement) String() string {
	if s.Sid == "" {
		return fmt.Sprintf("%s statement %d", s.Policy, s.Index)
	}
	return s.Policy + " " + s.Sid
}

// layers is how people call the layers of an Entry.
var layers = map[string]string{
	"identity": "identity policies", "boundary": "permissions boundary", "session": "session policies",
	"trust": "trust policy of the role", "resource": "policy of the resource",
}

// Why says in one line what decided: the statement that allowed or denied, of the nearest statement that could have
// allowed what did not match, or why the request was refused or failed.
func (e *Entry) Why() string {
	switch {
	case e.Action == "" && e.Code != "":
		return e.Code + ": " + e.Reason
	case e.Action == "":
		return e.Reason
	case e.Effect == "Allow":
		return "allowed by " + e.statement()
	case e.Effect == "ExplicitDeny":
		return "denied by " + e.statement()
	}
	if could := e.couldAllow(); len(could) > 0 {
		return nearest(could).Said
	}
	return "no statement of the " + layers[e.Layer] + " names " + e.Action
}

// statement names the one that decided; a log that localaws did not write may lack it.
func (e *Entry) statement() string {
	if e.Statement == nil {
		return "(not named)"
	}
	return e.Statement.String()
}

// couldAllow are the Allow statements that name the action and did not apply.
func (e *Entry) couldAllow() []Miss {
	return slices.DeleteFunc(slices.Clone(e.Misses), func(m Miss) bool { return m.Effect != "Allow" })
}

// nearest is the first of misses. Where that is about another resource, it is the first one that is about the resource
// that was asked for, and so failed at its conditions, if there is one.
func nearest(misses []Miss) Miss {
	if !strings.HasSuffix(misses[0].Element, "Resource") {
		return misses[0]
	}
	for _, m := range misses {
		if strings.HasPrefix(m.Element, "Condition") {
			return m
		}
	}
	return misses[0]
}

// Describe writes in plain words what was asked in decisions, who asked, and why it was allowed or denied.
// Characters that do not print are replaced: a caller chooses some of what is logged.
func Describe(out io.Writer, decisions []Entry) error {
	w := &report{out: out}
	for i := range decisions {
		if i > 0 {
			w.line("")
		}
		w.entry(&decisions[i])
	}
	w.line("")
	w.summary(decisions)
	return w.err
}

// report writes lines until one fails.
type report struct {
	out io.Writer
	err error
}

func (w *report) line(format string, args ...any) {
	if w.err != nil {
		return
	}
	_, w.err = fmt.Fprintln(w.out, strings.Map(printable, fmt.Sprintf(format, args...)))
}

func printable(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return unicode.ReplacementChar
}

// field writes a line with a name, unless the value is empty.
func (w *report) field(name, value string) {
	if value != "" {
		w.line("  %-9s %s", name, value)
	}
}

func (w *report) entry(e *Entry) {
	w.line("%s  %s", outcomeOf(e), e.asked())
	w.field("resource", e.Resource)
	w.field("principal", e.Principal)
	w.field("tags", tagsOf(e.SessionTags))
	if !e.Time.IsZero() { // one of NewEntry
		w.field("time", e.Time.Format(time.RFC3339))
	}
	w.field("request", e.RequestID)
	w.field("caller id", e.CallerRequestID)
	w.field("origin id", e.OriginRequestID)
	w.why(e)
	if e.Cut != nil {
		w.line("  cut:      the line was too long; %d texts lack %d bytes, %d values are left out", e.Cut.Texts, e.Cut.Bytes, e.Cut.Values)
	}
	if e.Decision == "deny" && len(e.Context) > 0 {
		w.line("  condition keys of the request:")
		for _, key := range e.Context {
			w.line("    %s = %s", key.Name, valuesOf(key))
		}
	}
}

func (w *report) why(e *Entry) {
	w.line("  why:")
	switch {
	case e.Action == "" && e.Decision == "deny":
		w.line("    The request was refused before any policy was asked.")
		w.line("    %s", e.Why())
	case e.Action == "" && e.Decision == "":
		w.line("    The request was allowed and failed afterwards.")
		w.line("    %s", e.Why())
	case e.Action == "":
		w.line("    %s", e.Why())
	case e.Effect == "Allow":
		w.line("    The statement %s allows it.", e.statement())
	case e.Effect == "ExplicitDeny":
		w.line("    The statement %s denies it. A Deny statement wins over every Allow.", e.statement())
	default:
		w.implicitDeny(e)
	}
}

func (w *report) implicitDeny(e *Entry) {
	w.line("    No statement of the %s allows it.", layers[e.Layer])
	if e.Reason != "" {
		w.line("    Note: %s.", e.Reason)
	}
	could := e.couldAllow()
	if len(could) == 0 {
		w.line("    No Allow statement names the action %s.", e.Action)
		return
	}
	w.line("    Allow statements that name the action, and what did not match:")
	for _, m := range could {
		w.line("      %s", m.Said)
	}
}

func (w *report) summary(decisions []Entry) {
	var denials int
	for i := range decisions {
		if decisions[i].Decision == "deny" {
			denials++
		}
	}
	if denials > 0 {
		w.line("Decisions on this request: %d. Denials: %d.", len(decisions), denials)
		return
	}
	w.line("Decisions on this request: %d. Denials: none. If the caller got an error, the service gave it after IAM had allowed the request: its code and text say why.", len(decisions))
}

func outcomeOf(e *Entry) string {
	switch e.Decision {
	case "allow":
		return "ALLOWED"
	case "deny":
		return "DENIED "
	}
	return "FAILED "
}

// asked is the action, or what is known of it where nothing was decided.
func (e *Entry) asked() string {
	switch {
	case e.Action != "":
		return e.Action
	case e.Operation != "":
		return e.Operation
	}
	return "(the operation was not read)"
}

func tagsOf(tags map[string]string) string {
	var all []string
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		all = append(all, key+"="+tags[key])
	}
	return strings.Join(all, ", ")
}

func valuesOf(key Key) string {
	switch {
	case key.Unknown:
		return "(not known)"
	case len(key.Values) == 0:
		return "(no values)"
	case len(key.Values) == 1 && key.Values[0] == "":
		return "(empty)"
	}
	return strings.Join(key.Values, ", ")
}
