package request

import (
	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/table"
)

// CheckKeys refuses a reading with a key that is not one of its table: with another attribute beside the key's, without
// one of them, or with a value of another type. It is for a request that another endpoint answers, whose reader might
// make another key of it. Call it once the request is allowed: before, the answer would tell the names of the keys.
// Errors are *api.Error, in DynamoDB's words, or exception.Misfit around one. A table that is not known is left to the other
// endpoint.
func CheckKeys(asked any) error {
	switch asked := asked.(type) {
	case *Get:
		return checkKey(asked.Target, asked.Key)
	case *Change:
		return asked.checkKey()
	case *Page:
		return asked.checkStart()
	case *BatchGet:
		return each(asked.Tables, func(g *TableGets) error {
			return each(g.Keys, func(key attr.Item) error { return checkKey(g.Target, key) })
		})
	case *BatchWrite:
		return each(asked.Tables, func(t *TableWrites) error { return each(t.Changes, (*Change).checkKey) })
	case *TransactGet:
		return each(asked.Gets, func(g *Get) error { return checkKey(g.Target, g.Key) })
	case *TransactWrite:
		return each(asked.Changes, (*Change).checkKey)
	}
	return nil
}

func each[T any](all []T, check func(T) error) error {
	for _, one := range all {
		if err := check(one); err != nil {
			return err
		}
	}
	return nil
}

func checkKey(t *Target, key attr.Item) error {
	if t.Table == nil {
		return nil
	}
	if len(key) != len(t.Table.Keys.Names()) {
		return exception.Misfit(exception.KeyMismatch())
	}
	return checkAttributes(t.Table.Keys, key, keyMismatch)
}

// checkKey is that of the item that a change names; a put names it among the item's attributes.
func (c *Change) checkKey() error {
	if c.Kind != "PutItem" {
		return checkKey(c.Target, c.Key)
	}
	if c.Target.Table == nil {
		return nil
	}
	return checkAttributes(c.Target.Table.Keys, c.Item, table.ItemMismatch)
}

// checkStart is that of a start key, which names the key of what is read, and of an index the table's key too.
func (q *Page) checkStart() error {
	t := q.Target.Table
	if q.Start == nil || t == nil || q.Index != "" && q.From == nil {
		return nil
	}
	names := map[string]bool{}
	for _, keys := range []table.KeySchema{q.Keys, t.Keys} {
		for _, name := range keys.Names() {
			names[name] = true
		}
	}
	err := checkAttributes(q.Keys, q.Start, keyMismatch)
	if err == nil {
		err = checkAttributes(t.Keys, q.Start, keyMismatch)
	}
	if err == nil && len(q.Start) != len(names) {
		err = exception.KeyMismatch()
	}
	if err != nil {
		return exception.Validation("The provided starting key is invalid: %s", exception.Message(err))
	}
	return nil
}

func keyMismatch(table.KeyAttribute, attr.Value) error {
	return exception.Misfit(exception.KeyMismatch())
}

func checkAttributes(keys table.KeySchema, from attr.Item, mismatch func(table.KeyAttribute, attr.Value) error) error {
	role := attr.PartitionKey
	for _, k := range keys.Attributes() {
		v, ok := from[k.Name]
		if !ok || k.Type != "" && v.Kind() != k.Kind() {
			return mismatch(k, v)
		}
		if err := attr.CheckKey(role, k.Name, v); err != nil {
			return exception.Of(err)
		}
		role = attr.SortKey
	}
	return nil
}
