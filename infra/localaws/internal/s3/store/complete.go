package store

import (
	"bytes"

	"github.com/go-json-experiment/json"
	"go.etcd.io/bbolt"
)

// Complete makes an object of an upload, and ends the upload. assemble fills in the object from the parts that there are, by their numbers:
// which it has, and what is known of its bytes. check, where it is not nil, sees the object that is replaced, or nil. After an error of one
// of them nothing is changed. ErrNoSuchUpload where the upload is gone.
func (s *Store) Complete(m *Multipart, assemble func(*Object, map[int]*UploadedPart) error, check func(*Object) error) (*Object, error) {
	o, gone := m.Object, []Part(nil)
	err := s.db.Update(func(tx *bbolt.Tx) error {
		uploaded, err := takeUpload(tx, m)
		if err != nil {
			return err
		}
		if err := assemble(o, uploaded); err != nil {
			return err
		}
		before, err := replaceIn(tx, m.Bucket, m.Key, o, check)
		if err != nil {
			return err
		}
		gone = append(unusedOf(o, uploaded), before...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.files.remove(gone)
	return o, nil
}

// unusedOf are the files of parts that the object does not have.
func unusedOf(o *Object, uploaded map[int]*UploadedPart) []Part {
	used := map[string]bool{}
	for _, part := range o.Parts {
		used[part.File] = true
	}
	var all []Part
	for _, part := range uploaded {
		if !used[part.File] {
			all = append(all, part.Part)
		}
	}
	return all
}

// takeUpload removes an upload and its parts from the catalog, and returns the parts.
func takeUpload(tx *bbolt.Tx, m *Multipart) (map[int]*UploadedPart, error) {
	if _, err := multipartOf(tx, m.Bucket, m.Key, m.ID); err != nil {
		return nil, err
	}
	if err := tx.Bucket(multipartsBucket).Bucket([]byte(m.Bucket)).Delete(m.name()); err != nil {
		return nil, err
	}
	all := map[int]*UploadedPart{}
	parts := tx.Bucket(partsBucket).Bucket([]byte(m.Bucket))
	if parts == nil {
		return all, nil
	}
	var names [][]byte
	prefix := m.partName(0)
	c := parts.Cursor()
	for name, value := c.Seek(prefix); bytes.HasPrefix(name, prefix); name, value = c.Next() {
		part := new(UploadedPart)
		if err := json.Unmarshal(value, part); err != nil {
			return nil, err
		}
		all[part.Number] = part
		names = append(names, bytes.Clone(name))
	}
	for _, name := range names {
		if err := parts.Delete(name); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// AbortMultipart ends an upload without an object, and removes its parts. ErrNoSuchUpload where it is gone.
func (s *Store) AbortMultipart(m *Multipart) error {
	var gone []Part
	err := s.db.Update(func(tx *bbolt.Tx) error {
		uploaded, err := takeUpload(tx, m)
		gone = unusedOf(&Object{}, uploaded)
		return err
	})
	if err == nil {
		s.files.remove(gone)
	}
	return err
}

// Parts returns the parts of an upload behind the number after, in their order, and whether there are more than limit.
func (s *Store) Parts(m *Multipart, after, limit int) (page []*UploadedPart, more bool, err error) {
	err = s.db.View(func(tx *bbolt.Tx) error {
		if _, err := multipartOf(tx, m.Bucket, m.Key, m.ID); err != nil {
			return err
		}
		parts := tx.Bucket(partsBucket).Bucket([]byte(m.Bucket))
		if parts == nil {
			return nil
		}
		c := parts.Cursor()
		for name, value := c.Seek(m.partName(after + 1)); bytes.HasPrefix(name, m.partName(0)); name, value = c.Next() {
			if more = len(page) == limit; more {
				return nil
			}
			part := new(UploadedPart)
			if err := json.Unmarshal(value, part); err != nil {
				return err
			}
			page = append(page, part)
		}
		return nil
	})
	return page, more, err
}
