package kms

import (
	"crypto/rand"
	"strconv"
)

// maxRandom is how many bytes one request may ask for.
const maxRandom = 1024

func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails (crypto/rand)
	return b
}

func checkNumber(n int) error {
	switch {
	case n < 1:
		return constraint("'"+strconv.Itoa(n)+"'", "numberOfBytes", "Member must have value greater than or equal to 1")
	case n > maxRandom:
		return constraint("'"+strconv.Itoa(n)+"'", "numberOfBytes", "Member must have value less than or equal to 1024")
	}
	return nil
}

// readGenerateDataKey reads GenerateDataKey and GenerateDataKeyWithoutPlaintext, each an action of its own.
func readGenerateDataKey(r *reading) (answer, error) {
	var in struct {
		KeyId             string
		KeySpec           string
		NumberOfBytes     *int
		EncryptionContext encryptionContext
		special
	}
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	size, err := dataKeySize(in.KeySpec, in.NumberOfBytes)
	if err != nil {
		return nil, err
	}
	t, err := r.key("keyId", in.KeyId)
	if err != nil {
		return nil, err
	}
	if err := r.cryptographic(r.req.Operation, t, in.EncryptionContext); err != nil {
		return nil, err
	}
	return func() (any, error) {
		if err := t.ready(&in.special, ""); err != nil {
			return nil, err
		}
		plaintext := randomBytes(size)
		blob, err := t.seal(plaintext, in.EncryptionContext)
		out := dataKey{CiphertextBlob: blob, KeyId: t.arn}
		if r.req.Operation == "GenerateDataKey" {
			out.Plaintext = plaintext
		}
		return out, err
	}, nil
}

type dataKey struct {
	CiphertextBlob []byte
	Plaintext      []byte `json:",omitempty"`
	KeyId          string
}

func dataKeySize(spec string, number *int) (int, error) {
	if (spec == "") == (number == nil) {
		return 0, validation("Please specify either number of bytes or key spec.")
	}
	switch spec {
	case "AES_256":
		return 32, nil
	case "AES_128":
		return 16, nil
	case "":
		return *number, checkNumber(*number)
	}
	return 0, constraint("'"+spec+"'", "keySpec", "Member must satisfy enum value set: [AES_256, AES_128]")
}

func readGenerateRandom(r *reading) (answer, error) {
	var in struct {
		NumberOfBytes    *int
		CustomKeyStoreId string
		special
	}
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	if in.NumberOfBytes == nil {
		return nil, validation("NumberOfBytes is required.")
	}
	if err := checkNumber(*in.NumberOfBytes); err != nil {
		return nil, err
	}
	r.on("GenerateRandom", "*")
	return func() (any, error) {
		if in.CustomKeyStoreId != "" {
			return nil, noKeyStores()
		}
		return struct{ Plaintext []byte }{randomBytes(*in.NumberOfBytes)}, in.check()
	}, nil
}

func noKeyStores() error { return unsupported("localaws has no custom key stores") }
