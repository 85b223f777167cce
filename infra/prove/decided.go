package prove

import (
	"strings"

	"example.com/shiptrack/infra/localaws"
)

// allowed reports whether a control was answered, or allowed by IAM and then not answered because the
// embedded store has no such operation: what is proven is the decision.
func (w *World) allowed(a Answer) bool {
	if a.ok() {
		return true
	}
	missing := a.Code == "UnknownOperationException" || strings.Contains(a.Message, "not supported by this store")
	entries := w.log.of(a.RequestID)
	for _, e := range entries {
		if e.Action != "" && e.Decision != "allow" {
			return false
		}
	}
	return missing && len(entries) > 0 && entries[0].Action != ""
}

// why says in words what decided, from the decision log.
func (w *World) why(a Answer) string {
	if a.By != "" {
		return a.By
	}
	entries := w.log.of(a.RequestID)
	for _, e := range entries {
		if e.Decision == "deny" {
			return denial(e)
		}
	}
	for _, e := range entries {
		if e.Statement != nil {
			return name(*e.Statement)
		}
		if e.Decision == "allow" {
			return "allowed"
		}
	}
	return ""
}

func name(s localaws.Statement) string {
	if s.Sid == "" {
		return s.Policy
	}
	return s.Policy + " " + s.Sid
}

func denial(e localaws.Entry) string {
	switch {
	case e.Action == "":
		return e.Code + ": " + e.Reason
	case e.Effect == "ExplicitDeny" && e.Statement != nil:
		return "explicit deny: " + name(*e.Statement)
	}
	for _, m := range e.Misses {
		if m.Effect == "Allow" {
			return m.Said
		}
	}
	return "no statement of the " + e.Layer + " policies speaks of " + e.Action
}
