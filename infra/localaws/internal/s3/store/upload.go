package store

import (
	"errors"
	"io"
	"os"

	"example.com/shiptrack/infra/localaws/internal/s3/frames"
)

// Upload is an object while it is written. Its bytes are on disk, sealed, and no object yet. It is not safe for concurrent use.
type Upload struct {
	store  *Store
	object Object
	file   *file
	done   bool
}

// Begin starts an object. dataKey has 32 bytes; the object says by what it is had again. End it with Commit or Abort.
func (s *Store) Begin(o Object, dataKey []byte) (*Upload, error) {
	if _, err := s.Bucket(o.Bucket); err != nil {
		return nil, err
	}
	f, err := s.files.begin(o.Bucket, o.Key, dataKey)
	if err != nil {
		return nil, err
	}
	return &Upload{store: s, object: o, file: f}, nil
}

// Write takes bytes of the object.
func (u *Upload) Write(p []byte) (int, error) { return u.file.write(p) }

// Size is how many bytes were written.
func (u *Upload) Size() int64 { return u.file.size }

// Commit makes the object durable in the place of the one before. describe fills in what is known of the bytes by now; check, where it
// is not nil, sees the object that is replaced, or nil. After an error the object before is still there, and the upload is gone.
func (u *Upload) Commit(describe func(*Object), check func(*Object) error) (*Object, error) {
	part, err := u.file.finish()
	if err == nil {
		u.object.Size, u.object.Parts = part.Size, []Part{part}
		describe(&u.object)
		err = u.store.replace(u.object.Bucket, u.object.Key, &u.object, check)
	}
	if err != nil {
		u.Abort()
		return nil, err
	}
	u.done = true
	return &u.object, nil
}

// Abort removes what was written. After Commit it does nothing.
func (u *Upload) Abort() {
	if !u.done {
		u.done = true
		u.file.abort()
	}
}

// Contents are the bytes of an object, opened. An object that is replaced or deleted meanwhile is read to its end.
type Contents struct {
	parts []contentsPart
}

type contentsPart struct {
	*frames.Reader
	file *os.File
	size int64
}

// Open opens the bytes of o, which Object returned; dataKey is that of Begin. ErrNoSuchKey where o is gone meanwhile, frames.ErrCorrupt
// where a file is not as it was written. The caller closes the Contents.
func (s *Store) Open(o *Object, dataKey []byte) (*Contents, error) {
	c := &Contents{}
	for _, part := range o.Parts {
		if err := c.add(s.path(part.File), part, dataKey); err != nil {
			return nil, errors.Join(err, c.Close())
		}
	}
	return c, nil
}

func (c *Contents) add(path string, part Part, dataKey []byte) error {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return ErrNoSuchKey
	}
	if err != nil {
		return err
	}
	c.parts = append(c.parts, contentsPart{file: f, size: part.Size})
	info, err := f.Stat()
	if err != nil {
		return err
	}
	key, err := sealingKey(dataKey, part.File)
	if err != nil {
		return err
	}
	c.parts[len(c.parts)-1].Reader, err = frames.NewReader(f, info.Size(), key, part.Size)
	return err
}

// Range reads length bytes from offset on, both within the object.
func (c *Contents) Range(offset, length int64) io.Reader {
	var readers []io.Reader
	for i, part := range c.parts {
		isLast := i == len(c.parts)-1
		if offset > part.size || offset == part.size && !isLast {
			offset -= part.size
			continue
		}
		n := min(length, part.size-offset)
		readers = append(readers, part.Range(offset, n))
		if offset, length = 0, length-n; length == 0 {
			break
		}
	}
	return io.MultiReader(readers...)
}

// Close closes the files.
func (c *Contents) Close() error {
	var errs []error
	for _, part := range c.parts {
		errs = append(errs, part.file.Close())
	}
	return errors.Join(errs...)
}
