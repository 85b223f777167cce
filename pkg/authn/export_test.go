package authn

import "crypto/sha256"

// Kept returns how many tokens v keeps.
func Kept(v *Verifier) int {
	v.kept.mu.Lock()
	defer v.kept.mu.Unlock()
	if len(v.kept.byHash) != v.kept.entries.Len() {
		panic("authn: the kept tokens and their order differ")
	}
	return len(v.kept.byHash)
}

// IsKept reports whether v keeps token.
func IsKept(v *Verifier, token string) bool {
	v.kept.mu.Lock()
	defer v.kept.mu.Unlock()
	_, ok := v.kept.byHash[sha256.Sum256([]byte(token))]
	return ok
}
