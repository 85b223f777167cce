package localaws

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
	"net/http"

	"github.com/go-json-experiment/json"

	"example.com/shiptrack/infra/localaws/internal/api"
)

// refusalKind is a failure that each protocol spells in its own way.
type refusalKind int

const (
	missingToken refusalKind = iota
	incompleteSignature
	incompleteLink // a presigned request
	invalidSignature
	invalidScope
	anotherPayload // the body is not the one that was signed
	skewed
	expiredLink // a presigned request
	unknownKey
	expiredToken
	accessDenied
	malformed
	cutOff // the body ends too early
	tooSlow
	tooLarge
	noLength
	misdirected
	unknownOperation
	wrongMethod // of HTTP
	unavailable
	internalFailure
)

// spelling is how AWS writes one kind: the Query services' code and status, the JSON services', and S3's. Those of OpenSearch Service have the
// statuses of the Query services; their codes are for the log alone.
// From "Common Errors" of the STS, IAM, DynamoDB and KMS API references, and "Error responses" of S3's.
type spelling struct {
	query       string
	queryStatus int
	json        string
	jsonStatus  int
	rest        string
	restStatus  int
}

var spellings = map[refusalKind]spelling{
	missingToken:        {"MissingAuthenticationToken", 403, "MissingAuthenticationTokenException", 400, "AccessDenied", 403},
	incompleteSignature: {"IncompleteSignature", 400, "IncompleteSignatureException", 400, "AuthorizationHeaderMalformed", 400},
	incompleteLink:      {"IncompleteSignature", 400, "IncompleteSignatureException", 400, "AuthorizationQueryParametersError", 400},
	invalidSignature:    {"SignatureDoesNotMatch", 403, "InvalidSignatureException", 400, "SignatureDoesNotMatch", 403},
	invalidScope:        {"SignatureDoesNotMatch", 403, "InvalidSignatureException", 400, "AuthorizationHeaderMalformed", 400},
	anotherPayload:      {"SignatureDoesNotMatch", 403, "InvalidSignatureException", 400, "XAmzContentSHA256Mismatch", 400},
	skewed:              {"SignatureDoesNotMatch", 403, "InvalidSignatureException", 400, "RequestTimeTooSkewed", 403},
	expiredLink:         {"SignatureDoesNotMatch", 403, "InvalidSignatureException", 400, "AccessDenied", 403},
	unknownKey:          {"InvalidClientTokenId", 403, "UnrecognizedClientException", 400, "InvalidAccessKeyId", 403},
	expiredToken:        {"ExpiredToken", 403, "ExpiredTokenException", 400, "ExpiredToken", 400},
	accessDenied:        {"AccessDenied", 403, "AccessDeniedException", 400, "AccessDenied", 403},
	malformed:           {"ValidationError", 400, "SerializationException", 400, "InvalidRequest", 400},
	cutOff:              {"ValidationError", 400, "SerializationException", 400, "IncompleteBody", 400},
	tooSlow:             {"ValidationError", 400, "SerializationException", 400, "RequestTimeout", 400},
	tooLarge:            {"RequestEntityTooLarge", 413, "RequestEntityTooLarge", 413, "EntityTooLarge", 400},
	noLength:            {"ValidationError", 400, "SerializationException", 400, "MissingContentLength", 411},
	misdirected:         {"MisdirectedRequest", 421, "MisdirectedRequest", 421, "MisdirectedRequest", 421}, // AWS has no such error
	unknownOperation:    {"InvalidAction", 400, "UnknownOperationException", 400, "NotImplemented", 501},
	wrongMethod:         {"MethodNotAllowed", 405, "MethodNotAllowed", 405, "MethodNotAllowed", 405},
	unavailable:         {"ServiceUnavailable", 503, "ServiceUnavailable", 503, "SlowDown", 503},
	internalFailure:     {"InternalFailure", 500, "InternalFailure", 500, "InternalError", 500},
}

// refused is an error of the server itself, before it is written in a protocol's form.
type refused struct {
	kind    refusalKind
	message string
}

func (r *refused) Error() string { return r.message }

func refusal(kind refusalKind, message string) error { return &refused{kind, message} }

// spelled returns err in the form of the exchange's protocol. An error that is not an AWS error becomes an
// InternalFailure, without its text.
func (x *exchange) spelled(err error) *api.Error {
	if e, ok := errors.AsType[*api.Error](err); ok {
		return e
	}
	kind, message := internalFailure, "The request processing has failed because of an unknown error, exception or failure."
	if r, ok := errors.AsType[*refused](err); ok {
		kind, message = r.kind, r.message
	}
	s := spellings[kind]
	switch {
	case x.protocol.IsJSON(), x.protocol == api.CBOR:
		return &api.Error{Status: s.jsonStatus, Code: s.json, Message: message}
	case x.protocol == api.RestJSON:
		return &api.Error{Status: s.queryStatus, Code: s.json, Message: message}
	case x.protocol == api.RestXML:
		return &api.Error{Status: s.restStatus, Code: s.rest, Message: message}
	}
	return &api.Error{Status: s.queryStatus, Code: s.query, Message: message}
}

var contentTypes = map[api.Protocol]string{
	api.JSON10:     "application/x-amz-json-1.0",
	api.JSON11:     "application/x-amz-json-1.1",
	api.Query:      "text/xml",
	api.RestXML:    "application/xml",
	api.CBOR:       "application/cbor",
	api.RestJSON:   "application/json",
	api.OpenSearch: "application/json",
	api.Local:      "application/json",
}

// errorResponse writes err as the protocol does.
func (x *exchange) errorResponse(err error) *api.Response {
	e := x.spelled(err)
	response := &api.Response{Status: e.Status, Header: e.Header.Clone()}
	switch x.protocol {
	case api.JSON10:
		response.Body = jsonError(e, cmp.Or(e.Namespace, "com.amazon.coral.service")+"#")
	case api.JSON11:
		response.Body = jsonError(e, "")
	case api.Query:
		response.Body = x.xmlError(e)
	case api.RestXML:
		response.Body = x.restError(e)
	case api.CBOR:
		response.Header = http.Header{protocolHeader: {cborProtocol}}
		response.Body = cborError(e)
	case api.RestJSON:
		if response.Header == nil {
			response.Header = http.Header{}
		}
		response.Header.Set("X-Amzn-Errortype", e.Code)
		response.Body = mustMarshal(struct {
			Message string `json:"message"`
		}{e.Message})
	case api.OpenSearch:
		response.Body = openSearchError(e)
	case api.Local:
		response.Body = mustMarshal(struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		}{e.Code, e.Message})
	}
	return response
}

// jsonError is the form of awsJson1_0 and awsJson1_1, where __type has no namespace in KMS's answers. The common errors of AWS's
// front end spell Message with a capital for AccessDeniedException and in small letters elsewhere; SDKs read both.
func jsonError(e *api.Error, namespace string) []byte {
	kind := namespace + e.Code
	if e.Code == "AccessDeniedException" {
		return mustMarshal(struct {
			Type    string `json:"__type"`
			Message string `json:"Message"`
		}{kind, e.Message})
	}
	return mustMarshal(struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}{kind, e.Message})
}

func (x *exchange) xmlError(e *api.Error) []byte {
	kind := "Sender"
	if e.Status >= 500 {
		kind = "Receiver"
	}
	type detail struct{ Type, Code, Message string }
	var out bytes.Buffer
	if err := xml.NewEncoder(&out).Encode(struct {
		XMLName   xml.Name `xml:"ErrorResponse"`
		Namespace string   `xml:"xmlns,attr"`
		Error     detail
		RequestId string
	}{Namespace: x.namespace, Error: detail{kind, e.Code, e.Message}, RequestId: x.id}); err != nil {
		panic(err) // strings always encode
	}
	return out.Bytes()
}

func mustMarshal(v any) []byte {
	// Messages may quote what the caller sent, which need not be valid UTF-8.
	text, err := json.Marshal(v, allowInvalidUTF8)
	if err != nil {
		panic(err) // strings always encode
	}
	return text
}
