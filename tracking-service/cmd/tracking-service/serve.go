package main

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"example.com/shiptrack/pkg/authn"
	"example.com/shiptrack/pkg/httpserver"
	"example.com/shiptrack/pkg/telemetry"
	"example.com/shiptrack/pkg/trackingapi"
	"example.com/shiptrack/tracking-service/internal/availability"
	"example.com/shiptrack/tracking-service/internal/rest"
)

// flushTimeout is how long the last spans may take to leave.
const flushTimeout = 2 * time.Second

type serve struct{}

// Run serves until ctx is done.
func (serve) Run(ctx context.Context, p process) error {
	s, cfg, err := load[settings](ctx, p.environ)
	if err != nil {
		return err
	}
	return serveWith(ctx, s, cfg, p.stdout)
}

// serveWith serves with settings and a configuration of the SDK that are loaded.
func serveWith(ctx context.Context, s settings, cfg aws.Config, stdout io.Writer) error {
	tel, err := telemetry.New(telemetry.Config{Service: name, Level: s.Telemetry.LogLevel, TraceEndpoint: s.Telemetry.TraceEndpoint, Writer: stdout})
	if err != nil {
		return err
	}
	cfg.Logger = sdkLog{tel.Logger}
	cfg.APIOptions = append(cfg.APIOptions, tellRequestID)
	server, gates, err := newServer(ctx, s, cfg, tel)
	if err != nil {
		return err
	}
	checking, stop := context.WithCancel(ctx)
	var checks sync.WaitGroup
	checks.Go(func() { gates.run(checking) })
	err = server.Run(ctx)
	stop()
	checks.Wait()
	flush, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
	defer cancel()
	return errors.Join(err, tel.Shutdown(flush))
}

// newServer wires the steps of one request: limits, authentication, the tenant's limits, isolation gates, contract, domain, stores. The gates' checks
// are the caller's to run.
func newServer(ctx context.Context, s settings, cfg aws.Config, tel *telemetry.Telemetry) (*httpserver.Server, gates, error) {
	verification := s.Tokens.Config()
	verification.Logger = tel.Logger
	verifier, err := authn.New(ctx, verification)
	if err != nil {
		return nil, gates{}, err
	}
	trail, err := newTrail(tel, s.Limits.Tiers())
	if err != nil {
		return nil, gates{}, err
	}
	base := &baseCheck{client: sts.NewFromConfig(cfg)}
	w := wiring{settings: s, aws: cfg, sts: base.client, tel: tel, trail: trail,
		table: availability.New("dynamodb", tel.Logger), bucket: availability.New("s3", tel.Logger), domain: availability.New("opensearch", tel.Logger)}
	g, err := w.newGates()
	if err != nil {
		return nil, gates{}, err
	}
	services, err := w.newServices()
	if err != nil {
		return nil, gates{}, err
	}
	cursorKey, err := s.cursorKey()
	if err != nil {
		return nil, gates{}, err
	}
	server, err := httpserver.New(httpserver.Config{
		Service: name, Addr: s.Server.ListenAddr, MetricsAddr: s.Server.MetricsAddr, AllowedHosts: s.Server.AllowedHosts,
		RequestTimeout: s.Server.RequestTimeout, ShutdownTimeout: s.Server.ShutdownTimeout, Telemetry: tel,
		OpenAPI: trackingapi.Document(), MaxToken: s.Tokens.MaxTokenBytes, Streams: rest.Streams(), Notes: w.notes(g), Tiers: s.Limits.Tiers(),
		Ready: func(ctx context.Context) error {
			if s.Isolation.Mode == enforce { // the checks have used the base credentials too
				return errors.Join(g.shipments()(), g.bucket.Checked(), g.domain.Checked(), verifier.Ready())
			}
			return errors.Join(verifier.Ready(), base.Ready(ctx))
		},
	})
	if err != nil {
		return nil, gates{}, err
	}
	return server, g, rest.Register(server.Echo(), rest.Config{
		Service: services.shipments, Documents: services.documents, Search: services.search, Authenticate: httpserver.Authenticate(verifier), FairShare: server.FairShare,
		Open: g.shipments(), OpenDocuments: g.documents(), OpenSearches: g.searches(), CursorKey: cursorKey,
	})
}
