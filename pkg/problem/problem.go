// Package problem is the closed set of ways in which a request can fail, and their one mapping to
// HTTP: RFC 9457 application/problem+json. The texts for the caller (Detail, Fields) are kept apart from
// the wrapped cause, which is for the operator only and is never rendered.
package problem

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Kind says how a request failed. The zero Kind is Internal: an error that nobody classified.
type Kind uint8

// The kinds. Each maps to one HTTP status (see Kind.Status).
const (
	Internal            Kind = iota // 500: our bug, or an answer we cannot make sense of
	Invalid                         // 400: the request is malformed; Fields names where
	Unauthenticated                 // 401: no token, or one that does not hold
	Denied                          // 403: AWS refused what we asked in the tenant's name: an alarm
	TenantSuspended                 // 403: an operator has suspended the tenant: no alarm
	NotFound                        // 404: nothing there for this tenant
	MethodNotAllowed                // 405
	LengthRequired                  // 411
	PreconditionFailed              // 412: a condition of the request does not hold, such as If-Match
	TooLarge                        // 413
	UnsupportedMedia                // 415
	RangeNotSatisfiable             // 416
	ExpectationFailed               // 417
	Misdirected                     // 421: the Host is not the service's
	LimitExceeded                   // 429: the tenant asks for more than its share; RetryAfter says when to come back, Quota what is left
	HeaderTooLarge                  // 431
	NotImplemented                  // 501: a transfer encoding that nobody knows
	VersionNotSupported             // 505
	Unavailable                     // 503: something that we need is unavailable; RetryAfter says when to come back
	NotIsolated                     // 503: AWS answers what it must refuse, so nothing is served: an alarm; RetryAfter as above
	Timeout                         // 504: something that we need was too slow; RetryAfter as above
)

// Field names one place of a request that is wrong, and why.
type Field struct {
	Name   string `json:"name"`
	Reason string `json:"reason"`
}

// Error is a failure of a known kind. Detail and Fields are for the caller; the cause is for the log.
type Error struct {
	Kind       Kind
	Detail     string
	Fields     []Field
	RetryAfter time.Duration // rounded up to whole seconds; 0: not said
	NoToken    bool          // Unauthenticated only: the request had no token at all
	Quota      Quota         // LimitExceeded only
	cause      error
}

// Quota is what an answer says of its tenant's limits: the values of two header fields, draft-ietf-httpapi-ratelimit-headers-11.
// Empty ones are left out.
type Quota struct{ RateLimit, RateLimitPolicy string }

// Set puts the fields into the header of an answer.
func (q Quota) Set(h http.Header) {
	if q.RateLimit != "" {
		h.Set("RateLimit", q.RateLimit)
	}
	if q.RateLimitPolicy != "" {
		h.Set("RateLimit-Policy", q.RateLimitPolicy)
	}
}

// New returns an Error of kind k that tells the caller detail.
func New(k Kind, detail string) *Error { return &Error{Kind: k, Detail: detail} }

// Wrap returns an Error of kind k that tells the caller detail and the operator cause.
func Wrap(k Kind, cause error, detail string) *Error {
	return &Error{Kind: k, Detail: detail, cause: cause}
}

// InvalidField returns an Invalid error about one field.
func InvalidField(name, reason string) *Error { return WrapInvalidField(nil, name, reason) }

// WrapInvalidField is InvalidField that also tells the operator cause.
func WrapInvalidField(cause error, name, reason string) *Error {
	return &Error{Kind: Invalid, Detail: name + " " + reason, Fields: []Field{{Name: name, Reason: reason}}, cause: cause}
}

// WrapUnavailable returns an Unavailable error that tells the caller detail and the operator cause, and asks the
// caller to come back after retryAfter.
func WrapUnavailable(cause error, detail string, retryAfter time.Duration) *Error {
	return &Error{Kind: Unavailable, Detail: detail, RetryAfter: retryAfter, cause: cause}
}

// WrapTimeout is WrapUnavailable for the kind Timeout.
func WrapTimeout(cause error, detail string, retryAfter time.Duration) *Error {
	return &Error{Kind: Timeout, Detail: detail, RetryAfter: retryAfter, cause: cause}
}

// WrapNotIsolated is WrapUnavailable for the kind NotIsolated.
func WrapNotIsolated(cause error, detail string, retryAfter time.Duration) *Error {
	return &Error{Kind: NotIsolated, Detail: detail, RetryAfter: retryAfter, cause: cause}
}

// WrapLimitExceeded is WrapUnavailable for the kind LimitExceeded, whose answer says what is left of the tenant's limits too.
func WrapLimitExceeded(cause error, detail string, retryAfter time.Duration, quota Quota) *Error {
	return &Error{Kind: LimitExceeded, Detail: detail, RetryAfter: retryAfter, Quota: quota, cause: cause}
}

// Error returns the text for the operator: kind, detail and cause.
func (e *Error) Error() string {
	if e.cause == nil {
		return fmt.Sprintf("%s: %s", e.Kind, e.Detail)
	}
	return fmt.Sprintf("%s: %s: %v", e.Kind, e.Detail, e.cause)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

// From returns err as an *Error: the one it wraps, else Timeout where a deadline passed, else Internal.
// It returns nil for nil.
func From(err error) *Error {
	if err == nil {
		return nil
	}
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return WrapTimeout(err, "the request could not be answered in time", time.Second)
	}
	return Wrap(Internal, err, "an unexpected error occurred")
}

// KindOf returns the kind of err, Internal where it has none. It must not be asked about nil.
func KindOf(err error) Kind { return From(err).Kind }
