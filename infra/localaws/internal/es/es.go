// Package es is the embedded OpenSearch: indexes of documents, kept in bbolt, that answer as OpenSearch 3.3 does. It knows no HTTP
// and authorizes nobody: who calls it has done so. Sources are kept on disk alone; what a search needs of an index is built in
// memory when the index is first used.
//
// Errors that are a *fault.Fault are the client's; every other is ours.
package es

import (
	"sync"

	"go.etcd.io/bbolt"

	"example.com/shiptrack/infra/localaws/internal/es/fault"
	"example.com/shiptrack/infra/localaws/internal/records"
)

// Answer is what a request is answered with. Body is for JSON (github.com/go-json-experiment/json).
type Answer struct {
	Status int
	Body   any
}

// Store has the indexes. It is safe for concurrent use: writes of one index wait for each other, and searches for them.
type Store struct {
	db   *bbolt.DB
	made records.Committer // of new indexes: many are made at a time
	mu   sync.Mutex        // guards used; taken before that of a shelf
	used map[string]*shelf
}

var rootBucket = []byte("es")

// New opens the store. It neither reads nor writes, so that it takes no time.
func New(db *bbolt.DB) *Store {
	return &Store{db: db, made: records.Committer{DB: db}, used: map[string]*shelf{}}
}

// bucketOf is where an index is kept; nil: there is none.
func bucketOf(tx *bbolt.Tx, name string) *bbolt.Bucket {
	root := tx.Bucket(rootBucket)
	if root == nil {
		return nil
	}
	return root.Bucket([]byte(name))
}

// What OpenSearch calls the name of an index that it did not find.
const expression, aliased = "index_expression", "index_or_alias"

// shelf finds an index and sees that it is in memory.
func (s *Store) shelf(name, resource string) (*shelf, error) {
	s.mu.Lock()
	h := s.used[name]
	if h == nil {
		exists := false
		err := s.db.View(func(tx *bbolt.Tx) error {
			exists = bucketOf(tx, name) != nil
			return nil
		})
		if err != nil || !exists {
			s.mu.Unlock()
			if err == nil {
				err = missing(name, resource)
			}
			return nil, err
		}
		h = &shelf{db: s.db, name: name}
		s.used[name] = h
	}
	s.mu.Unlock()
	return h, h.load()
}

// missing is the fault of an index that does not exist.
func missing(name, resource string) *fault.Fault {
	f := fault.New("index_not_found_exception", "no such index [%s]", name)
	f.Status, f.Index, f.UUID, f.Resource = 404, name, "_na_", resource
	return f
}
