package dynamodb

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"

	"go.etcd.io/bbolt"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
)

// index is a secondary index of a table. It is immutable, as the table is.
type index struct {
	// ID tells an index from one that had its name before, on this table or another.
	ID         uint64
	Name       string
	Local      bool `json:",omitempty"`
	Keys       keySchema
	Projection projection
	Read       int64 `json:",omitempty"` // provisioned read capacity units of a global index
	Write      int64 `json:",omitempty"`
}

// projection says what of an item an index holds: its keys always.
type projection struct {
	ProjectionType   string
	NonKeyAttributes []string `json:",omitempty"`
}

// The values of ProjectionType.
const (
	projectAll     = "ALL"
	projectKeys    = "KEYS_ONLY"
	projectInclude = "INCLUDE"
)

// index returns the index of that name, or nil.
func (t *table) index(name string) *index {
	if t == nil || name == "" {
		return nil
	}
	for _, x := range t.Indexes {
		if x.Name == name {
			return x
		}
	}
	return nil
}

// bucket is the name of the bbolt bucket that holds the index's entries.
func (x *index) bucket() []byte {
	return binary.BigEndian.AppendUint64([]byte("dynamodb/index/"), x.ID)
}

// holds reports whether an entry has the attribute, where the item has it.
func (x *index) holds(t *table, name string) bool {
	return x.Projection.ProjectionType == projectAll || t.Keys.has(name) || x.Keys.has(name) ||
		slices.Contains(x.Projection.NonKeyAttributes, name)
}

// lacks returns those of names that entries do not hold.
func (x *index) lacks(t *table, names []string) []string {
	var missing []string
	for _, name := range names {
		if !x.holds(t, name) {
			missing = append(missing, name)
		}
	}
	return missing
}

var errNotIndexed = errors.New("dynamodb: an item without the key of an index")

// place is the key of the item's entry: the encoding of the index's key, and behind it that of the
// table's, which makes it unique. It is nil where the item has not the index's key, or has it with values
// that cannot be keys: an index is sparse ("Take advantage of sparse indexes", DynamoDB Developer Guide).
func (x *index) place(item attr.Item, tableKey []byte) []byte {
	if item == nil {
		return nil
	}
	key, err := x.Keys.encode(item, func(keyAttribute, attr.Value) error { return errNotIndexed })
	if err != nil {
		return nil
	}
	return append(key, tableKey...)
}

// record is what the entry of an item holds.
func (x *index) record(t *table, item attr.Item) ([]byte, error) {
	if x.Projection.ProjectionType != projectAll {
		part := attr.Item{}
		for name, v := range item {
			if x.holds(t, name) {
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
func (x *index) move(tx *bbolt.Tx, t *table, tableKey []byte, old, new attr.Item) (float64, error) {
	entries := tx.Bucket(x.bucket())
	from, to := x.place(old, tableKey), x.place(new, tableKey)
	stays := bytes.Equal(from, to)
	var value []byte
	if to != nil {
		var err error
		if value, err = x.record(t, new); err != nil {
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
	return units, addTotals(tx, x.bucket(), totals{come.items - gone.items, come.bytes - gone.bytes})
}

// weigh is what an entry, nil for none, adds to an index, and the write units of adding or removing it.
func weigh(value []byte) (totals, float64, error) {
	if value == nil {
		return totals{}, 0, nil
	}
	r, err := decodeRecord(value)
	return totals{1, int64(r.size)}, writeUnits(r.size), err
}

// reindex writes what a change of an item means for the table's indexes, and adds its cost.
func (t *table) reindex(tx *bbolt.Tx, tableKey []byte, o *outcome, c *cost) error {
	for _, x := range t.Indexes {
		units, err := x.move(tx, t, tableKey, o.old, o.new)
		if err != nil {
			return err
		}
		c.indexed(x, units)
	}
	return nil
}
