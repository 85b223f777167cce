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
)

// Bucket is a bucket with its settings.
type Bucket struct {
	Name    string    `json:"name"`
	Created time.Time `json:"created"`
}

// Object is what is known of an object but its bytes.
type Object struct {
	Bucket   string    `json:"-"`
	Key      string    `json:"-"`
	Modified time.Time `json:"modified"`
	Size     int64     `json:"size"`
	ETag     string    `json:"etag"`
	// DataKey is how the caller of Begin names the key under which the bytes are sealed: what it kept of it.
	DataKey []byte `json:"dataKey"`
	// KMSKey is the ARN of the KMS key under which DataKey is encrypted; empty: it is under the store's own key.
	KMSKey string `json:"kmsKey,omitzero"`
	// Context is what the writer added to the encryption context of DataKey.
	Context  map[string]string `json:"context,omitzero"`
	Parts    []Part            `json:"parts"` // at least one
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
	err := db.Update(func(tx *bbolt.Tx) error {
		if _, err := tx.CreateBucketIfNotExists(bucketsBucket); err != nil {
			return err
		}
		if err := s.loadOwnKey(tx); err != nil {
			return err
		}
		all, err := tx.CreateBucketIfNotExists(objectsBucket)
		if err != nil {
			return err
		}
		return all.ForEachBucket(func(bucket []byte) error {
			return all.Bucket(bucket).ForEach(func(key, value []byte) error {
				o, err := decode(string(bucket), key, value)
				if err != nil {
					return err
				}
				for _, part := range o.Parts {
					named[part.File] = true
				}
				return nil
			})
		})
	})
	if err != nil {
		return nil, fmt.Errorf("s3: open the objects: %w", err)
	}
	return s, s.files.sweep(named)
}

func decode(bucket string, key, value []byte) (*Object, error) {
	o := &Object{Bucket: bucket, Key: string(key)}
	if err := json.Unmarshal(value, o); err != nil {
		return nil, fmt.Errorf("s3: object %q of %s: %w", key, bucket, err)
	}
	return o, nil
}

// CreateBucket adds a bucket. ErrBucketExists where there is one of this name.
func (s *Store) CreateBucket(b *Bucket) error {
	return s.db.Update(func(tx *bbolt.Tx) error {
		buckets := tx.Bucket(bucketsBucket)
		if buckets.Get([]byte(b.Name)) != nil {
			return ErrBucketExists
		}
		value, err := json.Marshal(b)
		if err != nil {
			return err
		}
		if _, err := tx.Bucket(objectsBucket).CreateBucket([]byte(b.Name)); err != nil {
			return err
		}
		return buckets.Put([]byte(b.Name), value)
	})
}

// DeleteBucket removes a bucket. ErrBucketNotEmpty where it has objects.
func (s *Store) DeleteBucket(name string) error {
	return s.db.Update(func(tx *bbolt.Tx) error {
		objects, err := objectsOf(tx, name)
		if err != nil {
			return err
		}
		if key, _ := objects.Cursor().First(); key != nil {
			return ErrBucketNotEmpty
		}
		if err := tx.Bucket(objectsBucket).DeleteBucket([]byte(name)); err != nil {
			return err
		}
		return tx.Bucket(bucketsBucket).Delete([]byte(name))
	})
}

// Buckets are all buckets, ordered by name.
func (s *Store) Buckets() ([]*Bucket, error) {
	var all []*Bucket
	return all, s.db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(bucketsBucket).ForEach(func(_, value []byte) error {
			b := new(Bucket)
			all = append(all, b)
			return json.Unmarshal(value, b)
		})
	})
}

// Bucket returns a bucket. ErrNoSuchBucket where there is none of this name.
func (s *Store) Bucket(name string) (*Bucket, error) {
	b := new(Bucket)
	return b, s.db.View(func(tx *bbolt.Tx) error {
		value := tx.Bucket(bucketsBucket).Get([]byte(name))
		if value == nil {
			return ErrNoSuchBucket
		}
		return json.Unmarshal(value, b)
	})
}

func objectsOf(tx *bbolt.Tx, bucket string) (*bbolt.Bucket, error) {
	if objects := tx.Bucket(objectsBucket).Bucket([]byte(bucket)); objects != nil {
		return objects, nil
	}
	return nil, ErrNoSuchBucket
}

// Object returns an object. ErrNoSuchKey and ErrNoSuchBucket where there is none.
func (s *Store) Object(bucket, key string) (o *Object, err error) {
	return o, s.db.View(func(tx *bbolt.Tx) error {
		objects, err := objectsOf(tx, bucket)
		if err != nil {
			return err
		}
		o, err = get(objects, bucket, key)
		if err == nil && o == nil {
			return ErrNoSuchKey
		}
		return err
	})
}

// get returns nil where there is no such object.
func get(objects *bbolt.Bucket, bucket, key string) (*Object, error) {
	value := objects.Get([]byte(key))
	if value == nil {
		return nil, nil
	}
	return decode(bucket, []byte(key), value)
}

// Delete removes an object; one that is not there is no error. check, where it is not nil, sees the object that is removed, or nil, and
// its error is returned.
func (s *Store) Delete(bucket, key string, check func(*Object) error) error {
	return s.replace(bucket, key, nil, check)
}

// replace puts next in the place of an object, or nothing, and removes the files of the one before.
func (s *Store) replace(bucket, key string, next *Object, check func(*Object) error) error {
	var before *Object
	err := s.db.Update(func(tx *bbolt.Tx) error {
		objects, err := objectsOf(tx, bucket)
		if err != nil {
			return err
		}
		if before, err = get(objects, bucket, key); err != nil {
			return err
		}
		if check != nil {
			if err := check(before); err != nil {
				return err
			}
		}
		if next == nil {
			return objects.Delete([]byte(key))
		}
		value, err := json.Marshal(next)
		if err != nil {
			return err
		}
		return objects.Put([]byte(key), value)
	})
	if err == nil && before != nil {
		s.files.remove(before.Parts) // who reads them reads on
	}
	return err
}

func (s *Store) path(file string) string { return filepath.Join(s.files.directory, file) }
