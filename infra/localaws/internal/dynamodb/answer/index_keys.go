package answer

import (
	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/request"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/table"
)

// putsIndexKeys refuses a put of an item with an attribute that is a key of an index and cannot be one. An
// item without the attribute is only not in the index.
func putsIndexKeys(c *request.Change, t *table.Table) error {
	if c.Kind != "PutItem" {
		return nil
	}
	if err := putsNoEmptyIndexKeys(c, t); err != nil {
		return err
	}
	return eachIndexKey(t, c.Item, func(x *table.Index, role attr.KeyRole, k table.KeyAttribute, v attr.Value) error {
		if v.Kind() != k.Kind() {
			return exception.Validation("One or more parameter values were invalid: Type mismatch for Index Key %s Expected: %s Actual: %s IndexName: %s",
				k.Name, k.Type, v.Kind(), x.Name)
		}
		return attr.CheckKey(role, k.Name, v)
	})
}

// putsNoEmptyIndexKeys refuses a put of an item whose index key is empty. That refuses a transaction too: it is known
// without looking at what is stored.
func putsNoEmptyIndexKeys(c *request.Change, t *table.Table) error {
	if c.Kind != "PutItem" {
		return nil
	}
	return eachIndexKey(t, c.Item, func(x *table.Index, _ attr.KeyRole, k table.KeyAttribute, v attr.Value) error {
		if v.Kind() != k.Kind() || !empty(v) {
			return nil
		}
		return exception.Validation("One or more parameter values are not valid. A value specified for a secondary index key is not supported. "+
			"The AttributeValue for a key attribute cannot contain an empty %s value. IndexName: %s, IndexKey: %s",
			kindName(v), x.Name, k.Name)
	})
}

// updatesIndexKeys refuses an update that gives an index's key a value that cannot be one. A wrong value from
// before the index was created may stay.
func updatesIndexKeys(c *request.Change, o *outcome) error {
	if c.Kind != "UpdateItem" {
		return nil
	}
	return eachIndexKey(o.table, o.New, func(_ *table.Index, role attr.KeyRole, k table.KeyAttribute, v attr.Value) error {
		switch {
		case v.Equal(o.Old[k.Name]):
			return nil
		case empty(v):
			return exception.Validation("One or more parameter values are not valid. The update expression attempted to update a secondary index key "+
				"to a value that is not supported. The AttributeValue for a key attribute cannot contain an empty %s value.", kindName(v))
		case v.Kind() != k.Kind():
			return exception.Validation("The update expression attempted to update the secondary index key to unsupported type")
		case attr.CheckKey(role, k.Name, v) != nil:
			return exception.Validation("The update expression attempted to update the secondary index key beyond allowed size limits")
		}
		return nil
	})
}

// eachIndexKey calls check for every key attribute of every index that item has, up to the first error. A
// key of the table that is an index's partition key too was checked as the table's, whose limit is no wider.
func eachIndexKey(t *table.Table, item attr.Item, check func(*table.Index, attr.KeyRole, table.KeyAttribute, attr.Value) error) error {
	for _, x := range t.Indexes {
		for i, k := range x.Keys.Attributes() {
			v, ok := item[k.Name]
			if !ok || t.Keys.Has(k.Name) && i == 0 {
				continue
			}
			if err := check(x, attr.KeyRole(i), k, v); err != nil {
				return err
			}
		}
	}
	return nil
}

func empty(v attr.Value) bool {
	return (v.Kind() == attr.S || v.Kind() == attr.B) && v.Text() == ""
}

func kindName(v attr.Value) string {
	if v.Kind() == attr.B {
		return "binary"
	}
	return "string"
}
