package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"example.com/shiptrack/pkg/audit"
	"example.com/shiptrack/pkg/authn"
	"example.com/shiptrack/pkg/httpserver"
	"example.com/shiptrack/pkg/telemetry"
	"example.com/shiptrack/pkg/trackingapi"
	"example.com/shiptrack/tracking-service/internal/dynamo"
	"example.com/shiptrack/tracking-service/internal/isolation"
	"example.com/shiptrack/tracking-service/internal/rest"
	"example.com/shiptrack/tracking-service/internal/tracking"
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
	tel, err := telemetry.New(telemetry.Config{Service: name, Level: s.Telemetry.LogLevel, TraceEndpoint: s.Telemetry.TraceEndpoint, Writer: p.stdout})
	if err != nil {
		return err
	}
	cfg.Logger = sdkLog{tel.Logger}
	cfg.APIOptions = append(cfg.APIOptions, tellRequestID)
	server, gate, err := newServer(ctx, s, cfg, tel)
	if err != nil {
		return err
	}
	checking, stop := context.WithCancel(ctx)
	var checks sync.WaitGroup
	checks.Go(func() { gate.Run(checking) })
	err = server.Run(ctx)
	stop()
	checks.Wait()
	flush, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
	defer cancel()
	return errors.Join(err, tel.Shutdown(flush))
}

// newServer wires the steps of one request: limits, authentication, isolation gate, contract, domain, table. The gate's checks
// are the caller's to run.
func newServer(ctx context.Context, s settings, cfg aws.Config, tel *telemetry.Telemetry) (*httpserver.Server, *isolation.Gate, error) {
	verification := s.Tokens.Config()
	verification.Logger = tel.Logger
	verifier, err := authn.New(ctx, verification)
	if err != nil {
		return nil, nil, err
	}
	trail, err := newTrail(tel)
	if err != nil {
		return nil, nil, err
	}
	base := &baseCheck{client: sts.NewFromConfig(cfg)}
	gate, err := newGate(s, cfg, base.client, tel, trail)
	if err != nil {
		return nil, nil, err
	}
	service, err := newService(s, cfg, base.client, tel, trail)
	if err != nil {
		return nil, nil, err
	}
	cursorKey, err := s.cursorKey()
	if err != nil {
		return nil, nil, err
	}
	server, err := httpserver.New(httpserver.Config{
		Service: name, Addr: s.Server.ListenAddr, MetricsAddr: s.Server.MetricsAddr, AllowedHosts: s.Server.AllowedHosts,
		RequestTimeout: s.Server.RequestTimeout, ShutdownTimeout: s.Server.ShutdownTimeout, Telemetry: tel,
		OpenAPI: trackingapi.Document(), MaxToken: s.Tokens.MaxTokenBytes,
		Ready: func(ctx context.Context) error {
			if s.Isolation.Mode == enforce { // the check has used the base credentials too
				return errors.Join(gate.Open(), verifier.Ready())
			}
			return errors.Join(verifier.Ready(), base.Ready(ctx))
		},
	})
	if err != nil {
		return nil, nil, err
	}
	return server, gate, rest.Register(server.Echo(), rest.Config{
		Service: service, Authenticate: httpserver.Authenticate(verifier), Open: gate.Open, CursorKey: cursorKey,
	})
}

// newGate returns the gate that the isolation check opens.
func newGate(s settings, cfg aws.Config, client *sts.Client, tel *telemetry.Telemetry, trail *audit.Trail) (*isolation.Gate, error) {
	check := &isolationCheck{access: s.Access, aws: cfg, sts: client, trail: trail}
	return isolation.New(isolation.Config{
		Check: check.run, Enforce: s.Isolation.Mode == enforce, Interval: s.Isolation.Interval,
		Logger: tel.Unfiltered, Registry: tel.Registry,
	})
}

// newService returns the domain over the table.
func newService(s settings, cfg aws.Config, client *sts.Client, tel *telemetry.Telemetry, trail *audit.Trail) (*tracking.Service, error) {
	machine, err := newVending(s, client, tel, trail)
	if err != nil {
		return nil, err
	}
	store, err := dynamo.New(dynamo.Config{AWS: cfg, Vending: machine, Table: s.Access.Table, Audit: trail})
	if err != nil {
		return nil, err
	}
	return tracking.New(store)
}
