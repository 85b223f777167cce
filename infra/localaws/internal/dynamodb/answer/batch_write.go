package answer

import (
	"cmp"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/capacity"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/request"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/store"
)

type batchWriteOutput struct {
	UnprocessedItems      map[string]struct{}
	ConsumedCapacity      []*capacity.Consumed            `json:",omitempty"`
	ItemCollectionMetrics map[string][]*collectionMetrics `json:",omitempty"`
}

// batchWrite writes all items in one transaction of the store, so none is ever unprocessed.
func batchWrite(s *store.Store, q *request.BatchWrite) (any, error) {
	keys := make([][][]byte, len(q.Tables))
	for i, t := range q.Tables {
		var err error
		if keys[i], err = prepareAll(t); err != nil {
			return nil, err
		}
	}
	var refused error
	var spent capacity.Spending
	err := s.Commit(func(tx store.Tx) error {
		spent = capacity.Spending{}
		outcomes := make([][]*outcome, len(q.Tables))
		for i, t := range q.Tables {
			if outcomes[i], refused = decideAll(tx, t, keys[i]); refused != nil {
				return nil
			}
		}
		for i, t := range q.Tables {
			if err := writeAll(tx, t, keys[i], outcomes[i], spent); err != nil {
				return err
			}
		}
		return nil
	})
	if err := cmp.Or(err, refused); err != nil {
		return nil, err
	}
	var changes []*request.Change
	for _, t := range q.Tables {
		changes = append(changes, t.Changes...)
	}
	touched, err := collections(s, q.Collection, changes)
	return &batchWriteOutput{map[string]struct{}{}, spent.Report(q.Capacity), touched}, err
}

func prepareAll(t *request.TableWrites) ([][]byte, error) {
	keys, seen := make([][]byte, len(t.Changes)), make(map[string]bool, len(t.Changes))
	for i, c := range t.Changes {
		var err error
		if keys[i], err = prepare(c); err != nil {
			return nil, batchKey(err)
		}
		if seen[string(keys[i])] {
			return nil, errDuplicateKeys()
		}
		seen[string(keys[i])] = true
	}
	return keys, nil
}

// batchKey words what is wrong with a key in a batch: AWS says no more of a put there than of a delete.
func batchKey(err error) error {
	if exception.IsMisfit(err) {
		return exception.KeyMismatch()
	}
	return exception.Of(err)
}

// decideAll decides all of a table's changes before any is written: they name different items.
func decideAll(tx store.Tx, t *request.TableWrites, keys [][]byte) ([]*outcome, error) {
	live, err := tx.Live(t.Target.Table)
	if err != nil {
		return nil, err
	}
	outcomes := make([]*outcome, len(t.Changes))
	for i, c := range t.Changes {
		if outcomes[i], err = decide(tx, c, live, keys[i]); err != nil {
			return nil, err
		}
	}
	return outcomes, nil
}

func writeAll(tx store.Tx, t *request.TableWrites, keys [][]byte, outcomes []*outcome, spent capacity.Spending) error {
	for i, c := range t.Changes {
		units, err := do(tx, c, keys[i], outcomes[i])
		if err != nil {
			return err
		}
		spent.Add(t.Target.Name, units, 1)
	}
	return nil
}
