package store

import (
	"errors"
	"io"
	"os"

	"example.com/shiptrack/infra/localaws/internal/s3/frames"
)

// Contents are the bytes of an object, opened. An object that is replaced or deleted meanwhile is read to its end. It holds one file
// open at a time, however many parts the object has. It is not safe for concurrent use.
type Contents struct {
	store   *Store
	parts   []Part
	dataKey []byte
	file    *os.File // of the part that is read; nil: none
}

// Open opens the bytes of o, which Object returned; dataKey is that of Begin. ErrNoSuchKey where o is gone meanwhile, frames.ErrCorrupt
// where a file does not have the bytes that were written. The caller closes the Contents.
func (s *Store) Open(o *Object, dataKey []byte) (*Contents, error) {
	if err := s.files.acquire(o.Parts); err != nil {
		return nil, err
	}
	c := &Contents{store: s, parts: o.Parts, dataKey: dataKey}
	for _, part := range o.Parts {
		if err := s.check(part); err != nil {
			return nil, errors.Join(err, c.Close())
		}
	}
	return c, nil
}

// check looks at a file's size: a reader gets its answer before the first byte.
func (s *Store) check(part Part) error {
	info, err := os.Stat(s.path(part.File))
	switch {
	case errors.Is(err, os.ErrNotExist):
		return ErrNoSuchKey
	case err != nil:
		return err
	case info.Size() != frames.SealedSize(part.Size):
		return frames.ErrCorrupt
	}
	return nil
}

// Range reads length bytes from offset on, both within the object. One Range is read at a time.
func (c *Contents) Range(offset, length int64) io.Reader {
	r := &rangeReader{Contents: c, rest: length}
	for r.next < len(c.parts)-1 && offset >= c.parts[r.next].Size {
		offset -= c.parts[r.next].Size
		r.next++
	}
	r.offset = offset
	return r
}

// Close closes the file that is open, and lets go of the object.
func (c *Contents) Close() error {
	c.store.files.release(c.parts)
	c.parts = nil
	return c.closeFile()
}

func (c *Contents) closeFile() error {
	if c.file == nil {
		return nil
	}
	file := c.file
	c.file = nil
	return file.Close()
}

func (c *Contents) open(part Part) (*frames.Reader, error) {
	err := c.closeFile()
	if err != nil {
		return nil, err
	}
	if c.file, err = os.Open(c.store.path(part.File)); err != nil {
		return nil, err
	}
	info, err := c.file.Stat()
	if err != nil {
		return nil, err
	}
	key, err := sealingKey(c.dataKey, part.File)
	if err != nil {
		return nil, err
	}
	return frames.NewReader(c.file, info.Size(), key, part.Size)
}

// rangeReader reads a part after the other.
type rangeReader struct {
	*Contents
	next         int   // part
	offset, rest int64 // in the next part; of the range
	part         io.Reader
}

// Read opens the first part of a range even where the range is empty: no object is answered unless a frame of it opens.
func (r *rangeReader) Read(p []byte) (int, error) {
	for {
		if r.part != nil {
			n, err := r.part.Read(p)
			if n > 0 || !errors.Is(err, io.EOF) {
				return n, err
			}
			if r.rest == 0 {
				return 0, io.EOF
			}
		}
		if err := r.advance(); err != nil {
			return 0, err
		}
	}
}

// advance begins the next part.
func (r *rangeReader) advance() error {
	if r.next >= len(r.parts) {
		return errors.New("store: a range beyond the object, or of one that is closed")
	}
	part := r.parts[r.next]
	reader, err := r.open(part)
	if err != nil {
		return err
	}
	n := min(r.rest, part.Size-r.offset)
	r.part = reader.Range(r.offset, n)
	r.next, r.offset, r.rest = r.next+1, 0, r.rest-n
	return nil
}
