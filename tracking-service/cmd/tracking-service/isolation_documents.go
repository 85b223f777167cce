package main

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"example.com/shiptrack/pkg/audit"
	"example.com/shiptrack/pkg/tokenvending"
	"example.com/shiptrack/tracking-service/internal/awscall"
	"example.com/shiptrack/tracking-service/internal/isolation"
	"example.com/shiptrack/tracking-service/internal/s3"
)

// bucketCheck is the check of the bucket, and of the encryption keys of its objects.
type bucketCheck struct {
	reads, writes roleCheck
	aws           aws.Config
	bucket        string
	outage        awscall.Outage
}

// run carries out the check, with twelve requests. read-session and write-session vend sessions of both roles for the reserved
// tenant check.a. With these
//   - own-put: S3 stores an object under the prefix and with the key of check.a
//   - own-get: S3 answers that object
//   - own-list: S3 answers the list of that prefix
//   - peer-put: S3 stores an object of check.b, with a session of check.b, which is vended for it
//   - other-head, other-list: IAM refuses that object, and the list of its prefix, to check.a
//   - other-put: IAM refuses to store under the prefix of check.b
//   - other-kms-key: KMS refuses to store under the own prefix with the key of check.b
//   - write-no-tag: STS refuses the writing role's session without the tag
//
// What must be answered is the control of what must be refused. The objects are the check's own: it needs no seeded data, but
// the encryption keys of both reserved tenants. It does not show that KMS refuses to decrypt with another's key: there can be
// no object that shows it alone. other-kms-key shows it for encryption.
func (c *bucketCheck) run(ctx context.Context) isolation.Finding {
	reads, err := c.reads.newMachine()
	if err != nil {
		return isolation.Finding{Result: isolation.Refused, Reason: err.Error()}
	}
	writes, err := c.writes.newMachine()
	if err != nil {
		return isolation.Finding{Result: isolation.Refused, Reason: err.Error()}
	}
	vended := isolation.Combine(c.reads.session(ctx, reads), c.writes.session(ctx, writes))
	switch vended.Result {
	case isolation.Inconclusive: // STS does not answer
		return vended
	case isolation.Holds:
		vended = c.objects(ctx, reads, writes)
		if vended.Result == isolation.Inconclusive { // S3 does not answer
			return vended
		}
	}
	return isolation.Combine(vended, c.writes.untagged(ctx, writes))
}

// objects asks for the objects of both tenants with sessions of the two machines.
func (c *bucketCheck) objects(ctx context.Context, reads, writes *tokenvending.Machine) isolation.Finding {
	probe, err := s3.NewProbe(c.aws, reads, writes, c.bucket)
	if err != nil {
		return isolation.Finding{Result: isolation.Refused, Reason: err.Error()}
	}
	read := func(q question, request func(context.Context) (audit.Record, error)) isolation.Finding {
		q.outage = c.outage
		return c.reads.ask(ctx, q, reads, request)
	}
	write := func(q question, request func(context.Context) (audit.Record, error)) isolation.Finding {
		q.outage = c.outage
		return c.writes.ask(ctx, q, writes, request)
	}
	stored := write(question{name: "own-put", wanted: answered}, probe.PutOwn)
	switch stored.Result {
	case isolation.Inconclusive:
		return stored
	case isolation.Refused:
		stored.Reason += "; no policy allows it, or there is no bucket " + c.bucket + " or no key of the check"
	}
	return isolation.Combine(stored,
		read(question{name: "own-get", wanted: answered}, probe.GetOwn),
		read(question{name: "own-list", wanted: answered}, probe.ListOwn),
		write(question{name: "peer-put", wanted: answered}, probe.PutPeer),
		read(question{name: "other-head", wanted: refused, isAfterIAM: isAfterS3}, probe.HeadOther),
		read(question{name: "other-list", wanted: refused}, probe.ListOther),
		write(question{name: "other-put", wanted: refused, isAfterIAM: isAfterS3}, probe.PutOther),
		write(question{name: "other-kms-key", wanted: refused}, probe.PutOtherKey))
}

// isAfterS3 reports whether S3 answers with code only to a request that IAM has allowed as far as S3 asks for it: there is no
// such object ("NotFound" to a HEAD), or KMS, which is asked after that, answers something else than a denial.
func isAfterS3(code string) bool {
	return code == "NotFound" || strings.HasPrefix(code, "KMS.")
}
