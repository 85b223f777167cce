package store

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
