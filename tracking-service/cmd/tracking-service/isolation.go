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
	"example.com/shiptrack/tracking-service/internal/awscall"
	"example.com/shiptrack/tracking-service/internal/dynamo"
	"example.com/shiptrack/tracking-service/internal/isolation"
)

// checkRequestTimeout bounds each request of an isolation check, with the SDK's retries.
const checkRequestTimeout = 5 * time.Second

// reservedTenants is how many there are.
const reservedTenants = 2

// roleCheck asks AWS what shows that tenants are kept apart by the sessions of one role: in this account, with this service's
// own identity and code. It keeps nothing from one time to the next: a session that was vended, or an answer that was given,
// before a policy changed would hide the change.
type roleCheck struct {
	prefix   string // of the names of its requests, such as "write-"
	roleARN  string
	instance string
	sts      *sts.Client
	trail    *audit.Trail
}

// newMachine returns a machine that has vended nothing yet. It is made as that of the requests is (see newVending).
func (c *roleCheck) newMachine() (*tokenvending.Machine, error) {
	return tokenvending.New(tokenvending.Config{
		STS: c.sts, RoleARN: c.roleARN, Instance: c.instance, Duration: tokenvending.MinDuration, Capacity: reservedTenants, Observe: c.vended,
	})
}

// session makes machine vend one.
func (c *roleCheck) session(ctx context.Context, machine *tokenvending.Machine) isolation.Finding {
	ctx, cancel := context.WithTimeout(ctx, checkRequestTimeout)
	defer cancel()
	a, _ := tenant.IsolationCheck()
	_, err := machine.Retrieve(tenant.NewContext(ctx, a))
	failed, isVending := errors.AsType[*tokenvending.Error](err)
	name := c.prefix + "session: "
	switch {
	case err == nil:
		return isolation.Finding{Result: isolation.Holds}
	case isVending && failed.Kind != tokenvending.Unavailable:
		return isolation.Finding{Result: isolation.Refused, Reason: name + failed.Kind.String() + ": " + said(failed.Unwrap())}
	}
	return isolation.Finding{Result: isolation.Inconclusive, Reason: name + err.Error()}
}

// vended audits the session.
func (c *roleCheck) vended(ctx context.Context, e tokenvending.Event) {
	record := recordOf(e, c.roleARN)
	record.Check = c.prefix + "session"
	c.trail.Record(ctx, record)
}

// untagged asks for the same session without its tag.
func (c *roleCheck) untagged(ctx context.Context, machine *tokenvending.Machine) isolation.Finding {
	a, _ := tenant.IsolationCheck()
	return c.ask(ctx, question{name: c.prefix + "no-tag", wanted: refused}, machine, func(ctx context.Context) (audit.Record, error) {
		out, err := c.sts.AssumeRole(ctx, &sts.AssumeRoleInput{
			RoleArn: &c.roleARN, RoleSessionName: aws.String(path.Base(machine.SessionARN(a))),
			DurationSeconds: aws.Int32(int32(tokenvending.MinDuration / time.Second)),
		})
		record := audit.Record{Tenant: a.String(), Action: "sts:AssumeRole", Resource: c.roleARN}
		if failed, ok := errors.AsType[*awshttp.ResponseError](err); ok {
			record.AWSRequestID = failed.ServiceRequestID()
		}
		if out != nil {
			record.AWSRequestID, _ = awsmiddleware.GetRequestIDMetadata(out.ResultMetadata)
		}
		return record, err
	})
}

// ask makes one request, with a session of machine or for one, audits it, and judges its answer.
func (c *roleCheck) ask(ctx context.Context, q question, machine *tokenvending.Machine, request func(context.Context) (audit.Record, error)) isolation.Finding {
	ctx, cancel := context.WithTimeout(ctx, checkRequestTimeout)
	defer cancel()
	record, err := request(ctx)
	by, b := tenant.IsolationCheck()
	if record.Tenant == b.String() {
		by = b
	}
	found := judge(q, err)
	record.Check, record.Reason, record.Session = q.name, found.Reason, machine.SessionARN(by)
	record.Decision = decisionOf(err)
	c.trail.Record(ctx, record)
	if q.outage != nil {
		tellOutage(ctx, q.outage, err)
	}
	return found
}

// tellOutage tells whether the store of a request answers.
func tellOutage(ctx context.Context, outage awscall.Outage, err error) {
	if _, isVending := errors.AsType[*tokenvending.Error](err); isVending {
		return
	}
	if _, isKnown := codeOf(err); err == nil || isKnown {
		outage.Observe(ctx, nil)
		return
	}
	outage.Observe(ctx, err)
}

// tableCheck is the check of the table.
type tableCheck struct {
	role   roleCheck
	aws    aws.Config
	table  string
	outage awscall.Outage
}

// run carries out the check, with four requests:
//   - session: STS vends a session for the reserved tenant check.a, in the way in which it vends those of customers
//   - own-key: with that session DynamoDB answers a key of check.a
//   - other-key: with that session IAM refuses the same key of check.b
//   - no-tag: STS refuses the same session without the tag
//
// The first two are the controls of the others: what is refused to everybody shows nothing.
func (c *tableCheck) run(ctx context.Context) isolation.Finding {
	machine, err := c.role.newMachine()
	if err != nil {
		return isolation.Finding{Result: isolation.Refused, Reason: err.Error()}
	}
	vended := c.role.session(ctx, machine)
	switch vended.Result {
	case isolation.Inconclusive: // STS does not answer
		return vended
	case isolation.Holds:
		return isolation.Combine(append(c.keys(ctx, machine), c.role.untagged(ctx, machine))...)
	}
	return isolation.Combine(vended, c.role.untagged(ctx, machine))
}

// keys asks for both keys with a session of machine.
func (c *tableCheck) keys(ctx context.Context, machine *tokenvending.Machine) []isolation.Finding {
	probe, err := dynamo.NewProbe(c.aws, machine, c.table)
	if err != nil {
		return []isolation.Finding{{Result: isolation.Refused, Reason: err.Error()}}
	}
	own := c.role.ask(ctx, question{name: "own-key", wanted: answered, outage: c.outage}, machine, probe.Own)
	if own.Result == isolation.Refused { // an endpoint may refuse both alike
		own.Reason += "; no policy allows it, or there is no table " + c.table
	}
	other := c.role.ask(ctx, question{name: "other-key", wanted: refused, isAfterIAM: isAfterDynamoDB, outage: c.outage}, machine, probe.Other)
	return []isolation.Finding{own, other}
}
