package authn

import (
	"container/list"
	"crypto/sha256"
	"sync"
	"time"
)

// keptTokens keeps what verified tokens said, by the hash of the token: a token itself is never stored. When it is
// full, it drops the least recently used one. It is safe for concurrent use.
type keptTokens struct {
	capacity int // 0: none is kept

	mu      sync.Mutex
	byHash  map[tokenHash]*list.Element
	entries *list.List // of keptToken; the most recently used is the first
}

type tokenHash [sha256.Size]byte

type keptToken struct {
	hash tokenHash
	verified
}

func newKeptTokens(capacity int) *keptTokens {
	return &keptTokens{capacity: capacity, byHash: map[tokenHash]*list.Element{}, entries: list.New()}
}

// get returns the principal of a token that is kept, where its times are good now and the keys of its issuer are
// still those that verified it. Any other token is verified as if it had never been kept.
func (k *keptTokens) get(rawToken string, now time.Time) (Principal, bool) {
	if k.capacity == 0 {
		return Principal{}, false
	}
	found, ok := k.find(sha256.Sum256([]byte(rawToken)))
	if !ok || found.times.check(now) != nil || !found.keys.holds(found.generation) {
		return Principal{}, false
	}
	return found.principal, true
}

func (k *keptTokens) find(hash tokenHash) (verified, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	e, ok := k.byHash[hash]
	if !ok {
		return verified{}, false
	}
	k.entries.MoveToFront(e)
	return e.Value.(keptToken).verified, true
}

func (k *keptTokens) put(rawToken string, v verified) {
	if k.capacity == 0 {
		return
	}
	hash := tokenHash(sha256.Sum256([]byte(rawToken)))
	k.mu.Lock()
	defer k.mu.Unlock()
	if e, ok := k.byHash[hash]; ok { // its keys had changed
		e.Value = keptToken{hash, v}
		k.entries.MoveToFront(e)
		return
	}
	k.byHash[hash] = k.entries.PushFront(keptToken{hash, v})
	if len(k.byHash) > k.capacity {
		oldest := k.entries.Back()
		delete(k.byHash, oldest.Value.(keptToken).hash)
		k.entries.Remove(oldest)
	}
}
