package store

import (
	"encoding/binary"

	"go.etcd.io/bbolt"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/table"
)

// Totals are the number of items of a table, or of entries of an index, and their size in bytes, as
// DynamoDB counts it.
type Totals struct{ Items, Bytes int64 }

// Sizes are the totals of a table, and of its indexes by name.
type Sizes struct {
	Totals
	Indexes map[string]Totals
}

// Sizes returns the totals of a table and its indexes. Those of a table that is gone are zero.
func (s *Store) Sizes(t *table.Table) (Sizes, error) {
	sum := Sizes{Indexes: map[string]Totals{}}
	err := s.db.View(func(tx *bbolt.Tx) error {
		sum.Totals = readTotals(tx, itemsOf(t))
		for _, x := range t.Indexes {
			sum.Indexes[x.Name] = readTotals(tx, entriesOf(x))
		}
		return nil
	})
	return sum, err
}

func readTotals(tx *bbolt.Tx, bucket []byte) Totals {
	value := tx.Bucket(totalsBucket).Get(bucket)
	if len(value) != 16 {
		return Totals{}
	}
	return Totals{int64(binary.BigEndian.Uint64(value)), int64(binary.BigEndian.Uint64(value[8:]))}
}

func addTotals(tx *bbolt.Tx, bucket []byte, more Totals) error {
	sum := readTotals(tx, bucket)
	value := binary.BigEndian.AppendUint64(nil, uint64(sum.Items+more.Items))
	value = binary.BigEndian.AppendUint64(value, uint64(sum.Bytes+more.Bytes))
	return tx.Bucket(totalsBucket).Put(bucket, value)
}
