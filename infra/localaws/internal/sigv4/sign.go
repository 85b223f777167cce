package sigv4

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Credentials sign a request. SessionToken is empty for a long-term key.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string
}

// Sign signs a client's request, whose body is given, in its headers: it sets Authorization, X-Amz-Date,
// X-Amz-Content-Sha256 and, with a token, X-Amz-Security-Token, and replaces what stood there. Signed
// are host, content-type and every x-amz-* header: sign last. An *Error says that the request cannot be
// signed in one way only (a malformed query, credentials or scope, a doubled header).
func Sign(r *http.Request, body []byte, creds Credentials, region, service string, at time.Time) error {
	return NewSigner(creds).Sign(r, body, region, service, at)
}

// Signer signs with one key. It keeps the signing key that it made last. It is safe for concurrent use.
type Signer struct {
	creds  Credentials
	secret *Secret
}

// NewSigner returns a Signer with creds.
func NewSigner(creds Credentials) *Signer { return &Signer{creds, NewSecret(creds.SecretAccessKey)} }

// Sign is Sign with the Signer's key.
func (s *Signer) Sign(r *http.Request, body []byte, region, service string, at time.Time) error {
	sum := sha256.Sum256(body)
	return s.sign(r, hex.EncodeToString(sum[:]), region, service, at)
}

// SignUnread is Sign for s3, whose signatures need not cover the body.
func (s *Signer) SignUnread(r *http.Request, region string, at time.Time) error {
	return s.sign(r, unsignedPayload, region, serviceS3, at)
}

func (s *Signer) sign(r *http.Request, hash, region, service string, at time.Time) error {
	creds := &s.creds
	stamp := at.UTC().Format(stampFormat)
	r.Header.Set(headerDate, stamp)
	r.Header.Set(headerPayload, hash)
	r.Header.Del(headerToken)
	r.Header.Del(headerAuth)
	if creds.SessionToken != "" {
		r.Header.Set(headerToken, creds.SessionToken)
	}
	signer := r
	if r.Host == "" {
		// A client may leave Host to the URL; what is signed is what will be sent.
		signer = r.WithContext(r.Context())
		signer.Host = r.URL.Host
	}
	names := headersToSign(r)
	credential := strings.Join([]string{creds.AccessKeyID, stamp[:8], region, service, terminator}, "/")
	prefix := algorithm + " Credential=" + credential + ", SignedHeaders=" + names + ", Signature="
	query, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return err
	}
	if usesQueryAuth(query) {
		return refuse(Incomplete, "the request is presigned already")
	}
	// The claim is read back as a verifier will read it: what it refuses is never sent.
	c, err := readHeaderClaim(signer, prefix+strings.Repeat("0", hex.EncodedLen(sha256.Size)), query)
	if err != nil {
		return err
	}
	if err := c.checkScope(""); err != nil {
		return err
	}
	if err := c.checkSignedHeaders(signer); err != nil {
		return err
	}
	canonical, err := appendCanonicalRequest(make([]byte, 0, c.usualCanonical()), signer, c)
	if err != nil {
		return err
	}
	signature := c.sign(s.secret, append(canonical, hash...))
	r.Header.Set(headerAuth, prefix+string(signature[:]))
	return nil
}

func headersToSign(r *http.Request) string {
	names := []string{"host"}
	for key := range r.Header {
		if key == "Content-Type" || strings.HasPrefix(key, amzPrefix) {
			names = append(names, strings.ToLower(key))
		}
	}
	slices.Sort(names)
	return strings.Join(names, ";")
}
