package sigv4

import (
	"cmp"
	"crypto/hmac"
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

// Chunked reports whether the body is encoded as aws-chunked (STREAMING-*), and whether a header may stand behind it.
func (o *Opened) Chunked() (chunked, trailer bool) {
	switch o.claim.payload {
	case chunkedPayload, signedTrailer:
		return true, true
	case signedChunks:
		return true, false
	}
	return false, false
}

// Chunks returns what checks the signatures of the chunks; nil: they have none.
func (o *Opened) Chunks() *Chunks {
	c := o.claim
	if !c.hasSignedChunks() {
		return nil
	}
	return &Chunks{key: o.secret.key(c), place: c.stamp + "\n" + c.scope + "\n", previous: c.signature}
}

// Chunks checks the signatures of the chunks of a body, in their order: each covers the one before (S3 API Reference, "Signature calculations for the
// Authorization header: Transferring payload in multiple chunks" and "... Including trailing headers"). It is not safe for concurrent use.
type Chunks struct {
	key      [sha256.Size]byte
	place    string // time and scope
	previous string // signature
}

// Chunk reports whether signature is that of the next chunk, of whose bytes this is the SHA-256 hash. The last one is empty.
func (c *Chunks) Chunk(hash []byte, signature string) bool {
	empty := sha256.Sum256(nil)
	return c.next("AWS4-HMAC-SHA256-PAYLOAD", hex.EncodeToString(empty[:])+"\n"+hex.EncodeToString(hash), signature)
}

// Trailer reports whether signature is that of the header behind the chunks: "name:value\n".
func (c *Chunks) Trailer(header, signature string) bool {
	hash := sha256.Sum256([]byte(header))
	return c.next("AWS4-HMAC-SHA256-TRAILER", hex.EncodeToString(hash[:]), signature)
}

func (c *Chunks) next(what, hashes, signature string) bool {
	want := mac(c.key[:], []byte(what+"\n"+c.place+c.previous+"\n"+hashes))
	c.previous = hex.EncodeToString(want[:])
	return hmac.Equal([]byte(c.previous), []byte(signature))
}

// Body returns what reads body. In place of io.EOF its Read returns an *Error of kind Payload where the body is not the one whose hash
// was declared. Nothing of it may be kept before io.EOF. A body in chunks is returned as it is.
func (o *Opened) Body(body io.Reader) io.Reader {
	if o.claim.isUnsigned(o.unsignedPayload) || o.claim.hasSignedChunks() {
		return body // Chunks checks the latter
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
