package answer

import (
	"cmp"
	"errors"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/capacity"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/request"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/store"
)

type transactWriteOutput struct {
	ConsumedCapacity      []*capacity.Consumed            `json:",omitempty"`
	ItemCollectionMetrics map[string][]*collectionMetrics `json:",omitempty"`
}

// transactWrite writes all of the transaction or nothing of it. Every entry is decided before anything is
// written; entries name different items, so none decides on what another writes.
func transactWrite(s *store.Store, q *request.TransactWrite) (any, error) {
	payload := 0
	for _, c := range q.Changes {
		payload += c.Payload
	}
	if payload > maxTransactionBytes {
		return nil, errTransactionSize()
	}
	l, err := locateAll(q.Changes, func(c *request.Change) (*request.Target, []byte, error) {
		key, err := prepare(c)
		return c.Target, key, err
	})
	switch {
	case err != nil:
		return nil, err
	case l.misfit >= 0:
		return l.cancel()
	}
	return commitAll(s, q, l.keys)
}

func commitAll(s *store.Store, q *request.TransactWrite, keys [][]byte) (any, error) {
	token := &store.Token{Name: q.Token, Digest: q.Digest}
	var d *decisions
	var refused error
	err := s.Commit(func(tx store.Tx) error {
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
		return cancelled(d.reasons)
	}
	touched, err := collections(s, q.Collection, q.Changes)
	return &transactWriteOutput{d.spent.Report(q.Capacity), touched}, err
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
	for i, c := range changes {
		live, err := tx.Live(c.Target.Table)
		if err != nil {
			return nil, err
		}
		if err := putsNoEmptyIndexKeys(c, live); err != nil {
			return nil, err
		}
		o, err := decide(tx, c, live, keys[i])
		reason, err := reasonOf(c, o, err)
		if err != nil {
			return nil, err
		}
		d.outcomes, d.reasons = append(d.outcomes, o), append(d.reasons, reason)
		d.cancelled = d.cancelled || reason.Code != "None"
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
