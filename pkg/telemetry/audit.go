package telemetry

import (
	"context"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"example.com/shiptrack/pkg/authn"
	"example.com/shiptrack/pkg/requestid"
	"example.com/shiptrack/pkg/tenant"
)

// Decision is how an access to data ended.
type Decision string

// The decisions.
const (
	Allow  Decision = "allow"
	Deny   Decision = "deny"  // AWS refused what the code asked in the tenant's name: an alarm
	Failed Decision = "error" // neither: the call itself failed
)

// AuditRecord is one access to a tenant's data. Subject, Tenant and RequestID are taken from the context
// where they are empty.
type AuditRecord struct {
	Subject      string // the token's sub: who, within the tenant
	Tenant       string
	Action       string // such as dynamodb:GetItem
	Resource     string // such as a table's ARN; no attribute values
	AWSRequestID string // joins this record to CloudTrail, whose events know no subject
	Session      string // ARN of the assumed role's session
	Decision     Decision
	RequestID    string
	Reason       string // for Deny and Failed
}

// Audit writes the audit trail: JSON lines with "log":"audit", among those of the log but independent of
// its level. It is safe for concurrent use.
type Audit struct {
	logger  *slog.Logger
	denials prometheus.Counter
}

func newAudit(logger *slog.Logger, registry prometheus.Registerer) *Audit {
	denials := prometheus.NewCounter(prometheus.CounterOpts{
		Name: "shiptrack_denials_total",
		Help: "Calls that AWS denied although the service made them in the tenant's own name. Any is an alarm.",
	})
	registry.MustRegister(denials)
	return &Audit{logger: logger.With(slog.String("log", "audit")), denials: denials}
}

// Record writes r. A Deny is counted in shiptrack_denials_total and written as an error.
func (a *Audit) Record(ctx context.Context, r AuditRecord) {
	r.fill(ctx)
	level := slog.LevelInfo
	switch r.Decision {
	case Deny:
		a.denials.Inc()
		level = slog.LevelError
	case Failed:
		level = slog.LevelWarn
	}
	attrs := []slog.Attr{
		slog.String("decision", string(r.Decision)), slog.String("tenant", r.Tenant),
		slog.String("subject", r.Subject), slog.String("action", r.Action), slog.String("resource", r.Resource),
		slog.String("aws_request_id", r.AWSRequestID), slog.String("session", r.Session),
		slog.String("request_id", r.RequestID),
	}
	if r.Reason != "" {
		attrs = append(attrs, slog.String("reason", r.Reason))
	}
	a.logger.LogAttrs(ctx, level, "access", attrs...)
}

func (r *AuditRecord) fill(ctx context.Context) {
	if r.Subject == "" {
		p, _ := authn.FromContext(ctx)
		r.Subject = p.Subject
	}
	if r.Tenant == "" {
		id, _ := tenant.FromContext(ctx) // the zero ID, "", says that there was none
		r.Tenant = id.String()
	}
	if r.RequestID == "" {
		r.RequestID = requestid.FromContext(ctx)
	}
}
