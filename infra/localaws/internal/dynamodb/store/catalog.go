package store

import (
	"encoding/binary"
	"slices"

	"go.etcd.io/bbolt"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/table"
)

// Create adds a table to the catalog, and gives it its ID and creation time. A table is in the catalog
// before its bucket can be written to, and out of it before its bucket is gone. A name that is taken is a
// ResourceInUseException.
func (s *Store) Create(t *table.Table) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tables[t.Name] != nil {
		return exception.New("ResourceInUseException", "Table already exists: %s", t.Name)
	}
	t.CreatedAt = s.now().UTC()
	err := s.db.Update(func(tx *bbolt.Tx) error {
		catalog := tx.Bucket(catalogBucket)
		var err error
		if t.ID, err = catalog.NextSequence(); err != nil {
			return err
		}
		if _, err := tx.CreateBucket(itemsOf(t)); err != nil {
			return err
		}
		for _, x := range t.Indexes {
			if err := createIndex(tx, x); err != nil {
				return err
			}
		}
		return keep(tx, t)
	})
	if err == nil {
		s.tables[t.Name] = t
	}
	return err
}

// keep writes the table to the catalog.
func keep(tx *bbolt.Tx, t *table.Table) error {
	value, err := t.Encode()
	if err != nil {
		return err
	}
	return tx.Bucket(catalogBucket).Put([]byte(t.Name), value)
}

// createIndex gives the index its ID and its bucket.
func createIndex(tx *bbolt.Tx, x *table.Index) (err error) {
	if x.ID, err = tx.Bucket(catalogBucket).NextSequence(); err != nil {
		return err
	}
	_, err = tx.CreateBucket(entriesOf(x))
	return err
}

// Drop removes the table that was read. Where that table is gone already, the error is a
// ResourceNotFoundException, even if another table has its name. A table that is protected against deletion is a
// ValidationException.
func (s *Store) Drop(t *table.Table) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.tables[t.Name]
	switch {
	case now == nil || now.ID != t.ID:
		return exception.TableNotFound(t.Name)
	case now.Protected:
		return exception.Validation("Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.")
	}
	err := s.db.Update(func(tx *bbolt.Tx) error {
		if err := tx.Bucket(catalogBucket).Delete([]byte(t.Name)); err != nil {
			return err
		}
		for _, x := range now.Indexes {
			if err := dropBucket(tx, entriesOf(x)); err != nil {
				return err
			}
		}
		return dropBucket(tx, itemsOf(t))
	})
	if err == nil {
		delete(s.tables, t.Name)
	}
	return err
}

// dropBucket removes the items of a table, or the entries of an index, with their totals.
func dropBucket(tx *bbolt.Tx, bucket []byte) error {
	if err := tx.Bucket(totalsBucket).Delete(bucket); err != nil {
		return err
	}
	return tx.DeleteBucket(bucket)
}

// Alter puts a changed table in the place of the one that was read, unless that is gone, and returns it.
// Writes that were read before it find the new one in the catalog. change is given a copy that nobody sees
// yet. Indexes that it adds are filled from the items, and those that it takes out are removed. Its error is
// returned as it is, and nothing is changed then.
func (s *Store) Alter(t *table.Table, change func(*table.Table) error) (*table.Table, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.tables[t.Name]
	if now == nil || now.ID != t.ID {
		return nil, exception.TableNotFound(t.Name)
	}
	next := *now
	next.Indexes, next.Attributes, next.Tags = slices.Clone(now.Indexes), slices.Clone(now.Attributes), slices.Clone(now.Tags)
	if err := change(&next); err != nil {
		return nil, err
	}
	err := s.db.Update(func(tx *bbolt.Tx) error {
		for _, x := range now.Indexes {
			if slices.ContainsFunc(next.Indexes, x.Is) {
				continue
			}
			if err := dropBucket(tx, entriesOf(x)); err != nil {
				return err
			}
		}
		for _, x := range next.Indexes {
			if slices.ContainsFunc(now.Indexes, x.Is) {
				continue
			}
			if err := fill(tx, &next, x); err != nil {
				return err
			}
		}
		return keep(tx, &next)
	})
	if err != nil {
		return nil, err
	}
	s.tables[t.Name] = &next
	return &next, nil
}

// fill creates the index's bucket, with the entries of the items that are there.
func fill(tx *bbolt.Tx, t *table.Table, x *table.Index) error {
	if err := createIndex(tx, x); err != nil {
		return err
	}
	return tx.Bucket(itemsOf(t)).ForEach(func(key, value []byte) error {
		r, err := DecodeRecord(value)
		if err != nil {
			return err
		}
		item, err := r.Item()
		if err != nil {
			return err
		}
		_, err = move(tx, x, t, key, nil, item)
		return err
	})
}

// Live is the table as the catalog has it: since the request was read it may have got other indexes, which
// a write must keep too. A table that is gone, or nil, is a ResourceNotFoundException.
func (tx Tx) Live(t *table.Table) (*table.Table, error) {
	if t == nil {
		return nil, exception.ResourceNotFound()
	}
	value := tx.tx.Bucket(catalogBucket).Get([]byte(t.Name))
	switch {
	case t.IsEncoded(value):
		return t, nil
	case value == nil:
		return nil, exception.ResourceNotFound()
	}
	now, err := table.Decode(value)
	switch {
	case err != nil:
		return nil, err
	case now.ID != t.ID:
		return nil, exception.ResourceNotFound()
	}
	return now, nil
}

// itemsOf is the name of the bbolt bucket that holds the table's items.
func itemsOf(t *table.Table) []byte {
	return binary.BigEndian.AppendUint64([]byte("dynamodb/items/"), t.ID)
}

// entriesOf is the name of the bbolt bucket that holds the index's entries.
func entriesOf(x *table.Index) []byte {
	return binary.BigEndian.AppendUint64([]byte("dynamodb/index/"), x.ID)
}
