package request

import (
	"fmt"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
)

// The most that one request may hold (API reference of each operation).
const (
	maxBatchGet        = 100
	maxBatchWrite      = 25
	maxBatchStatements = 25
	maxTransaction     = 100
)

type (
	batchGets          struct{}
	batchGetKeys       struct{} // of one table
	batchWrites        struct{}
	batchTableWrites   struct{} // of one table
	batchStatements    struct{}
	transactItems      struct{} // of a transaction, as the next
	transactStatements struct{}
	operands           struct{}
	names              struct{}
	settings           struct{}
)

func (batchGets) Most() int { return maxBatchGet }
func (batchGets) TooMany() error {
	return exception.Validation("Too many items requested for the BatchGetItem call")
}

func (batchWrites) Most() int { return maxBatchWrite }
func (batchWrites) TooMany() error {
	return exception.Validation("Too many items requested for the BatchWriteItem call")
}

func (batchGetKeys) Most() int      { return maxBatchGet }
func (batchGetKeys) TooMany() error { return tooManyOf(tooManyGets) }

func (batchTableWrites) Most() int      { return maxBatchWrite }
func (batchTableWrites) TooMany() error { return tooManyOf(tooManyWrites) }

// tooManyOf is too many entries of one table in a batch. Its answer names the table, which the reading of the list does not
// know.
type tooManyOf func(table string) error

func (tooManyOf) Error() string { return "too many entries of one table" }

func tooManyGets(table string) error {
	return exception.Constraints([]exception.Fault{{
		Member: "RequestItems." + table + ".member.Keys",
		Rule:   fmt.Sprintf("Member must have length less than or equal to %d", maxBatchGet),
	}})
}

func tooManyWrites(table string) error { return tableWritesLength(table, "[...]") }

func tableWritesLength(table, writes string) error {
	return exception.Constraint(quoted("{"+table+"="+writes+"}"), "requestItems", fmt.Sprintf("Map value must satisfy constraint: "+
		"[Member must have length less than or equal to %d, Member must have length greater than or equal to 1]", maxBatchWrite))
}

func (batchStatements) Most() int { return maxBatchStatements }
func (batchStatements) TooMany() error {
	return exception.Validation("Too many statements requested for the BatchExecuteStatement call")
}

func (transactItems) Most() int      { return maxTransaction }
func (transactItems) TooMany() error { return tooManyEntries("transactItems") }

func (transactStatements) Most() int      { return maxTransaction }
func (transactStatements) TooMany() error { return tooManyEntries("transactStatements") }

func tooManyEntries(member string) error {
	return exception.Constraint("'[...]'", member, fmt.Sprintf("Member must have length less than or equal to %d", maxTransaction))
}

// operands are what one statement or condition refers to: a statement of maxStatement bytes has fewer question marks.
func (operands) Most() int      { return maxStatement }
func (operands) TooMany() error { return errParameters() }

// names are attributes, or what expressions call attributes and values: three expressions of 4 KB use fewer.
func (names) Most() int { return 4096 }
func (names) TooMany() error {
	return exception.Validation("The request names more than %d attributes or values", names{}.Most())
}

// settings are what a table is made of. Each kind has its own, lower limit, which is not told to a caller that may
// not make tables.
func (settings) Most() int { return 256 }
func (settings) TooMany() error {
	return exception.Validation("A list of the request has more than %d entries", settings{}.Most())
}
