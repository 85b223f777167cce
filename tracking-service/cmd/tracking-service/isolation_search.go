package main

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"example.com/shiptrack/pkg/audit"
	"example.com/shiptrack/pkg/tokenvending"
	"example.com/shiptrack/tracking-service/internal/awscall"
	"example.com/shiptrack/tracking-service/internal/isolation"
	"example.com/shiptrack/tracking-service/internal/opensearch"
)

// domainCheck is the check of the indexes.
type domainCheck struct {
	role     roleCheck
	aws      aws.Config
	endpoint string
	outage   awscall.Outage
}

// run carries out the check, with four requests:
//   - search-session: STS vends a session for the reserved tenant check.a, in the way in which it vends those of customers
//   - own-index: with that session OpenSearch answers a search of the index of check.a
//   - other-index: with that session IAM refuses the same search of the index of check.b
//   - other-document: with that session IAM refuses to write into the index of check.b
//
// The first two are the controls of the others. That STS refuses a session without the tag is shown by the check of the table,
// for the same role. No request can show what a body may name: IAM does not see it, so the service alone makes it.
func (c *domainCheck) run(ctx context.Context) isolation.Finding {
	machine, err := c.role.newMachine()
	if err != nil {
		return isolation.Finding{Result: isolation.Refused, Reason: err.Error()}
	}
	if vended := c.role.session(ctx, machine); vended.Result != isolation.Holds {
		return vended
	}
	return c.indexes(ctx, machine)
}

// indexes asks for the indexes of both tenants with a session of machine.
func (c *domainCheck) indexes(ctx context.Context, machine *tokenvending.Machine) isolation.Finding {
	probe, err := opensearch.NewProbe(c.aws, machine, c.endpoint)
	if err != nil {
		return isolation.Finding{Result: isolation.Refused, Reason: err.Error()}
	}
	ask := func(q question, request func(context.Context) (audit.Record, error)) isolation.Finding {
		q.isAfterIAM, q.outage = isAfterOpenSearch, c.outage
		return c.role.ask(ctx, q, machine, request)
	}
	own := ask(question{name: "own-index", wanted: answered}, probe.Own)
	switch own.Result {
	case isolation.Inconclusive: // OpenSearch does not answer
		return own
	case isolation.Refused:
		own.Reason += "; no policy allows it, or there is no index of the check"
	}
	return isolation.Combine(own,
		ask(question{name: "other-index", wanted: refused}, probe.Other),
		ask(question{name: "other-document", wanted: refused}, probe.PutOther))
}

// isAfterOpenSearch reports whether code is OpenSearch's own: it is asked only once IAM has allowed the request. Its types of
// errors are written in small letters; its security plugin refuses on its own account.
func isAfterOpenSearch(code string) bool {
	return strings.ToLower(code) == code && code != "security_exception"
}
