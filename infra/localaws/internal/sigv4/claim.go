package sigv4

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"time"
)

// claim is what a request says of its own signature, in either form, not yet verified.
type claim struct {
	accessKeyID   string
	scope         string // date/region/service/aws4_request
	date          string // YYYYMMDD, of the scope
	region        string
	service       string
	signedHeaders string // as sent: "host;x-amz-date"
	signature     string
	stamp         string // X-Amz-Date, as sent
	at            time.Time
	token         string
	payload       string // declared hash, empty if none is
	presigned     bool
	lifetime      time.Duration // presigned only
	query         []param       // sorted, without X-Amz-Signature
	names         []string      // signedHeaders, split
}

// readClaim finds the one form that the request uses.
func readClaim(r *http.Request) (*claim, *Error) {
	query, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	auth := r.Header[headerAuth]
	inQuery := usesQueryAuth(query)
	switch {
	case len(auth) > 1:
		return nil, refuse(Incomplete, "the Authorization header is there %d times", len(auth))
	case len(auth) == 1 && inQuery:
		return nil, refuse(Incomplete, "authentication is both in the Authorization header and in query parameters")
	case len(auth) == 1:
		return readHeaderClaim(r, auth[0], query)
	case inQuery:
		return readPresignedClaim(r, query)
	}
	return nil, refuse(MissingToken, "Request is missing Authentication Token")
}

func readHeaderClaim(r *http.Request, auth string, query []param) (*claim, *Error) {
	c := &claim{query: query}
	credential, err := c.parseAuthorization(auth)
	if err != nil {
		return nil, err
	}
	if c.stamp, err = single(r.Header, headerDate); err != nil {
		return nil, err
	}
	if c.stamp == "" {
		return nil, refuse(Incomplete, "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
	}
	if c.token, err = single(r.Header, headerToken); err != nil {
		return nil, err
	}
	if c.payload, err = single(r.Header, headerPayload); err != nil {
		return nil, err
	}
	return c, c.complete(credential)
}

// single returns the value of a header that may be there once and not empty, "" where it is absent.
func single(h http.Header, name string) (string, *Error) {
	values, ok := h[name]
	switch {
	case !ok:
		return "", nil
	case len(values) != 1:
		return "", refuse(Incomplete, "the header %s is there %d times", name, len(values))
	case strings.TrimSpace(values[0]) == "":
		return "", refuse(Incomplete, "the header %s is empty", name)
	}
	return values[0], nil
}

// parseAuthorization reads "AWS4-HMAC-SHA256 Credential=..., SignedHeaders=..., Signature=...": each
// part once, in any order, none beside them. It returns the credential.
func (c *claim) parseAuthorization(auth string) (credential string, _ *Error) {
	scheme, rest, _ := strings.Cut(auth, " ")
	if scheme != algorithm {
		return "", refuse(Incomplete, "Unsupported AWS 'algorithm' in the Authorization header: only '%s' is supported.", algorithm)
	}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, ok := strings.Cut(strings.Trim(part, " \t"), "=")
		if !ok {
			return "", refuse(Incomplete, "not a valid key=value pair (missing equal-sign) in Authorization header")
		}
		var into *string
		switch name {
		case "Credential":
			into = &credential
		case "SignedHeaders":
			into = &c.signedHeaders
		case "Signature":
			into = &c.signature
		default:
			return "", refuse(Incomplete, "the Authorization header has an unknown parameter")
		}
		if *into != "" {
			return "", refuse(Incomplete, "the Authorization header has '%s' twice", name)
		}
		*into = value
	}
	for _, required := range [...]struct{ name, value string }{
		{"Credential", credential}, {"SignedHeaders", c.signedHeaders}, {"Signature", c.signature},
	} {
		if required.value == "" {
			return "", refuse(Incomplete, "Authorization header requires '%s' parameter.", required.name)
		}
	}
	return credential, nil
}

// complete reads the parts that both forms share.
func (c *claim) complete(credential string) *Error {
	parts := strings.Split(credential, "/")
	if len(parts) != 5 {
		return refuse(Incomplete, "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.")
	}
	c.accessKeyID, c.date, c.region, c.service = parts[0], parts[1], parts[2], parts[3]
	if !isWord(c.accessKeyID, true) {
		return refuse(Incomplete, "the access key id of the Credential is not one")
	}
	c.scope = credential[len(parts[0])+1:]
	if parts[4] != terminator {
		return refuse(Scope, "Credential should be scoped with a valid terminator: '%s'.", terminator)
	}
	if len(c.signature) != hex.EncodedLen(sha256.Size) {
		return refuse(Incomplete, "the signature is not %d hexadecimal digits long", hex.EncodedLen(sha256.Size))
	}
	at, err := time.Parse(stampFormat, c.stamp)
	if err != nil || len(c.stamp) != len(stampFormat) { // Parse takes fractions of a second too
		return refuse(Incomplete, "Date must be in ISO-8601 'basic format'.")
	}
	c.at = at
	c.names = strings.Split(c.signedHeaders, ";")
	for i, name := range c.names {
		if !isHeaderName(name) || i > 0 && name <= c.names[i-1] {
			return refuse(Incomplete, "SignedHeaders must be lower-case header names in ascending order, each once")
		}
	}
	return nil
}

func (c *claim) checkTime(now time.Time) *Error {
	stamp := func(t time.Time) string { return t.UTC().Format(stampFormat) }
	// What is signed has whole seconds: the clock is cut to them, so that the edge is included.
	now = now.Truncate(time.Second)
	skew := c.skew()
	if latest := now.Add(skew); c.at.After(latest) {
		return refuse(NotYetCurrent, "Signature not yet current: %s is still later than %s (%s + %.0f min.)", c.stamp, stamp(latest), stamp(now), skew.Minutes())
	}
	if c.presigned {
		if now.After(c.at.Add(c.lifetime)) {
			return refuse(Expired, "Request has expired")
		}
		return nil
	}
	if earliest := now.Add(-skew); c.at.Before(earliest) {
		return refuse(Expired, "Signature expired: %s is now earlier than %s (%s - %.0f min.)", c.stamp, stamp(earliest), stamp(now), skew.Minutes())
	}
	return nil
}

func (c *claim) skew() time.Duration {
	if c.service == serviceS3 {
		return SkewS3
	}
	return Skew
}

func (c *claim) checkScope(region string) *Error {
	switch {
	case c.date != c.stamp[:8]: // YYYYMMDD; complete has seen the stamp's form
		return refuse(Scope, "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP.")
	case !isWord(c.region, false) || region != "" && c.region != region:
		return refuse(Scope, "Credential should be scoped to a valid region.")
	case !isWord(c.service, false):
		return refuse(Scope, "Credential should be scoped to correct service.")
	}
	return nil
}

// checkSignedHeaders checks that the headers that must be signed are signed: host, and every x-amz-*
// header of the request (S3 API Reference, "Signature Calculations for the Authorization Header").
func (c *claim) checkSignedHeaders(r *http.Request) *Error {
	if _, doubled := r.Header["Host"]; doubled {
		return refuse(Incomplete, "the Host header is there twice")
	}
	if r.Host == "" {
		return refuse(Incomplete, "the request has no Host")
	}
	if !c.signs("host") {
		return refuse(Unsigned, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
	}
	for key, values := range r.Header {
		if len(key) < len(amzPrefix) || !strings.EqualFold(key[:len(amzPrefix)], amzPrefix) {
			continue
		}
		// Another spelling of the same name would be signed as one value and read as another.
		if textproto.CanonicalMIMEHeaderKey(key) != key {
			return refuse(Incomplete, "an x-amz-* header has a malformed name")
		}
		if !c.signsHeader(key) {
			return refuse(Unsigned, "There were headers present in the request which were not signed: %s", strings.ToLower(key))
		}
		// The service reads one of several values, the signature covers their list.
		if len(values) != 1 && !strings.HasPrefix(key, metaPrefix) && key != listHeader {
			return refuse(Incomplete, "the header %s is there %d times", key, len(values))
		}
	}
	return nil
}

const (
	amzPrefix  = "X-Amz-"
	metaPrefix = "X-Amz-Meta-"             // S3 user metadata: AWS joins doubled ones
	listHeader = "X-Amz-Object-Attributes" // of S3: the SDK for Go sends each entry of the list on its own
)

// signs looks among the names in the order that complete has seen.
func (c *claim) signs(name string) bool {
	_, found := slices.BinarySearch(c.names, name)
	return found
}

// signsHeader is signs for a name in net/http's spelling, which is ASCII.
func (c *claim) signsHeader(key string) bool {
	return slices.ContainsFunc(c.names, func(name string) bool { return len(name) == len(key) && strings.EqualFold(name, key) })
}

// isWord reports 1 to 128 ASCII letters, digits, '-' and, for keys, '_'; names of the scope are in
// lower case.
func isWord(s string, key bool) bool {
	for i := range len(s) {
		b := s[i]
		if isLowerOrDigit(b) || b == '-' || key && (b == '_' || 'A' <= b && b <= 'Z') {
			continue
		}
		return false
	}
	return s != "" && len(s) <= 128
}

// isHeaderName reports a header name in lower case (RFC 9110, token).
func isHeaderName(s string) bool {
	for i := range len(s) {
		if !isLowerOrDigit(s[i]) && strings.IndexByte("!#$%&'*+-.^_`|~", s[i]) < 0 {
			return false
		}
	}
	return s != ""
}

func isLowerOrDigit(b byte) bool { return 'a' <= b && b <= 'z' || '0' <= b && b <= '9' }
