package sigv4

import "fmt"

// Kind says why a request was not accepted. The set is closed; the server maps it to the code of
// the request's protocol (see the "Common Errors" page of each service). The names in brackets
// are AWS's codes for json and query protocols.
type Kind int

// The kinds.
const (
	// MissingToken: the request carries no authentication at all (MissingAuthenticationToken[Exception]).
	MissingToken Kind = iota + 1
	// Incomplete: authentication is there but cannot be read, lacks a part, has one twice, or stands in
	// header and query at once (IncompleteSignature[Exception]).
	Incomplete
	// InvalidKeyID: the lookup refused the access key or its session token
	// (UnrecognizedClientException, InvalidClientTokenId). The lookup's error is wrapped.
	InvalidKeyID
	// Scope: date, region, service or terminator of the credential scope are not the request's own
	// (InvalidSignatureException, SignatureDoesNotMatch).
	Scope
	// Unsigned: a header that must be signed is not (InvalidSignatureException, SignatureDoesNotMatch).
	Unsigned
	// Payload: the declared payload hash is not the body's, or the body is not signed although it must
	// be (InvalidSignatureException, SignatureDoesNotMatch; S3: XAmzContentSHA256Mismatch).
	Payload
	// Mismatch: the signature is not the one of this request under this key
	// (InvalidSignatureException, SignatureDoesNotMatch).
	Mismatch
	// Expired: signed too long ago, or a presigned URL past its time (InvalidSignatureException,
	// SignatureDoesNotMatch; S3: RequestTimeTooSkewed, AccessDenied when presigned).
	Expired
	// NotYetCurrent: signed too far in the future (as Expired).
	NotYetCurrent
)

var kindNames = [...]string{"", "MissingToken", "Incomplete", "InvalidKeyID", "Scope", "Unsigned", "Payload", "Mismatch", "Expired", "NotYetCurrent"}

// String returns the constant's name.
func (k Kind) String() string {
	if k < MissingToken || k > NotYetCurrent {
		return fmt.Sprintf("Kind(%d)", int(k))
	}
	return kindNames[k]
}

// Error is the only type of error that Verify and Sign return. Message is AWS's wording where AWS has
// one; it never holds a signature, a token or the Authorization header.
type Error struct {
	Kind    Kind
	Message string
	cause   error
}

// Error returns kind and message.
func (e *Error) Error() string { return e.Kind.String() + ": " + e.Message }

// Unwrap returns the error of the lookup, nil for all but InvalidKeyID.
func (e *Error) Unwrap() error { return e.cause }

func refuse(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}
