package sigv4

import (
	"crypto/sha256"
	"strings"
	"sync/atomic"
)

// Secret is a secret key. It keeps the signing key that it made last, of a day, a region and a service: a client signs
// request after request with the same. It is safe for concurrent use, and is not to be copied.
type Secret struct {
	text string
	last atomic.Pointer[signingKey]
}

type signingKey struct {
	scope string
	key   [sha256.Size]byte
}

// NewSecret returns the secret key whose text is given.
func NewSecret(text string) *Secret { return &Secret{text: text} }

// key is what the scope of c makes of s.
func (s *Secret) key(c *claim) [sha256.Size]byte {
	if last := s.last.Load(); last != nil && last.scope == c.scope {
		return last.key
	}
	made := &signingKey{strings.Clone(c.scope), c.key(s.text)} // the scope lies in a header, which is longer
	s.last.Store(made)
	return made.key
}
