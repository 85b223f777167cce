// Package httpserver is the HTTP side that both services share: limits, deadlines, error rendering, logs,
// metrics, health and graceful stop.
package httpserver

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"example.com/shiptrack/pkg/authn"
	"example.com/shiptrack/pkg/telemetry"
)

// Config is what a Server needs.
type Config struct {
	Service         string
	Addr            string
	MetricsAddr     string
	RequestTimeout  time.Duration
	ShutdownTimeout time.Duration
	MaxBody         int64 // bytes; 0 is 64 KiB
	Telemetry       *telemetry.Telemetry
	Ready           func(context.Context) error
	OpenAPI         []byte // served at /openapi.yaml
}

// Server serves one service.
type Server struct{}

// New returns a Server; it does not listen yet.
func New(cfg Config) (*Server, error) { return &Server{}, nil }

// Echo returns the router, to register routes on before Run.
func (s *Server) Echo() *echo.Echo { return nil }

// Listen opens both sockets; Run does it where it was not called.
func (s *Server) Listen() error { return nil }

// Addr returns the address that Listen got ("" before).
func (s *Server) Addr() string { return "" }

// MetricsAddr returns the address of /metrics that Listen got ("" before).
func (s *Server) MetricsAddr() string { return "" }

// Run serves until ctx is done, then drains and stops within the shutdown timeout.
func (s *Server) Run(ctx context.Context) error { return nil }

// Authenticate verifies the bearer token and puts principal, tenant and token in the request's context.
func Authenticate(v *authn.Verifier) echo.MiddlewareFunc { return nil }

// RequestID returns the id of ctx's request.
func RequestID(ctx context.Context) string { return telemetry.RequestID(ctx) }

// Probe asks addr's /readyz; nil means ready.
func Probe(ctx context.Context, addr string) error { return nil }

// TimeoutHeader is how long the caller will wait, in milliseconds.
const TimeoutHeader = "X-Request-Timeout-Ms"

// RequestIDHeader carries the request id.
const RequestIDHeader = "X-Request-Id"

// Forward writes to h what a call to the next service takes along from ctx: the request id and what is
// left of the deadline.
func Forward(ctx context.Context, h http.Header) {}

// ClientConfig configures NewClient.
type ClientConfig struct {
	Timeout        time.Duration // of a whole exchange; 0: the context's deadline alone
	TracerProvider trace.TracerProvider
	Propagator     propagation.TextMapPropagator
}

// NewClient returns an HTTP client for calls to other services and to AWS.
func NewClient(cfg ClientConfig) *http.Client { return nil }
