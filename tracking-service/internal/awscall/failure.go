package awscall

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/pkg/tokenvending"
)

// RetryAfter is how long a caller is asked to wait where no better time is known.
const RetryAfter = time.Second

// Store is what differs between the stores; all of it must be set.
type Store struct {
	// What callers are told: that access was denied, that the store cannot be reached, that it is too slow, that its answer
	// is no use.
	Denied, Unavailable, TooSlow, Unusable string
	// Refusals are the codes with which the store refuses the caller. Sessions are those with which it refuses the session
	// itself, whatever the request is, and Expired those of a session that is over.
	Refusals, Sessions, Expired []string
	// Broken are the errors of an answer that makes no sense.
	Broken []error
}

// Classify maps the error of a call of AWS to a problem; it returns nil for nil, and a problem unchanged. A refusal stays
// a refusal even where the context has ended by then: it is an alarm.
func (s Store) Classify(ctx context.Context, err error) error {
	var known *problem.Error
	var vending *tokenvending.Error
	var code smithy.APIError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return known
	case errors.As(err, &vending):
		return s.classifyVending(vending)
	case s.isClock(err):
		return problem.WrapUnavailable(fmt.Errorf("check this machine's clock: %w", err), s.Unavailable, RetryAfter)
	case errors.Is(err, ErrForeign), slices.ContainsFunc(s.Broken, func(broken error) bool { return errors.Is(err, broken) }):
		return problem.Wrap(problem.Internal, err, s.Unusable)
	case isBlocked(err):
		return problem.Wrap(problem.TenantSuspended, err, "the tenant is suspended")
	case errors.As(err, &code) && slices.Contains(s.Refusals, code.ErrorCode()):
		return problem.Wrap(problem.Denied, err, s.Denied)
	case errors.Is(context.Cause(ctx), context.DeadlineExceeded), isTimeout(err): // a context that is cancelled is no slow store: we stop
		return problem.WrapTimeout(err, s.TooSlow, RetryAfter)
	case code != nil && !isTransient(err):
		return problem.Wrap(problem.Internal, err, s.Unusable)
	}
	return problem.WrapUnavailable(err, s.Unavailable, RetryAfter) // or no answer at all: DNS, connection, TLS, base credentials
}

func (s Store) classifyVending(err *tokenvending.Error) error {
	if err.Kind == tokenvending.Unavailable || err.Kind == tokenvending.ClockSkewed {
		return problem.WrapUnavailable(err, s.Unavailable, max(time.Until(err.RetryAt), RetryAfter))
	}
	return problem.Wrap(problem.Denied, err, s.Denied)
}

// blockedWords are AWS's for a Deny in a permissions boundary (IAM User Guide, "Troubleshoot access denied error messages").
const blockedWords = " with an explicit deny in a permissions boundary"

// isBlocked reports whether an operator has suspended the tenant, or ended its sessions (infra/tenants). Nothing but that denies in the
// boundary of the roles. Any other denial is an alarm, also where AWS gives no reason. The words are looked for where AWS puts them, behind the
// resource: a resource is called as its owner likes.
func isBlocked(err error) bool {
	var code smithy.APIError
	if !errors.As(err, &code) {
		return false
	}
	message := code.ErrorMessage()
	i := strings.LastIndex(message, blockedWords)
	if i < 0 {
		return false
	}
	rest := message[i+len(blockedWords):]
	return rest == "" || strings.HasPrefix(rest, ": arn:") || strings.HasPrefix(rest, ".")
}

// refusesSession reports whether the store refuses the session itself, whatever the request was.
func (s Store) refusesSession(err error) bool {
	var code smithy.APIError
	return errors.As(err, &code) && (slices.Contains(s.Sessions, code.ErrorCode()) || slices.Contains(s.Expired, code.ErrorCode()))
}

// isClock reports whether the store refuses a request because of this machine's clock, and not because of who asks. A
// session that has expired is one of these: by our clock it has tokenvending.ExpiryWindow left whenever it is used.
func (s Store) isClock(err error) bool {
	var code smithy.APIError
	_, isSkewed := tokenvending.ClockSkew(err)
	return isSkewed || errors.As(err, &code) && slices.Contains(s.Expired, code.ErrorCode())
}

// isTransient reports whether the store's answer may be another in a moment: it throttles, or fails.
func isTransient(err error) bool {
	var answer *awshttp.ResponseError
	return retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err) == aws.TrueTernary ||
		errors.As(err, &answer) && answer.HTTPStatusCode() >= http.StatusInternalServerError
}

func isTimeout(err error) bool {
	var network net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &network) && network.Timeout()
}
