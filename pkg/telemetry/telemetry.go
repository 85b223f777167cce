// Package telemetry makes the logs, metrics and traces of a service. It sets no global
// state, and it keeps credentials and tokens out of everything that it writes.
package telemetry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Config says what to tell, and where.
type Config struct {
	Service string    // the service's name, in every record and span
	Level   string    // debug, info, warn or error; empty is info
	Writer  io.Writer // takes one JSON object per line, one call of Write for each
	// TraceEndpoint is the collector's base URL, OpenTelemetry "OTLP Exporter Configuration"; empty: no spans.
	TraceEndpoint string
}

// Telemetry is safe for concurrent use.
type Telemetry struct {
	// Logger writes JSON lines of at most MaxLine bytes, times in UTC, secrets redacted.
	Logger *slog.Logger
	// Unfiltered writes as Logger does, whatever the level: for the audit trail.
	Unfiltered *slog.Logger
	// Registry holds the metrics of the process and of whoever registers with it.
	Registry *prometheus.Registry
	// TracerProvider exports spans over OTLP/HTTP. It is nil where Config has no TraceEndpoint: then nobody makes a span.
	TracerProvider trace.TracerProvider
	// Propagator carries W3C Trace Context between services, also where no spans are made.
	Propagator propagation.TextMapPropagator

	shutdown func(context.Context) error
}

// ParseLevel returns the level that name spells; empty is info.
func ParseLevel(name string) (slog.Level, error) {
	switch strings.ToLower(name) {
	case "debug":
		return slog.LevelDebug, nil
	case "info", "":
		return slog.LevelInfo, nil
	case "warn":
		return slog.LevelWarn, nil
	case "error":
		return slog.LevelError, nil
	}
	return 0, errors.New("must be debug, info, warn or error")
}

// New returns the telemetry of a service. It opens no connection.
func New(cfg Config) (*Telemetry, error) {
	level, err := ParseLevel(cfg.Level)
	if err != nil {
		return nil, fmt.Errorf("telemetry: level %w", err)
	}
	if cfg.Service == "" || cfg.Writer == nil {
		return nil, errors.New("telemetry: a service name and a writer are required")
	}
	// Logger and Unfiltered are two handlers, each with a lock of its own: the writer needs the one they share.
	w := &lockedWriter{w: cfg.Writer}
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collectors.NewBuildInfoCollector(),
	)
	provider, shutdown, err := newTracerProvider(cfg)
	if err != nil {
		return nil, err
	}
	return &Telemetry{
		Logger: newLogger(w, level, cfg.Service), Unfiltered: newLogger(w, slog.LevelDebug, cfg.Service),
		Registry: registry, TracerProvider: provider, Propagator: propagation.TraceContext{},
		shutdown: shutdown,
	}, nil
}

// Shutdown sends the spans that are still buffered, until ctx is done.
func (t *Telemetry) Shutdown(ctx context.Context) error {
	if err := t.shutdown(ctx); err != nil {
		return fmt.Errorf("telemetry: %w", err)
	}
	return nil
}

func newLogger(w io.Writer, level slog.Level, service string) *slog.Logger {
	whole := slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: replaceAttr})
	return slog.New(&handler{whole: whole, w: w}).With(slog.String("service", service))
}

type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := l.w.Write(bounded(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}
