package table

import (
	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
)

// KeySchema is the primary key of a table or an index.
type KeySchema struct {
	Partition KeyAttribute
	Sort      KeyAttribute // its Name is empty where there is none
}

// KeyAttribute is an attribute that is a key, or a part of one.
type KeyAttribute struct {
	Name string
	Type string // "S", "N" or "B"
}

// Kind returns the type of the attribute's values.
func (k KeyAttribute) Kind() attr.Kind {
	kind, _ := attr.KindOf(k.Type)
	return kind
}

// HasSort reports whether there is a sort key.
func (s KeySchema) HasSort() bool { return s.Sort.Name != "" }

// Has reports whether name is one of the key's attributes.
func (s KeySchema) Has(name string) bool {
	return name == s.Partition.Name || s.HasSort() && name == s.Sort.Name
}

// Attributes are the key's attributes, the partition key first.
func (s KeySchema) Attributes() []KeyAttribute {
	if !s.HasSort() {
		return []KeyAttribute{s.Partition}
	}
	return []KeyAttribute{s.Partition, s.Sort}
}

// Names are the names of the key's attributes, the partition key's first.
func (s KeySchema) Names() []string {
	var names []string
	for _, k := range s.Attributes() {
		names = append(names, k.Name)
	}
	return names
}

// KeySchemaElement is a part of a key schema as the API has it; KeyType is "HASH" or "RANGE".
type KeySchemaElement struct{ AttributeName, KeyType string }

// Elements are the key schema as the API has it.
func (s KeySchema) Elements() []KeySchemaElement {
	var out []KeySchemaElement
	for i, name := range s.Names() {
		out = append(out, KeySchemaElement{name, []string{"HASH", "RANGE"}[i]})
	}
	return out
}

// EncodeKey returns the store's key of the item that key names, which must name nothing else. Errors are
// refusals, of *api.Error or *attr.Error, or exception.Misfit.
func (s KeySchema) EncodeKey(key attr.Item) ([]byte, error) {
	mismatch := func(KeyAttribute, attr.Value) error { return exception.Misfit(exception.KeyMismatch()) }
	if len(key) != len(s.Names()) {
		return nil, mismatch(KeyAttribute{}, attr.Value{})
	}
	return s.Encode(key, mismatch)
}

// EncodeItem returns the store's key of a whole item. Errors are as those of EncodeKey.
func (s KeySchema) EncodeItem(item attr.Item) ([]byte, error) {
	return s.Encode(item, ItemMismatch)
}

// ItemMismatch is the refusal of a whole item whose key attribute k has the value v, of another type. A v of kind
// attr.Invalid says that the item has no such attribute. It is an exception.Misfit.
func ItemMismatch(k KeyAttribute, v attr.Value) error {
	if v.Kind() == attr.Invalid {
		return exception.Misfit(exception.Validation("One or more parameter values were invalid: Missing the key %s in the item", k.Name))
	}
	return exception.Misfit(exception.Validation("One or more parameter values were invalid: Type mismatch for key %s expected: %s actual: %s",
		k.Name, k.Type, v.Kind()))
}

// Encode returns the store's key of the key attributes in from. An attribute that is not there, with a value
// of kind attr.Invalid, or has another type, is the error that mismatch returns.
func (s KeySchema) Encode(from attr.Item, mismatch func(KeyAttribute, attr.Value) error) ([]byte, error) {
	encoded, err := s.Partition.append(nil, attr.PartitionKey, from, mismatch)
	if err != nil || !s.HasSort() {
		return encoded, err
	}
	return s.Sort.append(encoded, attr.SortKey, from, mismatch)
}

func (k KeyAttribute) append(dst []byte, role attr.KeyRole, from attr.Item, mismatch func(KeyAttribute, attr.Value) error) ([]byte, error) {
	v := from[k.Name]
	if v.Kind() != k.Kind() {
		return nil, mismatch(k, v)
	}
	if err := attr.CheckKey(role, k.Name, v); err != nil {
		return nil, err
	}
	return v.AppendKey(dst), nil
}
