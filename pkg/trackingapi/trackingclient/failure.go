package trackingclient

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"example.com/shiptrack/pkg/problem"
)

// comeBack is when a caller should try again where the tracking service does not say; longestWait, in seconds,
// is the most that it may say.
const (
	comeBack    = time.Second
	longestWait = 60
)

const unavailable = "tracking is not available"

func away(cause error) error { return problem.Away(cause, unavailable, comeBack) }

func slow(cause error) error {
	return problem.Wrap(problem.Timeout, cause, "tracking did not answer in time")
}

func nonsense(cause error) error {
	return problem.Wrap(problem.Internal, cause, "an unexpected error occurred")
}

// unanswered classifies why there is no answer, or only a part of one.
func unanswered(err error) error {
	var known *problem.Error
	var network net.Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &network) && network.Timeout(): // context.DeadlineExceeded is one
		return slow(err)
	}
	return away(err)
}

// failure maps an answer that is none. Gateways on the way answer 502 to 504 by themselves; every other status
// has a meaning only in a document of the tracking service's own: the 404 of a wrong URL is not "no such shipment".
func failure(resp *http.Response, body []byte) error {
	switch resp.StatusCode {
	case http.StatusBadGateway, http.StatusServiceUnavailable:
		return problem.Away(fmt.Errorf("trackingclient: status %d", resp.StatusCode), unavailable, retryAfter(resp))
	case http.StatusGatewayTimeout:
		return slow(errors.New("trackingclient: status 504"))
	}
	var doc problem.Document
	if err := decode(resp, problem.ContentType, body, &doc); err != nil {
		return nonsense(err)
	}
	for _, kind := range []problem.Kind{problem.Invalid, problem.Unauthenticated, problem.Denied, problem.NotFound} {
		if told := problem.New(kind, "").Document(""); resp.StatusCode == told.Status && doc.Type == told.Type {
			return ofKind(kind, doc)
		}
	}
	return nonsense(fmt.Errorf("trackingclient: status %d, %s", resp.StatusCode, doc.Type))
}

// ofKind returns the problem as the tracking service told it. Only what names the caller's own request is
// repeated to the caller.
func ofKind(kind problem.Kind, doc problem.Document) error {
	cause := fmt.Errorf("trackingclient: status %d: %s", doc.Status, doc.Detail)
	switch kind {
	case problem.Invalid:
		if len(doc.Errors) == 0 {
			return nonsense(cause)
		}
		e := problem.Wrap(kind, cause, doc.Detail)
		e.Fields = doc.Errors
		return e
	case problem.NotFound:
		return problem.Wrap(kind, cause, "no such shipment")
	case problem.Denied:
		return problem.Wrap(kind, cause, "access was denied")
	default:
		return problem.Wrap(kind, cause, "the bearer token is missing or does not hold")
	}
}

func retryAfter(resp *http.Response) time.Duration {
	seconds, err := strconv.Atoi(resp.Header.Get("Retry-After"))
	if err != nil || seconds < 1 {
		return comeBack
	}
	return time.Duration(min(seconds, longestWait)) * time.Second
}
