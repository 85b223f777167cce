package dynamodb

import (
	"errors"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
)

// checkIndex refuses a page of an index that the table has not, and what the index cannot answer. A global
// index answers nothing but what it holds; a local one fetches the rest from the table ("Using Global
// Secondary Indexes", "Local secondary indexes", DynamoDB Developer Guide).
func (q *page) checkIndex() error {
	x := q.from
	switch {
	case x == nil:
		return q.noIndex()
	case x.Local:
		return nil
	case q.consistent:
		return exception.Validation("Consistent reads are not supported on global secondary indexes")
	case q.selects == selectAll && x.Projection.ProjectionType != projectAll:
		return exception.Validation("One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for "+
			"global secondary index %s because its projection type is not ALL", x.Name)
	case q.lacksProjected() != nil:
		return exception.Validation("One or more parameter values were invalid: Global secondary index %s does not project %s",
			x.Name, exception.List(q.lacksProjected()))
	}
	return nil
}

func (q *page) noIndex() error {
	return exception.Validation("The table does not have the specified index: %s", q.index)
}

// lacksProjected are the attributes that the request projects and the index has not.
func (q *page) lacksProjected() []string {
	if q.projection == nil {
		return nil
	}
	return q.from.lacks(q.target.table, q.projection.Attributes())
}

// fetches reports whether answered items are fetched from the table: a local index has not all of them
// that is asked for.
func (q *page) fetches() bool {
	if q.from == nil || !q.from.Local {
		return false
	}
	return q.selects == selectAll && q.from.Projection.ProjectionType != projectAll || q.lacksProjected() != nil
}

// fetched is what a page of an index read from the table, each item on its own.
type fetched struct {
	size  int
	units float64
}

var errNoItem = errors.New("dynamodb: an index has an entry of an item that is not there")

// fetch returns the item of the entry under key.
func (f *found) fetch(key []byte) (record, error) {
	for _, k := range f.keys.parts() {
		var err error
		if _, key, err = attr.ReadKey(k.kind(), key); err != nil {
			return record{}, err
		}
	}
	r, ok, err := load(f.whole, key)
	if err == nil && !ok {
		err = errNoItem
	}
	f.fetched.size += r.size
	f.fetched.units += readUnits(r.size, f.consistent)
	return r, err
}

// cost is the cost of a page.
func (f *found) cost() cost {
	units := readUnits(f.size, f.consistent)
	if f.from == nil {
		return cost{table: units}
	}
	c := cost{table: f.fetched.units}
	c.indexed(f.from, units)
	return c
}

// order is the key attributes by which what is read is ordered: of an index, its own and then the table's.
// One may be among both.
func (q *page) order() []keyAttribute {
	if q.from == nil {
		return q.keys.parts()
	}
	return append(q.keys.parts(), q.target.table.Keys.parts()...)
}

// position is the store's key of the start key, which names each attribute of the order and nothing else.
// Nothing needs to be there.
func (q *page) position() ([]byte, error) {
	if q.from == nil {
		start, err := q.keys.encodeKey(q.start)
		if err != nil {
			return nil, exception.Validation("The provided starting key is invalid: %s", exception.Message(err))
		}
		return start, nil
	}
	names := map[string]bool{}
	for _, k := range q.order() {
		names[k.Name] = true
	}
	if len(q.start) != len(names) {
		return nil, exception.Validation("The provided starting key is invalid")
	}
	var start []byte
	for _, keys := range []keySchema{q.keys, q.target.table.Keys} {
		part, err := keys.encode(q.start, func(keyAttribute, attr.Value) error { return errKeyMismatch() })
		if err != nil {
			return nil, exception.Validation("The provided starting key is invalid: %s", exception.Message(err))
		}
		start = append(start, part...)
	}
	return start, nil
}
