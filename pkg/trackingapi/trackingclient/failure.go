package trackingclient

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"example.com/shiptrack/pkg/problem"
)

// defaultRetryAfter is when a caller should try again where the tracking service does not say; maxRetryAfter, in seconds,
// is the most that it may say.
const (
	defaultRetryAfter = time.Second
	maxRetryAfter     = 60
)

const detailUnavailable = "tracking is not available"

func unavailable(cause error) error {
	return problem.WrapUnavailable(cause, detailUnavailable, defaultRetryAfter)
}

func timedOut(cause error) error {
	return problem.WrapTimeout(cause, "tracking did not answer in time", defaultRetryAfter)
}

func unexpected(cause error) error {
	return problem.Wrap(problem.Internal, cause, "an unexpected error occurred")
}

// classify says why there is no answer, or only a part of one.
func classify(err error) error {
	var known *problem.Error
	var network net.Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &network) && network.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return timedOut(err)
	}
	return unavailable(err)
}

// failure maps an error answer, which may be of the further kinds too. Gateways on the way send 502 to 504 themselves. Every other status counts only with
// a problem document of the tracking service: the 404 of a wrong URL does not mean "no such shipment".
func failure(resp *http.Response, body []byte, further ...problem.Kind) error {
	switch resp.StatusCode {
	case http.StatusBadGateway, http.StatusServiceUnavailable:
		return problem.WrapUnavailable(causeOf(resp, body), detailUnavailable, retryAfter(resp))
	case http.StatusGatewayTimeout:
		return timedOut(errors.New("trackingclient: status 504"))
	case http.StatusTooManyRequests:
		return limited(resp, body)
	}
	var doc problem.Document
	if err := decode(resp, problem.ContentType, body, &doc); err != nil {
		return unexpected(err)
	}
	for _, kind := range append([]problem.Kind{problem.Invalid, problem.Unauthenticated, problem.Denied, problem.TenantSuspended, problem.NotFound}, further...) {
		if told := problem.New(kind, "").Document(""); resp.StatusCode == told.Status && doc.Type == told.Type {
			return ofKind(kind, doc)
		}
	}
	return unexpected(fmt.Errorf("trackingclient: status %d, %s", resp.StatusCode, doc.Type))
}

// limited maps a 429. The tracking service's own is about the caller's tenant, and reaches the caller as it is. Any other is of
// something on the way that throttles this service, whoever the caller is.
func limited(resp *http.Response, body []byte) error {
	var doc problem.Document
	err := decode(resp, problem.ContentType, body, &doc)
	if err != nil || doc.Type != problem.New(problem.LimitExceeded, "").Document("").Type {
		return problem.WrapUnavailable(causeOf(resp, body), detailUnavailable, retryAfter(resp))
	}
	return ofTenantsLimit(resp)
}

func ofTenantsLimit(resp *http.Response) error {
	return problem.WrapLimitExceeded(errors.New("trackingclient: status 429"), "a limit of this tenant is exceeded; try again after the time in Retry-After", retryAfter(resp),
		problem.Quota{RateLimit: resp.Header.Get("RateLimit"), RateLimitPolicy: resp.Header.Get("RateLimit-Policy")})
}

// causeOf names the status, and the type of the tracking service's problem document where there is one: an alarm
// (problem.NotIsolated) has to be told from an outage in this service's log too.
func causeOf(resp *http.Response, body []byte) error {
	var doc problem.Document
	if err := decode(resp, problem.ContentType, body, &doc); err != nil {
		return fmt.Errorf("trackingclient: status %d", resp.StatusCode)
	}
	return fmt.Errorf("trackingclient: status %d, %s", resp.StatusCode, doc.Type)
}

// ofKind returns the problem that the tracking service sent. The caller sees only the parts about its own
// request.
func ofKind(kind problem.Kind, doc problem.Document) error {
	cause := fmt.Errorf("trackingclient: status %d: %s", doc.Status, doc.Detail)
	switch kind {
	case problem.Invalid:
		if len(doc.Errors) == 0 {
			return unexpected(cause)
		}
		e := problem.Wrap(kind, cause, doc.Detail)
		e.Fields = doc.Errors
		return e
	case problem.NotFound:
		return problem.Wrap(kind, cause, "no such shipment")
	case problem.Denied:
		return problem.Wrap(kind, cause, "access was denied")
	case problem.TenantSuspended:
		return problem.Wrap(kind, cause, "the tenant is suspended")
	case problem.Unauthenticated:
		return problem.Wrap(kind, cause, "the bearer token is missing or does not hold")
	default:
		return problem.Wrap(kind, cause, doc.Detail)
	}
}

func retryAfter(resp *http.Response) time.Duration {
	seconds, err := strconv.Atoi(resp.Header.Get("Retry-After"))
	if err != nil || seconds < 1 {
		return defaultRetryAfter
	}
	return time.Duration(min(seconds, maxRetryAfter)) * time.Second
}
