// Package audit writes the audit trail of the tenants' data: who asked for what, for which tenant, how AWS
// decided, and what it cost. It keeps denials apart from failures: only a refusal by AWS counts as a denial.
package audit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

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

// Kinds of records, as they stand in the log.
const (
	kindAccess = "access" // in a tenant's name
	kindCheck  = "check"  // by the service's own isolation check, which asks for what AWS must refuse

	kindRequest = "request" // no access: a request whose token was verified, see Requests
)

// Record is one access to a tenant's data. Subject, Tenant and RequestID are taken from the context
// where they are empty.
type Record struct {
	Subject      string // the token's sub: who, within the tenant
	Tenant       string
	Action       string // such as dynamodb:GetItem
	Resource     string // such as a table's ARN; no attribute values
	AWSRequestID string // joins this record to CloudTrail, whose events have no subject
	Session      string // ARN of the assumed role's session
	Decision     Decision
	RequestID    string
	Reason       string  // for Deny and Failed; of a check, why the answer is not the one that is due
	Units        float64 // DynamoDB's capacity units that the answer names
	Check        string  // which request of the isolation check it is; empty: none, it is an access in the tenant's name
}

func (r Record) kind() string {
	if r.Check != "" {
		return kindCheck
	}
	return kindAccess
}

// level returns how grave r is. For a check a denial may be what is due; where Reason says that the answer is not,
// one that was allowed is the gravest.
func (r Record) level() slog.Level {
	switch {
	case r.Check == "" && r.Decision == Deny, r.Check != "" && r.Decision == Allow && r.Reason != "":
		return slog.LevelError
	case r.Decision == Failed, r.Check != "" && r.Reason != "":
		return slog.LevelWarn
	}
	return slog.LevelInfo
}

// Config is what a Trail needs; all of it must be set.
type Config struct {
	Logger   *slog.Logger // takes one line for each record; it must write all levels
	Registry prometheus.Registerer
	Subject  func(context.Context) string // who is asking; empty where the context has nobody
	Tier     func(tenant.ID) string       // of a tenant, for metrics: there are few
}

// Trail writes the audit trail: JSON lines with "log":"audit", among those of the log. It is safe for concurrent
// use.
type Trail struct {
	logger  *slog.Logger
	subject func(context.Context) string
	tier    func(tenant.ID) string
	denials prometheus.Counter
	calls   *prometheus.CounterVec
	units   *prometheus.CounterVec
}

// New returns a Trail, or an error where cfg cannot be used.
func New(cfg Config) (*Trail, error) {
	if cfg.Logger == nil || cfg.Registry == nil || cfg.Subject == nil || cfg.Tier == nil {
		return nil, errors.New("audit: New needs a Logger, a Registry, a Subject and a Tier")
	}
	t := &Trail{
		logger: inTrail(cfg.Logger), subject: cfg.Subject, tier: cfg.Tier,
		denials: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "shiptrack_denials_total",
			Help: "Calls that AWS denied although the service made them in the tenant's own name. Any is an alarm.",
		}),
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "shiptrack_tenant_aws_calls_total", Help: "Calls of AWS in a tenant's name, by the tenant's tier and how they ended.",
		}, []string{"tier", "decision"}),
		units: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "shiptrack_tenant_capacity_units_total", Help: "DynamoDB's capacity units that its answers named, by the tenant's tier.",
		}, []string{"tier"}),
	}
	for _, c := range []prometheus.Collector{t.denials, t.calls, t.units} {
		if err := cfg.Registry.Register(c); err != nil {
			return nil, fmt.Errorf("audit: metrics: %w", err)
		}
	}
	return t, nil
}

func inTrail(logger *slog.Logger) *slog.Logger { return logger.With(slog.String("log", "audit")) }

// Requests returns a logger for lines about requests whose token was verified: they are in the audit trail, as a kind of their
// own. logger must write all levels.
func Requests(logger *slog.Logger) *slog.Logger {
	return inTrail(logger).With(slog.String("kind", kindRequest))
}

// Record writes r. A Deny is counted in shiptrack_denials_total and written as an error, except for a check.
func (t *Trail) Record(ctx context.Context, r Record) {
	t.complete(ctx, &r)
	t.count(r)
	attrs := append(make([]slog.Attr, 0, 13),
		slog.String("kind", r.kind()),
		slog.String("decision", string(r.Decision)), slog.String("tenant", r.Tenant),
		slog.String("subject", r.Subject), slog.String("action", r.Action), slog.String("resource", r.Resource),
		slog.String("aws_request_id", r.AWSRequestID), slog.String("session", r.Session),
		slog.String("request_id", r.RequestID))
	if id := requestid.CallerFromContext(ctx); id != "" { // a hint: see requestid.NewContext
		attrs = append(attrs, slog.String("caller_request_id", id))
	}
	if r.Units > 0 {
		attrs = append(attrs, slog.Float64("capacity_units", r.Units))
	}
	if r.Check != "" {
		attrs = append(attrs, slog.String("check", r.Check))
	}
	if r.Reason != "" {
		attrs = append(attrs, slog.String("reason", r.Reason))
	}
	t.logger.LogAttrs(ctx, r.level(), "access", attrs...)
}

// count counts an access in a tenant's name.
func (t *Trail) count(r Record) {
	if r.Check != "" {
		return
	}
	if r.Decision == Deny {
		t.denials.Inc()
	}
	tier := "none"
	if id, err := tenant.Parse(r.Tenant); err == nil {
		tier = t.tier(id)
	}
	t.calls.WithLabelValues(tier, string(r.Decision)).Inc()
	if r.Units > 0 {
		t.units.WithLabelValues(tier).Add(r.Units)
	}
}

func (t *Trail) complete(ctx context.Context, r *Record) {
	if r.Subject == "" {
		r.Subject = t.subject(ctx)
	}
	if r.Tenant == "" {
		id, _ := tenant.FromContext(ctx) // the zero ID, "", says that there was none
		r.Tenant = id.String()
	}
	if r.RequestID == "" {
		r.RequestID = requestid.FromContext(ctx)
	}
}
