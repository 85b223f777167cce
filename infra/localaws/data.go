package localaws

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"
)

// lockWait is how long a second process waits for the first to release the data directory.
const lockWait = 500 * time.Millisecond

var (
	serverBucket  = []byte("localaws")
	sealingKeyKey = []byte("sealing-key")
)

func openData(directory string) (*bbolt.DB, error) {
	if directory == "" {
		return nil, errors.New("no data directory given")
	}
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	path := filepath.Join(directory, "localaws.db")
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: lockWait})
	if errors.Is(err, bbolterrors.ErrTimeout) {
		return nil, fmt.Errorf("data directory %s is in use by another localaws", directory)
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return db, nil
}

// sealingKey returns the key that session tokens are sealed with. It is made once and kept beside the
// roles, so that sessions stay valid when localaws starts again on the same data.
func sealingKey(db *bbolt.DB) ([]byte, error) {
	var key []byte
	err := db.Update(func(tx *bbolt.Tx) error {
		bucket, err := tx.CreateBucketIfNotExists(serverBucket)
		if err != nil {
			return err
		}
		if stored := bucket.Get(sealingKeyKey); stored != nil {
			key = append(key, stored...)
			return nil
		}
		key = make([]byte, 32)
		rand.Read(key) // never fails (crypto/rand)
		return bucket.Put(sealingKeyKey, key)
	})
	if err != nil {
		return nil, fmt.Errorf("sealing key: %w", err)
	}
	return key, nil
}
