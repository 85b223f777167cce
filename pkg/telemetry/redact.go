package telemetry

import (
	"encoding/json"
	"log/slog"
	"time"
)

// Redacted stands in the place of a secret.
const Redacted = "[redacted]"

// secretWords mark a key whose value is never written. They are compared with the key in lower case and
// without separators, so that access_token and AccessToken are one.
var secretWords = wordsOf(
	"authorization", "token", "secret", "password", "passwd", "passphrase", "cookie", "credential",
	"apikey", "privatekey", "cursorkey", "signature",
)

// replaceAttr is slog's hook for each attribute: times in UTC, durations with their unit, secrets out.
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
	case slog.KindDuration: // slog would write nanoseconds, and not say so
		return slog.Float64(a.Key+"_ms", float64(a.Value.Duration())/float64(time.Millisecond))
	case slog.KindString:
		a.Value = slog.StringValue(shorten(a.Value.String(), limitOf(a.Key)))
	case slog.KindAny:
		a.Value = scrubAny(a.Value)
	}
	return a
}

func isSecret(key string) bool {
	plain := make([]byte, 0, 32) // stays on the stack: this runs for every attribute of every record
	for i := range len(key) {
		switch c := key[i]; c {
		case '_', '-', '.', ' ':
		default:
			plain = append(plain, c)
		}
	}
	return secretWords.in(string(plain))
}

// scrubAny redacts a value of any type: an error by its text, others as the JSON that slog would write.
func scrubAny(v slog.Value) slog.Value {
	switch value := v.Any().(type) {
	case nil, *slog.Source, slog.Level: // each record has a level
		return v
	case error:
		return slog.StringValue(shorten(value.Error(), maxText))
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
		return shorten(v, maxText)
	case []any:
		for i := range v {
			v[i] = scrubTree(v[i])
		}
	case map[string]any:
		scrubbed := make(map[string]any, len(v))
		for k := range v { // a key may come from a caller, as one of a header does
			if isSecret(k) {
				scrubbed[shorten(k, maxText)] = Redacted
			} else {
				scrubbed[shorten(k, maxText)] = scrubTree(v[k])
			}
		}
		return scrubbed
	}
	return v
}
