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

	"example.com/shiptrack/pkg/tenant"
)

// Kind says why there is no session.
type Kind uint8

// The kinds. The zero Kind is the one that says the least.
const (
	Unavailable Kind = iota // STS did not answer, was overloaded, or there are no base credentials: try again
	Denied                  // STS answered and refused: trust policy, permissions or parameters are wrong: an alarm
	Mismatched              // STS's answer is not the session that was asked for; nothing was kept: an alarm
)

// String returns the kind's name as it stands in logs.
func (k Kind) String() string { return [...]string{"unavailable", "denied", "mismatched"}[k] }

// ErrBackoff matches (errors.Is) an *Error that was answered without calling STS, because a call for the tenant
// failed a moment ago.
var ErrBackoff = errors.New("tokenvending: backed off")

// Error says that there is no session for a tenant. Its text holds STS's own words and is for the operator.
type Error struct {
	Kind      Kind
	Tenant    tenant.ID
	RetryAt   time.Time // no call is made for the tenant before
	BackedOff bool      // no call was made for this answer: Kind and cause are the failed call's
	cause     error
}

// Error returns the text for the operator.
func (e *Error) Error() string {
	if e.BackedOff {
		return fmt.Sprintf("tokenvending: no session for %s, backed off after: %s: %v", e.Tenant, e.Kind, e.cause)
	}
	return fmt.Sprintf("tokenvending: no session for %s: %s: %v", e.Tenant, e.Kind, e.cause)
}

// Unwrap returns what STS or the way to it answered.
func (e *Error) Unwrap() error { return e.cause }

// Is reports whether target is ErrBackoff and e was backed off.
func (e *Error) Is(target error) bool { return target == ErrBackoff && e.BackedOff }

// RetryableError tells the SDK's retryer, which looks for this method, not to try the operation again: the call
// of AssumeRole had its own retries, and until RetryAt the answer stays the same.
func (e *Error) RetryableError() bool { return false }

// again returns e as it is answered during back-off.
func (e *Error) again() *Error {
	repeated := *e
	repeated.BackedOff = true
	return &repeated
}

// kindOf says what a failed AssumeRole means. An answer of STS itself with a status of 4xx is a refusal, except for
// throttling and expired base credentials, which are temporary. A refusal by the source of the base credentials is
// not an answer of STS. The SDK's ResponseError with the status 0 is not one either: it wraps a request that could
// not be sent or was not answered.
func kindOf(err error) Kind {
	var answer *awshttp.ResponseError
	if !errors.As(err, &answer) || !isClientFault(answer.HTTPStatusCode()) {
		return Unavailable
	}
	if retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err) == aws.TrueTernary {
		return Unavailable
	}
	var code smithy.APIError
	if errors.As(err, &code) {
		switch code.ErrorCode() {
		case "ExpiredToken", "ExpiredTokenException", "RequestExpired":
			return Unavailable
		}
	}
	return Denied
}

func isClientFault(status int) bool {
	return status >= http.StatusBadRequest && status < http.StatusInternalServerError && status != http.StatusTooManyRequests
}
