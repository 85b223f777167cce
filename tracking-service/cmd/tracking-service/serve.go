package main

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"example.com/shiptrack/pkg/authn"
	"example.com/shiptrack/pkg/httpserver"
	"example.com/shiptrack/pkg/telemetry"
	"example.com/shiptrack/pkg/trackingapi"
	"example.com/shiptrack/tracking-service/internal/dynamo"
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
	server, err := newServer(ctx, s, cfg, tel)
	if err != nil {
		return err
	}
	err = server.Run(ctx)
	flush, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
	defer cancel()
	return errors.Join(err, tel.Shutdown(flush))
}

// newServer wires the steps of one request: limits, authentication, contract, domain, table.
func newServer(ctx context.Context, s settings, cfg aws.Config, tel *telemetry.Telemetry) (*httpserver.Server, error) {
	verification := s.Tokens.Config()
	verification.Logger = tel.Logger
	verifier, err := authn.New(ctx, verification)
	if err != nil {
		return nil, err
	}
	base := &baseCheck{client: sts.NewFromConfig(cfg)}
	service, err := newService(s, cfg, base.client, tel)
	if err != nil {
		return nil, err
	}
	cursorKey, err := s.cursorKey()
	if err != nil {
		return nil, err
	}
	server, err := httpserver.New(httpserver.Config{
		Service: name, Addr: s.Server.ListenAddr, MetricsAddr: s.Server.MetricsAddr, AllowedHosts: s.Server.AllowedHosts,
		RequestTimeout: s.Server.RequestTimeout, ShutdownTimeout: s.Server.ShutdownTimeout, Telemetry: tel,
		OpenAPI: trackingapi.Document(), MaxToken: s.Tokens.MaxTokenBytes,
		Ready: func(ctx context.Context) error { return errors.Join(verifier.Ready(), base.Ready(ctx)) },
	})
	if err != nil {
		return nil, err
	}
	return server, rest.Register(server.Echo(), rest.Config{
		Service: service, Authenticate: httpserver.Authenticate(verifier), CursorKey: cursorKey,
	})
}

// newService returns the domain over the table.
func newService(s settings, cfg aws.Config, client *sts.Client, tel *telemetry.Telemetry) (*tracking.Service, error) {
	trail, err := newTrail(tel)
	if err != nil {
		return nil, err
	}
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
