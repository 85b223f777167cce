package rest_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/shiptrack/pkg/authn"
	"example.com/shiptrack/pkg/authn/authntest"
	"example.com/shiptrack/pkg/fairshare"
	"example.com/shiptrack/pkg/httpclient"
	"example.com/shiptrack/pkg/httpserver"
	"example.com/shiptrack/pkg/openapi/openapitest"
	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/pkg/telemetry"
	"example.com/shiptrack/pkg/trackingapi/trackingclient"
	"example.com/shiptrack/shipment-service/internal/rest"
)

// requestTimeout is long: what is to run out of time asks for less itself (httpclient.TimeoutHeader).
const requestTimeout = 30 * time.Second

// tracking is a tracking service whose answer the test chooses. It remembers what it was asked.
type tracking struct {
	*httptest.Server
	mu     sync.Mutex
	answer http.HandlerFunc
	asked  []*http.Request
}

func startTracking(t *testing.T) *tracking {
	t.Helper()
	f := &tracking{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		f.asked = append(f.asked, r.Clone(context.Background()))
		answer := f.answer
		f.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

// will sets the answer, and forgets earlier requests.
func (f *tracking) will(answer http.HandlerFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer, f.asked = answer, nil
}

func (f *tracking) requests() []*http.Request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked
}

// service is a shipment service on loopback, as its binary wires it.
type service struct {
	openapitest.Client
	t        *testing.T
	echo     *echo.Echo
	issuer   *authntest.Issuer
	tracking *tracking
	log      *logBuffer
}

type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func start(t *testing.T) *service {
	t.Helper()
	return startWith(t, nil)
}

// startWith is start with limits for each tenant.
func startWith(t *testing.T, tiers *fairshare.Tiers) *service {
	t.Helper()
	s := &service{t: t, issuer: authntest.Start(t), tracking: startTracking(t), log: &logBuffer{}}
	verifier, err := authn.New(t.Context(), authn.Config{Providers: []authn.Provider{s.issuer.Provider()}})
	check(t, err)
	tel, err := telemetry.New(telemetry.Config{Service: "shipment-service", Writer: s.log})
	check(t, err)
	client, err := trackingclient.New(trackingclient.Config{
		URL: s.tracking.URL, Transport: httpclient.New(httpclient.Config{}).Transport,
	})
	check(t, err)
	document, err := rest.Document()
	check(t, err)
	server, err := httpserver.New(httpserver.Config{
		Service: "shipment-service", Addr: "127.0.0.1:0", MetricsAddr: "127.0.0.1:0", Telemetry: tel,
		RequestTimeout: requestTimeout, ShutdownTimeout: 5 * time.Second, OpenAPI: document, Streams: rest.Streams(), Tiers: tiers,
	})
	check(t, err)
	s.echo = server.Echo()
	check(t, rest.Register(s.echo, rest.Config{Tracking: client, Authenticate: httpserver.Authenticate(verifier), FairShare: server.FairShare}))
	check(t, server.Listen())
	s.Client = openapitest.Client{Addr: server.Addr(), Document: openapitest.Load(t, document)}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Run(ctx) }()
	t.Cleanup(func() { stop(); check(t, <-done) })
	return s
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// get asks as a user of yellow.
func (s *service) get(target string, header ...string) openapitest.Answer {
	s.t.Helper()
	return s.Do(s.t, http.MethodGet, target, append(header, "Authorization: Bearer "+s.issuer.Token("yellow", "ana"))...)
}

// answering returns a handler with one answer.
func answering(status int, contentType, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		for _, line := range header {
			name, value, _ := strings.Cut(line, ": ")
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

// failing returns a handler that answers as the tracking service does for a problem.
func failing(err *problem.Error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { problem.Write(w, r, err, "tracking's own") }
}

const (
	eta   = `{"shipmentId":"1001","status":"IN_TRANSIT","eta":"2026-03-20T06:00:00Z","plannedArrival":"2026-03-20T00:00:00Z","delayMinutes":360}`
	whole = `{"shipmentId":"1001","carrier":"MAEU","carrierBookingReference":"B","origin":"SGSIN","destination":"NLRTM","status":"PLANNED","eta":"2026-03-20T00:00:00Z","plannedArrival":"2026-03-20T00:00:00Z","delayMinutes":0,"milestones":[{"type":"ARRI","location":"NLRTM","planned":"2026-03-20T00:00:00Z"}]}`
	batch = `{"shipments":[` + whole + `],"notFound":["1002"]}`
	page  = `{"shipments":[` + whole + `],"nextCursor":"next"}`
	found = `{"shipments":[{"shipmentId":"1001","status":"IN_TRANSIT","eta":"2026-03-20T00:00:00Z","delayMinutes":0,"carrier":"MAEU","carrierBookingReference":"B","origin":"SGSIN","destination":"NLRTM","highlights":{"places":["<em>Rotterdam</em> NLRTM"]}}],"total":3,"nextCursor":"next"}`
)

// limits are such that a tenant may ask once, and then no more while a test runs.
func limits(t *testing.T) *fairshare.Tiers {
	t.Helper()
	path := filepath.Join(t.TempDir(), "limits.json")
	check(t, os.WriteFile(path, []byte(`{"defaultTier": "once", "tiers": {"once": {"rate": 0.1, "burst": 1, "inFlight": 1}}}`), 0o600))
	tiers, err := fairshare.Read(path)
	check(t, err)
	return tiers
}
