// Package records keeps records in bbolt, each as JSON under its key.
package records

import (
	"fmt"

	"github.com/go-json-experiment/json"
	"go.etcd.io/bbolt"
)

// Load makes the bucket if there is none, and gives add each record of it, in the order of the keys. A record that does not
// parse is an error: it is never left out.
func Load[T any](tx *bbolt.Tx, bucket []byte, add func(key string, record *T)) error {
	b, err := tx.CreateBucketIfNotExists(bucket)
	if err != nil {
		return err
	}
	return b.ForEach(func(key, value []byte) error {
		record := new(T)
		if err := json.Unmarshal(value, record); err != nil {
			return fmt.Errorf("%s %s: %w", bucket, key, err)
		}
		add(string(key), record)
		return nil
	})
}

// Put adds a record, or replaces the one with its key.
func Put(tx *bbolt.Tx, bucket []byte, key string, record any) error {
	value, err := json.Marshal(record)
	if err != nil {
		return err
	}
	return tx.Bucket(bucket).Put([]byte(key), value)
}
