package telemetry

import (
	"regexp"
	"strings"
)

// The patterns of secrets inside a text, for a value under a harmless key, mostly an error. No pattern requires
// certain characters before a secret, and all ignore the case of words: otherwise secrets would be missed.
var (
	bearer = regexp.MustCompile(`(?i)(bearer|basic)((?:\s|[:=+"'\\]|%20|%22|%3a)+)[A-Za-z0-9._~+/=%-]{8,}`)
	// A JWT's first part is the base64 of a brace and a quote, or of a brace and a blank, a line end or a tab.
	jws = regexp.MustCompile(`(eyJ|eyA|ewo|ewk|ew0)[A-Za-z0-9_-]{4,}(\.|%2[Ee])[A-Za-z0-9_-]+((\.|%2[Ee])[A-Za-z0-9_-]*)*`)
	// name=value as in a URL, a form or an environment, with the words of secretWords that are one word.
	named = regexp.MustCompile(secretName + `(?:=|%3d|[ \t]+=[ \t]*))[^&\s"',;][^&\s",;]*`)
	// name: value as in YAML or a header. Messages say "token: expired" too, so behind the words of which they speak only what
	// has a digit is hidden.
	colon = regexp.MustCompile(`(?i)((?:[_-]secret|passwo?r?d|passphrase|api_?-?key|private_?-?key|cursor_?-?key|cookie|access_?-?key):[ \t]*)[^&\s"',;][^\s",;]*`)
	digit = regexp.MustCompile(secretName + `:[ \t]*)[^&\s"',;0-9]*[0-9][^\s",;]*`)
	// The same with quotes, name="value" or "name":"value": all between them is the secret, blanks and escaped quotes too.
	quoted = regexp.MustCompile(secretName + `(?:=|%3d|[ \t]+=[ \t]*|"?\s*:\s*)")(?:[^"\\]|\\.)+`)
	single = regexp.MustCompile(secretName + `(?:=|[ \t]+=[ \t]*|'?\s*:\s*)')[^']+`)
	// And once more within a string that is quoted itself, as %q writes it: \"name\":\"value\".
	escaped  = regexp.MustCompile(secretName + `(?:=|\\"\s*:\s*)\\")(?:[^"\\]|\\\\(?:\\.|[^\\]))+`)
	password = regexp.MustCompile(`(://[^/\s:@]*:)[^/\s]+@`) // of a URL; it may hold an @ itself
	// A token in the place of the user: no name of a user is so long.
	user = regexp.MustCompile(`(://)[^/\s:@]{16,}@`)
	pem  = regexp.MustCompile(`(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|$)`)
)

// What a text must have for one of these expressions to fit.
var (
	schemes      = wordsOf("bearer", "basic")
	nameParts    = wordsOf("token", "secret", "passw", "passphrase", "credential", "key", "signature", "cookie") // of secretName
	escapedEqual = wordsOf("%3d")
)

const (
	// secretName begins the expressions for a secret behind its name; its group ends in them.
	secretName = `(?i)((?:token|secret|passwo?r?d|passphrase|credential|api_?-?key|private_?-?key|cursor_?-?key|signature|cookie|access_?-?key)`

	// longRun is the length of session tokens, encoded keys and the like: no id, ARN or path has a run of it.
	longRun = 100
	// shortest is the length below which a text holds none of the shapes.
	shortest = 11
	// secretKeyLength is that of an AWS secret access key, in characters of base64.
	secretKeyLength = 40
)

// Scrub returns s with whatever looks like a token or a credential replaced by Redacted. It errs on the
// side of hiding too much, and cannot know a secret of another shape.
func Scrub(s string) string {
	if len(s) < shortest || len(s) < secretKeyLength && isWord(s) {
		return s
	}
	// The expressions are slow. These tests for a character or two avoid them for nearly every record.
	if schemes.in(s) {
		s = bearer.ReplaceAllString(s, "${1}${2}"+Redacted)
	}
	if strings.Contains(s, "ey") || strings.Contains(s, "ew") {
		s = jws.ReplaceAllString(s, Redacted)
	}
	if strings.ContainsAny(s, "=:") && nameParts.in(s) || escapedEqual.in(s) {
		for _, shape := range []*regexp.Regexp{quoted, escaped, single, named, colon, digit} {
			s = shape.ReplaceAllString(s, "${1}"+Redacted)
		}
	}
	if strings.Contains(s, "://") && strings.Contains(s, "@") {
		s = password.ReplaceAllString(s, "${1}"+Redacted+"@")
		s = user.ReplaceAllString(s, "${1}"+Redacted+"@")
	}
	if strings.Contains(s, "PRIVATE KEY-----") {
		s = pem.ReplaceAllString(s, Redacted)
	}
	if !hasRun(s, secretKeyLength) {
		return s
	}
	return outsideSessions(s, func(s string) string {
		s = replaceRuns(s, longRun, tokenUnit, func(string) string { return Redacted })
		return replaceRuns(s, secretKeyLength, base64Unit, hideKey)
	})
}

// isWord reports whether s has letters, digits, / - and _ alone, as ids, names and paths have. All shapes of secrets but runs of
// secretKeyLength have another character.
func isWord(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isAlphanumeric(c) && c != '-' && c != '_' && c != '/' {
			return false
		}
	}
	return true
}

// hasRun reports whether s has n characters of base64, of either alphabet or encoded for a URL, in a row.
func hasRun(s string, n int) bool {
	run := 0
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
			c == '+' || c == '/' || c == '=' || c == '_' || c == '-' || c == '%' {
			if run++; run == n {
				return true
			}
		} else {
			run = 0
		}
	}
	return false
}

// replaceRuns replaces each run of at least n units; unit is how many bytes of s the unit at i has, 0 for none. A regular
// expression that counts so far takes milliseconds for a text of some thousand bytes.
func replaceRuns(s string, n int, unit func(s string, i int) int, replace func(run string) string) string {
	if len(s) < n {
		return s
	}
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

// hideKey returns Redacted where run, which is base64, can hold a secret access key. The characters beside the key
// do not show where it ends: a slash may belong to the key or to a path.
func hideKey(run string) string {
	text := run
	if strings.Contains(run, "%") { // the decoder copies in any case
		text = urlDecoder.Replace(run)
	}
	if holdsKey(text) {
		return Redacted
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
