package upstream

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"

	"example.com/shiptrack/infra/localaws/internal/api"
)

var (
	errLate    = errors.New("no answer in time")
	errStalled = errors.New("the answer came to a halt")
	errGone    = errors.New("the caller went away")
	errNotHTTP = errors.New("not an answer to the request")
	errEndless = errors.New("the answer has no end, or does not say where it is")
	errEarly   = errors.New("the answer came before the request was there")
)

// failure is an upstream that did not answer as it should. The caller gets answer, which is an error that
// SDKs retry; the cause is for the log.
type failure struct {
	answer *api.Error
	cause  error
}

func (f *failure) Error() string   { return f.cause.Error() }
func (f *failure) Unwrap() []error { return []error{f.answer, f.cause} }

// unavailable is the answer to a request that was not carried out ("Common Errors", DynamoDB API reference).
func unavailable(cause error) error {
	return &failure{api.Errorf(http.StatusServiceUnavailable, "ServiceUnavailable", "The request has failed due to a temporary failure of the server."), cause}
}

// failed is the answer to a request of which nobody can say whether it was carried out ("Error handling with
// DynamoDB", DynamoDB Developer Guide).
func failed(cause error) error {
	answer := api.Errorf(http.StatusInternalServerError, "InternalServerError", "The request processing has failed because of an unknown error, exception or failure.")
	answer.Namespace = "com.amazonaws.dynamodb.v20120810"
	return &failure{answer, cause}
}

// failure tells a request that was not sent from one of which the end is unknown.
func (e *endpoint) failure(ctx context.Context, err error) error {
	cause := fmt.Errorf("upstream %s: %w", e.address, reason(ctx, err))
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return unavailable(cause)
	}
	return failed(cause)
}

// reason says why a request ended with err: because its context did, or by itself.
func reason(ctx context.Context, err error) error {
	switch cause := context.Cause(ctx); {
	case cause == nil:
		return err
	case errors.Is(cause, context.Canceled):
		return errGone
	default:
		return cause
	}
}
