package store

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"go.etcd.io/bbolt"
)

var (
	multipartsBucket = []byte("s3/uploads") // bucket of a bucket per name: key, NUL, id -> Multipart in JSON
	partsBucket      = []byte("s3/parts")   // bucket of a bucket per name: id of an upload, number of two bytes -> UploadedPart in JSON
)

// ErrNoSuchUpload is an upload that is not there, or not of this key.
var ErrNoSuchUpload = errors.New("s3: no such upload")

// Multipart is an object that is uploaded in parts. It is no object until Complete.
type Multipart struct {
	Bucket    string    `json:"-"`
	Key       string    `json:"-"`
	ID        string    `json:"-"` // sorts by the time of Initiated
	Initiated time.Time `json:"initiated"`
	// Checksum is the algorithm that each part must have a checksum of, such as CRC32, and whether that of the object is COMPOSITE or
	// FULL_OBJECT. Empty: parts may have one.
	Checksum     string `json:"checksum,omitzero"`
	ChecksumType string `json:"checksumType,omitzero"`
	// Object is what the object will have but its bytes: the key that seals it, metadata, tags.
	Object *Object `json:"object"`
}

// UploadedPart is a part of a Multipart.
type UploadedPart struct {
	Part
	Number   int       `json:"number"` // 1 to 10,000
	ETag     string    `json:"etag"`
	Modified time.Time `json:"modified"`
	// Given is the checksum that the writer gave, where it is of another algorithm than Checksum.
	Given Checksum `json:"given,omitzero"`
}

// CreateMultipart begins m, and gives it its ID. ErrNoSuchBucket where there is no such bucket.
func (s *Store) CreateMultipart(m *Multipart) error {
	random := make([]byte, 16)
	rand.Read(random) // never fails (crypto/rand)
	m.ID = fmt.Sprintf("%016x%s", m.Initiated.UnixNano(), hex.EncodeToString(random))
	return s.db.Update(func(tx *bbolt.Tx) error {
		if _, err := objectsOf(tx, m.Bucket); err != nil {
			return err
		}
		uploads, err := tx.Bucket(multipartsBucket).CreateBucketIfNotExists([]byte(m.Bucket))
		if err != nil {
			return err
		}
		return put(uploads, m.name(), m)
	})
}

func (m *Multipart) name() []byte { return []byte(m.Key + "\x00" + m.ID) }

// partName is also the beginning of the names of all parts, where number is 0.
func (m *Multipart) partName(number int) []byte {
	name := []byte(m.ID)
	if number == 0 {
		return name
	}
	return binary.BigEndian.AppendUint16(name, uint16(number)) //nolint:gosec // at most 10,000
}

func put(b *bbolt.Bucket, name []byte, record any) error {
	value, err := json.Marshal(record)
	if err != nil {
		return err
	}
	return b.Put(name, value)
}

// Multipart returns an upload. ErrNoSuchUpload where there is none of this id and key, ErrNoSuchBucket where there is no such bucket.
func (s *Store) Multipart(bucket, key, id string) (m *Multipart, err error) {
	return m, s.db.View(func(tx *bbolt.Tx) error {
		m, err = multipartOf(tx, bucket, key, id)
		return err
	})
}

func multipartOf(tx *bbolt.Tx, bucket, key, id string) (*Multipart, error) {
	if _, err := objectsOf(tx, bucket); err != nil {
		return nil, err
	}
	m := &Multipart{Bucket: bucket, Key: key, ID: id}
	uploads := tx.Bucket(multipartsBucket).Bucket([]byte(bucket))
	if uploads == nil {
		return nil, ErrNoSuchUpload
	}
	value := uploads.Get(m.name())
	if value == nil {
		return nil, ErrNoSuchUpload
	}
	return m, m.decode(value)
}

func (m *Multipart) decode(value []byte) error {
	if err := json.Unmarshal(value, m); err != nil {
		return fmt.Errorf("s3: upload %s of %q in %s: %w", m.ID, m.Key, m.Bucket, err)
	}
	m.Object.Bucket, m.Object.Key = m.Bucket, m.Key
	return nil
}

// PartUpload is a part while it is written. It is not safe for concurrent use.
type PartUpload struct {
	store     *Store
	multipart *Multipart
	number    int
	file      *file
	done      bool
}

// BeginPart starts a part of m; number is 1 to 10,000, dataKey the key of m's object. End it with Commit or Abort.
func (s *Store) BeginPart(m *Multipart, number int, dataKey []byte) (*PartUpload, error) {
	f, err := s.files.begin(m.Bucket, m.Key, dataKey)
	if err != nil {
		return nil, err
	}
	return &PartUpload{store: s, multipart: m, number: number, file: f}, nil
}

// Write takes bytes of the part.
func (p *PartUpload) Write(b []byte) (int, error) { return p.file.write(b) }

// Size is how many bytes were written.
func (p *PartUpload) Size() int64 { return p.file.size }

// Commit makes the part durable in the place of the one of its number. describe fills in what is known of its bytes by now. ErrNoSuchUpload
// where the upload was completed or aborted meanwhile.
func (p *PartUpload) Commit(describe func(*UploadedPart)) (*UploadedPart, error) {
	done := &UploadedPart{Number: p.number}
	part, err := p.file.finish()
	if err == nil {
		done.Part = part
		describe(done)
		err = p.store.putPart(p.multipart, done)
	}
	if err != nil {
		p.Abort()
		return nil, err
	}
	p.done = true
	return done, nil
}

// Abort removes what was written. After Commit it does nothing.
func (p *PartUpload) Abort() {
	if !p.done {
		p.done = true
		p.file.abort()
	}
}

func (s *Store) putPart(m *Multipart, next *UploadedPart) error {
	before := new(UploadedPart)
	err := s.db.Update(func(tx *bbolt.Tx) error {
		if _, err := multipartOf(tx, m.Bucket, m.Key, m.ID); err != nil {
			return err
		}
		parts, err := tx.Bucket(partsBucket).CreateBucketIfNotExists([]byte(m.Bucket))
		if err != nil {
			return err
		}
		if value := parts.Get(m.partName(next.Number)); value != nil {
			if err := json.Unmarshal(value, before); err != nil {
				return err
			}
		}
		return put(parts, m.partName(next.Number), next)
	})
	if err == nil && before.File != "" {
		s.files.remove([]Part{before.Part})
	}
	return err
}
