package answer

import (
	"cmp"
	"errors"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/capacity"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/request"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/store"
)

// maxTransactionBytes is what the items of one transaction may weigh together.
const maxTransactionBytes = 4 << 20

func errTransactionSize() error {
	return exception.Validation("Transaction size limit exceeded: the items must not be larger than 4 MB together")
}

type transactWriteOutput struct {
	ConsumedCapacity []*capacity.Consumed `json:",omitempty"`
}

// cancellation says why an entry of a transaction was, or was not, what cancelled it.
type cancellation struct {
	Code    string
	Message string    `json:",omitempty"`
	Item    attr.Item `json:",omitempty"`
}

// transactWrite writes all of the transaction or nothing of it. Every entry is decided before anything is
// written; entries name different items, so none decides on what another writes.
func transactWrite(s *store.Store, q *request.TransactWrite) (any, error) {
	keys, err := distinctKeys(q.Changes, func(c *request.Change) (*request.Target, []byte, error) {
		key, err := prepare(c)
		return c.Target, key, err
	})
	if err != nil {
		return nil, err
	}
	token := &store.Token{Name: q.Token, Digest: q.Digest}
	var d *decisions
	var refused error
	err = s.Commit(func(tx store.Tx) error {
		var again bool
		if again, refused = tx.Seen(token); again || refused != nil {
			d = &decisions{}
			return nil
		}
		if d, refused = decideTogether(tx, q.Changes, keys); refused != nil || d.cancelled {
			return nil
		}
		if err := d.write(tx, q.Changes, keys); err != nil {
			return err
		}
		return tx.Keep(token)
	})
	if err := cmp.Or(err, refused); err != nil {
		return nil, err
	}
	if d.cancelled {
		return d.cancel()
	}
	return &transactWriteOutput{ConsumedCapacity: d.spent.Report(q.Capacity)}, nil
}

// decisions are the outcomes of a transaction's entries.
type decisions struct {
	outcomes  []*outcome
	reasons   []cancellation
	cancelled bool
	spent     capacity.Spending
}

func decideTogether(tx store.Tx, changes []*request.Change, keys [][]byte) (*decisions, error) {
	d := &decisions{spent: capacity.Spending{}}
	bytes := 0
	for i, c := range changes {
		live, err := tx.Live(c.Target.Table)
		if err != nil {
			return nil, err
		}
		o, err := decide(tx, c, live, keys[i])
		reason, err := reasonOf(c, o, err)
		if err != nil {
			return nil, err
		}
		d.outcomes, d.reasons = append(d.outcomes, o), append(d.reasons, reason)
		if reason.Code != "None" {
			d.cancelled = true
			continue
		}
		bytes += o.NewSize
	}
	if bytes > maxTransactionBytes {
		return nil, errTransactionSize()
	}
	return d, nil
}

// reasonOf turns an entry's outcome, or the refusal of it, into what TransactionCanceledException lists.
func reasonOf(c *request.Change, o *outcome, err error) (cancellation, error) {
	if err != nil {
		wrong, ok := errors.AsType[*api.Error](exception.Of(err))
		if !ok {
			return cancellation{}, err
		}
		return cancellation{Code: "ValidationError", Message: wrong.Message}, nil
	}
	if !o.failed {
		return cancellation{Code: "None"}, nil
	}
	failed := cancellation{Code: "ConditionalCheckFailed", Message: conditionalMessage}
	if c.ReturnOld {
		failed.Item = o.Old
	}
	return failed, nil
}

func (d *decisions) write(tx store.Tx, changes []*request.Change, keys [][]byte) error {
	for i, c := range changes {
		units, err := do(tx, c, keys[i], d.outcomes[i])
		if err != nil {
			return err
		}
		d.spent.Add(c.Target.Name, units, 2)
	}
	return nil
}

func (d *decisions) cancel() (any, error) {
	codes := make([]string, len(d.reasons))
	for i, r := range d.reasons {
		codes[i] = r.Code
	}
	return failure(struct {
		Type    string         `json:"__type"`
		Message string         `json:"Message"`
		Reasons []cancellation `json:"CancellationReasons"`
	}{
		exception.Namespace + "#TransactionCanceledException",
		"Transaction cancelled, please refer cancellation reasons for specific reasons [" + strings.Join(codes, ", ") + "]",
		d.reasons,
	})
}
