package main

import (
	"context"
	"errors"
	"path"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"example.com/shiptrack/pkg/audit"
	"example.com/shiptrack/pkg/tenant"
	"example.com/shiptrack/pkg/tokenvending"
	"example.com/shiptrack/tracking-service/internal/dynamo"
	"example.com/shiptrack/tracking-service/internal/isolation"
)

// checkRequestTimeout bounds each of the four requests of the isolation check, with the SDK's retries.
const checkRequestTimeout = 5 * time.Second

// isolationCheck asks AWS what shows that tenants are kept apart: in this account, with this service's role, table and
// code. It keeps nothing from one time to the next: a session that was vended, or an answer that was given, before a
// policy changed would hide the change.
type isolationCheck struct {
	access Access
	aws    aws.Config
	sts    *sts.Client
	trail  *audit.Trail
}

// run carries out the check, with four requests:
//   - session: STS vends a session for the reserved tenant check.a, in the way in which it vends those of customers
//   - own-key: with that session DynamoDB answers a key of check.a
//   - other-key: with that session IAM refuses the same key of check.b
//   - no-tag: STS refuses the same session without the tag
//
// The first two are the controls of the others: what is refused to everybody shows nothing.
func (c *isolationCheck) run(ctx context.Context) isolation.Finding {
	// It has vended nothing yet. It is made as that of the requests is (see newVending).
	machine, err := tokenvending.New(tokenvending.Config{
		STS: c.sts, RoleARN: c.access.RoleARN, Instance: c.access.InstanceID, Duration: tokenvending.MinDuration, Capacity: 1,
		Observe: c.vended,
	})
	if err != nil {
		return isolation.Finding{Result: isolation.Refused, Reason: err.Error()}
	}
	vended := c.session(ctx, machine)
	switch vended.Result {
	case isolation.Inconclusive: // STS does not answer
		return vended
	case isolation.Holds:
		return isolation.Combine(append(c.keys(ctx, machine), c.untagged(ctx, machine))...)
	}
	return isolation.Combine(vended, c.untagged(ctx, machine))
}

// session makes machine vend one.
func (c *isolationCheck) session(ctx context.Context, machine *tokenvending.Machine) isolation.Finding {
	ctx, cancel := context.WithTimeout(ctx, checkRequestTimeout)
	defer cancel()
	a, _ := tenant.IsolationCheck()
	_, err := machine.Retrieve(tenant.NewContext(ctx, a))
	failed, isVending := errors.AsType[*tokenvending.Error](err)
	switch {
	case err == nil:
		return isolation.Finding{Result: isolation.Holds}
	case isVending && failed.Kind != tokenvending.Unavailable:
		return isolation.Finding{Result: isolation.Refused, Reason: "session: " + failed.Kind.String() + ": " + said(failed.Unwrap())}
	}
	return isolation.Finding{Result: isolation.Inconclusive, Reason: "session: " + err.Error()}
}

// vended audits the session.
func (c *isolationCheck) vended(ctx context.Context, e tokenvending.Event) {
	record := recordOf(e, c.access.RoleARN)
	record.Check = "session"
	c.trail.Record(ctx, record)
}

// keys asks for both keys with a session of machine.
func (c *isolationCheck) keys(ctx context.Context, machine *tokenvending.Machine) []isolation.Finding {
	probe, err := dynamo.NewProbe(c.aws, machine, c.access.Table)
	if err != nil {
		return []isolation.Finding{{Result: isolation.Refused, Reason: err.Error()}}
	}
	own := c.ask(ctx, "own-key", answered, machine, probe.Own)
	if own.Result == isolation.Refused { // an endpoint may refuse both alike
		own.Reason += "; no policy allows it, or there is no table " + c.access.Table
	}
	return []isolation.Finding{own, c.ask(ctx, "other-key", refused, machine, probe.Other)}
}

// untagged asks for the same session without its tag.
func (c *isolationCheck) untagged(ctx context.Context, machine *tokenvending.Machine) isolation.Finding {
	a, _ := tenant.IsolationCheck()
	return c.ask(ctx, "no-tag", refused, machine, func(ctx context.Context) (audit.Record, error) {
		out, err := c.sts.AssumeRole(ctx, &sts.AssumeRoleInput{
			RoleArn: &c.access.RoleARN, RoleSessionName: aws.String(path.Base(machine.SessionARN(a))),
			DurationSeconds: aws.Int32(int32(tokenvending.MinDuration / time.Second)),
		})
		record := audit.Record{Tenant: a.String(), Action: "sts:AssumeRole", Resource: c.access.RoleARN}
		if failed, ok := errors.AsType[*awshttp.ResponseError](err); ok {
			record.AWSRequestID = failed.ServiceRequestID()
		}
		if out != nil {
			record.AWSRequestID, _ = awsmiddleware.GetRequestIDMetadata(out.ResultMetadata)
		}
		return record, err
	})
}

// ask makes one request, audits it, and judges its answer.
func (c *isolationCheck) ask(ctx context.Context, name string, wanted due, machine *tokenvending.Machine,
	request func(context.Context) (audit.Record, error),
) isolation.Finding {
	ctx, cancel := context.WithTimeout(ctx, checkRequestTimeout)
	defer cancel()
	record, err := request(ctx)
	a, _ := tenant.IsolationCheck()
	found := judge(name, wanted, err)
	record.Check, record.Reason, record.Session = name, found.Reason, machine.SessionARN(a)
	record.Decision = decisionOf(err)
	c.trail.Record(ctx, record)
	return found
}
