package dynamodb

import (
	"bytes"
	"context"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"go.etcd.io/bbolt"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/expr"
)

type getOutput struct {
	Item             jsontext.Value    `json:",omitzero"`
	ConsumedCapacity *consumedCapacity `json:",omitzero"`
}

func (s *store) getItem(g *get, in *getInput) answer {
	return func(context.Context) (any, error) {
		var out getOutput
		size, err := 0, error(nil)
		err = s.view(func(tx *bbolt.Tx) error {
			out.Item, size, err = g.fetch(tx)
			return err
		})
		if err != nil {
			return nil, err
		}
		out.ConsumedCapacity = consumed(in.ReturnConsumedCapacity, g.target, readUnits(size, in.ConsistentRead))
		return &out, nil
	}
}

// view runs do in a read-only transaction: what it sees does not change meanwhile.
func (s *store) view(do func(*bbolt.Tx) error) error { return s.db.View(do) }

// locate refuses what is wrong whatever the item is, and returns the store's key.
func (g *get) locate() ([]byte, error) {
	if err := g.target.found(); err != nil {
		return nil, err
	}
	if err := g.target.table.scalars(g.projection.Documents()); err != nil {
		return nil, err
	}
	return g.target.table.Keys.encodeKey(g.key)
}

// fetch returns the item's JSON, nil where there is no item, and the size of the whole item.
func (g *get) fetch(tx *bbolt.Tx) (jsontext.Value, int, error) {
	key, err := g.locate()
	if err != nil {
		return nil, 0, err
	}
	return g.fetchKey(tx, key)
}

func (g *get) fetchKey(tx *bbolt.Tx, key []byte) (jsontext.Value, int, error) {
	items := g.target.items(tx)
	if items == nil {
		return nil, 0, exception.ResourceNotFound()
	}
	r, ok, err := load(items, key)
	if err != nil || !ok {
		return nil, 0, err
	}
	out, err := r.project(g.projection)
	return out, r.size, err
}

// project returns the JSON of what the projection names, all of it where there is none.
func (r record) project(p *expr.Projection) (jsontext.Value, error) {
	if p == nil {
		return bytes.Clone(r.json), nil
	}
	item, err := r.item()
	if err != nil {
		return nil, err
	}
	return projectItem(item, p)
}

func projectItem(item attr.Item, p *expr.Projection) (jsontext.Value, error) {
	return json.Marshal(p.Apply(item))
}

// maxBatchBytes is what one BatchGetItem answers at most; what is over is answered as unprocessed.
const maxBatchBytes = 16 << 20

// unprocessedKeys repeats a part of a BatchGetItem request, so that it can be sent again.
type unprocessedKeys struct {
	Keys                     []attr.Item
	AttributesToGet          []string          `json:",omitempty"`
	ConsistentRead           bool              `json:",omitzero"`
	ExpressionAttributeNames map[string]string `json:",omitempty"`
	ProjectionExpression     *string           `json:",omitzero"`
}

type batchGetOutput struct {
	Responses        map[string][]jsontext.Value
	UnprocessedKeys  map[string]unprocessedKeys
	ConsumedCapacity []*consumedCapacity `json:",omitempty"`
}

func (s *store) batchGet(tables []*tableGets, capacity string) answer {
	return func(context.Context) (any, error) {
		out := &batchGetOutput{Responses: map[string][]jsontext.Value{}, UnprocessedKeys: map[string]unprocessedKeys{}}
		keys := make([][][]byte, len(tables))
		for i, g := range tables {
			var err error
			if keys[i], err = g.encode(); err != nil {
				return nil, err
			}
		}
		room := maxBatchBytes
		err := s.view(func(tx *bbolt.Tx) error {
			for i, g := range tables {
				units, err := g.fetch(tx, keys[i], &room, out)
				if err != nil {
					return err
				}
				if c := consumed(capacity, g.target, units); c != nil {
					out.ConsumedCapacity = append(out.ConsumedCapacity, c)
				}
			}
			return nil
		})
		return out, err
	}
}

// encode returns the store's keys, each of which must be there once.
func (g *tableGets) encode() ([][]byte, error) {
	if err := g.target.found(); err != nil {
		return nil, err
	}
	if err := g.target.table.scalars(g.projection.Documents()); err != nil {
		return nil, err
	}
	encoded := make([][]byte, len(g.keys))
	seen := make(map[string]bool, len(g.keys))
	for i, key := range g.keys {
		var err error
		if encoded[i], err = g.target.table.Keys.encodeKey(key); err != nil {
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

// fetch answers one table's keys while there is room, and counts the capacity of what it answered.
func (g *tableGets) fetch(tx *bbolt.Tx, keys [][]byte, room *int, out *batchGetOutput) (float64, error) {
	one := get{target: g.target, projection: g.projection}
	found, units := []jsontext.Value{}, 0.0
	for i, key := range keys {
		item, size, err := one.fetchKey(tx, key)
		if err != nil {
			return 0, err
		}
		if *room -= size; *room < 0 {
			rest := g.echo
			rest.Keys = g.keys[i:]
			out.UnprocessedKeys[g.given] = rest
			break
		}
		units += readUnits(size, g.consistent)
		if item != nil {
			found = append(found, item)
		}
	}
	out.Responses[g.given] = found
	return units, nil
}

type transactGetOutput struct {
	Responses        []getOutput
	ConsumedCapacity []*consumedCapacity `json:",omitempty"`
}

func (s *store) transactGet(gets []*get, capacity string) answer {
	return func(context.Context) (any, error) {
		out := &transactGetOutput{Responses: make([]getOutput, len(gets))}
		spent := spending{}
		keys, err := distinctKeys(gets, func(g *get) (*target, []byte, error) {
			key, err := g.locate()
			return g.target, key, err
		})
		if err != nil {
			return nil, err
		}
		err = s.view(func(tx *bbolt.Tx) error {
			for i, g := range gets {
				item, size, err := g.fetchKey(tx, keys[i])
				if err != nil {
					return err
				}
				out.Responses[i].Item = item
				spent.add(g.target, cost{table: readUnits(size, true)}, 2)
			}
			return nil
		})
		out.ConsumedCapacity = spent.report(capacity)
		return out, err
	}
}

// distinctKeys encodes the keys of a transaction, which may name each item once.
func distinctKeys[T any](entries []T, key func(T) (*target, []byte, error)) ([][]byte, error) {
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
		id := item{t.table.ID, string(encoded)}
		if seen[id] {
			return nil, exception.Validation("Transaction request cannot include multiple operations on one item")
		}
		seen[id], keys[i] = true, encoded
	}
	return keys, nil
}
