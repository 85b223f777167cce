package store

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"fmt"

	"go.etcd.io/bbolt"

	"example.com/shiptrack/infra/localaws/internal/s3/frames"
)

var ownKeyName = []byte("own-key")

// loadOwnKey reads the store's own key, which is made once. Who reads the file reads it.
func (s *Store) loadOwnKey(tx *bbolt.Tx) error {
	secrets, err := tx.CreateBucketIfNotExists(secretsBucket)
	if err != nil {
		return err
	}
	if s.own = bytes.Clone(secrets.Get(ownKeyName)); s.own != nil {
		return nil
	}
	s.own = make([]byte, frames.KeySize)
	rand.Read(s.own) // never fails (crypto/rand)
	return secrets.Put(ownKeyName, s.own)
}

func (s *Store) ownCipher() (cipher.AEAD, error) {
	block, err := aes.NewCipher(s.own)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// NewDataKey makes a data key for the object with this name, and what to keep of it: it is encrypted under the store's own key.
func (s *Store) NewDataKey(object string) (plaintext, kept []byte, err error) {
	aead, err := s.ownCipher()
	if err != nil {
		return nil, nil, err
	}
	plaintext, kept = make([]byte, frames.KeySize), make([]byte, aead.NonceSize())
	rand.Read(plaintext)
	rand.Read(kept)
	return plaintext, aead.Seal(kept, kept, plaintext, []byte(object)), nil
}

// OpenDataKey returns the data key of which kept was kept. frames.ErrCorrupt where it is that of another object.
func (s *Store) OpenDataKey(object string, kept []byte) ([]byte, error) {
	aead, err := s.ownCipher()
	if err != nil {
		return nil, err
	}
	if len(kept) < aead.NonceSize() {
		return nil, fmt.Errorf("s3: data key of %s: %w", object, frames.ErrCorrupt)
	}
	plaintext, err := aead.Open(nil, kept[:aead.NonceSize()], kept[aead.NonceSize():], []byte(object))
	if err != nil {
		return nil, fmt.Errorf("s3: data key of %s: %w", object, frames.ErrCorrupt)
	}
	return plaintext, nil
}
