package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"example.com/shiptrack/pkg/audit"
	"example.com/shiptrack/tracking-service/internal/isolation"
)

// answer is an error as the SDK returns it.
func answer(status int, code string) error {
	return fmt.Errorf("operation error: %w", &awshttp.ResponseError{RequestID: "id", ResponseError: &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}}, Err: &smithy.GenericAPIError{Code: code, Message: "m"},
	}})
}

func TestWhatAnAnswerShows(t *testing.T) {
	for _, tc := range []struct {
		err                      error
		ifAnswerDue, ifDenialDue isolation.Result
		audited                  audit.Decision
	}{
		{nil, isolation.Holds, isolation.Violated, audit.Allow},
		{answer(400, "AccessDeniedException"), isolation.Refused, isolation.Holds, audit.Deny},
		{answer(403, "AccessDenied"), isolation.Refused, isolation.Holds, audit.Deny},
		// IAM let it through: DynamoDB says this to nobody else.
		{answer(400, "ResourceNotFoundException"), isolation.Refused, isolation.Violated, audit.Failed},
		{answer(400, "ValidationException"), isolation.Refused, isolation.Violated, audit.Failed},
		// A refusal, but not of what was asked.
		{answer(400, "UnrecognizedClientException"), isolation.Refused, isolation.Refused, audit.Failed},
		{answer(403, "InvalidClientTokenId"), isolation.Refused, isolation.Refused, audit.Failed},
		{answer(403, "SignatureDoesNotMatch"), isolation.Refused, isolation.Refused, audit.Failed},
		{answer(400, "ValidationError"), isolation.Refused, isolation.Refused, audit.Failed},
		// Nothing.
		{answer(500, "InternalServerError"), isolation.Inconclusive, isolation.Inconclusive, audit.Failed},
		{answer(503, "AccessDenied"), isolation.Inconclusive, isolation.Inconclusive, audit.Failed},
		{answer(429, "AccessDenied"), isolation.Inconclusive, isolation.Inconclusive, audit.Failed},
		{answer(400, "ThrottlingException"), isolation.Inconclusive, isolation.Inconclusive, audit.Failed},
		{answer(400, "ProvisionedThroughputExceededException"), isolation.Inconclusive, isolation.Inconclusive, audit.Failed},
		{answer(400, "ExpiredTokenException"), isolation.Inconclusive, isolation.Inconclusive, audit.Failed},
		{context.DeadlineExceeded, isolation.Inconclusive, isolation.Inconclusive, audit.Failed},
		{errors.New("connection refused"), isolation.Inconclusive, isolation.Inconclusive, audit.Failed},
		{&smithy.GenericAPIError{Code: "AccessDenied"}, isolation.Inconclusive, isolation.Inconclusive, audit.Failed}, // by the source of credentials
	} {
		for wanted, want := range map[due]isolation.Result{answered: tc.ifAnswerDue, refused: tc.ifDenialDue} {
			got := judge(question{name: "name", wanted: wanted, isAfterIAM: isAfterDynamoDB}, tc.err)
			if got.Result != want || (got.Reason == "") != (want == isolation.Holds) {
				t.Errorf("%v, an answer is due: %t: %+v, want %s", tc.err, wanted, got, want)
			}
		}
		if got := decisionOf(tc.err); got != tc.audited {
			t.Errorf("%v is audited as %s, want %s", tc.err, got, tc.audited)
		}
	}
}

// What S3 says to a caller that IAM let through differs from DynamoDB's words: KMS, which S3 asks after that, may refuse.
func TestWhatAnAnswerOfS3Shows(t *testing.T) {
	for code, want := range map[string]isolation.Result{
		"AccessDenied": isolation.Holds, "NotFound": isolation.Violated, "Forbidden": isolation.Holds, "KMS.NotFoundException": isolation.Violated, "KMS.DisabledException": isolation.Violated,
		"NoSuchBucket": isolation.Refused, "InvalidAccessKeyId": isolation.Refused,
	} {
		if got := judge(question{name: "name", wanted: refused, isAfterIAM: isAfterS3}, answer(403, code)); got.Result != want {
			t.Errorf("%s: %+v, want %s", code, got, want)
		}
	}
	// For the key of another it shows nothing: the key is not there.
	if got := judge(question{name: "name", wanted: refused}, answer(400, "KMS.NotFoundException")); got.Result != isolation.Refused {
		t.Errorf("%+v", got)
	}
}
