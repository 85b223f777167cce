package exception

import (
	"fmt"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/api"
)

// Fault is a member of a request that breaks a rule of the API's model.
type Fault struct {
	Value  string // as the message quotes it: 'a', or null; empty: the message has none, and calls the member by a capital
	Member string // such as keySchema.1.member.keyType
	Rule   string // "Member must not be null"
}

// maxFaults is how many faults AWS names.
const maxFaults = 10

// Constraints words a ValidationException as the API's own model validation does, which finds several faults at once. Without
// any it returns nil.
func Constraints(faults []Fault) error {
	if len(faults) == 0 {
		return nil
	}
	faults = faults[:min(len(faults), maxFaults)]
	plural := ""
	if len(faults) > 1 {
		plural = "s"
	}
	var format []string
	var args []any
	for _, f := range faults {
		value := "Value"
		if f.Value != "" {
			value += " %s"
			args = append(args, f.Value)
		}
		format = append(format, value+" at '%s' failed to satisfy constraint: %s")
		args = append(args, api.Own(f.Member), api.Own(f.Rule))
	}
	return Validation(fmt.Sprintf("%d validation error%s detected: ", len(faults), plural)+strings.Join(format, "; "), args...)
}

// Constraint is Constraints of one fault.
func Constraint(value, member, rule string) *api.Error {
	return Validation("1 validation error detected: Value %s at '%s' failed to satisfy constraint: %s", value, api.Own(member), api.Own(rule))
}

// Missing is the answer to a request without a member that it must have.
func Missing(member string) *api.Error { return Constraint("null", member, notNull) }

const notNull = "Member must not be null"

// Required is the answer of the operations on tables to a request without such a member.
func Required(parameter string) *api.Error {
	return Validation("The parameter '%s' is required but was not present in the request", api.Own(parameter))
}
