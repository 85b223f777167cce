package answer

import (
	"github.com/go-json-experiment/json/jsontext"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/capacity"
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
	l, err := locateAll(q.Gets, func(g *request.Get) (*request.Target, []byte, error) {
		key, err := locate(g)
		return g.Target, key, err
	})
	switch {
	case err != nil:
		return nil, err
	case l.misfit >= 0:
		return l.cancel()
	}
	room := maxTransactionBytes
	err = s.View(func(tx store.Tx) error {
		for i, g := range q.Gets {
			item, size, err := fetch(tx, g.Target, l.keys[i], g.Projection)
			if err != nil {
				return err
			}
			answered, err := answeredSize(item, size, g)
			if err != nil {
				return err
			}
			if room -= answered; room < 0 {
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

// answeredSize is how many bytes DynamoDB counts of an item that is answered, of which the whole has size bytes.
func answeredSize(item jsontext.Value, size int, g *request.Get) (int, error) {
	if g.Projection == nil || item == nil {
		return size, nil
	}
	part, err := attr.ParseItem(item)
	return part.Size(), err
}
