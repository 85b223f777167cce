package answer

import (
	"github.com/go-json-experiment/json/jsontext"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/capacity"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/request"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/store"
)

// maxBatchBytes bounds the items in one answer of BatchGetItem, as DynamoDB counts them and as JSON; the rest is returned
// as unprocessed.
const maxBatchBytes = 16 << 20

type batchGetOutput struct {
	Responses        map[string][]jsontext.Value
	UnprocessedKeys  map[string]request.KeysAndAttributes
	ConsumedCapacity []*capacity.Consumed `json:",omitempty"`
}

func batchGet(s *store.Store, q *request.BatchGet) (any, error) {
	out := &batchGetOutput{Responses: map[string][]jsontext.Value{}, UnprocessedKeys: map[string]request.KeysAndAttributes{}}
	keys := make([][][]byte, len(q.Tables))
	for i, g := range q.Tables {
		var err error
		if keys[i], err = encodeKeys(g); err != nil {
			return nil, err
		}
	}
	room := maxBatchBytes
	err := s.View(func(tx store.Tx) error {
		for i, g := range q.Tables {
			units, err := fetchKeys(tx, g, keys[i], &room, out)
			if err != nil {
				return err
			}
			if c := ofTable(q.Capacity, g.Target, units); c != nil {
				out.ConsumedCapacity = append(out.ConsumedCapacity, c)
			}
		}
		return nil
	})
	return out, err
}

// encodeKeys returns the store's keys, each of which must be there once.
func encodeKeys(g *request.TableGets) ([][]byte, error) {
	if err := g.Target.Found(); err != nil {
		return nil, err
	}
	if err := scalars(g.Target.Table, g.Projection.Documents()); err != nil {
		return nil, err
	}
	encoded := make([][]byte, len(g.Keys))
	seen := make(map[string]bool, len(g.Keys))
	for i, key := range g.Keys {
		var err error
		if encoded[i], err = g.Target.Table.Keys.EncodeKey(key); err != nil {
			return nil, err
		}
		if seen[string(encoded[i])] {
			return nil, errDuplicateKeys()
		}
		seen[string(encoded[i])] = true
	}
	return encoded, nil
}

func errDuplicateKeys() error {
	return exception.Validation("Provided list of item keys contains duplicates")
}

// fetchKeys answers one table's keys while there is room, and counts the capacity of what it answered.
func fetchKeys(tx store.Tx, g *request.TableGets, keys [][]byte, room *int, out *batchGetOutput) (float64, error) {
	found, units := []jsontext.Value{}, 0.0
	for i, key := range keys {
		item, size, err := fetch(tx, g.Target, key, g.Projection)
		if err != nil {
			return 0, err
		}
		// An item may be larger as JSON. The first one fits.
		if *room -= max(size, len(item)); *room < 0 {
			rest := g.Echo
			rest.Keys = g.Keys[i:]
			out.UnprocessedKeys[g.Given] = rest
			break
		}
		units += capacity.ReadUnits(size, g.Consistent)
		if item != nil {
			found = append(found, item)
		}
	}
	out.Responses[g.Given] = found
	return units, nil
}
