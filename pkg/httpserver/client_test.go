package httpserver_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"example.com/shiptrack/pkg/httpserver"
	"example.com/shiptrack/pkg/telemetry"
)

func config(t *testing.T) httpserver.Config {
	t.Helper()
	tel, err := telemetry.New(telemetry.Config{Service: "test", Writer: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	return httpserver.Config{
		Service: "test", Addr: "127.0.0.1:0", MetricsAddr: "127.0.0.1:0", Telemetry: tel,
		RequestTimeout: time.Second, ShutdownTimeout: time.Second,
	}
}

func TestForwardTakesIDAndDeadlineAlong(t *testing.T) {
	h := http.Header{}
	httpserver.Forward(t.Context(), h)
	if len(h) != 0 {
		t.Errorf("a bare context gives %v, want nothing", h)
	}
	ctx, cancel := context.WithTimeout(telemetry.NewRequestID(t.Context(), "id-1"), 3*time.Second)
	defer cancel()
	httpserver.Forward(ctx, h)
	ms, err := strconv.Atoi(h.Get(httpserver.TimeoutHeader))
	if h.Get(httpserver.RequestIDHeader) != "id-1" || err != nil || ms > 3000 || ms < 2500 {
		t.Errorf("got %v, want the id and about 3000 ms", h)
	}
	late, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	httpserver.Forward(late, h)
	if got := h.Get(httpserver.TimeoutHeader); got != "1" {
		t.Errorf("a deadline that has passed gives %s ms, want 1", got)
	}
}

func TestTheClientFollowsNoRedirectAndTakesNoProxy(t *testing.T) {
	var reached atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer other.Close()
	first := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer first.Close()
	t.Setenv("HTTP_PROXY", other.URL)
	resp, err := httpserver.NewClient(httpserver.ClientConfig{}).Get(first.URL)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusTemporaryRedirect || reached.Load() != 0 {
		t.Errorf("status %d, the other host reached %d times, want the redirect returned", resp.StatusCode, reached.Load())
	}
}

func TestTheClientGivesUpAfterItsTimeout(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	defer close(release)
	resp, err := httpserver.NewClient(httpserver.ClientConfig{Timeout: 50 * time.Millisecond}).Get(server.URL)
	if err == nil {
		_ = resp.Body.Close()
		t.Fatal("answered, want a timeout")
	}
}

func TestTheClientKeepsAConnectionForEachOfManyRequests(t *testing.T) {
	const parallel = 64
	var opened atomic.Int32
	var together sync.WaitGroup
	together.Add(parallel)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		together.Done()
		together.Wait() // all are under way at once
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	client := httpserver.NewClient(httpserver.ClientConfig{})
	for range 2 {
		var wg sync.WaitGroup
		for range parallel {
			wg.Go(func() {
				resp, err := client.Get(server.URL)
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
			})
		}
		wg.Wait()
		together.Add(parallel)
	}
	if n := opened.Load(); n != parallel {
		t.Errorf("two rounds of %d requests opened %d connections, want one for each of the first round", parallel, n)
	}
	together.Add(-parallel)
}

func TestTheTraceIsPassedOn(t *testing.T) {
	var header string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { header = r.Header.Get("Traceparent") }))
	defer server.Close()
	provider := sdktrace.NewTracerProvider()
	ctx, span := provider.Tracer("test").Start(t.Context(), "outer")
	defer span.End()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	client := httpserver.NewClient(httpserver.ClientConfig{TracerProvider: provider, Propagator: propagation.TraceContext{}})
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if trace := span.SpanContext().TraceID().String(); len(header) != 55 || header[3:35] != trace {
		t.Errorf("Traceparent %q, want the trace %s", header, trace)
	}
}
