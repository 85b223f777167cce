package store

import (
	"bytes"
	"iter"

	"go.etcd.io/bbolt"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/table"
)

// Rows are the items of a table, or the entries of an index, in the order of their keys.
type Rows struct{ bucket *bbolt.Bucket }

// Items returns the items of the table that the request was read against. It returns false where that table is
// nil or gone, even if another table has its name.
func (tx Tx) Items(t *table.Table) (Rows, bool) {
	if t == nil {
		return Rows{}, false
	}
	bucket := tx.tx.Bucket(itemsOf(t))
	return Rows{bucket}, bucket != nil
}

// Entries returns the entries of the index, and false where it is gone.
func (tx Tx) Entries(x *table.Index) (Rows, bool) {
	bucket := tx.tx.Bucket(entriesOf(x))
	return Rows{bucket}, bucket != nil
}

// Get returns the record under key, and false where there is none.
func (r Rows) Get(key []byte) (Record, bool, error) {
	value := r.bucket.Get(key)
	if value == nil {
		return Record{}, false, nil
	}
	record, err := DecodeRecord(value)
	return record, err == nil, err
}

// Span is a range of keys: From is in it, To is not; a nil To has no end.
type Span struct{ From, To []byte }

// Contains reports whether key lies in the span.
func (in Span) Contains(key []byte) bool {
	return bytes.Compare(key, in.From) >= 0 && (in.To == nil || bytes.Compare(key, in.To) < 0)
}

// In yields the keys of a span and what is stored under them, for DecodeRecord, in the order of the keys or,
// backward, from the last to the first. Both lie in memory of the transaction.
func (r Rows) In(span Span, backward bool) iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		c := r.bucket.Cursor()
		key, value := span.first(c, backward)
		for key != nil && span.Contains(key) && yield(key, value) {
			key, value = step(c, backward)
		}
	}
}

func (in Span) first(c *bbolt.Cursor, backward bool) (key, value []byte) {
	switch {
	case !backward:
		return c.Seek(in.From)
	case in.To == nil:
		return c.Last()
	}
	if key, _ := c.Seek(in.To); key == nil {
		return c.Last()
	}
	return c.Prev()
}

func step(c *bbolt.Cursor, backward bool) (key, value []byte) {
	if backward {
		return c.Prev()
	}
	return c.Next()
}
