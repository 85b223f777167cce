package store

import (
	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/capacity"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/table"
)

// Replacement is what becomes of one item.
type Replacement struct {
	Old, New         attr.Item // nil: no item
	OldSize, NewSize int       // in bytes, as DynamoDB counts them; 0 of no item
}

// Write replaces the item under key, and its entries in the indexes of t, which is as Live returned it. The
// units of the indexes are added to spent. Errors are those of the store: that the change may be
// made was decided in this transaction.
func (tx Tx) Write(t *table.Table, key []byte, c *Replacement, spent *capacity.Cost) error {
	items, more := tx.tx.Bucket(itemsOf(t)), Totals{Bytes: int64(c.NewSize - c.OldSize)}
	if c.Old != nil {
		more.Items--
	}
	if c.New == nil {
		if err := items.Delete(key); err != nil {
			return err
		}
	} else {
		more.Items++
		value, err := encodeRecord(c.New, c.NewSize)
		if err != nil {
			return err
		}
		if err := items.Put(key, value); err != nil {
			return err
		}
	}
	if err := addTotals(tx.tx, itemsOf(t), more); err != nil {
		return err
	}
	for _, x := range t.Indexes {
		units, err := move(tx.tx, x, t, key, c.Old, c.New)
		if err != nil {
			return err
		}
		spent.Indexed(x, units)
	}
	return nil
}
