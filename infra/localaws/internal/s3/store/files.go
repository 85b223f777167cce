package store

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"example.com/shiptrack/infra/localaws/internal/s3/frames"
)

// files are the sealed files in a directory, and those that are not whole yet in a directory in it.
type files struct {
	directory string

	mu      sync.Mutex
	readers map[string]int  // of a file, by its name
	unnamed map[string]bool // files that go once the last reader is done
}

func newFiles(directory string) *files {
	return &files{directory: directory, readers: map[string]int{}, unnamed: map[string]bool{}}
}

func (f *files) temporary() string { return filepath.Join(f.directory, "unfinished") }

// nameOf is the name of a file: a hash of the bucket, the key and a number that is never used again, each behind its length.
func nameOf(bucket, key string, number []byte) string {
	hash := sha256.New()
	for _, text := range []string{bucket, key, string(number)} {
		hash.Write(binary.BigEndian.AppendUint64(nil, uint64(len(text))))
		hash.Write([]byte(text))
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// sealingKey is the key of one file: two files under one data key must not share it (package frames). It binds a file to its name: one
// that is moved to the place of another does not open.
func sealingKey(dataKey []byte, file string) ([]byte, error) {
	return hkdf.Key(sha256.New, dataKey, nil, "localaws s3 file "+file, frames.KeySize)
}

// sweep removes all files but those named.
func (f *files) sweep(named map[string]bool) error {
	unfinished, err := os.ReadDir(f.temporary())
	if err != nil {
		return fmt.Errorf("s3: %w", err)
	}
	whole, err := os.ReadDir(f.directory)
	if err != nil {
		return fmt.Errorf("s3: %w", err)
	}
	var errs []error
	for _, entry := range unfinished {
		errs = append(errs, os.Remove(filepath.Join(f.temporary(), entry.Name())))
	}
	for _, entry := range whole {
		if !entry.IsDir() && !named[entry.Name()] {
			errs = append(errs, os.Remove(filepath.Join(f.directory, entry.Name())))
		}
	}
	return errors.Join(errs...)
}

// acquire keeps the files of parts until release. ErrNoSuchKey where one is about to go.
func (f *files) acquire(parts []Part) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, part := range parts {
		if f.unnamed[part.File] {
			return ErrNoSuchKey
		}
	}
	for _, part := range parts {
		f.readers[part.File]++
	}
	return nil
}

func (f *files) release(parts []Part) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, part := range parts {
		if f.readers[part.File]--; f.readers[part.File] > 0 {
			continue
		}
		delete(f.readers, part.File)
		if f.unnamed[part.File] {
			delete(f.unnamed, part.File)
			f.unlink(part.File)
		}
	}
}

// remove removes the files of parts that nothing names any more, those that are being read once they have been read.
func (f *files) remove(parts []Part) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, part := range parts {
		if f.readers[part.File] > 0 {
			f.unnamed[part.File] = true
		} else {
			f.unlink(part.File)
		}
	}
}

// unlink: what cannot be removed goes when the store is opened again.
func (f *files) unlink(file string) { _ = os.Remove(filepath.Join(f.directory, file)) }

// file is a sealed file while it is written.
type file struct {
	files  *files
	name   string
	out    *os.File
	sealer *frames.Writer
	size   int64 // of the plaintext so far
}

// begin makes a file for bytes of an object.
func (f *files) begin(bucket, key string, dataKey []byte) (*file, error) {
	number := make([]byte, 16)
	rand.Read(number) // never fails (crypto/rand)
	name := nameOf(bucket, key, number)
	sealing, err := sealingKey(dataKey, name)
	if err != nil {
		return nil, err
	}
	out, err := os.OpenFile(filepath.Join(f.temporary(), name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("s3: %w", err)
	}
	sealer, err := frames.NewWriter(out, sealing)
	if err != nil {
		return nil, errors.Join(err, out.Close())
	}
	return &file{files: f, name: name, out: out, sealer: sealer}, nil
}

func (f *file) write(p []byte) (int, error) {
	n, err := f.sealer.Write(p)
	f.size += int64(n)
	return n, err
}

// finish makes the file durable under its name.
func (f *file) finish() (Part, error) {
	if err := f.sealer.Close(); err != nil {
		return Part{}, err
	}
	if err := errors.Join(f.out.Sync(), f.out.Close()); err != nil {
		return Part{}, err
	}
	if err := os.Rename(f.out.Name(), filepath.Join(f.files.directory, f.name)); err != nil {
		return Part{}, err
	}
	return Part{File: f.name, Size: f.size}, syncDirectory(f.files.directory)
}

// abort removes the file, whole or not. What cannot be removed goes when the store is opened again.
func (f *file) abort() {
	_ = f.out.Close()
	_ = os.Remove(f.out.Name())
	f.files.remove([]Part{{File: f.name}})
}

// syncDirectory makes the names in a directory durable.
func syncDirectory(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
