package prove

import (
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws"
)

// noPolicy is what DynamoDB answers to GetResourcePolicy of a table that has none, to callers that IAM allows.
const noPolicy = "PolicyNotFoundException"

// allowed reports whether IAM allowed a control: it was answered, or the embedded store has no such operation.
// localaws says the latter only to callers that IAM allows.
func allowed(a Answer) bool {
	return a.ok() || slices.Contains([]string{"UnknownOperationException", noPolicy, notAnswered, notFound}, a.Code) || strings.Contains(a.Message, "not supported by this store")
}

// allows is allowed, or localaws says that it does not have the operation, which it does once IAM has allowed it. In front of a store that is not localaws' own, it is also true where IAM allowed a request that the
// store then refused for another reason.
func (w *World) allows(a Answer) bool {
	if allowed(a) || a.Code == "NotImplemented" || a.Code == guarded || slices.Contains(absent, a.Code) {
		return true
	}
	if w.account != nil {
		return slices.Contains(afterIAM, a.Code)
	}
	entries := w.log.of(a.RequestID)
	return len(entries) > 0 && w.foreign && !slices.ContainsFunc(entries, func(e localaws.Entry) bool { return e.Decision != "allow" })
}

// afterIAM are error codes that AWS answers only after IAM allowed the request.
var afterIAM = []string{"ValidationException", "ResourceNotFoundException", "DuplicateItemException"}

// mayAnswer reports whether an attempt may be answered, as long as the answer tells nothing of the other tenant. AWS may
// read an ambiguous request in either way, because it authorizes the reading that it answers.
func (w *World) mayAnswer(a *Attack) bool { return w.account != nil && a.Layer == Request }

// absent are error codes that OpenSearch answers to requests that IAM allowed: there is no such index, or one already.
var absent = []string{"index_not_found_exception", "resource_already_exists_exception"}

// letThrough reports whether an attempt was answered, or not denied and then answered that there is no such thing.
func letThrough(a Answer) bool {
	return allowed(a) || slices.Contains([]string{"ResourceNotFoundException", "NotFoundException", "NoSuchBucket"}, a.Code) || slices.Contains(absent, a.Code)
}

// why says in words which layer and statement decided, from the decision log.
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
	if e.Action == "" { // the answer says more than the log, which quotes nothing of the request
		return a.Code + ": " + a.Message
	}
	return e.Why()
}
