package sigv4

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
)

// VerifyClaim checks the signature over the hash that the request declares, before its body is read. It is for s3 alone, whose requests
// declare what their body is. Nothing is proved of the body until what Body returns was read to its end.
func (o *Opened) VerifyClaim() (*Signed, error) {
	c := o.claim
	if c.service != serviceS3 {
		return nil, refuse(Payload, "A body that is not read before it is verified is for Amazon S3 alone.")
	}
	if !c.isUnsigned(o.unsignedPayload) && c.payload == "" {
		return nil, mismatchedPayload() // presigned, for a body that must be signed
	}
	return o.verify(cmp.Or(c.payload, unsignedPayload))
}

// Chunked reports whether the body is encoded as aws-chunked (STREAMING-UNSIGNED-PAYLOAD-TRAILER).
func (o *Opened) Chunked() bool { return o.claim.payload == chunkedPayload }

// Body returns what reads body. In place of io.EOF its Read returns an *Error of kind Payload where the body is not the one whose hash
// was declared. Nothing of it may be kept before io.EOF.
func (o *Opened) Body(body io.Reader) io.Reader {
	if o.claim.isUnsigned(o.unsignedPayload) {
		return body
	}
	return &checked{body, sha256.New(), o.claim.payload}
}

type checked struct {
	body io.Reader
	hash hash.Hash
	want string
}

func (c *checked) Read(p []byte) (int, error) {
	n, err := c.body.Read(p)
	c.hash.Write(p[:n])
	if err == io.EOF && hex.EncodeToString(c.hash.Sum(nil)) != c.want {
		return n, mismatchedPayload()
	}
	return n, err
}
