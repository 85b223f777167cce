package authn

// Kept returns how many tokens v keeps.
func Kept(v *Verifier) int {
	if v.kept.byHash == nil {
		return 0
	}
	return v.kept.byHash.Len()
}

// IsKept reports whether v keeps token.
func IsKept(v *Verifier, token string) bool {
	return v.kept.byHash != nil && v.kept.byHash.Contains(hashOf(token))
}
