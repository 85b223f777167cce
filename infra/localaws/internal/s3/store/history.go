package store

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"time"

	"go.etcd.io/bbolt"
)

// versionsBucket has the older versions and the delete markers: bucket of a bucket per name: key, NUL, a number that falls with each
// version -> Object in JSON. The newest version of a key is in objectsBucket, unless it is a delete marker.
var versionsBucket = []byte("s3/versions")

// history is all versions of a key.
type history struct {
	key        string
	versioning string
	objects    *bbolt.Bucket
	versions   *bbolt.Bucket // nil: the bucket never had an older version
	older      func() (*bbolt.Bucket, error)
	bucket     string
	current    *Object // nil: none, or a delete marker
}

func historyOf(tx *bbolt.Tx, bucket, key string) (*history, error) {
	b, err := bucketOf(tx, bucket)
	if err != nil {
		return nil, err
	}
	h := &history{key: key, bucket: bucket, versioning: b.Versioning, objects: tx.Bucket(objectsBucket).Bucket([]byte(bucket))}
	h.versions = tx.Bucket(versionsBucket).Bucket([]byte(bucket))
	h.older = func() (*bbolt.Bucket, error) {
		return tx.Bucket(versionsBucket).CreateBucketIfNotExists([]byte(bucket))
	}
	h.current, err = get(h.objects, bucket, key)
	return h, err
}

// put makes next the newest version. It returns the files of what it replaces.
func (h *history) put(next *Object) (gone []Part, err error) {
	gone, err = h.makeRoom(next)
	if err != nil {
		return nil, err
	}
	return gone, put(h.objects, []byte(h.key), next)
}

// mark makes a delete marker the newest version; in a bucket that never had versions the object is removed instead.
func (h *history) mark(now time.Time) (marker *Object, gone []Part, err error) {
	if h.versioning == "" {
		gone, err = h.removeNull()
		return nil, gone, err
	}
	marker = &Object{Bucket: h.bucket, Key: h.key, Modified: now, Deleted: true}
	if gone, err = h.makeRoom(marker); err != nil {
		return nil, nil, err
	}
	return marker, gone, h.push(marker)
}

// makeRoom gives next its version, and moves the newest version to the older ones. There is one null version: next takes its place.
func (h *history) makeRoom(next *Object) (gone []Part, err error) {
	if h.versioning == VersioningEnabled {
		next.Version = newVersion()
	} else if gone, err = h.removeNull(); err != nil {
		return nil, err
	}
	if h.current == nil {
		return gone, nil
	}
	if err := h.objects.Delete([]byte(h.key)); err != nil {
		return nil, err
	}
	return gone, h.push(h.current)
}

func newVersion() string {
	id := make([]byte, 16)
	rand.Read(id) // never fails (crypto/rand)
	return hex.EncodeToString(id)
}

// push makes o the newest of the older versions.
func (h *history) push(o *Object) (err error) {
	if h.versions, err = h.older(); err != nil {
		return err
	}
	number, err := h.versions.NextSequence()
	if err != nil {
		return err
	}
	return put(h.versions, binary.BigEndian.AppendUint64(h.prefix(), ^number), o)
}

// prefix begins the names of the older versions. No key has a NUL.
func (h *history) prefix() []byte { return []byte(h.key + "\x00") }

func (h *history) removeNull() ([]Part, error) {
	_, gone, err := h.remove("")
	return gone, err
}

// remove removes a version for good; removed is nil where there is none. The newest of those that are left is the object then.
func (h *history) remove(version string) (removed *Object, gone []Part, err error) {
	if h.current != nil && h.current.Version == version {
		removed, h.current = h.current, nil
		err = h.objects.Delete([]byte(h.key))
	} else {
		removed, err = h.removeOlder(version)
	}
	if err != nil || removed == nil {
		return nil, nil, err
	}
	return removed, removed.Parts, nil
}

func (h *history) removeOlder(version string) (removed *Object, err error) {
	err = h.each(func(name []byte, o *Object) (bool, error) {
		if o.Version != version {
			return true, nil
		}
		removed = o
		return false, h.versions.Delete(name)
	})
	return removed, err
}

// promote makes the newest of the older versions the object, where there is none and it is no delete marker.
func (h *history) promote() error {
	if h.current != nil {
		return nil
	}
	return h.each(func(name []byte, o *Object) (bool, error) {
		if o.Deleted {
			return false, nil
		}
		h.current = o
		if err := put(h.objects, []byte(h.key), o); err != nil {
			return false, err
		}
		return false, h.versions.Delete(name)
	})
}

// each gives do the older versions, from the newest on, as long as it returns true.
func (h *history) each(do func(name []byte, o *Object) (bool, error)) error {
	if h.versions == nil {
		return nil
	}
	c, prefix := h.versions.Cursor(), h.prefix()
	for name, value := c.Seek(prefix); len(name) == len(prefix)+8 && string(name[:len(prefix)]) == string(prefix); name, value = c.Next() {
		o, err := decode(h.bucket, []byte(h.key), value)
		if err != nil {
			return err
		}
		if more, err := do(name, o); err != nil || !more {
			return err
		}
	}
	return nil
}
