// Package sigv4 verifies AWS Signature Version 4, in the Authorization header and in presigned query
// parameters, and signs in the header form. It is the independent judge of localaws: standard library
// only, no AWS SDK. It refuses every request that can be read in two ways: doubled or empty parts, two
// forms at once. It also refuses an x-amz-* header or a body that is not signed.
//
// Not modelled: Signature Version 4A, chunked (STREAMING-*) payloads, the Date header in place of
// X-Amz-Date. All of them are refused.
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

const (
	algorithm       = "AWS4-HMAC-SHA256"
	terminator      = "aws4_request"
	stampFormat     = "20060102T150405Z"
	unsignedPayload = "UNSIGNED-PAYLOAD"
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
	Secret func(accessKeyID, sessionToken string) (string, error)
	// Region, where set, is the only region that the scope may name.
	Region string
	// UnsignedPayload accepts UNSIGNED-PAYLOAD in requests scoped to s3, and takes it for granted in
	// presigned ones that declare no hash, as S3 does. It has no effect on other services: their bodies must be
	// signed.
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
}

// Verify checks the signature of a server's request, whose body was read before. It changes neither.
// The error is an *Error. It is safe for concurrent use if o.Secret is.
//
// The path is judged in its wire form, r.URL.EscapedPath(): for services other than S3 dot segments and
// doubled slashes are removed first, so a service that reads paths must not tell "/a/../b" from "/b".
func Verify(r *http.Request, body []byte, o Options) (*Signed, error) {
	c, err := readClaim(r)
	if err != nil {
		return nil, err
	}
	if err := c.checkTime(o.Now); err != nil {
		return nil, err
	}
	if err := c.checkScope(o.Region); err != nil {
		return nil, err
	}
	if err := c.checkSignedHeaders(r); err != nil {
		return nil, err
	}
	hash, err := c.payloadHash(body, o.UnsignedPayload)
	if err != nil {
		return nil, err
	}
	var buf [2048]byte
	canonical, err := appendCanonicalRequest(buf[:0], r, c, hash)
	if err != nil {
		return nil, err
	}
	secret, lookupErr := o.Secret(c.accessKeyID, c.token)
	if lookupErr != nil {
		return nil, &Error{Kind: InvalidKeyID, Message: "The security token included in the request is invalid.", cause: lookupErr}
	}
	// An empty secret means that the lookup should have failed: anyone could sign with it.
	want := c.sign(secret, canonical)
	if secret == "" || !hmac.Equal(want[:], []byte(c.signature)) {
		return nil, refuse(Mismatch, "The request signature we calculated does not match the signature you provided. "+
			"Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
	}
	return &Signed{AccessKeyID: c.accessKeyID, SessionToken: c.token, Region: c.region, Service: c.service,
		At: c.at, Presigned: c.presigned}, nil
}
