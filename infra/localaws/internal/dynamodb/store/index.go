package store

import (
	"bytes"
	"errors"

	"go.etcd.io/bbolt"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/capacity"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/table"
)

var errNotIndexed = errors.New("dynamodb: an item without the key of an index")

// entryKey is the key of the item's entry: the encoding of the index's key, and behind it that of the
// table's, which makes it unique. It is nil where the item has not the index's key, or has it with values
// that cannot be keys: an index is sparse ("Take advantage of sparse indexes", DynamoDB Developer Guide).
func entryKey(x *table.Index, item attr.Item, tableKey []byte) []byte {
	if item == nil {
		return nil
	}
	key, err := x.Keys.Encode(item, func(table.KeyAttribute, attr.Value) error { return errNotIndexed })
	if err != nil {
		return nil
	}
	return append(key, tableKey...)
}

// entry is what the entry of an item holds.
func entry(x *table.Index, t *table.Table, item attr.Item) ([]byte, error) {
	if x.Projection.ProjectionType != table.ProjectAll {
		part := attr.Item{}
		for name, v := range item {
			if x.Holds(t, name) {
				part[name] = v
			}
		}
		item = part
	}
	return encodeRecord(item, item.Size())
}

// move writes what becomes of an item's entry when the item changes, and returns the write units that it
// costs: none where the entry stays as it is, those of a removal and of an insertion where its key changes.
// "Global secondary indexes", "Provisioned throughput considerations", DynamoDB Developer Guide.
func move(tx *bbolt.Tx, x *table.Index, t *table.Table, tableKey []byte, old, new attr.Item) (float64, error) {
	entries := tx.Bucket(entriesOf(x))
	from, to := entryKey(x, old, tableKey), entryKey(x, new, tableKey)
	stays := bytes.Equal(from, to)
	var value []byte
	if to != nil {
		var err error
		if value, err = entry(x, t, new); err != nil {
			return 0, err
		}
	}
	before := entries.Get(from)
	if stays && bytes.Equal(before, value) {
		return 0, nil
	}
	gone, goneUnits, err := weigh(before)
	if err != nil {
		return 0, err
	}
	come, comeUnits, err := weigh(value)
	if err != nil {
		return 0, err
	}
	if before != nil && !stays {
		if err := entries.Delete(from); err != nil {
			return 0, err
		}
	}
	if value != nil {
		if err := entries.Put(to, value); err != nil {
			return 0, err
		}
	}
	units := goneUnits + comeUnits
	if stays {
		units = max(goneUnits, comeUnits)
	}
	return units, addTotals(tx, entriesOf(x), Totals{come.Items - gone.Items, come.Bytes - gone.Bytes})
}

// weigh is what an entry, nil for none, adds to an index, and the write units of adding or removing it.
func weigh(value []byte) (Totals, float64, error) {
	if value == nil {
		return Totals{}, 0, nil
	}
	r, err := DecodeRecord(value)
	return Totals{1, int64(r.Size)}, capacity.WriteUnits(r.Size), err
}
