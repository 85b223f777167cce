package kms

import (
	"encoding/binary"
	"maps"
	"slices"

	"example.com/shiptrack/infra/localaws/internal/awsjson"
	"example.com/shiptrack/infra/localaws/policy"
)

// encryptionContext is what the caller binds a ciphertext to: names and values, which KMS holds to be no secret. Order does not
// count, case does.
type encryptionContext = awsjson.Dict[string, contextPairs]

// Limits of an encryption context. AWS documents none for KMS; S3 takes 8 KB.
const (
	maxContextPairs = 256
	maxContextBytes = 8 << 10 // of names and values together
)

type contextPairs struct{}

func (contextPairs) Most() int { return maxContextPairs }
func (contextPairs) TooMany() error {
	return validation("An encryption context has more than %d pairs", maxContextPairs)
}

func checkContext(c encryptionContext) error {
	size := 0
	for name, value := range c {
		if name == "" {
			return validation("An encryption context has a pair without a name")
		}
		size += len(name) + len(value)
	}
	if size > maxContextBytes {
		return validation("An encryption context has more than %d bytes", maxContextBytes)
	}
	return nil
}

// additionalData is the AAD of a ciphertext: header, then each pair in the order of the names, each text behind its length. So no
// two contexts have the same bytes.
func additionalData(header []byte, c encryptionContext) []byte {
	data := slices.Clone(header)
	for _, name := range slices.Sorted(maps.Keys(c)) {
		for _, text := range []string{name, c[name]} {
			data = binary.BigEndian.AppendUint32(data, uint32(len(text)))
			data = append(data, text...)
		}
	}
	return data
}

// setContextKeys sets kms:EncryptionContext:NAME and kms:EncryptionContextKeys.
func setContextKeys(keys *policy.Context, c encryptionContext) {
	if len(c) == 0 {
		return
	}
	names := slices.Sorted(maps.Keys(c))
	for _, name := range names {
		keys.SetOnce("kms:EncryptionContext:"+name, c[name])
	}
	keys.SetAll("kms:EncryptionContextKeys", names)
}
