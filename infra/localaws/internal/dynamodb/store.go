package dynamodb

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"go.etcd.io/bbolt"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
)

var (
	catalogBucket = []byte("dynamodb/tables") // table name -> table in JSON
	totalsBucket  = []byte("dynamodb/totals") // bucket of a table's items, or of an index's entries -> totals
	tokensBucket  = []byte("dynamodb/tokens") // idempotency token -> tokenRecord
)

// store holds tables in bbolt: a bucket per table, in which a key is the encoded partition key and sort
// key, so that a partition lies together and in order, and a bucket per index, ordered by the index's key.
type store struct {
	db     *bbolt.DB
	now    func() time.Time
	writer committer

	mu     sync.RWMutex // guards tables; held for writing only while the catalog changes
	tables map[string]*table
}

func openStore(db *bbolt.DB, now func() time.Time) (*store, error) {
	s := &store{db: db, now: now, writer: committer{db: db}, tables: map[string]*table{}}
	err := db.Update(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{catalogBucket, totalsBucket, tokensBucket} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return tx.Bucket(catalogBucket).ForEach(func(name, value []byte) error {
			t := new(table)
			if err := json.Unmarshal(value, t); err != nil {
				return fmt.Errorf("table %s: %w", name, err)
			}
			t.stored = bytes.Clone(value)
			s.tables[string(name)] = t
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("dynamodb: open the tables: %w", err)
	}
	return s, nil
}

// table returns the table of that name, or nil.
func (s *store) table(name string) *table {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.tables[name]
}

// find is table, for a reading.
func (s *store) find(name string) (*table, error) { return s.table(name), nil }

// items returns the bucket of the table that the request was read against, or nil where that table is
// gone, though another may have its name now.
func (t *target) items(tx *bbolt.Tx) *bbolt.Bucket {
	if t.table == nil {
		return nil
	}
	return tx.Bucket(t.table.bucket())
}

// live is the table as the catalog has it in tx: since the request was read it may have got other indexes,
// which a write must keep too. A table that is gone is a refusal.
func (t *target) live(tx *bbolt.Tx) (*table, error) {
	if t.table == nil {
		return nil, exception.ResourceNotFound()
	}
	value := tx.Bucket(catalogBucket).Get([]byte(t.name))
	if bytes.Equal(value, t.table.stored) {
		return t.table, nil
	}
	now := new(table)
	if value != nil {
		if err := json.Unmarshal(value, now); err != nil {
			return nil, err
		}
	}
	if now.ID != t.table.ID {
		return nil, exception.ResourceNotFound()
	}
	return now, nil
}

// found refuses a request that names a table which was not there when it was read.
func (t *target) found() error {
	if t.table == nil {
		return exception.ResourceNotFound()
	}
	return nil
}

// A stored item is its size, as DynamoDB counts it, and its JSON: the answer to most reads, copied.
type record struct {
	size int
	json []byte
}

var errRecord = errors.New("dynamodb: malformed record")

func encodeRecord(item attr.Item, size int) ([]byte, error) {
	text, err := json.Marshal(item)
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, len(text)+binary.MaxVarintLen32)
	return append(binary.AppendUvarint(out, uint64(size)), text...), nil
}

// decodeRecord splits a value; the JSON lies within it.
func decodeRecord(value []byte) (record, error) {
	size, n := binary.Uvarint(value)
	if n <= 0 {
		return record{}, errRecord
	}
	return record{size: int(size), json: value[n:]}, nil
}

func (r record) item() (attr.Item, error) { return attr.ParseItem(r.json) }

// load returns the record under key, and false where there is none. It lies in memory of the transaction.
func load(items *bbolt.Bucket, key []byte) (record, bool, error) {
	value := items.Get(key)
	if value == nil {
		return record{}, false, nil
	}
	r, err := decodeRecord(value)
	return r, err == nil, err
}

// totals are the number of items of a table, or of entries of an index, and their size in bytes.
type totals struct{ items, bytes int64 }

// sizes are the totals of a table, and of its indexes by name.
type sizes struct {
	totals
	indexes map[string]totals
}

func (s *store) sizes(t *table) (sizes, error) {
	sum := sizes{indexes: map[string]totals{}}
	err := s.db.View(func(tx *bbolt.Tx) error {
		sum.totals = readTotals(tx, t.bucket())
		for _, x := range t.Indexes {
			sum.indexes[x.Name] = readTotals(tx, x.bucket())
		}
		return nil
	})
	return sum, err
}

func readTotals(tx *bbolt.Tx, bucket []byte) totals {
	value := tx.Bucket(totalsBucket).Get(bucket)
	if len(value) != 16 {
		return totals{}
	}
	return totals{int64(binary.BigEndian.Uint64(value)), int64(binary.BigEndian.Uint64(value[8:]))}
}

func addTotals(tx *bbolt.Tx, bucket []byte, more totals) error {
	sum := readTotals(tx, bucket)
	value := binary.BigEndian.AppendUint64(nil, uint64(sum.items+more.items))
	value = binary.BigEndian.AppendUint64(value, uint64(sum.bytes+more.bytes))
	return tx.Bucket(totalsBucket).Put(bucket, value)
}
