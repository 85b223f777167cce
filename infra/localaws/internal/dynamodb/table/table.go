// Package table describes a table without its items: keys, indexes, capacity, tags. It refuses items and
// keys that do not fit the key schema, and gives each other item one key in the store.
package table

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
)

// Table is what is known of a table. It is immutable once it is in the store's catalog, and then safe for
// concurrent use: UpdateTable puts another in its place, of the same ID.
type Table struct {
	// ID tells a table from one that had its name before: a request that was read against one must not
	// be answered from the other, whose keys may be named differently.
	ID      uint64
	Name    string
	Keys    KeySchema
	Indexes []*Index `json:",omitempty"` // local ones first, each kind in the order of the request

	CreatedAt  time.Time
	Tags       []Tag `json:",omitempty"`
	Attributes []AttributeDefinition

	// What follows is taken, shown and changed as AWS does it. The store does the same whatever it is: it does not throttle,
	// encrypt, delete what has expired or keep backups.

	OnDemand      bool
	OnDemandSince time.Time           `json:",omitzero"` // when it was last changed to on demand; zero: never, or as it was created
	Read          int64               // provisioned read capacity units, 0 on demand
	Write         int64               // provisioned write capacity units, 0 on demand
	Limits        *OnDemandThroughput `json:",omitzero"`
	Warm          *Throughput         `json:",omitzero"`  // what was asked for; nil: nothing
	Class         string              `json:",omitempty"` // empty: STANDARD, and never another
	ClassSince    time.Time           `json:",omitzero"`  // when it was last changed; zero: never
	Protected     bool                // against deletion
	KMSKey        string              `json:",omitempty"` // ARN of the key that encrypts it; empty: one that AWS owns
	ExpiresBy     string              `json:",omitempty"` // the attribute that says when an item expires; empty: none does
	Recovery      *Recovery           `json:",omitzero"`  // nil: point-in-time recovery is disabled

	encoded []byte // what Encode returned, or Decode was given
}

// Tag is one tag of a table.
type Tag struct {
	Key   string
	Value string
}

// AttributeDefinition is the type of a key attribute, as the API has it.
type AttributeDefinition struct{ AttributeName, AttributeType string }

// Encode returns the table as the catalog holds it, and remembers it for IsEncoded. It is for a table that
// nobody else sees yet.
func (t *Table) Encode() ([]byte, error) {
	value, err := json.Marshal(t)
	if err == nil {
		t.encoded = value
	}
	return value, err
}

// Decode returns the table that was encoded. It keeps no reference to value.
func Decode(value []byte) (*Table, error) {
	t := new(Table)
	if err := json.Unmarshal(value, t); err != nil {
		return nil, err
	}
	t.encoded = bytes.Clone(value)
	return t, nil
}

// IsEncoded reports whether value is what the table was decoded from, or last encoded to.
func (t *Table) IsEncoded(value []byte) bool { return bytes.Equal(value, t.encoded) }

// KeySchema returns the key schema of the table, where index is empty, or of that index. It is false where
// there is no such index, or t is nil.
func (t *Table) KeySchema(index string) (KeySchema, bool) {
	if t == nil {
		return KeySchema{}, false
	}
	if index == "" {
		return t.Keys, true
	}
	if x := t.Index(index); x != nil {
		return x.Keys, true
	}
	return KeySchema{}, false
}

// Index returns the index of that name; nil where there is none, or t is nil.
func (t *Table) Index(name string) *Index {
	if t == nil || name == "" {
		return nil
	}
	if i := t.IndexAt(name); i >= 0 {
		return t.Indexes[i]
	}
	return nil
}

// IndexAt returns the place of the index of that name in Indexes, -1 where there is none.
func (t *Table) IndexAt(name string) int {
	return slices.IndexFunc(t.Indexes, func(x *Index) bool { return x.Name == name })
}

// UUID is the TableId: the table's own ID in the shape that AWS gives.
func (t *Table) UUID() string { return fmt.Sprintf("00000000-0000-4000-8000-%012x", t.ID) }
