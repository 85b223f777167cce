package kms

import (
	"net/http"

	"example.com/shiptrack/infra/localaws/internal/api"
)

func exception(code, format string, args ...any) *api.Error {
	return api.Errorf(http.StatusBadRequest, code, format, args...)
}

func notFound(format string, args ...any) *api.Error {
	return exception("NotFoundException", format, args...)
}

func validation(format string, args ...any) *api.Error {
	return exception("ValidationException", format, args...)
}

func unsupported(format string, args ...any) *api.Error {
	return exception("UnsupportedOperationException", format, args...)
}

// constraint words a ValidationException as the API's own model validation does.
func constraint(value, member, rule string) *api.Error {
	return validation("1 validation error detected: Value %s at '%s' failed to satisfy constraint: %s", value, api.Own(member), api.Own(rule))
}

func missing(member string) *api.Error { return constraint("null", member, "Member must not be null") }

func invalidState(format string, args ...any) *api.Error {
	return exception("KMSInvalidStateException", format, args...)
}

// invalidCiphertext is KMS's answer to bytes that do not decrypt, whatever the reason. It has no words.
func invalidCiphertext() *api.Error { return exception("InvalidCiphertextException", "") }

func keyNotFound(arn string) *api.Error { return notFound("Key '%s' does not exist", arn) }

func aliasNotFound(arn string) *api.Error { return notFound("Alias %s is not found.", arn) }
