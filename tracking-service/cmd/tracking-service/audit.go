package main

import (
	"context"

	"example.com/shiptrack/pkg/audit"
	"example.com/shiptrack/pkg/authn"
	"example.com/shiptrack/pkg/fairshare"
	"example.com/shiptrack/pkg/telemetry"
)

// newTrail returns the audit trail, whose lines stand among those of the log. tiers may be nil.
func newTrail(tel *telemetry.Telemetry, tiers *fairshare.Tiers) (*audit.Trail, error) {
	return audit.New(audit.Config{Logger: tel.Unfiltered, Registry: tel.Registry, Subject: subjectOf, Tier: tiers.Of})
}

func subjectOf(ctx context.Context) string {
	principal, _ := authn.FromContext(ctx) // the seed has none
	return principal.Subject
}
