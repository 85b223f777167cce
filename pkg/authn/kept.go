package authn

import (
	"crypto/sha256"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// keptTokens keeps what verified tokens said, by the hash of the token: a token itself is never stored. When it is
// full, it drops the least recently used one. It is safe for concurrent use.
type keptTokens struct {
	byHash *lru.Cache[tokenHash, verified] // nil: none is kept
}

type tokenHash [sha256.Size]byte

// hashOf covers the whole token: one that differs in its signature alone is another token.
func hashOf(rawToken string) tokenHash {
	return sha256.Sum256(append(make([]byte, 0, 1<<10), rawToken...)) // most tokens fit, and then the copy stays on the stack
}

// newKeptTokens returns room for capacity tokens, 0 or more.
func newKeptTokens(capacity int) (keptTokens, error) {
	if capacity == 0 {
		return keptTokens{}, nil
	}
	byHash, err := lru.New[tokenHash, verified](capacity)
	return keptTokens{byHash}, err
}

// get returns the principal of a token that is kept, where its times are good now and the keys of its issuer are
// still those that verified it. Any other token is verified as if it had never been kept.
func (k keptTokens) get(rawToken string, now time.Time) (Principal, bool) {
	if k.byHash == nil {
		return Principal{}, false
	}
	found, ok := k.byHash.Get(hashOf(rawToken))
	if !ok || found.times.check(now) != nil || !found.keys.holds(found.generation) {
		return Principal{}, false
	}
	return found.principal, true
}

func (k keptTokens) put(rawToken string, v verified) {
	if k.byHash != nil {
		k.byHash.Add(hashOf(rawToken), v)
	}
}
