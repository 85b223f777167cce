package main

import (
	"context"
	"errors"
	"time"

	"example.com/shiptrack/pkg/authn"
	"example.com/shiptrack/pkg/authn/providers"
	"example.com/shiptrack/pkg/command"
	"example.com/shiptrack/pkg/config"
	"example.com/shiptrack/pkg/fairshare"
	"example.com/shiptrack/pkg/httpclient"
	"example.com/shiptrack/pkg/httpserver"
	"example.com/shiptrack/pkg/telemetry"
	"example.com/shiptrack/pkg/trackingapi/trackingclient"
	"example.com/shiptrack/shipment-service/internal/rest"
)

const (
	name        = "shipment-service"
	listenAddr  = "127.0.0.1:8080"
	metricsAddr = "127.0.0.1:9080"
	// flushTimeout is how long the last spans may take to leave.
	flushTimeout = 2 * time.Second
)

// settings are all that serve reads from its environment, but for OpenTelemetry's further OTEL_*.
type settings struct {
	Tokens      providers.Settings
	Server      httpserver.Settings
	CORS        httpserver.CORSSettings
	Limits      fairshare.Settings
	Telemetry   telemetry.Settings
	TrackingURL string `env:"TRACKING_URL,required" help:"where the tracking service is, such as http://127.0.0.1:8081"`
}

// Prefix is that of the variables that are the services' own. TRACKING_ and SHIPMENT_ are not: an environment for both services
// has variables of each.
func (*settings) Prefix() string { return "OIDC_" }

// Defaults presets what differs between the services.
func (s *settings) Defaults() { s.Server.ListenAddr, s.Server.MetricsAddr = listenAddr, metricsAddr }

// Validate checks what a type alone cannot.
func (s *settings) Validate() error {
	if err := config.CheckURL(s.TrackingURL); err != nil {
		return config.Invalid(&s.TrackingURL, "%v", err)
	}
	return nil
}

// address is all that health needs of the settings.
type address struct {
	ListenAddr string `env:"LISTEN_ADDR" help:"host:port that the service listens on"`
}

// Defaults presets the same as that of settings.
func (a *address) Defaults() { a.ListenAddr = listenAddr }

type serve struct{}

// Run serves until ctx is done.
func (serve) Run(ctx context.Context, p process) error {
	s, err := config.Load[settings](p.environ)
	if err != nil {
		return command.Misconfigured(err)
	}
	tel, err := telemetry.New(telemetry.Config{Service: name, Level: s.Telemetry.LogLevel, TraceEndpoint: s.Telemetry.TraceEndpoint, Writer: p.stdout})
	if err != nil {
		return err
	}
	server, err := newServer(ctx, s, tel)
	if err != nil {
		return err
	}
	err = server.Run(ctx)
	flush, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
	defer cancel()
	return errors.Join(err, tel.Shutdown(flush))
}

// newServer wires the steps of one request: limits, authentication, the tenant's limits, contract, tracking service.
func newServer(ctx context.Context, s settings, tel *telemetry.Telemetry) (*httpserver.Server, error) {
	verification := s.Tokens.Config()
	verification.Logger = tel.Logger
	verifier, err := authn.New(ctx, verification)
	if err != nil {
		return nil, err
	}
	tracking, err := trackingclient.New(trackingclient.Config{
		URL: s.TrackingURL,
		Transport: httpclient.New(httpclient.Config{
			TracerProvider: tel.TracerProvider, Propagator: tel.Propagator,
		}).Transport,
	})
	if err != nil {
		return nil, err
	}
	document, err := rest.Document()
	if err != nil {
		return nil, err
	}
	server, err := httpserver.New(httpserver.Config{
		Service: name, Addr: s.Server.ListenAddr, MetricsAddr: s.Server.MetricsAddr, AllowedHosts: s.Server.AllowedHosts,
		RequestTimeout: s.Server.RequestTimeout, ShutdownTimeout: s.Server.ShutdownTimeout, Telemetry: tel, OpenAPI: document,
		MaxToken: s.Tokens.MaxTokenBytes, Origins: s.CORS.AllowedOrigins, Streams: rest.Streams(), Tiers: s.Limits.Tiers(),
		Ready: func(ctx context.Context) error { return errors.Join(verifier.Ready(), tracking.Ready(ctx)) },
	})
	if err != nil {
		return nil, err
	}
	return server, rest.Register(server.Echo(), rest.Config{
		Tracking: tracking, Authenticate: httpserver.Authenticate(verifier), FairShare: server.FairShare,
	})
}
