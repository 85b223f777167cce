package dynamodb

import (
	"errors"
	"net/http"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
)

// The namespaces that stand before the '#' of __type in DynamoDB's errors.
const (
	validateNamespace = "com.amazon.coral.validate"
	serviceNamespace  = "com.amazonaws.dynamodb.v20120810"
)

// validation is the answer to a request that is readable and wrong.
func validation(format string, args ...any) *api.Error {
	err := api.Errorf(http.StatusBadRequest, "ValidationException", format, args...)
	err.Namespace = validateNamespace
	return err
}

// constraint words a ValidationException as the API's own model validation does.
func constraint(value, member, rule string) *api.Error {
	return validation("1 validation error detected: Value %s at '%s' failed to satisfy constraint: %s", value, api.Own(member), api.Own(rule))
}

func missing(member string) *api.Error { return constraint("null", member, "Member must not be null") }

// serialization is the answer to a body that is not the JSON of the operation's input.
func serialization(format string, args ...any) *api.Error {
	return api.Errorf(http.StatusBadRequest, "SerializationException", format, args...)
}

// exception is one of DynamoDB's own.
func exception(code, format string, args ...any) *api.Error {
	err := api.Errorf(http.StatusBadRequest, code, format, args...)
	err.Namespace = serviceNamespace
	return err
}

func resourceNotFound() *api.Error {
	return exception("ResourceNotFoundException", "Requested resource not found")
}

func tableNotFound(name string) *api.Error {
	return exception("ResourceNotFoundException", "Requested resource not found: Table: %s not found", name)
}

func unknownOperation() *api.Error {
	return api.Errorf(http.StatusBadRequest, "UnknownOperationException", "An unknown operation was requested.")
}

// refusal gives the errors of attr and expr their form on the wire; other errors it leaves as they are.
func refusal(err error) error {
	wrong, ok := errors.AsType[*attr.Error](err)
	if !ok {
		return err
	}
	if wrong.Code == attr.Serialization {
		return serialization("%s", wrong.Message)
	}
	return validation("%s", wrong.Message)
}

// message is what a refusal says, without its code.
func message(err error) string {
	if wrong, ok := errors.AsType[*api.Error](refusal(err)); ok {
		return wrong.Message
	}
	return err.Error()
}
