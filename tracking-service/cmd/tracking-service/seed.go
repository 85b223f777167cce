package main

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sts"

	"example.com/shiptrack/pkg/telemetry"
	"example.com/shiptrack/pkg/tokenvending"
	"example.com/shiptrack/tracking-service/internal/dynamo"
	"example.com/shiptrack/tracking-service/internal/opensearch"
	"example.com/shiptrack/tracking-service/internal/s3"
	"example.com/shiptrack/tracking-service/internal/seed"
)

// seedTimeout bounds a run of seed.
const seedTimeout = time.Minute

// seedTenants is the capacity of the session cache. It is small: once a tenant is written, its session is not needed.
const seedTenants = 16

// seedSettings are all that seed reads from its environment, but for AWS_*.
type seedSettings struct{ Access }

type seedCommand struct {
	Tenants bool `help:"Only print the tenants, one in each line: each needs a KMS key of its own before its documents are stored."`
}

// Run writes the shipments, their documents and what they are found by, and prints a line for each tenant. The audit records go to stderr.
func (c seedCommand) Run(ctx context.Context, p process) error {
	if c.Tenants {
		return seed.PrintTenants(seed.Files(), time.Now(), p.stdout)
	}
	s, cfg, err := load[seedSettings](ctx, p.environ)
	if err != nil {
		return err
	}
	tel, err := telemetry.New(telemetry.Config{Service: name + "-seed", Writer: p.stderr})
	if err != nil {
		return err
	}
	cfg.Logger = sdkLog{tel.Logger}
	trail, err := newTrail(tel, nil)
	if err != nil {
		return err
	}
	watch, err := newSessionWatch(tel, trail)
	if err != nil {
		return err
	}
	machine, err := tokenvending.New(tokenvending.Config{
		STS: sts.NewFromConfig(cfg), RoleARN: s.RoleARN, Instance: s.InstanceID,
		Duration: tokenvending.MinDuration, Capacity: seedTenants, Observe: watch.of(s.RoleARN),
	})
	if err != nil {
		return err
	}
	store, err := dynamo.New(dynamo.Config{AWS: cfg, Vending: machine, Table: s.Table, Audit: trail})
	if err != nil {
		return err
	}
	// The seed's role writes, and reads nothing.
	archive, err := s3.New(s3.Config{AWS: cfg, Reads: machine, Writes: machine, Bucket: s.Bucket, Audit: trail})
	if err != nil {
		return err
	}
	index, err := opensearch.New(opensearch.Config{AWS: cfg, Vending: machine, Endpoint: s.SearchURL, Audit: trail})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, seedTimeout)
	defer cancel()
	return seed.Run(ctx, seed.Files(), seed.Stores{Table: store, Archive: archive, Index: index}, time.Now(), p.stdout)
}
