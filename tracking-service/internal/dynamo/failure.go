package dynamo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/pkg/tokenvending"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

// The messages for callers. None of them repeats AWS's answer.
const (
	detailDenied      = "access to the tracking data was denied"
	detailUnavailable = "the tracking data is not reachable at the moment"
	detailTimeout     = "the tracking data did not answer in time"
	detailInternal    = "the tracking data could not be read"
)

// retryAfter is how long a caller is asked to wait where no better time is known.
const retryAfter = time.Second

// classify maps the error of a call of AWS to a problem; it returns nil for nil, and a problem unchanged. A refusal stays
// a refusal even where the context has ended by then: it is an alarm.
func classify(ctx context.Context, err error) error {
	var known *problem.Error
	var vending *tokenvending.Error
	var code smithy.APIError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return known
	case errors.As(err, &vending):
		return classifyVending(vending)
	case isClock(err):
		return problem.WrapUnavailable(fmt.Errorf("check this machine's clock: %w", err), detailUnavailable, retryAfter)
	case errors.Is(err, errForeignRow), errors.Is(err, errNotAsked), errors.Is(err, tracking.ErrMalformed):
		return problem.Wrap(problem.Internal, err, detailInternal)
	case errors.As(err, &code) && isRefusal(code.ErrorCode()):
		return problem.Wrap(problem.Denied, err, detailDenied)
	case errors.Is(ctx.Err(), context.DeadlineExceeded), isTimeout(err): // a context that is cancelled is no slow table: we stop
		return problem.Wrap(problem.Timeout, err, detailTimeout)
	case code != nil && !isTransient(err):
		return problem.Wrap(problem.Internal, err, detailInternal)
	}
	return problem.WrapUnavailable(err, detailUnavailable, retryAfter) // or no answer at all: DNS, connection, TLS, base credentials
}

func classifyVending(err *tokenvending.Error) error {
	if err.Kind == tokenvending.Unavailable || err.Kind == tokenvending.ClockSkewed {
		return problem.WrapUnavailable(err, detailUnavailable, max(time.Until(err.RetryAt), retryAfter))
	}
	return problem.Wrap(problem.Denied, err, detailDenied)
}

// isRefusal reports whether DynamoDB refuses the caller with code: DynamoDB Developer Guide, "Error messages and codes".
func isRefusal(code string) bool {
	switch code {
	case "AccessDeniedException", "UnrecognizedClientException", "InvalidSignatureException",
		"IncompleteSignatureException", "MissingAuthenticationTokenException":
		return true
	}
	return false
}

// refusesSession reports whether DynamoDB refuses the session itself with code, whatever the request was.
func refusesSession(err error) bool {
	var code smithy.APIError
	return errors.As(err, &code) && (code.ErrorCode() == "UnrecognizedClientException" || code.ErrorCode() == "ExpiredTokenException")
}

// isClock reports whether DynamoDB refuses a request because of this machine's clock, and not because of who asks. A
// session that has expired is one of these: by our clock it has tokenvending.ExpiryWindow left whenever it is used.
func isClock(err error) bool {
	var code smithy.APIError
	_, isSkewed := tokenvending.ClockSkew(err)
	return isSkewed || errors.As(err, &code) && code.ErrorCode() == "ExpiredTokenException"
}

// isTransient reports whether DynamoDB's answer may be another in a moment: it throttles, or fails.
func isTransient(err error) bool {
	var answer *awshttp.ResponseError
	return retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err) == aws.TrueTernary ||
		errors.As(err, &answer) && answer.HTTPStatusCode() >= http.StatusInternalServerError
}

func isTimeout(err error) bool {
	var network net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &network) && network.Timeout()
}
