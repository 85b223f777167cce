package httpclient_test

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
	"go.opentelemetry.io/otel/trace"

	"example.com/shiptrack/pkg/httpclient"
	"example.com/shiptrack/pkg/requestid"
)

// received returns the header with which a request of ctx arrives.
func received(t *testing.T, ctx context.Context) http.Header {
	t.Helper()
	var header http.Header
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { header = r.Header }))
	defer server.Close()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := httpclient.New(httpclient.Config{}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if len(req.Header) != 0 {
		t.Errorf("the caller's own request was changed: %v", req.Header)
	}
	return header
}

func TestRequestIDAndDeadlineGoAlong(t *testing.T) {
	h := received(t, t.Context())
	if h.Get(httpclient.RequestIDHeader) != "" || h.Get(httpclient.TimeoutHeader) != "" {
		t.Errorf("a bare context gives %v, want neither", h)
	}
	ctx, cancel := context.WithTimeout(requestid.NewContext(t.Context(), "id-1", ""), 3*time.Second)
	defer cancel()
	h = received(t, ctx)
	ms, err := strconv.Atoi(h.Get(httpclient.TimeoutHeader))
	if h.Get(httpclient.RequestIDHeader) != "id-1" || err != nil || ms > 3000 || ms < 2500 {
		t.Errorf("got %v, want the id and about 3000 ms", h)
	}
}

func TestTheClientFollowsNoRedirectAndTakesNoProxy(t *testing.T) {
	var reached atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer other.Close()
	first := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer first.Close()
	t.Setenv("HTTP_PROXY", other.URL)
	resp, err := httpclient.New(httpclient.Config{}).Get(first.URL)
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
	resp, err := httpclient.New(httpclient.Config{Timeout: 50 * time.Millisecond}).Get(server.URL)
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
	client := httpclient.New(httpclient.Config{})
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

// Also where no spans are made: then the trace is the caller's own.
func TestTheTraceIsPassedOn(t *testing.T) {
	var header string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { header = r.Header.Get("Traceparent") }))
	defer server.Close()
	provider := sdktrace.NewTracerProvider()
	ctx, span := provider.Tracer("test").Start(t.Context(), "outer")
	defer span.End()
	for name, tt := range map[string]struct {
		spans  trace.TracerProvider
		parent bool // the span of ctx is the one that is passed on
	}{"with spans": {provider, false}, "without": {nil, true}} {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		client := httpclient.New(httpclient.Config{TracerProvider: tt.spans, Propagator: propagation.TraceContext{}})
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		outer := span.SpanContext()
		if len(header) != 55 || header[3:35] != outer.TraceID().String() || (header[36:52] == outer.SpanID().String()) != tt.parent {
			t.Errorf("%s: Traceparent %q, want the trace of %s-%s, and its span %t", name, header, outer.TraceID(), outer.SpanID(), tt.parent)
		}
	}
}
