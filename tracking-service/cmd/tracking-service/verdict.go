package main

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"example.com/shiptrack/pkg/audit"
	"example.com/shiptrack/tracking-service/internal/awscall"
	"example.com/shiptrack/tracking-service/internal/isolation"
)

// due is what must be the answer to a request of the check.
type due bool

const (
	answered due = true
	refused  due = false
)

// question is one request of the check.
type question struct {
	name   string
	wanted due
	// isAfterIAM reports whether the store answers with code only to a request that IAM has allowed; nil: no code says so.
	isAfterIAM func(code string) bool
	outage     awscall.Outage // is told whether the store answers; nil: the request is not one to a store
}

func isAfterDynamoDB(code string) bool {
	return code == "ResourceNotFoundException" || code == "ValidationException"
}

// isDenial reports whether IAM refused. "Forbidden" is what S3 says so to a HEAD, whose answer has no body.
func isDenial(code string) bool {
	return code == "AccessDenied" || code == "AccessDeniedException" || code == "Forbidden"
}

// judge says what an answer shows.
func judge(q question, err error) isolation.Finding {
	code, isKnown := codeOf(err)
	wanted := q.wanted
	reason := func(format string, values ...any) string { return q.name + ": " + fmt.Sprintf(format, values...) }
	switch {
	case err == nil && wanted == answered, isDenial(code) && wanted == refused:
		return isolation.Finding{Result: isolation.Holds}
	case err == nil:
		return isolation.Finding{Result: isolation.Violated, Reason: reason("AWS allowed it, and must refuse it")}
	case !isKnown:
		return isolation.Finding{Result: isolation.Inconclusive, Reason: reason("%v", err)}
	case wanted == refused && q.isAfterIAM != nil && q.isAfterIAM(code):
		return isolation.Finding{Result: isolation.Violated, Reason: reason("IAM allowed it, and must refuse it; the store then answered %s", said(err))}
	case wanted == refused:
		return isolation.Finding{Result: isolation.Refused, Reason: reason("wanted AccessDenied, got %s", said(err))}
	}
	return isolation.Finding{Result: isolation.Refused, Reason: reason("%s", said(err))}
}

func decisionOf(err error) audit.Decision {
	code, _ := codeOf(err)
	switch {
	case err == nil:
		return audit.Allow
	case isDenial(code):
		return audit.Deny
	}
	return audit.Failed
}

// codeOf returns the code of AWS's own answer. It is not known where there is none, or where the answer says nothing about
// permissions: AWS fails, throttles, or waits for credentials that are not over.
func codeOf(err error) (code string, isKnown bool) {
	answer, isAnswer := errors.AsType[*awshttp.ResponseError](err)
	api, hasCode := errors.AsType[smithy.APIError](err)
	if !isAnswer || !hasCode {
		return "", false
	}
	status := answer.HTTPStatusCode()
	switch {
	case status < http.StatusBadRequest, status >= http.StatusInternalServerError, status == http.StatusTooManyRequests,
		retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err) == aws.TrueTernary:
		return "", false
	}
	switch api.ErrorCode() {
	case "ExpiredToken", "ExpiredTokenException", "RequestExpired":
		return "", false
	}
	return api.ErrorCode(), true
}

// said returns AWS's own words, without ids that differ each time.
func said(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorCode() + ": " + api.ErrorMessage()
	}
	return err.Error()
}
