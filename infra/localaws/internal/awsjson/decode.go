package awsjson

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"example.com/shiptrack/infra/localaws/internal/api"
)

// Decode reads the whole body into a struct, strictly: two members of one name, invalid UTF-8 and anything after the object
// are refused. Members that the struct does not have are ignored, as AWS ignores them. Names are case-sensitive. Errors are
// those of Refusal.
func Decode(body []byte, into any) error {
	if err := json.Unmarshal(body, into); err != nil {
		return Refusal(err)
	}
	return nil
}

// Refusal gives an error of json.Unmarshal its form on the wire: an *api.Error within it, such as that of a bound, or a
// SerializationException.
func Refusal(err error) *api.Error {
	if wrong, ok := errors.AsType[*api.Error](err); ok {
		return wrong
	}
	if wrong, ok := errors.AsType[*json.SemanticError](err); ok {
		if errors.Is(err, json.ErrUnknownName) {
			return serialization("localaws does not know the member %s, so it cannot authorize the request", wrong.JSONPointer)
		}
		return serialization("%s", mistyped(wrong))
	}
	if errors.Is(err, jsontext.ErrDuplicateName) {
		return serialization("An object has two members of one name")
	}
	return serialization("The body is not the JSON of a request")
}

func serialization(format string, args ...any) *api.Error {
	return api.Errorf(http.StatusBadRequest, "SerializationException", format, args...)
}

// mistyped words a member of the wrong type as AWS does.
func mistyped(err *json.SemanticError) string {
	kind := map[jsontext.Kind]string{'"': "STRING_VALUE", '0': "NUMBER_VALUE", 't': "TRUE_VALUE", 'f': "FALSE_VALUE"}[err.JSONKind]
	if kind == "" {
		return "Unexpected structure or collection where a value was expected, or a value in place of one"
	}
	return fmt.Sprintf("%s cannot be converted to the type of %s", kind, err.JSONPointer)
}
