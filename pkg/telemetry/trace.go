package telemetry

import (
	"context"
	"fmt"
	"net/url"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"example.com/shiptrack/pkg/config"
)

func newTracerProvider(cfg Config) (trace.TracerProvider, func(context.Context) error, error) {
	if cfg.TraceEndpoint == "" {
		return nil, func(context.Context) error { return nil }, nil
	}
	if err := config.CheckURL(cfg.TraceEndpoint); err != nil {
		return nil, nil, fmt.Errorf("telemetry: the trace endpoint %w", err)
	}
	endpoint, err := url.JoinPath(cfg.TraceEndpoint, "v1", "traces")
	if err != nil {
		return nil, nil, fmt.Errorf("telemetry: the trace endpoint: %w", err)
	}
	ctx := context.Background() // starting the exporter sends nothing
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(endpoint))
	if err != nil {
		return nil, nil, fmt.Errorf("telemetry: trace exporter: %w", err)
	}
	res, err := resource.Merge(
		resource.NewSchemaless(semconv.ServiceName(cfg.Service)),
		resource.Environment(), // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win
	)
	if err != nil {
		return nil, nil, fmt.Errorf("telemetry: trace resource: %w", err)
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(res))
	return provider, provider.Shutdown, nil
}
