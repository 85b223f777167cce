package sigv4

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// param is one query parameter, decoded as the services behind read it, and encoded as it is signed.
type param struct {
	name, rawValue string
	encName, enc   string
}

// parseQuery reads a query strictly and sorts it by encoded name, then value. A '+' is a space, as
// net/url reads it: what is verified is what a service sees.
func parseQuery(raw string) ([]param, *Error) {
	if raw == "" {
		return nil, nil
	}
	var out []param
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		if strings.Contains(pair, ";") {
			return nil, refuse(Incomplete, "the query has a ';', which servers read in two ways")
		}
		name, value, _ := strings.Cut(pair, "=")
		decodedName, err1 := url.QueryUnescape(name)
		decodedValue, err2 := url.QueryUnescape(value)
		if err1 != nil || err2 != nil {
			return nil, refuse(Incomplete, "the query is not percent-encoded")
		}
		out = append(out, param{name: decodedName, rawValue: decodedValue,
			encName: string(appendEncoded(nil, decodedName)), enc: string(appendEncoded(nil, decodedValue))})
	}
	slices.SortFunc(out, func(a, b param) int {
		return cmp.Or(strings.Compare(a.encName, b.encName), strings.Compare(a.enc, b.enc))
	})
	return out, nil
}

// usualCanonical is room for a canonical request with its hash: beside the token few headers are long.
func (c *claim) usualCanonical() int { return 1024 + len(c.token) }

// appendCanonicalRequest appends method, path, query, headers and signed headers; the payload hash follows.
func appendCanonicalRequest(dst []byte, r *http.Request, c *claim) ([]byte, *Error) {
	dst = append(append(dst, r.Method...), '\n')
	dst = appendPath(dst, r.URL.EscapedPath(), c.service)
	dst = append(dst, '\n')
	for i, p := range c.query {
		if i > 0 {
			dst = append(dst, '&')
		}
		dst = append(append(append(dst, p.encName...), '='), p.enc...)
	}
	dst = append(dst, '\n')
	for _, name := range c.names {
		var err *Error
		if dst, err = appendHeader(dst, r, name); err != nil {
			return nil, err
		}
	}
	dst = append(dst, '\n')
	return append(append(dst, c.signedHeaders...), '\n'), nil
}

// appendHeader appends "name:value,value\n".
func appendHeader(dst []byte, r *http.Request, name string) ([]byte, *Error) {
	dst = append(append(dst, name...), ':')
	if name == "host" {
		return append(appendCollapsed(dst, r.Host), '\n'), nil
	}
	values, ok := r.Header[canonicalName(name)]
	if !ok && name == "content-length" && r.ContentLength >= 0 {
		return append(strconv.AppendInt(dst, r.ContentLength, 10), '\n'), nil
	}
	if !ok {
		return nil, refuse(Incomplete, "'%s' is named as a SignedHeader, but it does not exist in the HTTP request.", name)
	}
	for i, v := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendCollapsed(dst, v)
	}
	return append(dst, '\n'), nil
}

// usualNames are the headers that SDKs sign, by their names in lower case: making one of the other takes an allocation.
var usualNames = map[string]string{
	"content-length": "Content-Length", "content-type": "Content-Type", "x-amz-content-sha256": headerPayload, "x-amz-date": headerDate,
	"x-amz-security-token": headerToken, "x-amz-target": "X-Amz-Target", "x-amz-user-agent": "X-Amz-User-Agent",
}

// canonicalName returns the name under which net/http keeps a header that is given in lower case.
func canonicalName(lower string) string {
	if name, ok := usualNames[lower]; ok {
		return name
	}
	return textproto.CanonicalMIMEHeaderKey(lower)
}

// appendCollapsed appends a header value without outer spaces, runs of inner ones made one.
func appendCollapsed(dst []byte, v string) []byte {
	v = strings.Trim(v, " \t")
	if !strings.Contains(v, "  ") {
		return append(dst, v...)
	}
	for i := range len(v) {
		if v[i] != ' ' || v[i-1] != ' ' {
			dst = append(dst, v[i])
		}
	}
	return dst
}

// appendPath appends the canonical URI of a path in its wire form. S3 takes it as it is, each byte
// encoded once; all others remove dot segments and doubled slashes and encode what is encoded already.
func appendPath(dst []byte, escaped, service string) []byte {
	if escaped == "" {
		return append(dst, '/')
	}
	if service == serviceS3 {
		return appendPathOnce(dst, escaped)
	}
	return appendPathTwice(dst, escaped)
}

// appendPathOnce keeps "%2F" apart from "/": they are two keys to some readers and one to others.
func appendPathOnce(dst []byte, escaped string) []byte {
	for i := 0; i < len(escaped); i++ {
		b := escaped[i]
		if b == '/' {
			dst = append(dst, b)
			continue
		}
		if b == '%' && i+2 < len(escaped) {
			// EscapedPath is validly encoded; hex digits may be in lower case.
			decoded, err := hex.DecodeString(escaped[i+1 : i+3])
			if err == nil {
				dst = appendEncodedByte(dst, decoded[0])
				i += 2
				continue
			}
		}
		dst = appendEncodedByte(dst, b)
	}
	return dst
}

func appendPathTwice(dst []byte, escaped string) []byte {
	segments := make([]string, 0, 8)
	for s := range strings.SplitSeq(escaped, "/") {
		switch s {
		case "", ".":
		case "..":
			segments = segments[:max(0, len(segments)-1)]
		default:
			segments = append(segments, s)
		}
	}
	for _, s := range segments {
		dst = appendEncoded(append(dst, '/'), s)
	}
	// A path that ends in a slash or a dot segment names a directory: its slash stays.
	last := escaped[strings.LastIndexByte(escaped, '/')+1:]
	if len(segments) == 0 || last == "" || last == "." || last == ".." {
		dst = append(dst, '/')
	}
	return dst
}

// withPathAsSent is a canonical request whose path is "/" with the slashes that were sent, nil where one was. An endpoint that ends in
// two slashes makes such paths: botocore signs one slash, as the rule says, and the SDK for Go all of them. S3 takes all paths as they are sent.
func withPathAsSent(canonical []byte, escaped, service string) []byte {
	if service == serviceS3 || len(escaped) < 2 || strings.Trim(escaped, "/") != "" {
		return nil
	}
	method, rest, _ := bytes.Cut(canonical, []byte("\n/\n"))
	return slices.Concat(method, []byte("\n"+escaped+"\n"), rest)
}

// Encode percent-encodes all but the unreserved characters of RFC 3986, '/' included: what is left no reader takes for another.
func Encode(s string) string { return string(appendEncoded(nil, s)) }

func appendEncoded(dst []byte, s string) []byte {
	for i := range len(s) {
		dst = appendEncodedByte(dst, s[i])
	}
	return dst
}

func appendEncodedByte(dst []byte, b byte) []byte {
	if 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || b == '-' || b == '.' || b == '_' || b == '~' {
		return append(dst, b)
	}
	const digits = "0123456789ABCDEF"
	return append(dst, '%', digits[b>>4], digits[b&15])
}
