package httpserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"example.com/shiptrack/pkg/authn"
	"example.com/shiptrack/pkg/requestid"
)

// otherMethod stands for a method that is not one of knownMethods, or that could not be read.
const otherMethod = "other"

// unmatched stands for the route of a request that has none: the caller chooses the path, so it must not become
// a metric's label or a span's name.
const unmatched = "unmatched"

var knownMethods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
	http.MethodOptions, http.MethodConnect, http.MethodTrace,
}

type requestMetrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	inFlight prometheus.Gauge
}

func newRequestMetrics(registry prometheus.Registerer) (*requestMetrics, error) {
	m := &requestMetrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "shiptrack_http_requests_total", Help: "Requests answered, by method, route and status.",
		}, []string{"method", "route", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "shiptrack_http_request_duration_seconds", Help: "Time from a request's header to the end of its answer.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"method", "route"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "shiptrack_http_requests_in_flight", Help: "Requests being answered.",
		}),
	}
	for _, c := range []prometheus.Collector{m.requests, m.duration, m.inFlight} {
		if err := registry.Register(c); err != nil {
			return nil, fmt.Errorf("httpserver: metrics: %w", err)
		}
	}
	return m, nil
}

// errNoAnswer is the error of a handler that returned neither an error nor an answer: net/http would send 200.
var errNoAnswer = errors.New("httpserver: the handler did not answer")

// observe renders the error of what comes after it, and then logs, counts and times the request.
func (s *Server) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := time.Now()
		s.metrics.inFlight.Inc()
		defer s.metrics.inFlight.Dec()
		c.Response().Before(func() { addHead(c.Response().Header()) })
		ctx := c.Request().Context()
		err := next(c)
		if err == nil && !c.Response().Committed {
			err = errNoAnswer
		}
		truncated := err != nil && c.Response().Committed
		if err != nil && !truncated {
			c.Error(err)
		}
		s.record(ctx, c, c.Response().Status, time.Since(start), err)
		if truncated {
			// The status was sent and says success: only a broken connection can tell the client of the error.
			panic(http.ErrAbortHandler)
		}
		return nil
	}
}

func (s *Server) record(ctx context.Context, c echo.Context, status int, took time.Duration, err error) {
	method, _ := ctx.Value(methodKey{}).(string)
	if !slices.Contains(knownMethods, method) {
		method = otherMethod
	}
	route := c.Path()
	if route == "" || errors.Is(err, echo.ErrNotFound) { // the router may leave a route that fits in part
		route = unmatched
	}
	span := trace.SpanFromContext(ctx)
	if span.IsRecording() {
		span.SetName(method + " " + route)
	}
	s.metrics.requests.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
	s.metrics.duration.WithLabelValues(method, route).Observe(took.Seconds())

	logger, level := s.logger, levelOf(status, route)
	principal, isVerified := authn.FromContext(c.Request().Context())
	bytes := bodyOf(c, method)
	if isVerified {
		logger = s.trail
		s.shares.count(principal.Tenant, bytes)
		if status == http.StatusTooManyRequests {
			s.shares.refuse(principal.Tenant, bytes, requestid.FromContext(ctx))
			return
		}
	}
	if !logger.Enabled(ctx, level) {
		return
	}
	attrs := append(make([]slog.Attr, 0, 15),
		slog.String("method", method), slog.String("route", route), slog.Int("status", status), slog.Int64("bytes", bytes),
		slog.Float64("duration_ms", float64(took.Microseconds())/1000), slog.String("request_id", requestid.FromContext(ctx)))
	// The address of the connection: a header such as X-Forwarded-For says what its sender likes.
	if client, _, err := net.SplitHostPort(c.Request().RemoteAddr); err == nil {
		attrs = append(attrs, slog.String("client", client))
	}
	if id := requestid.CallerFromContext(ctx); id != "" {
		attrs = append(attrs, slog.String("caller_request_id", id))
	}
	if isVerified {
		attrs = append(attrs, slog.String("tenant", principal.Tenant.String()), slog.String("subject", principal.Subject), slog.String("issuer", principal.Issuer))
	}
	if id := span.SpanContext().TraceID(); id.IsValid() {
		attrs = append(attrs, slog.String("trace_id", id.String()))
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	var panicked *panicError
	if errors.As(err, &panicked) {
		attrs = append(attrs, slog.String("stack", string(panicked.stack)))
	}
	logger.LogAttrs(ctx, level, "request", attrs...)
}

// bodyOf returns how many bytes the body of the answer has; net/http leaves out that of an answer to HEAD.
func bodyOf(c echo.Context, method string) int64 {
	if method == http.MethodHead {
		return 0
	}
	return c.Response().Size
}

func levelOf(status int, route string) slog.Level {
	switch {
	case status >= http.StatusInternalServerError && !isHealth(route):
		return slog.LevelError
	case isHealth(route):
		return slog.LevelDebug // asked every few seconds; a change of state is logged by readiness
	}
	return slog.LevelInfo
}
