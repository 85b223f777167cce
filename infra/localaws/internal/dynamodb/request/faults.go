package request

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
)

// faults are what breaks a rule of the API's model in one request. AWS names them together.
type faults []exception.Fault

func (f *faults) add(value, member, rule string) {
	*f = append(*f, exception.Fault{Value: value, Member: member, Rule: rule})
}

func (f *faults) missing(member string) { f.add("null", member, "Member must not be null") }

// oneOf notes a value outside of an enumeration; an empty value is an absent member.
func (f *faults) oneOf(member, value string, allowed ...string) {
	if value != "" && !slices.Contains(allowed, value) {
		f.add(quoted(value), member, "Member must satisfy enum value set: ["+strings.Join(allowed, ", ")+"]")
	}
}

// between notes a number below least or above most.
func (f *faults) between(member string, value, least, most int) {
	switch {
	case value < least:
		f.add(quoted(strconv.Itoa(value)), member, "Member must have value greater than or equal to "+strconv.Itoa(least))
	case value > most:
		f.add(quoted(strconv.Itoa(value)), member, "Member must have value less than or equal to "+strconv.Itoa(most))
	}
}

// Limits of the names of tables and indexes in characters ("Naming rules", DynamoDB Developer Guide).
const (
	minName = 3
	maxName = 255
)

// name notes what the name of a table or an index breaks of the naming rules. An empty one is only empty.
func (f *faults) name(member, name string) {
	if name == "" {
		f.add("''", member, "Member must have length greater than or equal to 1")
		return
	}
	if strings.ContainsFunc(name, notOfNames) {
		f.add(quoted(name), member, "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+")
	}
	switch {
	case len(name) < minName:
		f.add(quoted(name), member, "Member must have length greater than or equal to "+strconv.Itoa(minName))
	case len(name) > maxName:
		f.add(quoted(name), member, "Member must have length less than or equal to "+strconv.Itoa(maxName))
	}
}

// notOfNames reports a character that no name of a table or an index has ("Naming rules", DynamoDB Developer Guide).
func notOfNames(c rune) bool {
	return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '.' && c != '-'
}

// table notes what is wrong with the name of a table, where it is not an ARN.
func (f *faults) table(given *string) {
	switch {
	case given == nil:
		f.missing("tableName")
	case !strings.HasPrefix(*given, "arn:"):
		f.name("tableName", *given)
	}
}

// capacities are the values of ReturnConsumedCapacity.
var capacities = []string{"INDEXES", "TOTAL", ReturnNone}

// capacity returns the effective ReturnConsumedCapacity.
func (f *faults) capacity(value string) string {
	f.oneOf("returnConsumedCapacity", value, capacities...)
	if value == "" {
		return ReturnNone
	}
	return value
}

func (f faults) err() error { return exception.Constraints(f) }

// maxQuoted bounds what a message repeats of a request, in bytes.
const maxQuoted = 2048

func quoted(text string) string {
	return "'" + strings.ToValidUTF8(text[:min(len(text), maxQuoted)], "") + "'"
}

// oneOf refuses a value outside of an enumeration; an empty value is an absent member.
func oneOf(member, value string, allowed ...string) error {
	var f faults
	f.oneOf(member, value, allowed...)
	return f.err()
}

// prefixed gives the refusal of an invalid expression the prefix that AWS puts before it since 2026, in PutItem, UpdateItem,
// DeleteItem and Query. In Scan, in the reads of single items, in batches and transactions it has none.
func prefixed(err error) error {
	wrong, ok := errors.AsType[*attr.Error](err)
	if !ok || !invalidExpression.MatchString(wrong.Message) {
		return err
	}
	return attr.Invalidf("1 validation error detected: %s", wrong.Message)
}

var invalidExpression = regexp.MustCompile(`^Invalid [A-Za-z]+Expression: `)
