package httpserver_test

import (
	"net/http"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"example.com/shiptrack/pkg/httpserver"
)

func TestARequestIsASpanOfItsCallersTrace(t *testing.T) {
	spans := tracetest.NewSpanRecorder()
	s := start(t, routes, func(c *httpserver.Config) {
		c.Telemetry.TracerProvider = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))
	})
	const trace = "0af7651916cd43dd8448eb211c80319c"
	s.do(t, http.MethodGet, "/healthz", nil, nil)
	s.do(t, http.MethodGet, "/things/42?cursor=hidden", map[string]string{
		"Traceparent": "00-" + trace + "-b7ad6b7169203331-01", "X-Request-Id": "traced-1", "Authorization": "Bearer hidden-too",
	}, nil)
	ended := spans.Ended()
	if len(ended) != 1 {
		t.Fatalf("%d spans, want one: health is not traced", len(ended))
	}
	span := ended[0]
	if span.Name() != "GET /things/:id" || span.SpanContext().TraceID().String() != trace {
		t.Errorf("span %q of trace %s, want the route and the caller's trace", span.Name(), span.SpanContext().TraceID())
	}
	for _, a := range span.Attributes() {
		if a.Value.Type() == attribute.STRING && strings.Contains(a.Value.AsString(), "hidden") {
			t.Errorf("the span tells %s = %s", a.Key, a.Value.AsString())
		}
	}
	if r := s.log.await(t, "traced-1"); r["trace_id"] != trace {
		t.Errorf("the access record is %v, want the trace id", r)
	}
}

func TestTheCallersTraceIsInTheLogWithoutSpans(t *testing.T) {
	s := start(t, routes, nil)
	const trace = "0af7651916cd43dd8448eb211c80319c"
	s.do(t, http.MethodGet, "/things/42", map[string]string{"Traceparent": "00-" + trace + "-b7ad6b7169203331-01", "X-Request-Id": "traced-2"}, nil)
	if r := s.log.await(t, "traced-2"); r["trace_id"] != trace {
		t.Errorf("the access record is %v, want the trace id", r)
	}
	s.do(t, http.MethodGet, "/things/42", map[string]string{"X-Request-Id": "untraced"}, nil)
	if r := s.log.await(t, "untraced"); r["trace_id"] != nil {
		t.Errorf("the access record is %v, want no trace id", r)
	}
}
