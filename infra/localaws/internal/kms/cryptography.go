package kms

import (
	"fmt"
	"net/http"

	"github.com/go-json-experiment/json/jsontext"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/awsjson"
)

// Limits of the cryptographic operations (API reference of each), in bytes.
const (
	maxPlaintext  = 4096
	maxCiphertext = 6144
)

type grantTokens struct{}

func (grantTokens) Most() int { return 10 }
func (grantTokens) TooMany() error {
	return validation("1 validation error detected: Value at 'grantTokens' failed to satisfy constraint: Member must have length less than or equal to 10")
}

// special are members that change what an operation answers: none of them may be passed over.
type special struct {
	GrantTokens awsjson.List[string, grantTokens]
	DryRun      bool
	Recipient   jsontext.Value
}

// check is for the answer: a caller that may not use the key gets a denial instead.
func (s *special) check() error {
	switch {
	case len(s.GrantTokens) > 0:
		return exception("InvalidGrantTokenException", "localaws has no grants")
	case len(s.Recipient) > 0 && s.Recipient.Kind() != 'n':
		return unsupported("localaws knows no Nitro enclaves")
	case s.DryRun:
		return api.Errorf(http.StatusPreconditionFailed, "DryRunOperationException", "The request would have succeeded, but the DryRun option is set.")
	}
	return nil
}

// checkAlgorithm refuses an algorithm of asymmetric keys; empty stands for SYMMETRIC_DEFAULT.
func checkAlgorithm(t *target, given string) error {
	if given == "" || given == symmetric {
		return nil
	}
	return exception("InvalidKeyUsageException", "The algorithm %s is not that of the key %s, which is symmetric", given, t.arn)
}

func checkBlob(member string, blob []byte, most int) error {
	switch {
	case blob == nil:
		return missing(member)
	case len(blob) == 0:
		return validation("1 validation error detected: Value at '%s' failed to satisfy constraint: Member must have length greater than or equal to 1", api.Own(member))
	case len(blob) > most:
		return validation("1 validation error detected: Value at '%s' failed to satisfy constraint: Member must have length less than or equal to %d", api.Own(member), most)
	}
	return nil
}

// cryptographic adds the permission for an action on a key under an encryption context.
func (r *reading) cryptographic(action string, t *target, c encryptionContext) error {
	if err := checkContext(c); err != nil {
		return err
	}
	keys := r.onKey(action, t)
	setContextKeys(keys, c)
	keys.Set("kms:EncryptionAlgorithm", symmetric)
	return nil
}

type sealed struct {
	CiphertextBlob      []byte
	KeyId               string
	EncryptionAlgorithm string
}

func readEncrypt(r *reading) (answer, error) {
	var in struct {
		KeyId               string
		Plaintext           []byte
		EncryptionContext   encryptionContext
		EncryptionAlgorithm string
		special
	}
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	if err := checkBlob("plaintext", in.Plaintext, maxPlaintext); err != nil {
		return nil, err
	}
	t, err := r.key("keyId", in.KeyId)
	if err != nil {
		return nil, err
	}
	return func() (any, error) {
		if err := t.ready(&in.special, in.EncryptionAlgorithm); err != nil {
			return nil, err
		}
		blob, err := t.seal(in.Plaintext, in.EncryptionContext)
		return sealed{blob, t.arn, symmetric}, err
	}, r.cryptographic("Encrypt", t, in.EncryptionContext)
}

// ready reports whether t can be used as a request asks for.
func (t *target) ready(s *special, algorithm string) error {
	if err := t.usable(t.arn); err != nil {
		return err
	}
	if err := checkAlgorithm(t, algorithm); err != nil {
		return err
	}
	return s.check()
}

type opened struct {
	KeyId               string
	Plaintext           []byte
	EncryptionAlgorithm string
}

// readDecrypt: without KeyId the permission is on the key that the ciphertext names; with it on the key that the request names,
// which must then be that of the ciphertext (KMS API Reference, Decrypt).
func readDecrypt(r *reading) (answer, error) {
	var in struct {
		KeyId               string
		CiphertextBlob      []byte
		EncryptionContext   encryptionContext
		EncryptionAlgorithm string
		special
	}
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	t, err := r.ciphertextKey("Decrypt", "keyId", in.KeyId, in.CiphertextBlob)
	if err != nil {
		return nil, err
	}
	return func() (any, error) {
		if err := t.ready(&in.special, in.EncryptionAlgorithm); err != nil {
			return nil, err
		}
		plaintext, err := t.openAs(in.CiphertextBlob, in.EncryptionContext)
		return opened{t.arn, plaintext, symmetric}, err
	}, r.cryptographic("Decrypt", t, in.EncryptionContext)
}

// ciphertextKey is the key that a request names for a ciphertext, or the one that the ciphertext names.
func (r *reading) ciphertextKey(action, member, given string, ciphertext []byte) (*target, error) {
	if err := checkBlob("ciphertextBlob", ciphertext, maxCiphertext); err != nil {
		return nil, err
	}
	if given != "" {
		return r.key(member, given)
	}
	id, ok := keyOfCiphertext(ciphertext)
	if !ok {
		return nil, invalidCiphertext()
	}
	t, err := r.keyOf(id)
	if err != nil {
		return nil, exception("AccessDeniedException", "User: %s is not authorized to perform: kms:%s on the resource associated with this "+
			"ciphertext because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based "+
			"policy explicitly denies access", r.req.Caller.ARN, api.Own(action))
	}
	return t, nil
}

// openAs decrypts a ciphertext that must be one of t.
func (t *target) openAs(ciphertext []byte, c encryptionContext) ([]byte, error) {
	if id, ok := keyOfCiphertext(ciphertext); ok && id != t.ID {
		return nil, exception("IncorrectKeyException", "The key ID in the request does not identify a CMK that can perform this operation.")
	}
	return t.open(ciphertext, c)
}

func readReEncrypt(r *reading) (answer, error) {
	var in struct {
		CiphertextBlob                                            []byte
		SourceKeyId, DestinationKeyId                             string
		SourceEncryptionContext, DestinationEncryptionContext     encryptionContext
		SourceEncryptionAlgorithm, DestinationEncryptionAlgorithm string
		special
	}
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	from, err := r.ciphertextKey("ReEncryptFrom", "sourceKeyId", in.SourceKeyId, in.CiphertextBlob)
	if err != nil {
		return nil, err
	}
	to, err := r.key("destinationKeyId", in.DestinationKeyId)
	if err != nil {
		return nil, err
	}
	if err := r.cryptographic("ReEncryptFrom", from, in.SourceEncryptionContext); err != nil {
		return nil, err
	}
	if err := r.cryptographic("ReEncryptTo", to, in.DestinationEncryptionContext); err != nil {
		return nil, err
	}
	for _, p := range r.permissions {
		p.Context.Set("kms:ReEncryptOnSameKey", fmt.Sprint(from.ID == to.ID))
	}
	return func() (any, error) {
		if err := from.ready(&in.special, in.SourceEncryptionAlgorithm); err != nil {
			return nil, err
		}
		if err := to.ready(&in.special, in.DestinationEncryptionAlgorithm); err != nil {
			return nil, err
		}
		plaintext, err := from.openAs(in.CiphertextBlob, in.SourceEncryptionContext)
		if err != nil {
			return nil, err
		}
		blob, err := to.seal(plaintext, in.DestinationEncryptionContext)
		return struct {
			CiphertextBlob                                                                []byte
			SourceKeyId, KeyId, SourceEncryptionAlgorithm, DestinationEncryptionAlgorithm string
		}{blob, from.arn, to.arn, symmetric, symmetric}, err
	}, nil
}
