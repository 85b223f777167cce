package localaws

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// usualLine is the room that a line of the decision log is given at first, in bytes.
const usualLine = 2 << 10

// encode is e as a line, with the members and in the order of the struct. Each request waits for its line, and reflection took half
// of the time that one took.
func (e *Entry) encode() []byte {
	l := line{text: append(make([]byte, 0, usualLine), '{')}
	l.name("time")
	l.text = append(e.Time.AppendFormat(append(l.text, '"'), time.RFC3339Nano), '"')
	l.name("requestId")
	l.quote(e.RequestID)
	l.string("callerRequestId", e.CallerRequestID)
	l.string("originRequestId", e.OriginRequestID)
	l.string("authorizationId", e.AuthorizationID)
	l.string("principal", e.Principal)
	l.string("accessKeyId", e.AccessKeyID)
	l.strings("sessionTags", e.SessionTags)
	l.string("operation", e.Operation)
	l.string("action", e.Action)
	l.string("resource", e.Resource)
	if e.Context != nil {
		l.name("context")
		l.text = e.Context.appendTo(l.text)
	}
	l.string("decision", e.Decision)
	l.string("effect", e.Effect)
	l.statement(e.Statement)
	l.string("layer", e.Layer)
	if e.Misses != nil {
		l.value("misses", e.Misses)
	}
	l.string("code", e.Code)
	l.string("reason", e.Reason)
	l.string("stack", e.Stack)
	if e.Cut != nil {
		l.value("cut", e.Cut)
	}
	return append(l.text, "}\n"...)
}

// line is an object of JSON that is being written.
type line struct{ text []byte }

// name begins a member. No name needs an escape.
func (l *line) name(name string) {
	if l.text[len(l.text)-1] != '{' {
		l.text = append(l.text, ',')
	}
	l.text = append(append(append(l.text, '"'), name...), '"', ':')
}

func (l *line) quote(value string) { l.text = appendQuoted(l.text, value) }

// string is a member that is left out where it is empty.
func (l *line) string(name, value string) {
	if value != "" {
		l.name(name)
		l.quote(value)
	}
}

// strings is a member that is left out where it is empty.
func (l *line) strings(name string, values map[string]string) {
	if len(values) == 0 {
		return
	}
	l.name(name)
	l.text = append(l.text, '{')
	keys := slices.AppendSeq(make([]string, 0, 8), maps.Keys(values))
	slices.Sort(keys)
	for _, key := range keys {
		if l.text[len(l.text)-1] != '{' {
			l.text = append(l.text, ',')
		}
		l.quote(key)
		l.text = append(l.text, ':')
		l.quote(values[key])
	}
	l.text = append(l.text, '}')
}

// value is a member that few lines have.
func (l *line) value(name string, value any) {
	text, err := json.Marshal(value, allowInvalidUTF8)
	if err != nil {
		panic(err) // strings and numbers always encode
	}
	l.name(name)
	l.text = append(l.text, text...)
}

func (l *line) statement(s *Statement) {
	if s == nil {
		return
	}
	l.name("statement")
	l.text = append(l.text, '{')
	l.name("policy")
	l.quote(s.Policy)
	l.string("sid", s.Sid)
	l.name("index")
	l.text = append(strconv.AppendInt(l.text, int64(s.Index), 10), '}')
}

// appendTo appends the object.
func (k Keys) appendTo(text []byte) []byte {
	text = append(text, '{')
	for i, key := range k {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(appendQuoted(text, key.Name), ':')
		if key.Unknown {
			text = append(text, "null"...)
			continue
		}
		text = append(text, '[')
		for j, value := range key.Values {
			if j > 0 {
				text = append(text, ',')
			}
			text = appendQuoted(text, value)
		}
		text = append(text, ']')
	}
	return append(text, '}')
}

// appendQuoted appends a string of JSON. It replaces invalid bytes, so that the line is not lost: the caller chooses some of the
// logged values, such as the access key id.
func appendQuoted(text []byte, value string) []byte {
	text, _ = jsontext.AppendQuote(text, value) // its error says that it has replaced some
	return text
}
