package tokenvending

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// Kind says why there is no session.
type Kind uint8

// The kinds. The zero Kind is the one that says the least.
const (
	Unavailable Kind = iota // STS did not answer, was overloaded, or there are no base credentials: try again
	Denied                  // STS refused: trust policy, permissions or parameters are wrong: an alarm
	Mismatched              // STS's answer is not the session that was asked for; nothing was kept: an alarm
	ClockSkewed             // this machine's clock and AWS's differ (see ClockSkew): the clock has to be set, nobody was refused
)

// String returns the kind's name as it stands in logs.
func (k Kind) String() string {
	return [...]string{"unavailable", "denied", "mismatched", "clock_skewed"}[k]
}

// ErrBackoff matches (errors.Is) an *ErrorOf that was answered without calling STS, because a call for the tenant
// failed a moment ago.
var ErrBackoff = errors.New("tokenvending: backed off")

// ErrorOf says that there is no session for a tenant. Its text holds STS's own words and is for the operator.
type ErrorOf[ID comparable] struct {
	Kind      Kind
	Tenant    ID
	RetryAt   time.Time // no call is made for the tenant before
	BackedOff bool      // no call was made for this answer: Kind and cause are the failed call's
	cause     error
}

// Error returns the text for the operator.
func (e *ErrorOf[ID]) Error() string {
	if e.BackedOff {
		return fmt.Sprintf("tokenvending: no session for %v, backed off after: %s: %v", e.Tenant, e.Kind, e.cause)
	}
	return fmt.Sprintf("tokenvending: no session for %v: %s: %v", e.Tenant, e.Kind, e.cause)
}

// Unwrap returns what STS or the way to it answered.
func (e *ErrorOf[ID]) Unwrap() error { return e.cause }

// Is reports whether target is ErrBackoff and e was backed off.
func (e *ErrorOf[ID]) Is(target error) bool { return target == ErrBackoff && e.BackedOff }

// RetryableError tells the SDK's retryer, which looks for this method, not to try the operation again: the call
// of AssumeRole had its own retries, and until RetryAt the answer stays the same.
func (e *ErrorOf[ID]) RetryableError() bool { return false }

// again returns e as it is answered during back-off.
func (e *ErrorOf[ID]) again() *ErrorOf[ID] {
	repeated := *e
	repeated.BackedOff = true
	return &repeated
}

// kindOf says what a failed AssumeRole means. An answer of STS itself with a status of 4xx is a refusal, except for
// throttling, expired base credentials and what the clock explains, which are temporary. A refusal by the source of the
// base credentials is not an answer of STS. The SDK's ResponseError with the status 0 is not one either: it wraps a
// request that could not be sent or was not answered.
func kindOf(err error) Kind {
	if errors.Is(err, errParameters) {
		return Denied // STS would refuse it as well
	}
	var answer *awshttp.ResponseError
	if !errors.As(err, &answer) || !isClientFault(answer.HTTPStatusCode()) || isThrottled(err) {
		return Unavailable
	}
	if _, ok := ClockSkew(err); ok {
		return ClockSkewed
	}
	var code smithy.APIError
	if errors.As(err, &code) {
		switch code.ErrorCode() {
		case "ExpiredToken", "ExpiredTokenException":
			return Unavailable
		}
	}
	return Denied
}

func isClientFault(status int) bool {
	return status >= http.StatusBadRequest && status < http.StatusInternalServerError
}

// isThrottled reports whether STS refused a call since there were too many.
func isThrottled(err error) bool {
	var answer *awshttp.ResponseError
	return retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err) == aws.TrueTernary ||
		errors.As(err, &answer) && answer.HTTPStatusCode() == http.StatusTooManyRequests
}
