package request

import "example.com/shiptrack/infra/localaws/internal/dynamodb/exception"

// The most that one request may hold (API reference of each operation).
const (
	maxBatchGet        = 100
	maxBatchWrite      = 25
	maxBatchStatements = 25
	maxTransaction     = 100
)

type (
	batchGets          struct{}
	batchWrites        struct{}
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

func (batchStatements) Most() int { return maxBatchStatements }
func (batchStatements) TooMany() error {
	return exception.Validation("Too many statements requested for the BatchExecuteStatement call")
}

func (transactItems) Most() int      { return maxTransaction }
func (transactItems) TooMany() error { return tooManyEntries("transactItems") }

func (transactStatements) Most() int      { return maxTransaction }
func (transactStatements) TooMany() error { return tooManyEntries("transactStatements") }

func tooManyEntries(member string) error {
	return exception.Validation("1 validation error detected: Value at '%s' failed to satisfy constraint: "+
		"Member must have length less than or equal to %d", member, maxTransaction)
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
