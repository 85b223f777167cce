// Package store keeps the buckets and objects of S3: bytes in sealed files, all else in bbolt. A write is reported as done when it is
// durable, and a write that was cut off leaves nothing. No name of a file is made of a bucket or a key, but of a hash.
package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/go-json-experiment/json"
	"go.etcd.io/bbolt"
)

var (
	bucketsBucket = []byte("s3/buckets") // name -> Bucket in JSON
	objectsBucket = []byte("s3/objects") // bucket of a bucket per name: key -> Object in JSON
	secretsBucket = []byte("s3/secrets") // ownKeyName -> the store's own key
)

// Errors of the caller's, each an error of S3 of the same name.
var (
	ErrNoSuchBucket   = errors.New("s3: no such bucket")
	ErrBucketExists   = errors.New("s3: the bucket exists")
	ErrBucketNotEmpty = errors.New("s3: the bucket is not empty")
	ErrNoSuchKey      = errors.New("s3: no such key")
	ErrNoSuchVersion  = errors.New("s3: no such version")
)

// Bucket is a bucket with its settings.
type Bucket struct {
	Name    string    `json:"name"`
	Created time.Time `json:"created"`
	Settings
}

// Object is what is known of an object but its bytes.
type Object struct {
	Bucket   string    `json:"-"`
	Key      string    `json:"-"`
	Modified time.Time `json:"modified"`
	Size     int64     `json:"size"`
	ETag     string    `json:"etag"`
	// Version is the id of this version of the object; empty: the null version, which unversioned buckets have.
	Version string `json:"version,omitzero"`
	// Deleted: it is a delete marker, which has no bytes.
	Deleted bool `json:"deleted,omitzero"`
	// Tags are the object's, by key.
	Tags map[string]string `json:"tags,omitzero"`
	// DataKey is how the caller of Begin names the key under which the bytes are sealed: what it kept of it.
	DataKey []byte `json:"dataKey"`
	// KMSKey is the ARN of the KMS key under which DataKey is encrypted; empty: it is under the store's own key.
	KMSKey string `json:"kmsKey,omitzero"`
	// Context is what the writer added to the encryption context of DataKey.
	Context  map[string]string `json:"context,omitzero"`
	Parts    []Part            `json:"parts"` // at least one, but of a delete marker
	Checksum Checksum          `json:"checksum,omitzero"`
	// Metadata are headers that are given back as they came.
	Metadata map[string]string `json:"metadata,omitzero"`
}

// Checksum is a checksum of an object's bytes.
type Checksum struct {
	Algorithm string `json:"algorithm"` // CRC32, CRC32C, CRC64NVME, SHA1 or SHA256
	Value     string `json:"value"`     // in base64
	Type      string `json:"type"`      // FULL_OBJECT or COMPOSITE
}

// Part is a file with some of an object's bytes.
type Part struct {
	File string `json:"file"` // its name
	Size int64  `json:"size"` // of its plaintext
	// Checksum is that of a part that was uploaded.
	Checksum Checksum `json:"checksum,omitzero"`
}

// Store keeps buckets and objects. It is safe for concurrent use.
type Store struct {
	db    *bbolt.DB
	files *files
	own   []byte // the key under which data keys are kept that are under no KMS key
}

// Open opens the objects in db and in directory, which is made where it is missing. Files that no object names are removed: they are of
// writes that were cut off. The caller closes db.
func Open(db *bbolt.DB, directory string) (*Store, error) {
	s := &Store{db: db, files: newFiles(directory)}
	for _, name := range []string{directory, s.files.temporary()} {
		if err := os.MkdirAll(name, 0o700); err != nil {
			return nil, fmt.Errorf("s3: %w", err)
		}
	}
	named := map[string]bool{}
	if err := db.Update(func(tx *bbolt.Tx) error { return s.load(tx, named) }); err != nil {
		return nil, fmt.Errorf("s3: open the objects: %w", err)
	}
	return s, s.files.sweep(named)
}

// load makes what is missing, and names the files of all objects, versions and parts.
func (s *Store) load(tx *bbolt.Tx, named map[string]bool) error {
	if err := s.loadOwnKey(tx); err != nil {
		return err
	}
	for _, name := range [][]byte{bucketsBucket, multipartsBucket} {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	for _, name := range [][]byte{objectsBucket, versionsBucket, partsBucket} {
		all, err := tx.CreateBucketIfNotExists(name)
		if err != nil {
			return err
		}
		if err := nameFiles(all, named); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// nameFiles names the files of the records in a bucket per bucket.
func nameFiles(all *bbolt.Bucket, named map[string]bool) error {
	return all.ForEachBucket(func(bucket []byte) error {
		return all.Bucket(bucket).ForEach(func(key, value []byte) error {
			var record struct {
				Part         // of an UploadedPart
				Parts []Part `json:"parts"` // of an Object
			}
			if err := json.Unmarshal(value, &record); err != nil {
				return fmt.Errorf("%q of %s: %w", key, bucket, err)
			}
			for _, part := range append(record.Parts, record.Part) {
				named[part.File] = true
			}
			return nil
		})
	})
}

func decode(bucket string, key, value []byte) (*Object, error) {
	o := &Object{Bucket: bucket, Key: string(key)}
	if err := json.Unmarshal(value, o); err != nil {
		return nil, fmt.Errorf("s3: object %q of %s: %w", key, bucket, err)
	}
	return o, nil
}

func (s *Store) path(file string) string { return filepath.Join(s.files.directory, file) }
