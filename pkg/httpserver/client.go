package httpserver

import (
	"net"
	"net/http"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	noopmetric "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	nooptrace "go.opentelemetry.io/otel/trace/noop"
)

const (
	// maxIdlePerHost is how many connections to one host are kept between requests. A connection that
	// does not fit is closed after its request, and under load each such request opens one anew; the
	// AWS SDK's default is 10.
	maxIdlePerHost = 256
	// clientIdleTimeout is below the servers' idleTimeout, so that it is the client who closes first: a
	// request sent while the server closes is lost.
	clientIdleTimeout = 60 * time.Second
)

// ClientConfig configures NewClient. The zero ClientConfig is a client without traces.
type ClientConfig struct {
	Timeout        time.Duration                 // of a whole exchange; 0: the context's deadline alone
	TracerProvider trace.TracerProvider          // nil: no spans
	Propagator     propagation.TextMapPropagator // nil: the trace is not passed on
}

// NewClient returns an HTTP client for calls to other services and to AWS, whose requests carry bearer
// tokens and signatures. So it follows no redirect (the 3xx is returned as it is), and takes no proxy from
// the environment: what reads such a request could repeat it.
func NewClient(cfg ClientConfig) *http.Client {
	if cfg.TracerProvider == nil {
		cfg.TracerProvider = nooptrace.NewTracerProvider()
	}
	if cfg.Propagator == nil {
		cfg.Propagator = propagation.NewCompositeTextMapPropagator()
	}
	dialer := &net.Dialer{Timeout: 3 * time.Second, KeepAlive: 30 * time.Second}
	transport := &http.Transport{
		DialContext: dialer.DialContext, TLSHandshakeTimeout: 5 * time.Second, ForceAttemptHTTP2: true,
		MaxIdleConns: 2 * maxIdlePerHost, MaxIdleConnsPerHost: maxIdlePerHost, IdleConnTimeout: clientIdleTimeout,
		ExpectContinueTimeout: time.Second, MaxResponseHeaderBytes: 64 << 10,
		DisableCompression: true, // answers are small and near; a decompressed one has no size limit
	}
	return &http.Client{
		Timeout: cfg.Timeout,
		Transport: otelhttp.NewTransport(transport,
			otelhttp.WithTracerProvider(cfg.TracerProvider), otelhttp.WithPropagators(cfg.Propagator),
			otelhttp.WithMeterProvider(noopmetric.NewMeterProvider())),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
