package dynamo

import (
	"context"
	"errors"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go/middleware"

	"example.com/shiptrack/pkg/audit"
	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/pkg/tokenvending"
)

// access is what a call of AWS is about to do.
type access struct{ action, resource string }

// answer is what came back with a call of AWS, zero where nothing did.
type answer struct{ metadata middleware.Metadata }

// audited makes a call of AWS and records it. call reads the whole answer, so that the record also shows that we refused
// an answer. The error is a problem.
func (s *Store) audited(ctx context.Context, own scope, about access, call func() (answer, error)) error {
	got, cause := call()
	if refusesSession(cause) {
		s.vending.Discard(own.tenant)
	}
	err := classify(ctx, cause)
	record := audit.Record{
		Action: about.action, Resource: about.resource, Tenant: own.String(),
		AWSRequestID: requestID(got.metadata, cause), Session: s.vending.SessionARN(own.tenant),
		Decision: audit.Allow,
	}
	switch {
	case err == nil, problem.KindOf(err) == problem.NotFound:
	case problem.KindOf(err) == problem.Denied, errors.Is(cause, errForeignRow):
		record.Decision, record.Reason = audit.Deny, err.Error()
	default:
		record.Decision, record.Reason = audit.Failed, err.Error()
	}
	s.audit.Record(ctx, record)
	return err
}

// requestID returns DynamoDB's id of the call, which CloudTrail has too; empty where there was no answer. The id in a
// token vending error is that of a call of STS.
func requestID(metadata middleware.Metadata, err error) string {
	var failed *awshttp.ResponseError
	var vending *tokenvending.Error
	if errors.As(err, &failed) && !errors.As(err, &vending) {
		return failed.ServiceRequestID()
	}
	id, _ := awsmiddleware.GetRequestIDMetadata(metadata)
	return id
}
