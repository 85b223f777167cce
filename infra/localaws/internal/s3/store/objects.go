package store

import "go.etcd.io/bbolt"

func objectsOf(tx *bbolt.Tx, bucket string) (*bbolt.Bucket, error) {
	if objects := tx.Bucket(objectsBucket).Bucket([]byte(bucket)); objects != nil {
		return objects, nil
	}
	return nil, ErrNoSuchBucket
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
	_, _, err := s.Remove(&Removal{Bucket: bucket, Key: key, Check: check})
	return err
}

// replace puts next in the place of an object.
func (s *Store) replace(bucket, key string, next *Object, check func(*Object) error) error {
	var gone []Part
	err := s.db.Update(func(tx *bbolt.Tx) (err error) {
		gone, err = replaceIn(tx, bucket, key, next, check)
		return err
	})
	if err == nil {
		s.files.remove(gone) // who reads them reads on
	}
	return err
}

// replaceIn returns the files that nothing names any more.
func replaceIn(tx *bbolt.Tx, bucket, key string, next *Object, check func(*Object) error) (gone []Part, err error) {
	h, err := historyOf(tx, bucket, key)
	if err != nil {
		return nil, err
	}
	if check != nil {
		if err := check(h.current); err != nil {
			return nil, err
		}
	}
	return h.put(next)
}
