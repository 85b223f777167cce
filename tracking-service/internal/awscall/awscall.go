// Package awscall makes the calls of AWS in a tenant's name: it says what a failure means to the caller of the service, and
// audits each call, allowed or not. The stores share it; it knows none of them. No text of AWS's reaches a caller.
package awscall

import (
	"context"
	"errors"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go/middleware"

	"example.com/shiptrack/pkg/audit"
	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/pkg/tenant"
	"example.com/shiptrack/pkg/tokenvending"
)

// ErrForeign is the error of a store that was answered another tenant's data: a policy was too wide. It is an alarm.
var ErrForeign = errors.New("something of another tenant was answered")

// Auditor keeps the records of access; *audit.Trail is one. It adds subject, tenant and request id from the
// context.
type Auditor interface {
	Record(ctx context.Context, r audit.Record)
}

// Outage is told whether a store answers; *availability.Watch is one.
type Outage interface {
	// Observe is told how a call ended: nil where the store answered, whatever it answered, else why it did not.
	Observe(ctx context.Context, err error)
}

// Config is what a Caller needs; all of it but Outage must be set.
type Config struct {
	Vending *tokenvending.Machine // whose sessions the calls are made with
	Audit   Auditor
	Outage  Outage // nil: nobody is told
	Store   Store
}

// Caller makes the calls of one store with the sessions of one role. It is safe for concurrent use.
type Caller struct{ config Config }

// New returns a Caller.
func New(config Config) (*Caller, error) {
	if config.Vending == nil || config.Audit == nil {
		return nil, errors.New("awscall: New needs the token vending machine and an auditor")
	}
	return &Caller{config: config}, nil
}

// Access is what a call of AWS is about to do.
type Access struct {
	Action, Resource string // for the audit log
	// FromClient says that the call reads what our own client sends: that it took too long then says nothing of the store.
	FromClient bool
}

// Do makes a call of AWS for the tenant, and records it. A call that is refused because the tenant's sessions were ended is made a second time,
// with a new session: only if that is refused too, the tenant is suspended. call looks at the whole answer, or at its beginning where the rest
// is a stream, so that the record also shows that we refused an answer. It returns the answer's metadata, zero where there
// is none. The error is a problem: NotFound as call returned it; Denied where IAM or STS refused (an alarm); TenantSuspended; Unavailable
// where the store or STS is unavailable or throttles; Timeout where the context ended by its deadline; Internal for a bug or
// an answer that makes no sense.
func (c *Caller) Do(ctx context.Context, owner tenant.ID, about Access, call func() (middleware.Metadata, error)) error {
	began := time.Now()
	metadata, cause := call()
	if isBlocked(cause) {
		again, err := c.renew(ctx, owner, about, began, cause)
		if err != nil {
			cause = err
		}
		if again {
			c.audit(ctx, owner, about, metadata, cause, c.config.Store.Classify(ctx, cause))
			metadata, cause = call()
		}
	}
	if c.config.Store.refusesSession(cause) {
		c.config.Vending.Discard(owner)
	}
	err := c.config.Store.Classify(ctx, cause)
	c.audit(ctx, owner, about, metadata, cause, err)
	c.tellOutage(ctx, about, cause, err)
	return err
}

// renew waits for another session than the one with which a call, begun at began, was refused, and reports whether the call is to be made
// again. The error takes the place of cause: a body that the caller sends cannot be sent a second time, so the caller has to.
func (c *Caller) renew(ctx context.Context, owner tenant.ID, about Access, began time.Time, cause error) (again bool, _ error) {
	again, err := c.config.Vending.Renew(ctx, owner, began)
	if err != nil || again && about.FromClient {
		return false, problem.WrapUnavailable(errors.Join(cause, err), "the session was ended while the request was under way: send it again", RetryAfter)
	}
	return again, nil
}

// audit records a call that ended with cause, which err is to the caller.
func (c *Caller) audit(ctx context.Context, owner tenant.ID, about Access, metadata middleware.Metadata, cause, err error) {
	record := audit.Record{
		Action: about.Action, Resource: about.Resource, Tenant: owner.String(),
		AWSRequestID: RequestID(metadata, cause), Session: c.config.Vending.SessionARN(owner),
		Decision: audit.Allow, Units: unitsOf(metadata),
	}
	switch {
	case err == nil, isAnswer(kindOf(err)):
	case kindOf(err) == problem.Denied, errors.Is(cause, ErrForeign):
		record.Decision, record.Reason = audit.Deny, err.Error()
	default:
		record.Decision, record.Reason = audit.Failed, err.Error()
	}
	c.config.Audit.Record(ctx, record)
}

// isAnswer reports whether a failure of this kind is how the store answers a request that it allowed.
func isAnswer(kind problem.Kind) bool {
	return kind == problem.NotFound || kind == problem.PreconditionFailed
}

// tellOutage tells whether the store answers, where the call shows it.
func (c *Caller) tellOutage(ctx context.Context, about Access, cause, err error) {
	_, isVending := errors.AsType[*tokenvending.Error](cause)
	_, isFromStore := errors.AsType[*awshttp.ResponseError](cause)
	if c.config.Outage == nil || isVending { // STS is no part of the store
		return
	}
	switch kind := kindOf(err); {
	case kind == problem.Unavailable && errors.Is(ctx.Err(), context.Canceled): // we stopped
	case kind == problem.Unavailable, kind == problem.Timeout && !about.FromClient:
		c.config.Outage.Observe(ctx, err)
	case err == nil, isFromStore, isAnswer(kind):
		c.config.Outage.Observe(ctx, nil)
	}
}

// kindOf is problem.KindOf; Internal for nil.
func kindOf(err error) problem.Kind {
	if err == nil {
		return problem.Internal
	}
	return problem.KindOf(err)
}

// RequestID returns AWS's id of the call, which CloudTrail has too; empty where there was no answer. The id in a
// token vending error is that of a call of STS.
func RequestID(metadata middleware.Metadata, err error) string {
	var failed *awshttp.ResponseError
	var vending *tokenvending.Error
	if errors.As(err, &failed) && !errors.As(err, &vending) {
		return failed.ServiceRequestID()
	}
	id, _ := awsmiddleware.GetRequestIDMetadata(metadata)
	return id
}

type unitsKey struct{}

// Spend adds the capacity units that an answer of DynamoDB names to what Do records of the call.
func Spend(answer *middleware.Metadata, units float64) {
	answer.Set(unitsKey{}, unitsOf(*answer)+units)
}

func unitsOf(answer middleware.Metadata) float64 {
	units, _ := answer.Get(unitsKey{}).(float64)
	return units
}
