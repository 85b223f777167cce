package telemetry

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"regexp"
	"strings"
)

// Redacted stands in the place of a secret.
const Redacted = "[redacted]"

// secretWords mark a key whose value is never written. They are compared with the key in lower case and
// without separators, so that access_token and AccessToken are one.
var secretWords = []string{
	"authorization", "token", "secret", "password", "passwd", "passphrase", "cookie", "credential",
	"apikey", "privatekey", "cursorkey", "signature",
}

// The shapes of secrets inside a text, for a value that arrived under a harmless key: in an error, mostly.
var (
	bearer    = regexp.MustCompile(`(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}`)
	jws       = regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]*)*`)
	presigned = regexp.MustCompile(`(?i)(x-amz-(?:security-token|signature|credential)=)[^&\s"]+`)
	// Session tokens, encoded keys and the like: no id, ARN or path has a run of this length.
	long = regexp.MustCompile(`[A-Za-z0-9+/=_-]{100,}`)
	// A secret access key has 40 characters of base64; see isSecretKey.
	forty = regexp.MustCompile(`[A-Za-z0-9+/]{40,}`)
)

// shortest is the length below which a text holds none of the shapes.
const shortest = 15

// replaceAttr is slog's hook for each attribute: times in UTC, secrets out.
func replaceAttr(groups []string, a slog.Attr) slog.Attr {
	if isSecret(a.Key) {
		return slog.String(a.Key, Redacted)
	}
	for _, g := range groups {
		if isSecret(g) {
			return slog.String(a.Key, Redacted)
		}
	}
	switch a.Value.Kind() {
	case slog.KindTime:
		a.Value = slog.TimeValue(a.Value.Time().UTC())
	case slog.KindString:
		a.Value = slog.StringValue(Scrub(a.Value.String()))
	case slog.KindAny:
		a.Value = scrubAny(a.Value)
	}
	return a
}

func isSecret(key string) bool {
	plain := make([]byte, 0, 64) // stays on the stack: this runs for every attribute of every record
	for i := range len(key) {
		switch c := key[i]; {
		case c >= 'A' && c <= 'Z':
			plain = append(plain, c-'A'+'a')
		case c == '_' || c == '-' || c == '.' || c == ' ':
		default:
			plain = append(plain, c)
		}
	}
	for _, word := range secretWords {
		if bytes.Contains(plain, []byte(word)) {
			return true
		}
	}
	return false
}

// Scrub returns s with whatever looks like a token or a credential replaced by Redacted. It errs on the
// side of hiding too much, and cannot know a secret of another shape.
func Scrub(s string) string {
	if len(s) < shortest {
		return s
	}
	// The tests for a substring spare nearly every record the expressions, which are slow.
	if containsAny(s, "earer", "EARER", "asic", "ASIC") {
		s = bearer.ReplaceAllString(s, "$1 "+Redacted)
	}
	if strings.Contains(s, "eyJ") {
		s = jws.ReplaceAllString(s, Redacted)
	}
	if containsAny(s, "x-amz-", "X-Amz-", "X-AMZ-") {
		s = presigned.ReplaceAllString(s, "${1}"+Redacted)
	}
	if !hasRun(s, 40) {
		return s
	}
	s = long.ReplaceAllString(s, Redacted)
	return forty.ReplaceAllStringFunc(s, func(run string) string {
		if isSecretKey(run) {
			return Redacted
		}
		return run
	})
}

func containsAny(s string, parts ...string) bool {
	for _, part := range parts {
		if strings.Contains(s, part) {
			return true
		}
	}
	return false
}

// hasRun reports whether s has n characters of base64, of either alphabet, in a row.
func hasRun(s string, n int) bool {
	run := 0
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
			c == '+' || c == '/' || c == '=' || c == '_' || c == '-' {
			if run++; run == n {
				return true
			}
		} else {
			run = 0
		}
	}
	return false
}

// isSecretKey tells an AWS secret access key from a hash in hexadecimal or a request id, which lack upper
// or lower case, and from a path, which has no reason to be 40 characters long.
func isSecretKey(run string) bool {
	return len(run) == 40 && strings.ContainsAny(run, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") &&
		strings.ContainsAny(run, "abcdefghijklmnopqrstuvwxyz") && strings.ContainsAny(run, "0123456789")
}

// scrubAny redacts a value of any type: an error by its text, others as the JSON that slog would write.
func scrubAny(v slog.Value) slog.Value {
	switch value := v.Any().(type) {
	case nil, *slog.Source:
		return v
	case error:
		return slog.StringValue(Scrub(value.Error()))
	default:
		encoded, err := json.Marshal(value)
		if err != nil {
			return slog.StringValue("!ERROR: not representable")
		}
		var decoded any
		if err := json.Unmarshal(encoded, &decoded); err != nil {
			return slog.StringValue("!ERROR: not representable")
		}
		return slog.AnyValue(scrubTree(decoded))
	}
}

func scrubTree(v any) any {
	switch v := v.(type) {
	case string:
		return Scrub(v)
	case []any:
		for i := range v {
			v[i] = scrubTree(v[i])
		}
	case map[string]any:
		for k := range v {
			if isSecret(k) {
				v[k] = Redacted
			} else {
				v[k] = scrubTree(v[k])
			}
		}
	}
	return v
}
