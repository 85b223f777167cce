package api

import "fmt"

// Protocol is the wire form of an AWS API.
type Protocol int

// The protocols. See https://smithy.io/2.0/aws/protocols/index.html.
const (
	JSON10 Protocol = iota // awsJson1_0: X-Amz-Target names the operation (DynamoDB)
	Query                  // awsQuery: the form field Action names it (STS, IAM)
	Local                  // localaws' own routes: the path names it, errors are {"code","message"}
)

// Error is a failure that the client's SDK understands: AWS's own code, status and wording.
type Error struct {
	Code    string // "ValidationException", as the protocol spells it
	Message string
	Status  int // 400, 403, 404, 409, 413, 500, 503
	// Namespace is what stands before the '#' of a JSON error's __type; empty: com.amazon.coral.service.
	Namespace string
}

// Error returns code and message.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Errorf returns an Error with a formatted message.
func Errorf(status int, code, format string, args ...any) *Error {
	return &Error{Status: status, Code: code, Message: fmt.Sprintf(format, args...)}
}
