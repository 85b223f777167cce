package store

import (
	"strings"

	"go.etcd.io/bbolt"
)

// UploadEntry is one of a list of uploads: an upload, or a prefix that several keys have in common.
type UploadEntry struct {
	Upload *Multipart
	Prefix string // where Upload is nil
}

// Name is the key or the prefix.
func (e UploadEntry) Name() string {
	if e.Upload != nil {
		return e.Upload.Key
	}
	return e.Prefix
}

// ListMultiparts is List for uploads that are neither completed nor aborted, those of one key by their time. id, where it is not empty, is the
// upload of l.After behind which the page begins.
func (s *Store) ListMultiparts(l List, id string) (page []UploadEntry, more bool, err error) {
	err = s.db.View(func(tx *bbolt.Tx) error {
		if _, err := objectsOf(tx, l.Bucket); err != nil {
			return err
		}
		uploads := tx.Bucket(multipartsBucket).Bucket([]byte(l.Bucket))
		if uploads == nil {
			return nil
		}
		page, more, err = l.readUploads(uploads.Cursor(), id)
		return err
	})
	return page, more, err
}

func (l *List) readUploads(c *bbolt.Cursor, id string) (page []UploadEntry, more bool, err error) {
	start := l.firstOfKey(id != "")
	if id != "" && string(start) == l.After {
		start = []byte(l.After + "\x00" + id + "\x00")
	}
	if start == nil {
		return nil, false, nil
	}
	for name, value := c.Seek(start); name != nil && strings.HasPrefix(string(name), l.Prefix); {
		if len(page) == l.Limit {
			return page, true, nil
		}
		m := &Multipart{Bucket: l.Bucket}
		m.Key, m.ID, _ = strings.Cut(string(name), "\x00")
		if prefix, rolled := l.common(m.Key); rolled {
			page = append(page, UploadEntry{Prefix: prefix})
			next := behind(prefix)
			if next == nil {
				return page, false, nil
			}
			name, value = c.Seek(next)
			continue
		}
		if err := m.decode(value); err != nil {
			return nil, false, err
		}
		page = append(page, UploadEntry{Upload: m})
		name, value = c.Next()
	}
	return page, false, nil
}
