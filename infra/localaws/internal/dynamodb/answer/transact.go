package answer

import (
	"strings"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/request"
)

// maxTransactionBytes is what a transaction may ask to write, or be answered ("Amazon DynamoDB transactions: How it works",
// DynamoDB Developer Guide). Items that are stored do not count: AWS lets one transaction delete 5 MB.
const maxTransactionBytes = 4 << 20

func errTransactionSize() error {
	return exception.Validation("Transaction payload size cannot exceed 4 MB")
}

// located are the store's keys of a transaction's entries.
type located struct {
	keys   [][]byte
	misfit int   // the first entry whose key does not fit its table; -1: none
	why    error // what is wrong with it
}

// locateAll encodes the keys of a transaction, which may name each item once. A key that does not fit its table is no
// refusal here: it cancels the transaction, even one that names an item twice. What else is wrong comes first.
func locateAll[T any](entries []T, key func(T) (*request.Target, []byte, error)) (*located, error) {
	type item struct {
		table uint64
		key   string
	}
	l, seen := &located{keys: make([][]byte, len(entries)), misfit: -1}, make(map[item]bool, len(entries))
	twice := false
	for i, e := range entries {
		t, encoded, err := key(e)
		switch {
		case exception.IsMisfit(err):
			if l.misfit < 0 {
				l.misfit, l.why = i, err
			}
			continue
		case err != nil:
			return nil, err
		}
		id := item{t.Table.ID, string(encoded)}
		twice = twice || seen[id]
		seen[id], l.keys[i] = true, encoded
	}
	if twice && l.misfit < 0 {
		return nil, exception.Validation("Transaction request cannot include multiple operations on one item")
	}
	return l, nil
}

// CheckKeys answers a reading of which request.CheckKeys refuses a key, as AWS does; nil: it refuses none. It is for a request
// that another endpoint answers. Errors are *api.Error.
func CheckKeys(asked any) (*api.Response, error) {
	var l *located
	var err error
	switch q := asked.(type) {
	case *request.TransactGet:
		l, err = misfits(q.Gets)
	case *request.TransactWrite:
		l, err = misfits(q.Changes)
	case *request.BatchWrite:
		return nil, batchKey(request.CheckKeys(asked))
	default:
		return nil, exception.Of(request.CheckKeys(asked))
	}
	if err != nil || l.misfit < 0 {
		return nil, err
	}
	out, err := l.cancel()
	resp, _ := out.(*api.Response)
	return resp, err
}

// misfits finds the first entry whose key does not fit its table.
func misfits[T any](entries []T) (*located, error) {
	l := &located{keys: make([][]byte, len(entries)), misfit: -1}
	for i, e := range entries {
		err := request.CheckKeys(e)
		switch {
		case exception.IsMisfit(err) && l.misfit < 0:
			l.misfit, l.why = i, err
		case err != nil && !exception.IsMisfit(err):
			return nil, err
		}
	}
	return l, nil
}

// cancel is the answer to a transaction with a misfit. AWS looks at no other entry then: their reasons are None.
func (l *located) cancel() (any, error) {
	reasons := make([]cancellation, len(l.keys))
	for i := range reasons {
		reasons[i].Code = "None"
	}
	reasons[l.misfit] = cancellation{Code: "ValidationError", Message: exception.Message(l.why)}
	return cancelled(reasons)
}

// cancellation says why an entry of a transaction was, or was not, what cancelled it.
type cancellation struct {
	Code    string
	Message string    `json:",omitempty"`
	Item    attr.Item `json:",omitempty"`
}

// cancelled is a TransactionCanceledException.
func cancelled(reasons []cancellation) (any, error) {
	codes := make([]string, len(reasons))
	for i, r := range reasons {
		codes[i] = r.Code
	}
	return failure(struct {
		Type    string         `json:"__type"`
		Message string         `json:"Message"`
		Reasons []cancellation `json:"CancellationReasons"`
	}{
		exception.Namespace + "#TransactionCanceledException",
		"Transaction cancelled, please refer cancellation reasons for specific reasons [" + strings.Join(codes, ", ") + "]",
		reasons,
	})
}
