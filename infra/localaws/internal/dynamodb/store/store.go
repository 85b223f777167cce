// Package store keeps tables, items and the entries of indexes in bbolt, and reports a write as done when it
// is durable. It refuses a request whose table is gone. Its callers decide whether an item may be written,
// inside the transaction that writes it.
package store

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/table"
	"example.com/shiptrack/infra/localaws/internal/records"
)

var (
	catalogBucket = []byte("dynamodb/tables") // table name -> table in JSON
	totalsBucket  = []byte("dynamodb/totals") // bucket of a table's items, or of an index's entries -> totals
	tokensBucket  = []byte("dynamodb/tokens") // hash of caller and idempotency token -> when it was kept, and the digest of its request
)

// Store holds tables in bbolt: a bucket per table, in which a key is the encoded partition key and sort
// key, so that a partition lies together and in order, and a bucket per index, ordered by the index's key.
// It is safe for concurrent use.
type Store struct {
	db     *bbolt.DB
	now    func() time.Time
	writer records.Committer

	mu     sync.RWMutex // guards tables; held for writing only while the catalog changes
	tables map[string]*table.Table
}

// Open opens the tables in db, in buckets whose names begin with "dynamodb/". now is the clock of creation
// times and of idempotency tokens. The caller closes db.
func Open(db *bbolt.DB, now func() time.Time) (*Store, error) {
	s := &Store{db: db, now: now, writer: records.Committer{DB: db}, tables: map[string]*table.Table{}}
	err := db.Update(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{catalogBucket, totalsBucket, tokensBucket} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return tx.Bucket(catalogBucket).ForEach(func(name, value []byte) error {
			t, err := table.Decode(value)
			if err != nil {
				return fmt.Errorf("table %s: %w", name, err)
			}
			s.tables[string(name)] = t
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("dynamodb: open the tables: %w", err)
	}
	return s, nil
}

// Table returns the table of that name, or nil.
func (s *Store) Table(name string) *table.Table {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.tables[name]
}

// Names are the names of all tables, sorted.
func (s *Store) Names() []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Sorted(maps.Keys(s.tables))
}

// View runs do in a read-only transaction: what it sees does not change meanwhile.
func (s *Store) View(do func(Tx) error) error {
	return s.db.View(func(tx *bbolt.Tx) error { return do(Tx{tx, s.now}) })
}

// Commit runs do in a transaction and returns when it is durable. Concurrent calls share a transaction, in
// which one runs after the other, each seeing those before it. An error of one undoes the whole group and is
// the answer to all of it: do returns errors of the store only, and keeps refusals of its request to itself,
// having written nothing. A panic in do is an error, too.
func (s *Store) Commit(do func(Tx) error) error {
	return s.writer.Commit(func(tx *bbolt.Tx) error { return do(Tx{tx, s.now}) })
}

// Tx is a transaction. It is not safe for concurrent use, and not for use after the function that it was
// given to.
type Tx struct {
	tx  *bbolt.Tx
	now func() time.Time
}
