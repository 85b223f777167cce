package sigv4

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// checkPayload refuses a declared hash that no body has.
func (c *claim) checkPayload(unsignedAllowed bool) *Error {
	switch {
	case c.isUnsigned(unsignedAllowed), unsignedAllowed && c.hasSignedChunks():
		return nil
	case c.payload == "" && !c.presigned && c.service == serviceS3:
		return refuse(Incomplete, "Missing required header for this request: x-amz-content-sha256")
	case c.payload != "" && !isHash(c.payload):
		return mismatchedPayload()
	}
	return nil
}

// isUnsigned reports whether the body may be whatever it is.
func (c *claim) isUnsigned(allowed bool) bool {
	return allowed && c.service == serviceS3 && (c.payload == unsignedPayload || c.payload == chunkedPayload && !c.presigned || c.payload == "" && c.presigned)
}

// hasSignedChunks reports whether each chunk of the body has a signature of its own.
func (c *claim) hasSignedChunks() bool {
	return c.service == serviceS3 && !c.presigned && (c.payload == signedChunks || c.payload == signedTrailer)
}

// isHash reports a SHA-256 hash in lower-case hexadecimal.
func isHash(s string) bool {
	return len(s) == hex.EncodedLen(sha256.Size) && strings.Trim(s, "0123456789abcdef") == ""
}

func mismatchedPayload() *Error {
	return refuse(Payload, "The provided 'x-amz-content-sha256' header does not match what was computed.")
}

// payloadHash returns the last line of the canonical request.
func (c *claim) payloadHash(body []byte, unsignedAllowed bool) (string, *Error) {
	if c.isUnsigned(unsignedAllowed) {
		return cmp.Or(c.payload, unsignedPayload), nil
	}
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	if c.payload != "" && c.payload != hash {
		return "", mismatchedPayload()
	}
	return hash, nil
}
