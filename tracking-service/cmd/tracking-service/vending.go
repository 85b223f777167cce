package main

import (
	"context"
	"log/slog"

	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/prometheus/client_golang/prometheus"

	"example.com/shiptrack/pkg/audit"
	"example.com/shiptrack/pkg/telemetry"
	"example.com/shiptrack/pkg/tokenvending"
)

// newVending returns the machine that vends sessions of a role, watched by watch.
func newVending(s settings, role string, client *sts.Client, watch *sessionWatch) (*tokenvending.Machine, error) {
	return tokenvending.New(tokenvending.Config{
		STS: client, RoleARN: role, Instance: s.Access.InstanceID,
		Duration: s.SessionDuration, Capacity: s.SessionCacheSize, CallsPerSecond: s.CallsPerSecond, Observe: watch.of(role),
	})
}

// sessionWatch tells the operator of each session that was asked for. The seconds are those of AssumeRole.
type sessionWatch struct {
	logger  *slog.Logger
	trail   *audit.Trail
	seconds *prometheus.HistogramVec
}

func newSessionWatch(tel *telemetry.Telemetry, trail *audit.Trail) (*sessionWatch, error) {
	seconds := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "shiptrack_session_seconds",
		Help:    "Time that STS took to vend a tenant's session, by outcome: vended, unavailable, denied, mismatched or clock_skewed.",
		Buckets: prometheus.ExponentialBuckets(0.002, 2, 13),
	}, []string{"outcome"})
	if err := tel.Registry.Register(seconds); err != nil {
		return nil, err
	}
	return &sessionWatch{logger: tel.Logger, trail: trail, seconds: seconds}, nil
}

// of returns what is to be told of the sessions of a role.
func (w *sessionWatch) of(role string) func(context.Context, tokenvending.Event) {
	return func(ctx context.Context, e tokenvending.Event) { w.observe(ctx, role, e) }
}

func (w *sessionWatch) observe(ctx context.Context, role string, e tokenvending.Event) {
	outcome := "vended"
	if e.Err != nil {
		outcome = e.Err.Kind.String()
	}
	w.seconds.WithLabelValues(outcome).Observe(e.Took.Seconds())
	w.trail.Record(ctx, recordOf(e, role))
	w.logger.LogAttrs(ctx, slog.LevelDebug, "session", slog.String("tenant", e.Tenant.String()),
		slog.String("outcome", outcome), slog.Bool("refresh", e.Refresh), slog.Duration("took", e.Took))
}

// recordOf returns the audit record of a session that was asked for.
func recordOf(e tokenvending.Event, role string) audit.Record {
	record := audit.Record{
		Tenant: e.Tenant.String(), Action: "sts:AssumeRole", Resource: role,
		AWSRequestID: e.AWSRequestID, Session: e.SessionARN, Decision: audit.Allow,
	}
	if e.Err != nil {
		record.Decision, record.Reason = audit.Deny, e.Err.Error()
		if e.Err.Kind == tokenvending.Unavailable || e.Err.Kind == tokenvending.ClockSkewed { // no alarm: nobody was refused
			record.Decision = audit.Failed
		}
	}
	return record
}
