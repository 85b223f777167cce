package attr

import "fmt"

// The error codes of this package and of package expr.
const (
	// Validation is the code of a value or an expression that breaks a rule of DynamoDB.
	Validation = "ValidationException"
	// Serialization is the code of JSON whose shape is not that of an attribute value.
	Serialization = "SerializationException"
)

// Error is a refusal: DynamoDB's code, and its message word for word where it is known.
type Error struct {
	Code    string // Validation or Serialization
	Message string
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }

// Invalidf returns a ValidationException.
func Invalidf(format string, args ...any) *Error {
	return &Error{Code: Validation, Message: fmt.Sprintf(format, args...)}
}

func malformed(message string) *Error { return &Error{Code: Serialization, Message: message} }
