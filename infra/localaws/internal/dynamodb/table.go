package dynamodb

import (
	"fmt"
	"slices"
	"time"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
)

// table is what is known of a table. It is immutable once it is in the store's catalog: UpdateTable puts
// another in its place, of the same ID.
type table struct {
	// ID tells a table from one that had its name before: a request that was read against one must not
	// be answered from the other, whose keys may be named differently.
	ID      uint64
	Name    string
	Keys    keySchema
	Indexes []*index `json:",omitempty"` // local ones first, each kind in the order of the request

	CreatedAt  time.Time
	OnDemand   bool
	Read       int64 // provisioned read capacity units, 0 on demand
	Write      int64
	Class      string `json:",omitempty"`
	Protected  bool   // against deletion
	Tags       []tag  `json:",omitempty"`
	Attributes []attributeDefinition

	stored []byte // what the catalog holds of it
}

// keySchema is the primary key of a table or an index.
type keySchema struct {
	Partition keyAttribute
	Sort      keyAttribute // its Name is empty where there is none
}

type keyAttribute struct {
	Name string
	Type string // "S", "N" or "B"
}

func (k keyAttribute) kind() attr.Kind {
	kind, _ := attr.KindOf(k.Type)
	return kind
}

func (s keySchema) hasSort() bool { return s.Sort.Name != "" }

// has reports whether name is one of the key's attributes.
func (s keySchema) has(name string) bool {
	return name == s.Partition.Name || s.hasSort() && name == s.Sort.Name
}

// parts are the key's attributes, the partition key first.
func (s keySchema) parts() []keyAttribute {
	if !s.hasSort() {
		return []keyAttribute{s.Partition}
	}
	return []keyAttribute{s.Partition, s.Sort}
}

// attributes are the key's names, the partition key's first.
func (s keySchema) attributes() []string {
	var names []string
	for _, k := range s.parts() {
		names = append(names, k.Name)
	}
	return names
}

// of returns the schema of the table, or of one of its indexes.
func (t *table) of(index string) (keySchema, bool) {
	if t == nil {
		return keySchema{}, false
	}
	if index == "" {
		return t.Keys, true
	}
	if x := t.index(index); x != nil {
		return x.Keys, true
	}
	return keySchema{}, false
}

// scalars refuses expressions with a path into what is a key, of the table or of an index: it is no document.
func (t *table) scalars(documents ...[]string) error {
	const message = "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: "
	named := slices.Concat(documents...)
	for _, name := range named {
		if t.Keys.has(name) {
			return exception.Validation(message+"Key: %s", name)
		}
	}
	for _, x := range t.Indexes {
		for _, name := range named {
			if x.Keys.has(name) {
				return exception.Validation(message+"IndexKey: %s", name)
			}
		}
	}
	return nil
}

func errKeyMismatch() error {
	return exception.Validation("The provided key element does not match the schema")
}

// encodeKey returns the store's key of the item that key names, which must name nothing else.
func (s keySchema) encodeKey(key attr.Item) ([]byte, error) {
	if len(key) != len(s.attributes()) {
		return nil, errKeyMismatch()
	}
	return s.encode(key, func(keyAttribute, attr.Value) error { return errKeyMismatch() })
}

// encodeItem returns the store's key of a whole item.
func (s keySchema) encodeItem(item attr.Item) ([]byte, error) {
	return s.encode(item, func(k keyAttribute, v attr.Value) error {
		if v.Kind() == attr.Invalid {
			return exception.Validation("One or more parameter values were invalid: Missing the key %s in the item", k.Name)
		}
		return exception.Validation("One or more parameter values were invalid: Type mismatch for key %s expected: %s actual: %s",
			k.Name, k.Type, v.Kind())
	})
}

func (s keySchema) encode(from attr.Item, mismatch func(keyAttribute, attr.Value) error) ([]byte, error) {
	encoded, err := s.Partition.append(nil, attr.PartitionKey, from, mismatch)
	if err != nil || !s.hasSort() {
		return encoded, err
	}
	return s.Sort.append(encoded, attr.SortKey, from, mismatch)
}

func (k keyAttribute) append(dst []byte, role attr.KeyRole, from attr.Item, mismatch func(keyAttribute, attr.Value) error) ([]byte, error) {
	v := from[k.Name]
	if v.Kind() != k.kind() {
		return nil, mismatch(k, v)
	}
	if err := attr.CheckKey(role, k.Name, v); err != nil {
		return nil, err
	}
	return v.AppendKey(dst), nil
}

// uuid is the table's TableId: its own ID in the shape that AWS gives.
func (t *table) uuid() string { return fmt.Sprintf("00000000-0000-4000-8000-%012x", t.ID) }
