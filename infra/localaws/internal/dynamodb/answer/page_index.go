package answer

import (
	"errors"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/capacity"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/request"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/store"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/table"
)

// checkIndex refuses a page of an index that the table does not have, and a request that the index cannot answer.
// A global index answers only with the attributes that it holds; a local one fetches the others from the table
// ("Using Global Secondary Indexes", "Local secondary indexes", DynamoDB Developer Guide).
func (q page) checkIndex() error {
	x := q.From
	switch {
	case x == nil:
		return q.noIndex()
	case x.Local:
		return nil
	case q.Consistent:
		return exception.Validation("Consistent reads are not supported on global secondary indexes")
	case q.Select == request.SelectAll && x.Projection.ProjectionType != table.ProjectAll:
		return exception.Validation("One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for "+
			"global secondary index %s because its projection type is not ALL", x.Name)
	case q.lacksProjected() != nil:
		return exception.Validation("One or more parameter values were invalid: Global secondary index %s does not project %s",
			x.Name, exception.List(q.lacksProjected()))
	}
	return nil
}

func (q page) noIndex() error {
	return exception.Validation("The table does not have the specified index: %s", q.Index)
}

// lacksProjected are the attributes that the request projects and the index has not.
func (q page) lacksProjected() []string {
	if q.Projection == nil {
		return nil
	}
	return q.From.Lacks(q.Target.Table, q.Projection.Attributes())
}

// fetches reports whether answered items are fetched from the table: a local index has not all of them
// that is asked for.
func (q page) fetches() bool {
	if q.From == nil || !q.From.Local {
		return false
	}
	return q.Select == request.SelectAll && q.From.Projection.ProjectionType != table.ProjectAll || q.lacksProjected() != nil
}

// fetched is what a page of an index read from the table, each item on its own.
type fetched struct {
	size  int
	units float64
}

var errNoItem = errors.New("dynamodb: an index has an entry of an item that is not there")

// fetch returns the item of the entry under key.
func (f *found) fetch(key []byte) (store.Record, error) {
	for _, k := range f.Keys.Attributes() {
		var err error
		if _, key, err = attr.ReadKey(k.Kind(), key); err != nil {
			return store.Record{}, err
		}
	}
	r, ok, err := f.whole.Get(key)
	if err == nil && !ok {
		err = errNoItem
	}
	f.fetched.size += r.Size
	f.fetched.units += capacity.ReadUnits(r.Size, f.Consistent)
	return r, err
}

// cost is the cost of a page.
func (f *found) cost() capacity.Cost {
	units := capacity.ReadUnits(f.size, f.Consistent)
	if f.From == nil {
		return capacity.Cost{Table: units}
	}
	c := capacity.Cost{Table: f.fetched.units}
	c.Indexed(f.From, units)
	return c
}

// order is the key attributes by which what is read is ordered: of an index, its own and then the table's.
// One may be among both.
func (q page) order() []table.KeyAttribute {
	if q.From == nil {
		return q.Keys.Attributes()
	}
	return append(q.Keys.Attributes(), q.Target.Table.Keys.Attributes()...)
}

// position is the store's key of the start key, which names each attribute of the order and nothing else.
// Nothing needs to be there.
func (q page) position() ([]byte, error) {
	if q.From == nil {
		if !q.Scan && len(q.Start) != len(q.Keys.Names()) {
			return nil, exception.Validation("The provided starting key is invalid")
		}
		start, err := q.Keys.EncodeKey(q.Start)
		if err != nil {
			return nil, exception.Validation("The provided starting key is invalid: %s", exception.Message(err))
		}
		return start, nil
	}
	names := map[string]bool{}
	for _, k := range q.order() {
		names[k.Name] = true
	}
	if len(q.Start) != len(names) {
		return nil, exception.Validation("The provided starting key is invalid")
	}
	var start []byte
	for _, keys := range []table.KeySchema{q.Keys, q.Target.Table.Keys} {
		part, err := keys.Encode(q.Start, func(table.KeyAttribute, attr.Value) error { return exception.KeyMismatch() })
		if err != nil {
			return nil, exception.Validation("The provided starting key is invalid: %s", exception.Message(err))
		}
		start = append(start, part...)
	}
	return start, nil
}
