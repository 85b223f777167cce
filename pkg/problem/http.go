package problem

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// ContentType is the media type of a problem document, RFC 9457 section 6.1.
const ContentType = "application/problem+json"

var kinds = [...]struct {
	name, title string
	status      int
}{
	Internal:            {"internal", "Internal Server Error", http.StatusInternalServerError},
	Invalid:             {"invalid", "Bad Request", http.StatusBadRequest},
	Unauthenticated:     {"unauthenticated", "Unauthorized", http.StatusUnauthorized},
	Denied:              {"denied", "Forbidden", http.StatusForbidden},
	TenantSuspended:     {"tenant-suspended", "Forbidden", http.StatusForbidden},
	NotFound:            {"not-found", "Not Found", http.StatusNotFound},
	MethodNotAllowed:    {"method-not-allowed", "Method Not Allowed", http.StatusMethodNotAllowed},
	LengthRequired:      {"length-required", "Length Required", http.StatusLengthRequired},
	PreconditionFailed:  {"precondition-failed", "Precondition Failed", http.StatusPreconditionFailed},
	TooLarge:            {"too-large", "Request Entity Too Large", http.StatusRequestEntityTooLarge},
	UnsupportedMedia:    {"unsupported-media", "Unsupported Media Type", http.StatusUnsupportedMediaType},
	RangeNotSatisfiable: {"range-not-satisfiable", "Requested Range Not Satisfiable", http.StatusRequestedRangeNotSatisfiable},
	ExpectationFailed:   {"expectation-failed", "Expectation Failed", http.StatusExpectationFailed},
	Misdirected:         {"misdirected", "Misdirected Request", http.StatusMisdirectedRequest},
	LimitExceeded:       {"limit-exceeded", "Too Many Requests", http.StatusTooManyRequests},
	HeaderTooLarge:      {"header-too-large", "Request Header Fields Too Large", http.StatusRequestHeaderFieldsTooLarge},
	NotImplemented:      {"not-implemented", "Not Implemented", http.StatusNotImplemented},
	VersionNotSupported: {"version-not-supported", "HTTP Version Not Supported", http.StatusHTTPVersionNotSupported},
	Unavailable:         {"unavailable", "Service Unavailable", http.StatusServiceUnavailable},
	NotIsolated:         {"not-isolated", "Service Unavailable", http.StatusServiceUnavailable},
	Timeout:             {"timeout", "Gateway Timeout", http.StatusGatewayTimeout},
}

// String returns the kind's name as it stands in logs and in a document's "type".
func (k Kind) String() string { return kinds[k].name }

// Status returns the HTTP status of the kind.
func (k Kind) Status() int { return kinds[k].status }

// OfStatus returns the first kind whose status is status. A client error of no kind is Invalid, anything else Internal.
func OfStatus(status int) Kind {
	for k := range kinds {
		if kinds[k].status == status {
			return Kind(k)
		}
	}
	if status >= http.StatusBadRequest && status < http.StatusInternalServerError {
		return Invalid
	}
	return Internal
}

// Document is the body of an error answer, RFC 9457 section 3. Type is a URN, since these kinds have no
// page of their own on the web.
type Document struct {
	Type      string  `json:"type"`
	Title     string  `json:"title"`
	Status    int     `json:"status"`
	Detail    string  `json:"detail,omitempty"`
	Errors    []Field `json:"errors,omitempty"`
	RequestID string  `json:"requestId,omitempty"`
}

// Document renders e for the caller; requestID may be empty.
func (e *Error) Document(requestID string) Document {
	k := kinds[e.Kind]
	return Document{
		Type: "urn:shiptrack:problem:" + k.name, Title: k.title, Status: k.status,
		Detail: e.Detail, Errors: e.Fields, RequestID: requestID,
	}
}

// challenge returns what 401 says of the authentication that is wanted. RFC 6750 section 3.1: no error code where the
// request had no token.
func challenge(e *Error) string {
	if e.NoToken {
		return `Bearer realm="shiptrack"`
	}
	return `Bearer realm="shiptrack", error="invalid_token"`
}

// Write answers w with err's document, and with the headers that its kind calls for: WWW-Authenticate
// on 401 (RFC 9110 section 11.6.1), Retry-After on 429, 503 and 504 where e says when, its Quota on 429. A HEAD request gets no body.
func Write(w http.ResponseWriter, r *http.Request, err error, requestID string) {
	e := From(err)
	h := w.Header()
	h.Set("Content-Type", ContentType)
	h.Set("Cache-Control", "no-store")
	if e.Kind == Unauthenticated {
		h.Set("WWW-Authenticate", challenge(e))
	}
	e.Quota.Set(h)
	if (e.Kind == LimitExceeded || e.Kind.Status() >= http.StatusServiceUnavailable) && e.RetryAfter > 0 {
		seconds := (e.RetryAfter + time.Second - 1) / time.Second
		h.Set("Retry-After", strconv.Itoa(int(seconds)))
	}
	w.WriteHeader(e.Kind.Status())
	if r.Method != http.MethodHead {
		// The status line was sent: this can only fail because the client is gone.
		_ = json.NewEncoder(w).Encode(e.Document(requestID))
	}
}
