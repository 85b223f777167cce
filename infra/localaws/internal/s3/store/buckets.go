package store

import (
	"errors"

	"github.com/go-json-experiment/json"
	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"
)

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

// DeleteBucket removes a bucket, with the uploads that were never completed. ErrBucketNotEmpty where it has objects, old versions or delete
// markers.
func (s *Store) DeleteBucket(name string) error {
	var gone []Part
	err := s.db.Update(func(tx *bbolt.Tx) (err error) {
		if _, err = objectsOf(tx, name); err != nil {
			return err
		}
		for _, kind := range [][]byte{objectsBucket, versionsBucket} {
			if all := tx.Bucket(kind).Bucket([]byte(name)); all != nil {
				if key, _ := all.Cursor().First(); key != nil {
					return ErrBucketNotEmpty
				}
			}
		}
		if gone, err = partsOf(tx, name); err != nil {
			return err
		}
		for _, kind := range [][]byte{objectsBucket, versionsBucket, multipartsBucket, partsBucket} {
			if err := tx.Bucket(kind).DeleteBucket([]byte(name)); err != nil && !errors.Is(err, bbolterrors.ErrBucketNotFound) {
				return err
			}
		}
		return tx.Bucket(bucketsBucket).Delete([]byte(name))
	})
	if err == nil {
		s.files.remove(gone)
	}
	return err
}

// partsOf are the parts of all uploads into a bucket.
func partsOf(tx *bbolt.Tx, bucket string) ([]Part, error) {
	var all []Part
	parts := tx.Bucket(partsBucket).Bucket([]byte(bucket))
	if parts == nil {
		return nil, nil
	}
	return all, parts.ForEach(func(_, value []byte) error {
		part := new(UploadedPart)
		err := json.Unmarshal(value, part)
		all = append(all, part.Part)
		return err
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
func (s *Store) Bucket(name string) (b *Bucket, err error) {
	return b, s.db.View(func(tx *bbolt.Tx) error {
		b, err = bucketOf(tx, name)
		return err
	})
}

func bucketOf(tx *bbolt.Tx, name string) (*Bucket, error) {
	value := tx.Bucket(bucketsBucket).Get([]byte(name))
	if value == nil {
		return nil, ErrNoSuchBucket
	}
	b := new(Bucket)
	return b, json.Unmarshal(value, b)
}

// ChangeBucket changes the settings of a bucket. Where change returns an error, that is the answer, and nothing is changed.
// ErrNoSuchBucket where there is none of this name.
func (s *Store) ChangeBucket(name string, change func(*Settings) error) error {
	return s.db.Update(func(tx *bbolt.Tx) error {
		b, err := bucketOf(tx, name)
		if err != nil {
			return err
		}
		if err := change(&b.Settings); err != nil {
			return err
		}
		return put(tx.Bucket(bucketsBucket), []byte(name), b)
	})
}
