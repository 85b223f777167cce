// Package httpclient makes the HTTP client for calls to our other services. It passes on what belongs to the
// request that is being answered: its trace, its id, and what is left of its deadline.
package httpclient

import (
	"context"
	"net"
	"net/http"
	"strconv"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	noopmetric "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"example.com/shiptrack/pkg/requestid"
)

// Headers between the services.
const (
	// RequestIDHeader carries a request id. Each service makes its own id for each request, and every answer
	// has it. The caller chooses the id in a request, so no log is joined by it. Where it is 1 to 64 of
	// A-Z a-z 0-9 . _ -, it is logged beside ours as caller_request_id.
	RequestIDHeader = "X-Request-Id"
	// TimeoutHeader is how long the caller will wait, in whole milliseconds from 1.
	TimeoutHeader = "X-Request-Timeout-Ms"
)

const (
	// maxIdlePerHost is how many connections to one host are kept between requests. A connection that
	// does not fit is closed after its request, and under load each such request opens one anew; the
	// AWS SDK's default is 10.
	maxIdlePerHost = 256
	// clientIdleTimeout is below the servers' idleTimeout, so that the client closes first: a request that it
	// sends while the server closes is lost.
	clientIdleTimeout = 60 * time.Second
)

// Config configures New. The zero Config is a client without traces.
type Config struct {
	Timeout        time.Duration                 // of a whole exchange; 0: the context's deadline alone
	TracerProvider trace.TracerProvider          // nil: no spans
	Propagator     propagation.TextMapPropagator // nil: the trace is not passed on
}

// New returns an HTTP client for calls to other services. Its requests carry bearer tokens, and anybody who reads one
// could use the token. So it follows no redirect (it returns the 3xx as it is), and takes no proxy from the environment.
// Each request carries the request id of its context and the remaining time of its deadline.
func New(cfg Config) *http.Client {
	nothing := propagation.NewCompositeTextMapPropagator()
	if cfg.Propagator == nil {
		cfg.Propagator = nothing
	}
	dialer := &net.Dialer{Timeout: 3 * time.Second, KeepAlive: 30 * time.Second}
	transport := &http.Transport{
		DialContext: dialer.DialContext, TLSHandshakeTimeout: 5 * time.Second, ForceAttemptHTTP2: true,
		MaxIdleConns: 2 * maxIdlePerHost, MaxIdleConnsPerHost: maxIdlePerHost, IdleConnTimeout: clientIdleTimeout,
		ExpectContinueTimeout: time.Second, MaxResponseHeaderBytes: 64 << 10,
		DisableCompression: true, // answers are small and near; a decompressed one has no size limit
	}
	var sending http.RoundTripper = forwarding{next: transport, propagator: cfg.Propagator}
	if cfg.TracerProvider != nil {
		sending = otelhttp.NewTransport(sending, otelhttp.WithTracerProvider(cfg.TracerProvider),
			otelhttp.WithPropagators(nothing), // forwarding passes the trace on
			otelhttp.WithMeterProvider(noopmetric.NewMeterProvider()))
	}
	return &http.Client{
		Timeout: cfg.Timeout, Transport: sending,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// forwarding completes each request's header from its context.
type forwarding struct {
	next       http.RoundTripper
	propagator propagation.TextMapPropagator
}

// RoundTrip is http.RoundTripper's; it may not change r.
func (f forwarding) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := r.Context()
	r = r.WithContext(ctx)
	r.Header = r.Header.Clone()
	forward(ctx, r.Header)
	f.propagator.Inject(ctx, propagation.HeaderCarrier(r.Header))
	return f.next.RoundTrip(r)
}

// forward writes two headers of a call to the next service, from ctx: the request id, and the remaining time of the
// deadline. It does not write the bearer token.
func forward(ctx context.Context, h http.Header) {
	if id := requestid.FromContext(ctx); id != "" {
		h.Set(RequestIDHeader, id)
	}
	if deadline, ok := ctx.Deadline(); ok {
		left := max(time.Until(deadline).Milliseconds(), 1)
		h.Set(TimeoutHeader, strconv.FormatInt(left, 10))
	}
}
