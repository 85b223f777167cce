package authn

// Kept returns how many tokens v keeps.
func Kept(v *Verifier) int {
	if v.kept.byHash == nil {
		return 0
	}
	return v.kept.byHash.Len()
}

// IsKept reports whether v answers token from what it keeps.
func IsKept(v *Verifier, token string) bool {
	_, ok := v.kept.get(token, v.now())
	return ok
}
