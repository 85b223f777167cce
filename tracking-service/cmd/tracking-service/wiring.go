package main

import (
	"context"
	"errors"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"example.com/shiptrack/pkg/audit"
	"example.com/shiptrack/pkg/telemetry"
	"example.com/shiptrack/tracking-service/internal/availability"
	"example.com/shiptrack/tracking-service/internal/documents"
	"example.com/shiptrack/tracking-service/internal/dynamo"
	"example.com/shiptrack/tracking-service/internal/isolation"
	"example.com/shiptrack/tracking-service/internal/opensearch"
	"example.com/shiptrack/tracking-service/internal/s3"
	"example.com/shiptrack/tracking-service/internal/search"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

// wiring is what the parts of the service have in common.
type wiring struct {
	settings              settings
	aws                   aws.Config
	sts                   *sts.Client
	tel                   *telemetry.Telemetry
	trail                 *audit.Trail
	table, bucket, domain *availability.Watch
}

// gates are those that the isolation checks open: one for each store.
type gates struct{ table, bucket, domain *isolation.Gate }

// shipments returns what opens the operations on shipments; documents, what opens those on documents; searches, what opens the
// search.
func (g gates) shipments() func() error { return g.table.Among(g.bucket, g.domain) }
func (g gates) documents() func() error { return g.bucket.Among(g.table, g.domain) }
func (g gates) searches() func() error  { return g.domain.Among(g.table, g.bucket) }

// run runs all checks until ctx is done.
func (g gates) run(ctx context.Context) {
	var checks sync.WaitGroup
	for _, gate := range []*isolation.Gate{g.table, g.bucket, g.domain} {
		checks.Go(func() { gate.Run(ctx) })
	}
	checks.Wait()
}

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
	ofDomain := &domainCheck{role: role("search-", access.RoleARN), aws: w.aws, endpoint: access.SearchURL, outage: w.domain}
	config := isolation.Config{
		Store: "dynamodb", Check: ofTable.run, Enforce: w.settings.Isolation.Mode == enforce, Interval: w.settings.Isolation.Interval,
		Logger: w.tel.Unfiltered, Registry: w.tel.Registry,
	}
	table, errTable := isolation.New(config)
	config.Store, config.Check, config.Optional = "s3", ofBucket.run, true
	bucket, errBucket := isolation.New(config)
	config.Store, config.Check = "opensearch", ofDomain.run
	domain, errDomain := isolation.New(config)
	return gates{table, bucket, domain}, errors.Join(errTable, errBucket, errDomain)
}

// notes returns what /readyz tells the operator of a service that is ready: which stores are away, and whether documents or
// searches are not served because their check has not shown that tenants are kept apart.
func (w wiring) notes(g gates) func() string {
	return func() string {
		notes := ""
		for _, store := range []struct {
			name  string
			watch *availability.Watch
		}{{"dynamodb", w.table}, {"s3", w.bucket}, {"opensearch", w.domain}} {
			if store.watch.Away() {
				notes += store.name + " is away\n"
			}
		}
		for _, store := range []struct {
			name string
			gate *isolation.Gate
		}{{"s3", g.bucket}, {"opensearch", g.domain}} {
			if store.gate.Open() != nil {
				notes += store.name + " is not served: its isolation check has not shown that tenants are kept apart\n"
			}
		}
		return notes
	}
}

// services are the domains over their stores.
type services struct {
	shipments *tracking.Service
	documents *documents.Service
	search    *search.Service
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
	table, errTable := dynamo.New(dynamo.Config{AWS: w.aws, Vending: reads, Table: s.Access.Table, Audit: w.trail, Outage: w.table})
	bucket, errBucket := s3.New(s3.Config{AWS: w.aws, Reads: reads, Writes: writes, Bucket: s.Access.Bucket, Audit: w.trail, Outage: w.bucket})
	domain, errDomain := opensearch.New(opensearch.Config{AWS: w.aws, Vending: reads, Endpoint: s.Access.SearchURL, Audit: w.trail, Outage: w.domain})
	if err := errors.Join(errTable, errBucket, errDomain); err != nil {
		return services{}, err
	}
	shipments, err := tracking.New(table)
	if err != nil {
		return services{}, err
	}
	papers, errPapers := documents.New(documents.Config{Store: bucket, Shipments: shipments, MaxBytes: s.DocumentMaxBytes})
	finds, errFinds := search.New(domain)
	return services{shipments, papers, finds}, errors.Join(errPapers, errFinds)
}
