package answer

import (
	"bytes"
	"net/http"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/capacity"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/expr"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/request"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/store"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/table"
)

type getOutput struct {
	Item             jsontext.Value     `json:",omitzero"`
	ConsumedCapacity *capacity.Consumed `json:",omitzero"`
}

func get(s *store.Store, g *request.Get) (any, error) {
	var out getOutput
	var size int
	err := s.View(func(tx store.Tx) error {
		key, err := locate(g)
		if err == nil {
			out.Item, size, err = fetch(tx, g.Target, key, g.Projection)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	out.ConsumedCapacity = ofTable(g.Capacity, g.Target, capacity.ReadUnits(size, g.Consistent))
	if out.Item != nil && out.ConsumedCapacity == nil {
		return alone(out.Item), nil
	}
	return &out, nil
}

// alone is the answer of a getOutput with nothing but an item, as of most. Marshal would read the item once more.
func alone(item jsontext.Value) *api.Response {
	return &api.Response{Status: http.StatusOK, Body: slices.Concat([]byte(`{"Item":`), item, []byte("}"))}
}

// ofTable is the report of units of a table alone.
func ofTable(asked string, t *request.Target, units float64) *capacity.Consumed {
	return capacity.Cost{Table: units}.Report(asked, t.Name)
}

// locate refuses what is wrong whatever the item is, and returns the store's key.
func locate(g *request.Get) ([]byte, error) {
	if err := g.Target.Found(); err != nil {
		return nil, err
	}
	if err := scalars(g.Target.Table, g.Projection.Documents()); err != nil {
		return nil, err
	}
	return g.Target.Table.Keys.EncodeKey(g.Key)
}

// scalars refuses expressions with a path into a key attribute of the table or an index: a key is not a document.
func scalars(t *table.Table, documents ...[]string) error {
	const message = "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: "
	named := slices.Concat(documents...)
	for _, name := range named {
		if t.Keys.Has(name) {
			return exception.Validation(message+"Key: %s", name)
		}
	}
	for _, x := range t.Indexes {
		for _, name := range named {
			if x.Keys.Has(name) {
				return exception.Validation(message+"IndexKey: %s", name)
			}
		}
	}
	return nil
}

// fetch returns what p asks for of the item's JSON, nil where there is no item, and the size of the whole
// item.
func fetch(tx store.Tx, t *request.Target, key []byte, p *expr.Projection) (jsontext.Value, int, error) {
	items, ok := tx.Items(t.Table)
	if !ok {
		return nil, 0, exception.ResourceNotFound()
	}
	r, ok, err := items.Get(key)
	if err != nil || !ok {
		return nil, 0, err
	}
	out, err := project(r, p)
	return out, r.Size, err
}

// project returns the JSON of what the projection names, all of it where there is none.
func project(r store.Record, p *expr.Projection) (jsontext.Value, error) {
	if p == nil {
		return bytes.Clone(r.JSON), nil
	}
	item, err := r.Item()
	if err != nil {
		return nil, err
	}
	return json.Marshal(p.Apply(item))
}
