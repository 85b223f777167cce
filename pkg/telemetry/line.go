package telemetry

import (
	"context"
	"io"
	"log/slog"
	"strconv"
	"sync"
	"time"
)

// handler writes the lines of whole, which is slog's. Most records have texts without escapes and numbers alone: their lines are
// appended here, byte for byte the same, for a third of the time. Any other record is left to whole, and so is each that
// has a secret: this is no second place that redacts.
type handler struct {
	whole slog.Handler
	w     io.Writer // safe for concurrent use
	given []byte    // the attributes of With, as each line has them
}

// Enabled is slog.Handler's.
func (h *handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.whole.Enabled(ctx, level)
}

// WithAttrs is slog.Handler's.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	whole, given := h.whole.WithAttrs(attrs), append([]byte(nil), h.given...)
	for _, a := range attrs {
		var isPlain bool
		if given, isPlain = appendAttr(given, a); !isPlain {
			return whole
		}
	}
	return &handler{whole, h.w, given}
}

// WithGroup is slog.Handler's.
func (h *handler) WithGroup(name string) slog.Handler { return h.whole.WithGroup(name) }

// lines are buffers for one line each.
var lines = sync.Pool{New: func() any { return new(make([]byte, 0, 1<<10)) }}

// Handle is slog.Handler's.
func (h *handler) Handle(ctx context.Context, r slog.Record) error {
	buffer := lines.Get().(*[]byte)
	defer lines.Put(buffer)
	line, isPlain := h.line((*buffer)[:0], r)
	if !isPlain {
		return h.whole.Handle(ctx, r)
	}
	*buffer = line // bounded: so are the texts, and attributes are few
	_, err := h.w.Write(line)
	return err
}

// line appends the line of r, if r is plain.
func (h *handler) line(b []byte, r slog.Record) (_ []byte, isPlain bool) {
	at := r.Time.UTC()
	if year := at.Year(); at.IsZero() || year < 0 || year > 9999 || !isPlainText(r.Message) {
		return b, false
	}
	b = at.AppendFormat(append(b, `{"time":"`...), time.RFC3339Nano)
	b = append(append(b, `","level":"`...), r.Level.String()...)
	b = append(append(append(b, `","msg":"`...), r.Message...), '"')
	b, isPlain = append(b, h.given...), true
	r.Attrs(func(a slog.Attr) bool {
		b, isPlain = appendAttr(b, a)
		return isPlain
	})
	return append(b, "}\n"...), isPlain
}

// appendAttr appends a, if it is plain, with the comma before it.
func appendAttr(b []byte, a slog.Attr) (_ []byte, isPlain bool) {
	if !isUnescaped(a.Key) || isSecret(a.Key) {
		return b, false
	}
	b = append(append(append(b, `,"`...), a.Key...), `":`...)
	switch a.Value.Kind() {
	case slog.KindString:
		text := a.Value.String()
		b = append(append(append(b, '"'), text...), '"')
		return b, isPlainText(text)
	case slog.KindInt64:
		return strconv.AppendInt(b, a.Value.Int64(), 10), true
	case slog.KindUint64:
		return strconv.AppendUint(b, a.Value.Uint64(), 10), true
	case slog.KindBool:
		return strconv.AppendBool(b, a.Value.Bool()), true
	case slog.KindFloat64:
		f := a.Value.Float64()
		return strconv.AppendFloat(b, f, 'f', -1, 64), f == 0 || f >= 1e-6 && f < 1e21 // others have an exponent in JSON
	}
	return b, false
}

// isPlainText reports whether a line has s as it is: nothing in it is escaped, redacted or left out.
func isPlainText(s string) bool { return len(s) <= maxText && isUnescaped(s) && Scrub(s) == s }

// isUnescaped reports whether JSON has s as it is.
func isUnescaped(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
