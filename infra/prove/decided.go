package prove

import (
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws"
)

// allowed reports whether a control was answered, or allowed by IAM and then not answered because the
// embedded store has no such operation: localaws says so only to whom IAM allows it.
func allowed(a Answer) bool {
	return a.ok() || a.Code == "UnknownOperationException" || strings.Contains(a.Message, "not supported by this store")
}

// allows is allowed, and where the store is another's also what IAM let through and the store then refused for a reason of its own.
func (w *World) allows(a Answer) bool {
	if allowed(a) {
		return true
	}
	if w.account != nil {
		return slices.Contains(afterIAM, a.Code)
	}
	entries := w.log.of(a.RequestID)
	return len(entries) > 0 && w.foreign && !slices.ContainsFunc(entries, func(e localaws.Entry) bool { return e.Decision != "allow" })
}

// afterIAM are codes that AWS answers with to whom IAM allows the request.
var afterIAM = []string{"ValidationException", "ResourceNotFoundException", "DuplicateItemException"}

// mayAnswer reports whether an attempt may be answered, as long as it tells nothing of the other tenant: how AWS reads what can
// be read in two ways is its own affair, and it authorizes what it reads.
func (w *World) mayAnswer(a *Attack) bool { return w.account != nil && a.Layer == Request }

// letThrough reports whether an attempt was answered, or not denied and then answered that there is no such thing.
func letThrough(a Answer) bool { return allowed(a) || a.Code == "ResourceNotFoundException" }

// why says in words what decided, from the decision log.
func (w *World) why(a Answer) string {
	if a.By != "" {
		return a.By
	}
	entries := w.log.of(a.RequestID)
	for _, e := range entries {
		if e.Decision == "deny" {
			return denial(e, a)
		}
	}
	for _, e := range entries {
		if e.Statement != nil && a.ok() {
			return e.Statement.String()
		}
	}
	if len(entries) > 0 && a.ok() {
		return "allowed"
	}
	return strings.TrimPrefix(a.Code+": "+a.Message, ": ")
}

func denial(e localaws.Entry, a Answer) string {
	if e.Action == "" { // what was answered says more than the log, which quotes nothing of the request
		return a.Code + ": " + a.Message
	}
	return e.Why()
}
