package store

import (
	"strings"

	"go.etcd.io/bbolt"
)

// VersionEntry is one of a list of versions: a version, which may be a delete marker, or a prefix that several keys have in common.
type VersionEntry struct {
	Entry
	Latest bool // it is the newest version of its key
}

// ListVersions is List for all versions, those of one key from the newest on. version, where it is not empty, is the one of l.After behind
// which the page begins.
func (s *Store) ListVersions(l List, version string) (page []VersionEntry, more bool, err error) {
	err = s.db.View(func(tx *bbolt.Tx) error {
		objects, err := objectsOf(tx, l.Bucket)
		if err != nil {
			return err
		}
		c := &versionCursor{bucket: l.Bucket, objects: objects.Cursor()}
		if older := tx.Bucket(versionsBucket).Bucket([]byte(l.Bucket)); older != nil {
			c.older = older.Cursor()
		}
		page, more, err = l.readVersions(c, version)
		return err
	})
	return page, more, err
}

// firstOfKey is first for lists that have several entries of a key: those of After are in it, or none of them.
func (l *List) firstOfKey(withAfter bool) []byte {
	start := l.first()
	switch {
	case string(start) != l.After+"\x00":
		return start
	case withAfter:
		return []byte(l.After)
	}
	return []byte(l.After + "\x01") // no key has a NUL
}

func (l *List) readVersions(c *versionCursor, version string) (page []VersionEntry, more bool, err error) {
	start := l.firstOfKey(version != "")
	if start == nil {
		return nil, false, nil
	}
	c.seek(start)
	for {
		o, latest, err := c.next()
		if err != nil || o == nil || !strings.HasPrefix(o.Key, l.Prefix) {
			return page, false, err
		}
		if version != "" && o.Key == l.After { // of the page before, up to this version
			if o.VersionID() == version {
				version = ""
			}
			continue
		}
		if len(page) == l.Limit {
			return page, true, nil
		}
		prefix, rolled := l.common(o.Key)
		if !rolled {
			page = append(page, VersionEntry{Entry{Object: o}, latest})
			continue
		}
		page = append(page, VersionEntry{Entry: Entry{Prefix: prefix}})
		next := behind(prefix)
		if next == nil {
			return page, false, nil
		}
		c.seek(next)
	}
}

// versionCursor goes through all versions in the order of their keys.
type versionCursor struct {
	bucket                string
	objects, older        *bbolt.Cursor // older is nil where there are none
	key, value            []byte        // of the next in objects
	olderName, olderValue []byte        // of the next in older
	last                  string        // the key before
}

func (c *versionCursor) seek(start []byte) {
	c.key, c.value = c.objects.Seek(start)
	if c.older != nil {
		c.olderName, c.olderValue = c.older.Seek(start)
	}
}

// next returns nil at the end.
func (c *versionCursor) next() (o *Object, latest bool, err error) {
	olderKey, _, _ := strings.Cut(string(c.olderName), "\x00")
	switch {
	case c.key != nil && (c.olderName == nil || string(c.key) <= olderKey):
		o, err = decode(c.bucket, c.key, c.value)
		c.last, latest = string(c.key), true
		c.key, c.value = c.objects.Next()
	case c.olderName != nil:
		o, err = decode(c.bucket, []byte(olderKey), c.olderValue)
		c.last, latest = olderKey, c.last != olderKey
		c.olderName, c.olderValue = c.older.Next()
	}
	return o, latest, err
}
