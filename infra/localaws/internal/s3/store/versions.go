package store

import (
	"time"

	"go.etcd.io/bbolt"
)

// NullVersion is how a request names the version that has no id: that of a bucket without versions, or while they are suspended.
const NullVersion = "null"

// VersionID is how answers name the version of o.
func (o *Object) VersionID() string {
	if o.Version == "" {
		return NullVersion
	}
	return o.Version
}

// DeletedError is an ErrNoSuchKey of an object whose newest version is a delete marker.
type DeletedError struct{ Marker *Object }

// Error says that there is no such key.
func (e *DeletedError) Error() string { return ErrNoSuchKey.Error() }

// Unwrap returns ErrNoSuchKey.
func (e *DeletedError) Unwrap() error { return ErrNoSuchKey }

// Object returns an object. ErrNoSuchBucket and ErrNoSuchKey where there is none, the latter as a *DeletedError where there was one.
func (s *Store) Object(bucket, key string) (*Object, error) {
	var found *Object
	return found, s.db.View(func(tx *bbolt.Tx) error {
		h, err := historyOf(tx, bucket, key)
		if err != nil {
			return err
		}
		if found = h.current; found != nil {
			return nil
		}
		err = ErrNoSuchKey
		if failed := h.each(func(_ []byte, o *Object) (bool, error) {
			err = &DeletedError{o}
			return false, nil
		}); failed != nil {
			return failed
		}
		return err
	})
}

// Version returns a version of an object, which may be a delete marker. version is as a request gives it. ErrNoSuchBucket and
// ErrNoSuchVersion where there is none.
func (s *Store) Version(bucket, key, version string) (*Object, error) {
	var found *Object
	return found, s.db.View(func(tx *bbolt.Tx) error {
		h, err := historyOf(tx, bucket, key)
		if err != nil {
			return err
		}
		if found, err = h.find(named(version)); err == nil && found == nil {
			return ErrNoSuchVersion
		}
		return err
	})
}

// named is a version as a request names it, in the form of Object.Version.
func named(version string) string {
	if version == NullVersion {
		return ""
	}
	return version
}

func (h *history) find(version string) (found *Object, err error) {
	if h.current != nil && h.current.Version == version {
		return h.current, nil
	}
	return found, h.each(func(_ []byte, o *Object) (bool, error) {
		if o.Version == version {
			found = o
		}
		return found == nil, nil
	})
}

// Removal asks for the deletion of an object, or of one of its versions.
type Removal struct {
	Bucket, Key string
	Version     string // as a request gives it; empty: the object, which gets a delete marker in a bucket with versions
	Now         time.Time
	Check       func(*Object) error // nil: none. It sees what is removed, or nil, and its error is the answer
}

// Remove removes an object or a version; what is not there is no error. marker is the delete marker that was made, removed what is gone for
// good: one of them, or neither. ErrNoSuchBucket where there is no such bucket.
func (s *Store) Remove(r *Removal) (marker, removed *Object, err error) {
	all, err := s.RemoveAll([]*Removal{r})
	if err != nil {
		return nil, nil, err
	}
	return all[0].Marker, all[0].Removed, nil
}

// Removed is what a Removal has done, as Remove returns it.
type Removed struct{ Marker, Removed *Object }

// RemoveAll is Remove for several, all or none of them.
func (s *Store) RemoveAll(all []*Removal) (done []Removed, err error) {
	var gone []Part
	err = s.db.Update(func(tx *bbolt.Tx) error {
		for _, r := range all {
			one, parts, err := r.perform(tx)
			if err != nil {
				return err
			}
			done, gone = append(done, one), append(gone, parts...)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.files.remove(gone)
	return done, nil
}

func (r *Removal) perform(tx *bbolt.Tx) (done Removed, gone []Part, err error) {
	h, err := historyOf(tx, r.Bucket, r.Key)
	if err != nil {
		return done, nil, err
	}
	if err := r.check(h); err != nil {
		return done, nil, err
	}
	if r.Version == "" {
		done.Marker, gone, err = h.mark(r.Now)
		return done, gone, err
	}
	if done.Removed, gone, err = h.remove(named(r.Version)); err != nil {
		return done, nil, err
	}
	return done, gone, h.promote()
}

func (r *Removal) check(h *history) error {
	if r.Check == nil {
		return nil
	}
	seen := h.current
	if r.Version != "" {
		var err error
		if seen, err = h.find(named(r.Version)); err != nil {
			return err
		}
	}
	return r.Check(seen)
}

// ChangeTags puts tags in the place of those of an object, or of a version of it where version is not empty, and returns the object. check
// sees the object before; its error is the answer. Errors are those of Object and Version; a delete marker has no tags: ErrNoSuchVersion.
func (s *Store) ChangeTags(bucket, key, version string, tags map[string]string, check func(*Object) error) (o *Object, err error) {
	return o, s.db.Update(func(tx *bbolt.Tx) error {
		h, err := historyOf(tx, bucket, key)
		if err != nil {
			return err
		}
		o = h.current
		if version != "" && (o == nil || o.Version != named(version)) {
			o, err = h.changeOlderTags(named(version), tags, check)
			return err
		}
		if o == nil {
			return ErrNoSuchKey
		}
		if err := check(o); err != nil {
			return err
		}
		o.Tags = tags
		return put(h.objects, []byte(key), o)
	})
}

func (h *history) changeOlderTags(version string, tags map[string]string, check func(*Object) error) (changed *Object, err error) {
	err = h.each(func(name []byte, o *Object) (bool, error) {
		if o.Version != version || o.Deleted {
			return true, nil
		}
		if err := check(o); err != nil {
			return false, err
		}
		changed, o.Tags = o, tags
		return false, put(h.versions, name, o)
	})
	if err == nil && changed == nil {
		err = ErrNoSuchVersion
	}
	return changed, err
}
