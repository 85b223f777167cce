package store

import (
	"bytes"
	"strings"

	"go.etcd.io/bbolt"
)

// Entry is one of a list: an object, or a prefix that several keys have in common.
type Entry struct {
	Object *Object
	Prefix string // where Object is nil: up to the delimiter, which it ends with
}

// Name is the key or the prefix.
func (e Entry) Name() string {
	if e.Object != nil {
		return e.Object.Key
	}
	return e.Prefix
}

// List asks for the objects of a bucket, in the order of the bytes of their keys.
type List struct {
	Bucket, Prefix string
	Delimiter      string // empty: none
	After          string // only names behind it; that of the last entry of the page before
	Limit          int    // entries of a page
}

// List returns a page, and whether there is more. ErrNoSuchBucket where there is no such bucket.
func (s *Store) List(l List) (page []Entry, more bool, err error) {
	err = s.db.View(func(tx *bbolt.Tx) error {
		objects, err := objectsOf(tx, l.Bucket)
		if err != nil {
			return err
		}
		page, more, err = l.read(objects.Cursor())
		return err
	})
	return page, more, err
}

func (l *List) read(c *bbolt.Cursor) (page []Entry, more bool, err error) {
	start := l.first()
	if start == nil {
		return nil, false, nil
	}
	for key, value := c.Seek(start); key != nil && bytes.HasPrefix(key, []byte(l.Prefix)); {
		if len(page) == l.Limit {
			return page, true, nil
		}
		if prefix, rolled := l.common(string(key)); rolled {
			page = append(page, Entry{Prefix: prefix})
			next := behind(prefix)
			if next == nil {
				return page, false, nil
			}
			key, value = c.Seek(next)
			continue
		}
		o, err := decode(l.Bucket, key, value)
		if err != nil {
			return nil, false, err
		}
		page = append(page, Entry{Object: o})
		key, value = c.Next()
	}
	return page, false, nil
}

// first is the least key that may be in the page; nil: none can be.
func (l *List) first() []byte {
	if l.After < l.Prefix {
		return []byte(l.Prefix)
	}
	if prefix, rolled := l.common(l.After); rolled && prefix == l.After && strings.HasPrefix(l.After, l.Prefix) {
		return behind(prefix)
	}
	return append([]byte(l.After), 0)
}

// common is the part of a key up to the first delimiter behind the prefix.
func (l *List) common(key string) (prefix string, rolled bool) {
	rest, ok := strings.CutPrefix(key, l.Prefix)
	if l.Delimiter == "" || !ok {
		return "", false
	}
	i := strings.Index(rest, l.Delimiter)
	if i < 0 {
		return "", false
	}
	return key[:len(l.Prefix)+i+len(l.Delimiter)], true
}

// behind is the least text that is greater than all that begin with prefix; nil: there is none.
func behind(prefix string) []byte {
	text := []byte(prefix)
	for i := len(text) - 1; i >= 0; i-- {
		if text[i] < 0xff {
			text[i]++
			return text[:i+1]
		}
	}
	return nil
}
