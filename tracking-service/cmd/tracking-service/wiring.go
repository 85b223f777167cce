package main

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"example.com/shiptrack/pkg/audit"
	"example.com/shiptrack/pkg/telemetry"
	"example.com/shiptrack/tracking-service/internal/availability"
	"example.com/shiptrack/tracking-service/internal/documents"
	"example.com/shiptrack/tracking-service/internal/dynamo"
	"example.com/shiptrack/tracking-service/internal/isolation"
	"example.com/shiptrack/tracking-service/internal/s3"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

// wiring is what the parts of the service have in common.
type wiring struct {
	settings      settings
	aws           aws.Config
	sts           *sts.Client
	tel           *telemetry.Telemetry
	trail         *audit.Trail
	table, bucket *availability.Watch
}

// gates are those that the isolation checks open: one for each store.
type gates struct{ table, bucket *isolation.Gate }

// shipments returns what opens the operations on shipments; documents, what opens those on documents.
func (g gates) shipments() func() error { return g.table.Among(g.bucket) }
func (g gates) documents() func() error { return g.bucket.Among(g.table) }

// newGates returns the gates, whose checks are not yet run.
func (w wiring) newGates() (gates, error) {
	role := func(prefix, arn string) roleCheck {
		return roleCheck{prefix: prefix, roleARN: arn, instance: w.settings.Access.InstanceID, sts: w.sts, trail: w.trail}
	}
	access := w.settings.Access
	ofTable := &tableCheck{role: role("", access.RoleARN), aws: w.aws, table: access.Table, outage: w.table}
	ofBucket := &bucketCheck{
		reads: role("read-", access.RoleARN), writes: role("write-", w.settings.WriteRoleARN),
		aws: w.aws, bucket: access.Bucket, outage: w.bucket,
	}
	config := isolation.Config{
		Store: "dynamodb", Check: ofTable.run, Enforce: w.settings.Isolation.Mode == enforce, Interval: w.settings.Isolation.Interval,
		Logger: w.tel.Unfiltered, Registry: w.tel.Registry,
	}
	table, errTable := isolation.New(config)
	config.Store, config.Check, config.Optional = "s3", ofBucket.run, true
	bucket, errBucket := isolation.New(config)
	return gates{table, bucket}, errors.Join(errTable, errBucket)
}

// notes returns what /readyz tells the operator of a service that is ready: which stores are away, and whether documents
// are not served because their check has not shown that tenants are kept apart.
func (w wiring) notes(g gates) func() string {
	return func() string {
		notes := ""
		if w.table.Away() {
			notes += "dynamodb is away\n"
		}
		if w.bucket.Away() {
			notes += "s3 is away\n"
		}
		if g.bucket.Open() != nil {
			notes += "s3 is not served: its isolation check has not shown that tenants are kept apart\n"
		}
		return notes
	}
}

// services are the domains over their stores.
type services struct {
	shipments *tracking.Service
	documents *documents.Service
}

func (w wiring) newServices() (services, error) {
	s := w.settings
	watch, err := newSessionWatch(w.tel, w.trail)
	if err != nil {
		return services{}, err
	}
	reads, errReads := newVending(s, s.Access.RoleARN, w.sts, watch)
	writes, errWrites := newVending(s, s.WriteRoleARN, w.sts, watch)
	if err := errors.Join(errReads, errWrites); err != nil {
		return services{}, err
	}
	table, err := dynamo.New(dynamo.Config{AWS: w.aws, Vending: reads, Table: s.Access.Table, Audit: w.trail, Outage: w.table})
	if err != nil {
		return services{}, err
	}
	shipments, err := tracking.New(table)
	if err != nil {
		return services{}, err
	}
	bucket, err := s3.New(s3.Config{AWS: w.aws, Reads: reads, Writes: writes, Bucket: s.Access.Bucket, Audit: w.trail, Outage: w.bucket})
	if err != nil {
		return services{}, err
	}
	papers, err := documents.New(documents.Config{Store: bucket, Shipments: shipments, MaxBytes: s.DocumentMaxBytes})
	return services{shipments: shipments, documents: papers}, err
}
