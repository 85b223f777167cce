// Package allowedhosts says whether a request may come from a web page of somebody else, by its Host and its headers.
//
// A page of http://evil.example:4566 may let that name point at 127.0.0.1 once it is loaded (DNS rebinding). For the
// browser it is then of the same origin as the server on that port: it reads every answer, and a GET has no header that
// tells it from a program's. But its Host is evil.example. So a server answers only for the hosts that it knows.
//
// localaws requires no module of ours, so this file stands twice, in pkg and in localaws' internal packages. A test in
// infra/dev/e2e compares the two.
package allowedhosts

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// maxName and maxLabel are the longest host name and the longest part of one, in bytes: RFC 1035 section 2.3.4.
const maxName, maxLabel = 253, 63

// List is the hosts that a server answers for: each IP address, localhost and the names below it,
// localhost.localstack.cloud, the names below amazonaws.com, and the names given to New. The zero List has no names of
// its own. A List is safe for concurrent use.
type List struct{ names []string }

// New returns a List with names of its own. An error is a name that no Host can have: with upper case, a port, a star.
func New(names ...string) (List, error) {
	for _, name := range names {
		if !isName(name) {
			return List{}, fmt.Errorf("%.100q cannot be a Host: want parts of a-z, 0-9, - and _ with dots between them, and no port", name)
		}
	}
	return List{slices.Clone(names)}, nil
}

// Allows reports whether the list has the request's host, with any port. Names are compared as they are: LOCALHOST and
// "localhost." are other names. A request without a Host is not allowed, and neither is one whose target has a host
// (GET http://localhost/): it names two, and net/http hides one of them.
func (l List) Allows(r *http.Request) bool {
	if r.RequestURI != "" && r.RequestURI[0] != '/' && r.RequestURI != "*" {
		return false
	}
	host, ok := withoutPort(r.Host)
	return ok && (isAddress(host) || isName(host) && l.has(host))
}

func (l List) has(name string) bool {
	switch {
	// Nobody can point these elsewhere: browsers and resolvers take them for this machine (RFC 6761 section 6.3).
	case name == "localhost", strings.HasSuffix(name, ".localhost"):
		return true
	// Their owners alone can point these elsewhere. Clients of LocalStack send the first, clients of AWS the others.
	case name == "localhost.localstack.cloud", strings.HasSuffix(name, ".amazonaws.com"):
		return true
	}
	return slices.Contains(l.names, name)
}

// withoutPort takes the port off, where there is one.
func withoutPort(host string) (name string, ok bool) {
	end := strings.IndexByte(host, ':')
	if strings.HasPrefix(host, "[") {
		end = strings.IndexByte(host, ']') + 1
	}
	if end < 0 {
		return host, true
	}
	name, rest := host[:end], host[end:]
	if rest == "" {
		return name, true
	}
	port, ok := strings.CutPrefix(rest, ":")
	return name, ok && port != "" && len(port) <= 5 && strings.Trim(port, "0123456789") == ""
}

// isAddress reports whether host is an IP address as a Host has it: an IPv6 address in brackets and without a zone, which
// may be any text and belongs to the client's machine (RFC 6874 section 1). Other forms of an IPv4 address (2130706433,
// 0x7f.1) are none here: browsers turn them into this one.
func isAddress(host string) bool {
	inner, bracketed := strings.CutPrefix(host, "[")
	if bracketed {
		inner = strings.TrimSuffix(inner, "]")
	}
	ip, err := netip.ParseAddr(inner)
	return err == nil && ip.Zone() == "" && ip.Is6() == bracketed
}

func isName(name string) bool {
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > maxLabel || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return len(name) <= maxName
}

// FromBrowser reports whether a header is one that browsers alone send: Origin, or one whose name begins with Sec-, which no
// page can set or take away (Fetch standard, "forbidden request-header"). That a request has none of them does not mean that
// no page sent it: a GET of the page's own origin has none where the origin is http and not this machine's by name.
func FromBrowser(h http.Header) bool {
	for name := range h {
		if name == "Origin" || strings.HasPrefix(name, "Sec-") {
			return true
		}
	}
	return false
}
