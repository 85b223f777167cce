package httpserver

import (
	"net/url"
	"strings"
)

// normalize returns u with the unreserved characters of its path decoded. The router would take /%31 and /1 for two
// paths, but they are the same (RFC 3986 section 6.2.2.2). All other escapes stay as they are: %2F is not a separator.
func normalize(u *url.URL) *url.URL {
	if u.RawPath == "" { // the path has the escapes that it needs, and no others
		return u
	}
	var b strings.Builder
	for i := 0; i < len(u.RawPath); i++ {
		if c := u.RawPath[i]; c != '%' {
			b.WriteByte(c)
			continue
		}
		escape := u.RawPath[i : i+3] // whole and of hexadecimal digits: the URL was parsed
		if c, err := url.PathUnescape(escape); err == nil && isUnreserved(c[0]) {
			escape = c
		}
		b.WriteString(escape)
		i += 2
	}
	normal := *u
	normal.RawPath = b.String()
	return &normal
}

// isUnreserved reports whether c is unreserved: RFC 3986 section 2.3.
func isUnreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0
}
