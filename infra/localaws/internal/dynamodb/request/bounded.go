package request

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
)

// bound is how many entries a list or a map of a request may have. It holds while the request is read: an entry of two
// bytes of JSON can take hundreds of bytes of memory.
type bound interface {
	most() int
	tooMany() error
}

// list is a list of at most as many entries as B says.
type list[T any, B bound] []T

// UnmarshalJSONFrom refuses the first entry beyond the bound.
func (l *list[T, B]) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if dec.PeekKind() != jsontext.KindBeginArray {
		return json.UnmarshalDecode(dec, (*[]T)(l)) // null, or an error
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	var b B
	entries := []T{}
	for dec.PeekKind() != jsontext.KindEndArray {
		if len(entries) == b.most() {
			return b.tooMany()
		}
		var entry T
		if err := json.UnmarshalDecode(dec, &entry); err != nil {
			return err
		}
		entries = append(entries, entry)
	}
	*l = entries
	_, err := dec.ReadToken()
	return err
}

// dict is a map of at most as many entries as B says.
type dict[V any, B bound] map[string]V

// UnmarshalJSONFrom refuses the first entry beyond the bound.
func (d *dict[V, B]) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if dec.PeekKind() != jsontext.KindBeginObject {
		return json.UnmarshalDecode(dec, (*map[string]V)(d)) // null, or an error
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	var b B
	entries := map[string]V{}
	for dec.PeekKind() != jsontext.KindEndObject {
		if len(entries) == b.most() {
			return b.tooMany()
		}
		name, err := dec.ReadToken()
		if err != nil {
			return err
		}
		key := name.String()
		var entry V
		if err := json.UnmarshalDecode(dec, &entry); err != nil {
			return err
		}
		entries[key] = entry
	}
	*d = entries
	_, err := dec.ReadToken()
	return err
}

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

func (batchGets) most() int { return maxBatchGet }
func (batchGets) tooMany() error {
	return exception.Validation("Too many items requested for the BatchGetItem call")
}

func (batchWrites) most() int { return maxBatchWrite }
func (batchWrites) tooMany() error {
	return exception.Validation("Too many items requested for the BatchWriteItem call")
}

func (batchStatements) most() int { return maxBatchStatements }
func (batchStatements) tooMany() error {
	return exception.Validation("Too many statements requested for the BatchExecuteStatement call")
}

func (transactItems) most() int      { return maxTransaction }
func (transactItems) tooMany() error { return tooManyEntries("transactItems") }

func (transactStatements) most() int      { return maxTransaction }
func (transactStatements) tooMany() error { return tooManyEntries("transactStatements") }

func tooManyEntries(member string) error {
	return exception.Validation("1 validation error detected: Value at '%s' failed to satisfy constraint: "+
		"Member must have length less than or equal to %d", member, maxTransaction)
}

// operands are what one statement or condition refers to: a statement of maxStatement bytes has fewer question marks.
func (operands) most() int      { return maxStatement }
func (operands) tooMany() error { return errParameters() }

// names are attributes, or what expressions call attributes and values: three expressions of 4 KB use fewer.
func (names) most() int { return 4096 }
func (names) tooMany() error {
	return exception.Validation("The request names more than %d attributes or values", names{}.most())
}

// settings are what a table is made of. Each kind has its own, lower limit, which is not told to a caller that may
// not make tables.
func (settings) most() int { return 256 }
func (settings) tooMany() error {
	return exception.Validation("A list of the request has more than %d entries", settings{}.most())
}
