package identity

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
)

// maxToken bounds a session token, in characters. With the other headers of a request it has to fit into what the command
// localaws reads as a header, 32 KiB. Policies and tags that STS takes stay well below.
const maxToken = 24 << 10

// keyContext is authenticated with every token: no token of another format can be taken for one of this.
var keyContext = []byte("localaws session token 2")

// claims is what a session token says. Nothing else is kept about a session.
type claims struct {
	AccessKeyID    string    `json:"key"`
	RoleID         string    `json:"role"`
	SessionName    string    `json:"name"`
	Tags           []Tag     `json:"tags,omitzero"` // passed and inherited, not the role's
	TransitiveKeys []string  `json:"transitive,omitzero"`
	Policy         string    `json:"policy,omitzero"`  // session policy document
	ManagedIDs     []string  `json:"managed,omitzero"` // unique ids of managed session policies
	SourceIdentity string    `json:"source,omitzero"`
	Chained        bool      `json:"chained,omitzero"`
	IssuedAt       time.Time `json:"issued"`
	Expires        time.Time `json:"expires"`
}

// sealer seals and opens session tokens, and derives the secrets that belong to access keys.
type sealer struct {
	aead   cipher.AEAD
	secret []byte
}

// newSealer derives its two keys from master, 32 random bytes.
func newSealer(master []byte) (*sealer, error) {
	if len(master) != 32 {
		return nil, fmt.Errorf("the sealing key has %d bytes, want 32", len(master))
	}
	seal, err := hkdf.Key(sha256.New, master, nil, "localaws: seal session tokens", 32)
	if err != nil {
		return nil, err
	}
	secret, err := hkdf.Key(sha256.New, master, nil, "localaws: derive secret keys", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(seal)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	return &sealer{aead: aead, secret: secret}, nil
}

func (s *sealer) seal(c *claims) (string, error) {
	text, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(s.aead.Seal(nil, nil, text, keyContext)), nil
}

var errToken = errors.New("not a session token of this account")

// open returns what token says. Any change to the token, in the padding too, is refused.
func (s *sealer) open(token string) (*claims, error) {
	if len(token) > maxToken {
		return nil, errToken
	}
	sealed, err := base64.StdEncoding.Strict().DecodeString(token)
	if err != nil || base64.StdEncoding.EncodedLen(len(sealed)) != len(token) {
		return nil, errToken // the decoder skips line breaks: the length shows them
	}
	text, err := s.aead.Open(nil, nil, sealed, keyContext)
	if err != nil {
		return nil, errToken
	}
	c := new(claims)
	if err := json.Unmarshal(text, c); err != nil {
		return nil, errToken
	}
	return c, nil
}

// secretKey derives the 40 characters that go with accessKeyID.
func (s *sealer) secretKey(accessKeyID string) string {
	mac := hmac.New(sha256.New, s.secret)
	mac.Write([]byte(accessKeyID))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))[:40]
}

// idAlphabet is that of AWS's unique ids: 32 characters, so that a random byte maps to it evenly.
const idAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

// NewID returns prefix and n random characters, as AWS forms unique ids (AROA and 17) and access key ids
// (ASIA and 16).
func NewID(prefix string, n int) string {
	random := make([]byte, n)
	rand.Read(random) // never fails (crypto/rand)
	for i, b := range random {
		random[i] = idAlphabet[b%32]
	}
	return prefix + string(random)
}
