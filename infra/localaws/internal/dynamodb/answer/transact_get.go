package answer

import (
	"example.com/shiptrack/infra/localaws/internal/dynamodb/capacity"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/request"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/store"
)

type transactGetOutput struct {
	Responses        []getOutput
	ConsumedCapacity []*capacity.Consumed `json:",omitempty"`
}

func transactGet(s *store.Store, q *request.TransactGet) (any, error) {
	out := &transactGetOutput{Responses: make([]getOutput, len(q.Gets))}
	spent := capacity.Spending{}
	keys, err := distinctKeys(q.Gets, func(g *request.Get) (*request.Target, []byte, error) {
		key, err := locate(g)
		return g.Target, key, err
	})
	if err != nil {
		return nil, err
	}
	room := maxTransactionBytes
	err = s.View(func(tx store.Tx) error {
		for i, g := range q.Gets {
			item, size, err := fetch(tx, g.Target, keys[i], g.Projection)
			if err != nil {
				return err
			}
			if room -= size; room < 0 {
				return errTransactionSize()
			}
			out.Responses[i].Item = item
			spent.Add(g.Target.Name, capacity.Cost{Table: capacity.ReadUnits(size, true)}, 2)
		}
		return nil
	})
	out.ConsumedCapacity = spent.Report(q.Capacity)
	return out, err
}

// distinctKeys encodes the keys of a transaction, which may name each item once.
func distinctKeys[T any](entries []T, key func(T) (*request.Target, []byte, error)) ([][]byte, error) {
	type item struct {
		table uint64
		key   string
	}
	keys, seen := make([][]byte, len(entries)), make(map[item]bool, len(entries))
	for i, e := range entries {
		t, encoded, err := key(e)
		if err != nil {
			return nil, err
		}
		id := item{t.Table.ID, string(encoded)}
		if seen[id] {
			return nil, exception.Validation("Transaction request cannot include multiple operations on one item")
		}
		seen[id], keys[i] = true, encoded
	}
	return keys, nil
}
