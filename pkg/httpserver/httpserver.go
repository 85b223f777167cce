// Package httpserver is the HTTP side that both services share: limits, deadlines, errors, logs, metrics,
// health and a graceful stop. A handler registered with it returns its errors; this package alone decides what the
// caller and the operator see of them.
package httpserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"example.com/shiptrack/pkg/allowedhosts"
	"example.com/shiptrack/pkg/audit"
	"example.com/shiptrack/pkg/authn"
	"example.com/shiptrack/pkg/connlimit"
	"example.com/shiptrack/pkg/fairshare"
	"example.com/shiptrack/pkg/telemetry"
)

// The limits of what a client may send and how long it may take.
const (
	DefaultMaxBody    = 64 << 10 // bytes of a request's body
	maxTarget         = 8 << 10  // bytes of a request's target; 100 ids of 64 characters fit
	restOfHeader      = 16 << 10 // bytes of request line and header without the token: a target, and the rest
	maxMetricsHeader  = 4 << 10
	readHeaderTimeout = 5 * time.Second
	idleTimeout       = 90 * time.Second
	// slack is the time for reading a request and writing its answer that is granted on top of
	// RequestTimeout.
	slack = 5 * time.Second
)

// What all clients together can make a server hold: see connlimit.Limits. 500 connections of a flood and as many headers
// fit into the memory of the smaller service's container.
var (
	mainLimits    = connlimit.Limits{Connections: 512, HeaderBytes: 2 << 20}
	metricsLimits = connlimit.Limits{Connections: 32, HeaderBytes: 64 << 10}
)

// Config is what a Server needs; all of it but MaxBody, MaxToken, Origins, Ready, OpenAPI, Streams, Notes, AllowedHosts and
// Tiers is required.
type Config struct {
	Service         string               // name in traces
	Addr            string               // host:port of the service; port 0 takes a free one
	MetricsAddr     string               // host:port of /metrics, kept apart from the service
	RequestTimeout  time.Duration        // a request's deadline; a caller may ask for less: httpclient.TimeoutHeader
	ShutdownTimeout time.Duration        // how long Run may take to stop
	MaxBody         int64                // bytes; 0 is DefaultMaxBody
	MaxToken        int                  // bytes of the longest token that a request may carry; 0 is authn.DefaultMaxTokenBytes
	Origins         []string             // whose pages may read answers, see CORSSettings; none: no page of another origin
	Telemetry       *telemetry.Telemetry // takes logs, metrics and traces
	// Ready returns nil while the service can answer requests, else why not (for the log, not for the
	// caller). It is asked at most once at a time. nil: always.
	Ready   func(context.Context) error
	OpenAPI []byte   // served at /openapi.yaml; nil: not served
	Streams []Stream // routes with bodies of any size; nil: none
	// Notes returns lines for the operator that /readyz has below its "ok", each with its line end; nil: none.
	Notes func() string
	// AllowedHosts are the service's names, see package allowedhosts. A request with another Host is answered 421. nil: the
	// service answers for any Host; /metrics for the hosts that are always allowed.
	AllowedHosts HostNames
	// Tiers has the limits of each tenant, see Server.FairShare, and the labels of metrics of what tenants use. nil: no limits.
	Tiers *fairshare.Tiers
}

func (cfg Config) check() error {
	switch {
	case cfg.Telemetry == nil:
		return errors.New("httpserver: Config.Telemetry is required")
	case cfg.Service == "" || cfg.Addr == "" || cfg.MetricsAddr == "":
		return errors.New("httpserver: Config.Service, Addr and MetricsAddr are required")
	case cfg.RequestTimeout <= 0 || cfg.ShutdownTimeout <= 0:
		return errors.New("httpserver: Config.RequestTimeout and ShutdownTimeout must be positive")
	case cfg.MaxBody < 0 || cfg.MaxToken < 0:
		return errors.New("httpserver: Config.MaxBody and MaxToken must not be negative")
	}
	return nil
}

// maxHeader is how many bytes request line and header may have.
func (cfg Config) maxHeader() int { return restOfHeader + cfg.MaxToken }

// Server serves one service. Routes are registered before Run; after that it is safe for concurrent use.
type Server struct {
	cfg       Config
	logger    *slog.Logger
	trail     *slog.Logger // takes the lines of requests whose token was verified: they are in the audit log
	shares    *shares
	echo      *echo.Echo
	metrics   *requestMetrics
	readiness readiness
	hosts     allowedhosts.List
	streams   map[Stream]bool
	draining  atomic.Bool
	base      context.Context // of all requests; ends when a stop runs out of time

	main, metricsServer *http.Server // the service, and /metrics
	mainLn, metricsLn   net.Listener
}

// New returns a Server that has the routes /healthz, /readyz and /openapi.yaml. It does not listen yet.
func New(cfg Config) (*Server, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if cfg.MaxBody == 0 {
		cfg.MaxBody = DefaultMaxBody
	}
	if cfg.MaxToken == 0 {
		cfg.MaxToken = authn.DefaultMaxTokenBytes
	}
	hosts, err := allowedhosts.New(cfg.AllowedHosts...)
	if err != nil {
		return nil, fmt.Errorf("httpserver: Config.AllowedHosts: %w", err)
	}
	metrics, err := newRequestMetrics(cfg.Telemetry.Registry)
	if err != nil {
		return nil, err
	}
	shares, err := newShares(cfg)
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, logger: cfg.Telemetry.Logger, trail: audit.Requests(cfg.Telemetry.Unfiltered), shares: shares, metrics: metrics, hosts: hosts, readiness: readiness{ask: cfg.Ready}}
	s.streams = map[Stream]bool{}
	for _, stream := range cfg.Streams {
		s.streams[stream] = true
	}
	s.echo = s.newEcho()
	s.main = s.newHTTPServer(s.handler(), cfg.RequestTimeout+slack)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(cfg.Telemetry.Registry, promhttp.HandlerOpts{}))
	s.metricsServer = s.newHTTPServer(s.ownMetricsHosts(mux), 30*time.Second)
	s.metricsServer.MaxHeaderBytes = maxMetricsHeader
	return s, nil
}

func (s *Server) newHTTPServer(h http.Handler, timeout time.Duration) *http.Server {
	return &http.Server{
		Handler: h, MaxHeaderBytes: s.cfg.maxHeader(),
		ReadHeaderTimeout: readHeaderTimeout, ReadTimeout: timeout, WriteTimeout: timeout, IdleTimeout: idleTimeout,
		ErrorLog: slog.NewLogLogger(s.logger.Handler(), slog.LevelWarn),
	}
}

func (s *Server) newEcho() *echo.Echo {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.Logger.SetOutput(io.Discard) // echo logs in a format of its own; errors reach ours through observe
	e.HTTPErrorHandler = renderError
	e.Use(s.observe, recoverPanic)
	if len(s.cfg.Origins) > 0 {
		e.Use(CORS(s.cfg.Origins)) // before what refuses requests: a page may read errors too
	}
	e.Use(s.limit, s.ownHosts, serverOptions, wholeSegments, s.deadline)
	e.GET("/healthz", func(c echo.Context) error { return c.String(http.StatusOK, "ok\n") })
	e.GET("/readyz", s.readyz)
	if s.cfg.OpenAPI != nil {
		e.GET("/openapi.yaml", func(c echo.Context) error {
			return c.Blob(http.StatusOK, "application/yaml", s.cfg.OpenAPI) // RFC 9512
		})
	}
	return e
}

// Echo returns the router, to register routes on before Run. Middleware belongs to the route (the last
// arguments of GET and its like): echo's groups with middleware answer unknown paths themselves.
func (s *Server) Echo() *echo.Echo { return s.echo }
