package telemetry

import (
	"regexp"
	"testing"

	"pgregory.net/rapid"
)

// A word is not looked through for the shapes of secrets: none of them is one.
func TestAWordHasNoShapeOfASecret(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SampledFrom([]string{"bearer", "Basic", "eyJ", "ewo", "token", "password", "cookie", "BEGIN", "PRIVATE", "KEY", "-----", "/", "_", "20", "3d", "2E"})
		s := ""
		for _, part := range rapid.SliceOfN(rapid.OneOf(parts, rapid.StringMatching(`[A-Za-z0-9/_-]{1,12}`)), 1, 6).Draw(t, "parts") {
			s += part
		}
		s = s[:min(len(s), secretKeyLength-1)]
		for _, shape := range []*regexp.Regexp{bearer, jws, named, colon, digit, quoted, single, escaped, password, user, pem} {
			if shape.MatchString(s) {
				t.Fatalf("%q is not looked through, and %s fits", s, shape)
			}
		}
		if !isWord(s) || isWord(s+".") || isWord(s+"=") {
			t.Fatalf("%q is a word, and not with a dot or a sign", s)
		}
	})
}
