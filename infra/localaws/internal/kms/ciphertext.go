package kms

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
)

// A ciphertext is a header, a nonce and what AES-256-GCM sealed. The header is the version and the id of the key, and is part of the
// additional data: a ciphertext that names another key does not decrypt.
const (
	ciphertextVersion = 1
	keyIDSize         = 36
	headerSize        = 1 + keyIDSize
	nonceSize         = 12
)

// aead returns the cipher of k. NewCipher and NewGCM fail for another size of the key alone.
func (k *key) aead() (cipher.AEAD, error) {
	block, err := aes.NewCipher(k.Material)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// seal encrypts plaintext. 2^32 ciphertexts of one key, with random nonces, are safe (NIST SP 800-38D).
func (k *key) seal(plaintext []byte, c encryptionContext) ([]byte, error) {
	aead, err := k.aead()
	if err != nil {
		return nil, err
	}
	header := append([]byte{ciphertextVersion}, k.ID...)
	nonce := make([]byte, nonceSize)
	rand.Read(nonce) // never fails (crypto/rand)
	return aead.Seal(append(bytes.Clone(header), nonce...), nonce, plaintext, additionalData(header, c)), nil
}

// open decrypts a ciphertext of k. All that does not decrypt is an InvalidCiphertextException.
func (k *key) open(ciphertext []byte, c encryptionContext) ([]byte, error) {
	if id, ok := keyOfCiphertext(ciphertext); !ok || id != k.ID {
		return nil, invalidCiphertext()
	}
	aead, err := k.aead()
	if err != nil {
		return nil, err
	}
	header, rest := ciphertext[:headerSize], ciphertext[headerSize:]
	plaintext, err := aead.Open(nil, rest[:nonceSize], rest[nonceSize:], additionalData(header, c))
	if err != nil {
		return nil, invalidCiphertext()
	}
	return plaintext, nil
}

// keyOfCiphertext is the id of the key that a ciphertext names, which nothing proves yet.
func keyOfCiphertext(ciphertext []byte) (id string, ok bool) {
	if len(ciphertext) < headerSize+nonceSize || ciphertext[0] != ciphertextVersion {
		return "", false
	}
	id = string(ciphertext[1:headerSize])
	return id, keyIDPattern.MatchString(id)
}
