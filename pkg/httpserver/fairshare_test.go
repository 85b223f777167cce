package httpserver_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"example.com/shiptrack/pkg/authn"
	"example.com/shiptrack/pkg/authn/authntest"
	"example.com/shiptrack/pkg/fairshare"
	"example.com/shiptrack/pkg/httpserver"
	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/pkg/telemetry"
)

// limited is a server with limits: three requests at once and two in flight for yellow, more for all others. A bucket takes half
// a minute for one more request, so that none comes during a test.
type limited struct {
	*service
	tel    *telemetry.Telemetry
	issuer *authntest.Issuer
	worked chan string // gets the path of each request that reaches the handler
}

func startLimited(t *testing.T, handle echo.HandlerFunc) *limited {
	t.Helper()
	path := filepath.Join(t.TempDir(), "limits.json")
	content := `{"defaultTier": "large", "tiers": {"small": {"rate": 0.1, "burst": 3, "inFlight": 2}, "large": {"rate": 100, "burst": 100, "inFlight": 100}}, "tenants": {"yellow": "small"}}`
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	tiers, err := fairshare.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	l := &limited{service: &service{log: &logBuffer{}}, issuer: authntest.Start(t), worked: make(chan string, 1000)}
	v, err := authn.New(t.Context(), authn.Config{Providers: []authn.Provider{l.issuer.Provider()}})
	if err != nil {
		t.Fatal(err)
	}
	if l.tel, err = telemetry.New(telemetry.Config{Service: "test", Level: "error", Writer: l.log}); err != nil {
		t.Fatal(err)
	}
	l.Server, err = httpserver.New(httpserver.Config{
		Service: "test", Addr: "127.0.0.1:0", MetricsAddr: "127.0.0.1:0", Telemetry: l.tel,
		RequestTimeout: 5 * time.Second, ShutdownTimeout: time.Second, Tiers: tiers,
	})
	if err != nil {
		t.Fatal(err)
	}
	l.Echo().GET("/:name", func(c echo.Context) error { l.worked <- c.Request().URL.Path; return handle(c) }, httpserver.Authenticate(v), l.FairShare)
	if err := l.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	l.base, l.stop = "http://"+l.Addr(), func() error { cancel(); return <-ended }
	t.Cleanup(func() { cancel() })
	return l
}

func (l *limited) get(t *testing.T, tenant, path string) answer {
	t.Helper()
	return l.do(t, http.MethodGet, path, map[string]string{"Authorization": "Bearer " + l.issuer.Token(tenant, "ana")}, nil)
}

// reached returns once a request more has reached the handler.
func (l *limited) reached(t *testing.T) {
	t.Helper()
	select {
	case <-l.worked:
	case <-time.After(5 * time.Second):
		t.Fatal("no request reaches the handler")
	}
}

func hello(c echo.Context) error { return c.String(http.StatusOK, "hello") }

func TestATenantBeyondItsLimitsIsRefusedBeforeAnyWork(t *testing.T) {
	l := startLimited(t, hello)
	for i, left := range []string{"2", "1", "0"} {
		a := l.get(t, "yellow", "/a")
		if want := `"requests";r=` + left + ";"; a.status != http.StatusOK || !strings.HasPrefix(a.header.Get("RateLimit"), want) || a.header.Get("RateLimit-Policy") == "" {
			t.Errorf("request %d: %d %v, want 200 and %s", i+1, a.status, a.header, want)
		}
	}
	refused := l.get(t, "yellow", "/b")
	doc := wantProblem(t, refused, problem.LimitExceeded)
	if refused.header.Get("Retry-After") != "10" || !strings.HasPrefix(refused.header.Get("RateLimit"), `"requests";r=0;t=10`) || !strings.Contains(doc.Detail, "0.1 requests a second") {
		t.Errorf("the fourth: %v %+v, want Retry-After 10, the quota and the limit", refused.header, doc)
	}
	if a := l.get(t, "blue", "/c"); a.status != http.StatusOK {
		t.Errorf("blue: %d, want 200: the limit is yellow's", a.status)
	}
	for range 10 {
		if a := l.do(t, http.MethodGet, "/healthz", nil, nil); a.status != http.StatusOK || a.header.Get("RateLimit") != "" {
			t.Errorf("/healthz: %d %v, want 200 without limits", a.status, a.header)
		}
	}
	if a := l.do(t, http.MethodGet, "/d", map[string]string{"Authorization": "Bearer forged"}, nil); a.status != http.StatusUnauthorized || a.header.Get("RateLimit") != "" {
		t.Errorf("a forged token: %d %v, want 401, which says nothing of limits", a.status, a.header)
	}
	close(l.worked)
	var reached []string
	for path := range l.worked {
		reached = append(reached, path)
	}
	if got := strings.Join(reached, " "); got != "/a /a /a /c" {
		t.Errorf("the handler got %s", got)
	}
}

func TestAPlaceInFlightComesBackAlsoAfterAPanic(t *testing.T) {
	release := make(chan struct{})
	l := startLimited(t, func(c echo.Context) error {
		if c.Param("name") == "panic" {
			panic("a bug")
		}
		select {
		case <-release:
			return hello(c)
		case <-c.Request().Context().Done():
			return c.Request().Context().Err()
		}
	})
	if a := l.get(t, "yellow", "/panic"); a.status != http.StatusInternalServerError {
		t.Fatalf("got %d", a.status)
	}
	l.reached(t)
	first, second := make(chan int, 1), make(chan int, 1)
	for _, answered := range []chan int{first, second} {
		go func() { answered <- l.get(t, "yellow", "/slow").status }()
		l.reached(t)
	}
	a := l.get(t, "yellow", "/slow")
	if doc := wantProblem(t, a, problem.LimitExceeded); !strings.Contains(doc.Detail, "2 requests in flight") || a.header.Get("Retry-After") != "1" {
		t.Errorf("the third at once: %v %+v", a.header, doc)
	}
	close(release)
	if one, two := <-first, <-second; one != http.StatusOK || two != http.StatusOK {
		t.Errorf("the two: %d and %d, want 200", one, two)
	}
}

// requestLine is a line of the audit log about requests.
type requestLine struct {
	Msg, Log, Kind, Tenant, Subject string
	Status                          int
	Requests, Bytes                 int64
	RequestID                       string `json:"request_id"`
	Last                            string `json:"last_request_id"`
}

// TestEachRequestIsInTheAuditLogAndRefusalsAreOneLineASecond: at any LOG_LEVEL, and no request is counted twice or lost.
func TestEachRequestIsInTheAuditLogAndRefusalsAreOneLineASecond(t *testing.T) {
	l := startLimited(t, hello)
	const refusals = 200
	var bytesRefused int64
	for i := range 3 + refusals {
		if a := l.get(t, "yellow", "/a"); i >= 3 {
			bytesRefused += int64(len(a.body))
		}
	}
	l.get(t, "blue", "/b")
	l.do(t, http.MethodGet, "/c", map[string]string{"Authorization": "Bearer forged"}, nil)
	if err := l.stop(); err != nil {
		t.Fatal(err)
	}
	answered, refused, lines, sum := map[string]int{}, int64(0), 0, int64(0)
	for line := range strings.Lines(l.log.String()) {
		var got requestLine
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatal(err)
		}
		switch {
		case got.Log != "audit" || got.Kind != "request":
			t.Errorf("at LOG_LEVEL=error there is %s", line)
		case got.Msg == "limited" && got.Tenant == "yellow" && got.Status == http.StatusTooManyRequests && got.Last != "":
			lines, refused, sum = lines+1, refused+got.Requests, sum+got.Bytes
		case got.Status == http.StatusOK && got.Bytes == 5 && got.Subject == "ana" && got.RequestID != "":
			answered[got.Tenant]++
		default:
			t.Errorf("unexpected: %s", line)
		}
	}
	if answered["yellow"] != 3 || answered["blue"] != 1 || refused != refusals || sum != bytesRefused || lines > refusals/4 {
		t.Errorf("answered %v, refused %d with %d bytes on %d lines; want 3 and 1, %d with %d bytes on a few", answered, refused, sum, lines, refusals, bytesRefused)
	}
	var want bytes.Buffer
	want.WriteString(`
		# HELP shiptrack_tenant_requests_total Requests whose token was verified, by the tenant's tier.
		# TYPE shiptrack_tenant_requests_total counter
		shiptrack_tenant_requests_total{tier="large"} 1
		shiptrack_tenant_requests_total{tier="small"} 203
	`)
	if err := testutil.GatherAndCompare(l.tel.Registry, &want, "shiptrack_tenant_requests_total"); err != nil {
		t.Error(err)
	}
}
