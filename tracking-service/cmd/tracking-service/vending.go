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

// newVending returns the machine that vends sessions of the access role, watched by tel.
func newVending(s settings, client *sts.Client, tel *telemetry.Telemetry, trail *audit.Trail) (*tokenvending.Machine, error) {
	watch, err := newSessionWatch(s.Access.RoleARN, tel, trail)
	if err != nil {
		return nil, err
	}
	return tokenvending.New(tokenvending.Config{
		STS: client, RoleARN: s.Access.RoleARN, Instance: s.Access.InstanceID,
		Duration: s.SessionDuration, Capacity: s.SessionCacheSize, CallsPerSecond: s.CallsPerSecond, Observe: watch.observe,
	})
}

// sessionWatch tells the operator of each session that was asked for. The seconds are those of AssumeRole.
type sessionWatch struct {
	role    string
	logger  *slog.Logger
	trail   *audit.Trail
	seconds *prometheus.HistogramVec
}

func newSessionWatch(role string, tel *telemetry.Telemetry, trail *audit.Trail) (*sessionWatch, error) {
	seconds := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "shiptrack_session_seconds",
		Help:    "Time that STS took to vend a tenant's session, by outcome: vended, unavailable, denied, mismatched or clock_skewed.",
		Buckets: prometheus.ExponentialBuckets(0.002, 2, 13),
	}, []string{"outcome"})
	if err := tel.Registry.Register(seconds); err != nil {
		return nil, err
	}
	return &sessionWatch{role: role, logger: tel.Logger, trail: trail, seconds: seconds}, nil
}

func (w *sessionWatch) observe(ctx context.Context, e tokenvending.Event) {
	outcome := "vended"
	if e.Err != nil {
		outcome = e.Err.Kind.String()
	}
	w.seconds.WithLabelValues(outcome).Observe(e.Took.Seconds())
	w.trail.Record(ctx, recordOf(e, w.role))
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
