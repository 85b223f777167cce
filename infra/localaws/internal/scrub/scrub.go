// Package scrub keeps secrets out of the decision log, and bounds the texts in it that a caller chose. It is a list of shapes:
// it hides what looks like a token or a key, and cannot know a secret of another shape.
package scrub

import (
	"regexp"
	"strings"
)

// The patterns of secrets inside a text. No pattern requires certain characters before a secret, and all ignore the case
// of words: otherwise secrets would be missed.
var (
	bearer = regexp.MustCompile(`(?i)(bearer|basic)((?:\s|[:=+"'\\]|%20|%22|%3a)+)[A-Za-z0-9._~+/=%-]{8,}`)
	jws    = regexp.MustCompile(`(` + strings.Join(jwsBegins, "|") + `)[A-Za-z0-9_-]{4,}(\.|%2[Ee])[A-Za-z0-9_-]+((\.|%2[Ee])[A-Za-z0-9_-]*)*`)
	// name=value as in a URL, a form or an environment, with words that announce a secret.
	named = regexp.MustCompile(secretName + `(?:=|%3d))[^&\s"',;][^&\s",;]*`)
	// The same with quotes, name="value" or "name":"value": all between them is the secret, blanks and escaped quotes too.
	quoted = regexp.MustCompile(secretName + `(?:=|%3d|"\s*:\s*)")(?:[^"\\]|\\.)+`)
	single = regexp.MustCompile(secretName + `=')[^']+`)
	// And once more within a string that is quoted itself, as %q writes it: \"name\":\"value\".
	escaped  = regexp.MustCompile(secretName + `(?:=|\\"\s*:\s*)\\")(?:[^"\\]|\\\\(?:\\.|[^\\]))+`)
	password = regexp.MustCompile(`(://[^/\s:@]*:)[^/\s]+@`) // of a URL; it may hold an @ itself
	pem      = regexp.MustCompile(`(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|$)`)
)

// jwsBegins begin a JWT: its first part is the base64 of a brace and a quote, or of a brace and a blank, a line end or a tab.
var jwsBegins = []string{"eyJ", "eyA", "ewo", "ewk", "ew0"}

const (
	// redacted stands in the place of a secret.
	redacted = "[redacted]"

	// secretName begins the expressions for a secret behind its name; its group ends in them.
	secretName = `(?i)((?:token|secret|passwo?r?d|passphrase|credential|api_?-?key|private_?-?key|cursor_?-?key|signature|cookie|access_?-?key)`

	// longRun is the length of session tokens, encoded keys and the like: no id, ARN or path has a run of it.
	longRun = 100
	// shortest is the length below which a text holds none of the shapes.
	shortest = 15
	// secretKeyLength is that of an AWS secret access key, in characters of base64.
	secretKeyLength = 40
)

// Secrets returns s with whatever looks like a token or a credential replaced by redacted. It errs on the
// side of hiding too much, and cannot know a secret of another shape.
func Secrets(s string) string {
	s, long := hide(s)
	if !long {
		return s
	}
	return replaceRuns(s, longRun, tokenUnit, func(string) string { return redacted })
}

// ID is Secrets for an id, which may be long: a long run is no secret by itself.
func ID(s string) string {
	s, _ = hide(s)
	return s
}

// hide is ID; long reports whether s had longRun characters of base64 in a row.
func hide(s string) (hidden string, long bool) {
	if len(s) < shortest {
		return s, false
	}
	has := look(s)
	if has.word {
		s = bearer.ReplaceAllString(s, "${1}${2}"+redacted)
	}
	if has.jws {
		s = jws.ReplaceAllString(s, redacted)
	}
	if has.named {
		s = quoted.ReplaceAllString(s, "${1}"+redacted)
		s = escaped.ReplaceAllString(s, "${1}"+redacted)
		s = single.ReplaceAllString(s, "${1}"+redacted)
		s = named.ReplaceAllString(s, "${1}"+redacted)
	}
	if has.at && strings.Contains(s, "://") {
		s = password.ReplaceAllString(s, "${1}"+redacted+"@")
	}
	if has.dash && strings.Contains(s, "PRIVATE KEY-----") {
		s = pem.ReplaceAllString(s, redacted)
	}
	if has.key {
		s = replaceRuns(s, secretKeyLength, base64Unit, hideKey)
	}
	return s, has.token
}

// replaceRuns replaces each run of at least n units; unit is how many bytes of s the unit at i has, 0 for none. A regular
// expression that counts so far takes milliseconds for a text of some thousand bytes.
func replaceRuns(s string, n int, unit func(s string, i int) int, replace func(run string) string) string {
	var out strings.Builder
	done := 0
	for i := 0; i < len(s); i++ {
		begin, units := i, 0
		for i < len(s) {
			width := unit(s, i)
			if width == 0 {
				break
			}
			i += width
			units++
		}
		if units >= n {
			out.WriteString(s[done:begin])
			out.WriteString(replace(s[begin:i]))
			done = i
		}
	}
	if done == 0 {
		return s
	}
	return out.String() + s[done:]
}

// tokenUnit is a character of base64, of either alphabet.
func tokenUnit(s string, i int) int {
	if isAlphanumeric(s[i]) || strings.IndexByte("+/=_-", s[i]) >= 0 {
		return 1
	}
	return 0
}

// base64Unit is a character of base64, in a URL too, of which a secret access key is made; see holdsKey.
func base64Unit(s string, i int) int {
	switch {
	case isAlphanumeric(s[i]) || s[i] == '+' || s[i] == '/':
		return 1
	case s[i] == '%' && len(s) >= i+3 && (strings.EqualFold(s[i:i+3], "%2b") || strings.EqualFold(s[i:i+3], "%2f")):
		return 3
	}
	return 0
}

func isAlphanumeric(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// urlDecoder decodes what base64 has that a URL escapes.
var urlDecoder = strings.NewReplacer("%2B", "+", "%2b", "+", "%2F", "/", "%2f", "/")

// hideKey returns redacted where run, which is base64, can hold a secret access key. The characters beside the key
// do not show where it ends: a slash may belong to the key or to a path.
func hideKey(run string) string {
	if holdsKey(urlDecoder.Replace(run)) {
		return redacted
	}
	return run
}

// holdsKey reports whether some 40 characters of text in a row are as mixed as random ones: a hash in hexadecimal or a
// request id lacks one case, and a path has few capitals and digits. One of 10^6 keys is not.
func holdsKey(text string) bool {
	var upper, lower, other int // other than letters and slashes
	count := func(c byte, n int) {
		switch {
		case c >= 'A' && c <= 'Z':
			upper += n
		case c >= 'a' && c <= 'z':
			lower += n
		case c != '/':
			other += n
		}
	}
	for i := range len(text) {
		count(text[i], 1)
		if i >= secretKeyLength {
			count(text[i-secretKeyLength], -1)
		}
		if i >= secretKeyLength-1 && upper >= 2 && lower >= 2 && upper+other >= 8 {
			return true
		}
	}
	return false
}
