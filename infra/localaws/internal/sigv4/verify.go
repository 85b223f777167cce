// Package sigv4 verifies AWS Signature Version 4, in the Authorization header and in presigned query
// parameters, and signs in the header form. It is the independent judge of localaws: standard library
// only, no AWS SDK. It refuses every request that can be read in two ways: doubled or empty parts, two
// forms at once. It also refuses an x-amz-* header or a body that is not signed.
//
// Not modelled: Signature Version 4A and the Date header in place of X-Amz-Date. Both are refused.
//
// Sources: IAM User Guide, "AWS Signature Version 4 for API requests" and "Create a signed AWS API
// request"; Amazon S3 API Reference, "Authenticating Requests (AWS Signature Version 4)".
package sigv4

import (
	"crypto/hmac"
	"net/http"
	"time"
)

// Skew is how far a request's time may lie from the clock, both ways, the edge included. "In most
// cases, a request must reach AWS within five minutes of the time stamp in the request" (IAM User
// Guide, "AWS Signature Version 4 for API requests").
const Skew = 5 * time.Minute

// SkewS3 is Skew for Amazon S3, which answers RequestTimeTooSkewed beyond it (S3 API Reference, "Error responses").
const SkewS3 = 15 * time.Minute

const (
	algorithm       = "AWS4-HMAC-SHA256"
	terminator      = "aws4_request"
	stampFormat     = "20060102T150405Z"
	unsignedPayload = "UNSIGNED-PAYLOAD"
	chunkedPayload  = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
	signedChunks    = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
	signedTrailer   = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
	serviceS3       = "s3"

	headerAuth    = "Authorization"
	headerDate    = "X-Amz-Date"
	headerToken   = "X-Amz-Security-Token"
	headerPayload = "X-Amz-Content-Sha256"
)

// Options are the terms of one verification. Secret is required.
type Options struct {
	// Now is the time to judge by. The zero time is long ago: every request is NotYetCurrent.
	Now time.Time
	// Secret returns the secret key of an access key. sessionToken is empty for a long-term key; the
	// lookup must refuse a token that is not this key's, and a missing one. Its error is wrapped.
	Secret func(accessKeyID, sessionToken string) (*Secret, error)
	// Region, where set, is the only region that the scope may name.
	Region string
	// UnsignedPayload accepts UNSIGNED-PAYLOAD and STREAMING-UNSIGNED-PAYLOAD-TRAILER in requests scoped to s3, and takes it for granted in
	// presigned ones that declare no hash, as S3 does. It accepts chunks with signatures too, for VerifyClaim alone. It has no effect on other
	// services: their bodies must be signed.
	UnsignedPayload bool
}

// Signed is what a good signature proves.
type Signed struct {
	AccessKeyID  string
	SessionToken string // empty for a long-term key
	Region       string
	Service      string // as the scope names it: "dynamodb"
	At           time.Time
	Presigned    bool
	Payload      string // what the request declares of its body: a hash or a word such as UNSIGNED-PAYLOAD; empty: nothing
}

// Opened is a request of which all that its headers decide has been decided: the form of the signature, its
// time and scope, and the key. Its body is still to be read, and until then nobody has proved anything.
type Opened struct {
	claim           *claim
	canonical       []byte // the canonical request up to its last line, the hash of the body
	asSent          []byte // the same with the path as it was sent, where clients differ in how they sign it; else nil
	secret          *Secret
	unsignedPayload bool
}

// Open judges a server's request by its headers, before its body is read. The error is an *Error. It is safe
// for concurrent use if o.Secret is.
//
// The path is judged in its wire form, r.URL.EscapedPath(): for services other than S3 dot segments and
// doubled slashes are removed first, so a service that reads paths must not tell "/a/../b" from "/b".
func Open(r *http.Request, o Options) (*Opened, error) {
	c, err := readClaim(r)
	if err != nil {
		return nil, err
	}
	for _, check := range []func() *Error{
		func() *Error { return c.checkTime(o.Now) },
		func() *Error { return c.checkScope(o.Region) },
		func() *Error { return c.checkSignedHeaders(r) },
		func() *Error { return c.checkPayload(o.UnsignedPayload) },
	} {
		if err := check(); err != nil {
			return nil, err
		}
	}
	canonical, err := appendCanonicalRequest(make([]byte, 0, c.usualCanonical()), r, c)
	if err != nil {
		return nil, err
	}
	secret, lookupErr := o.Secret(c.accessKeyID, c.token)
	if lookupErr != nil || secret == nil {
		return nil, &Error{Kind: InvalidKeyID, Message: "The security token included in the request is invalid.", cause: lookupErr}
	}
	return &Opened{
		claim: c, canonical: canonical, asSent: withPathAsSent(canonical, r.URL.EscapedPath(), c.service), secret: secret, unsignedPayload: o.UnsignedPayload,
	}, nil
}

// Region returns the region that the scope of the signature names.
func (o *Opened) Region() string { return o.claim.region }

// Service returns the service that the scope of the signature names.
func (o *Opened) Service() string { return o.claim.service }

// Verify checks the signature over the request and its body. It changes neither. The error is an *Error.
func (o *Opened) Verify(body []byte) (*Signed, error) {
	c := o.claim
	hash, err := c.payloadHash(body, o.unsignedPayload)
	if err != nil {
		return nil, err
	}
	return o.verify(hash)
}

// verify checks the signature over the request with the given hash of its body.
func (o *Opened) verify(hash string) (*Signed, error) {
	c := o.claim
	if !o.signs(o.canonical, hash) && (o.asSent == nil || !o.signs(o.asSent, hash)) {
		return nil, refuse(Mismatch, "The request signature we calculated does not match the signature you provided. "+
			"Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
	}
	return &Signed{AccessKeyID: c.accessKeyID, SessionToken: c.token, Region: c.region, Service: c.service,
		At: c.at, Presigned: c.presigned, Payload: c.payload}, nil
}

func (o *Opened) signs(canonical []byte, hash string) bool {
	want := o.claim.sign(o.secret, append(canonical, hash...))
	// An empty secret means that the lookup should have failed: anyone could sign with it.
	return o.secret.text != "" && hmac.Equal(want[:], []byte(o.claim.signature))
}

// Verify is Open and then Opened.Verify, for a request whose body was read before.
func Verify(r *http.Request, body []byte, o Options) (*Signed, error) {
	opened, err := Open(r, o)
	if err != nil {
		return nil, err
	}
	return opened.Verify(body)
}
