// Package exception makes the refusals of DynamoDB, with the codes, namespaces and words of AWS. It makes no
// decision, and leaves other errors, such as those of the disk, as they are.
package exception

import (
	"errors"
	"net/http"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
)

// Namespace stands before the '#' of __type in DynamoDB's own exceptions.
const Namespace = "com.amazonaws.dynamodb.v20120810"

const validateNamespace = "com.amazon.coral.validate"

// Validation is the answer to a request that is readable and wrong.
func Validation(format string, args ...any) *api.Error {
	err := api.Errorf(http.StatusBadRequest, "ValidationException", format, args...)
	err.Namespace = validateNamespace
	return err
}

// Serialization is the answer to a body that is not the JSON of the operation's input.
func Serialization(format string, args ...any) *api.Error {
	return api.Errorf(http.StatusBadRequest, "SerializationException", format, args...)
}

// New is an exception of DynamoDB's own, of the given code.
func New(code, format string, args ...any) *api.Error {
	err := api.Errorf(http.StatusBadRequest, code, format, args...)
	err.Namespace = Namespace
	return err
}

// ResourceNotFound is the answer of the item operations where there is no table, or no index.
func ResourceNotFound() *api.Error {
	return New("ResourceNotFoundException", "Requested resource not found")
}

// TableNotFound is the answer of the table operations where there is no table of that name.
func TableNotFound(name string) *api.Error {
	return New("ResourceNotFoundException", "Requested resource not found: Table: %s not found", name)
}

// KeyMismatch is the answer to a key that names other attributes than the table's key, or gives them values of
// other types.
func KeyMismatch() *api.Error {
	return Validation("The provided key element does not match the schema")
}

// misfit is the refusal of a key that does not fit the key schema.
type misfit struct{ refusal *api.Error }

func (m misfit) Error() string { return m.refusal.Error() }

// Unwrap returns the refusal.
func (m misfit) Unwrap() error { return m.refusal }

// Misfit marks the refusal of a key that does not fit the key schema: it cancels a transaction, in place of refusing it.
func Misfit(refusal *api.Error) error { return misfit{refusal} }

// IsMisfit reports whether Misfit returned err.
func IsMisfit(err error) bool {
	_, ok := errors.AsType[misfit](err)
	return ok
}

// UnknownOperation is the answer to an operation that AWS or the store does not have.
func UnknownOperation(name string) *api.Error {
	return api.Errorf(http.StatusBadRequest, "UnknownOperationException", "An unknown operation was requested: %s", api.NotServed(name))
}

// Of gives the errors of attr and expr, and misfits, their form on the wire, as *api.Error; other errors it leaves as
// they are.
func Of(err error) error {
	if m, ok := errors.AsType[misfit](err); ok {
		return m.refusal
	}
	wrong, ok := errors.AsType[*attr.Error](err)
	if !ok {
		return err
	}
	if wrong.Code == attr.Serialization {
		return Serialization("%s", wrong.Message)
	}
	return Validation("%s", wrong.Message)
}

// Message is what a refusal says, without its code.
func Message(err error) string {
	if wrong, ok := errors.AsType[*api.Error](Of(err)); ok {
		return wrong.Message
	}
	return err.Error()
}

// List words names as AWS does.
func List(names []string) string { return "[" + strings.Join(names, ", ") + "]" }
