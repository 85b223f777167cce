package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/shiptrack/pkg/authn/authntest"
	"example.com/shiptrack/pkg/config"
)

func TestWrongConfigurationIsListedAtOnce(t *testing.T) {
	for name, tc := range map[string]struct {
		environ []string
		want    []string // variables that are named
	}{
		"nothing set": {nil, []string{"OIDC_ISSUER", "OIDC_AUDIENCE", "TRACKING_URL"}},
		"all of it wrong": {
			[]string{
				"LISTEN_ADDR=nowhere", "METRICS_ADDR=:http", "LOG_LEVEL=loud", "OIDC_ISSUER=http://issuer.example.com", "OIDC_AUDIENCE=a",
				"OIDC_ALLOW_HTTP=maybe", "REQUEST_TIMEOUT=5", "SHUTDOWN_TIMEOUT=-1s", "TRACKING_URL=ftp://user:pass@h",
				"OIDC_ISSUR=https://user:pass@h",
			},
			[]string{"OIDC_ISSUR", "LISTEN_ADDR", "METRICS_ADDR", "LOG_LEVEL", "OIDC_ISSUER", "OIDC_ALLOW_HTTP", "REQUEST_TIMEOUT", "SHUTDOWN_TIMEOUT", "TRACKING_URL"},
		},
		"one of it wrong": {
			[]string{"OIDC_ISSUER=https://issuer.example.com", "OIDC_AUDIENCE=a", "TRACKING_URL=http://user:pass@h"},
			[]string{"TRACKING_URL"},
		},
	} {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), nil, tc.environ, &stdout, &stderr); code != 2 {
			t.Errorf("%s: exit code %d, want 2", name, code)
		}
		if strings.Contains(stderr.String(), "pass") {
			t.Errorf("%s: a password is repeated:\n%s", name, &stderr)
		}
		var named []string
		for line := range strings.Lines(stderr.String()) {
			if variable, _, ok := strings.Cut(strings.TrimPrefix(line, "  "), ": "); ok && strings.HasPrefix(line, "  ") {
				named = append(named, variable)
			}
		}
		slices.Sort(named)
		slices.Sort(tc.want)
		if !slices.Equal(named, tc.want) {
			t.Errorf("%s: named %v, want %v:\n%s", name, named, tc.want, &stderr)
		}
	}
}

func TestTrackingURLThatCannotBeAskedIsRefused(t *testing.T) {
	load := func(url string) error {
		_, err := config.Load[settings]([]string{"OIDC_ISSUER=https://issuer.example.com", "OIDC_AUDIENCE=a", "TRACKING_URL=" + url})
		return err
	}
	for _, url := range []string{"http://127.0.0.1:8081", "https://tracking.example.com/base/", "http://[::1]:65535"} {
		if err := load(url); err != nil {
			t.Errorf("%s is refused: %v", url, err)
		}
	}
	for _, url := range []string{
		"http://127.0.0.1:99999", "http://127.0.0.1:0", "http://127.0.0.1:", "127.0.0.1:8081", "http://h?x=1", "http://h#x", "http://user@h",
		"http://h ", "http://a b",
	} {
		if err := load(url); err == nil || !strings.Contains(err.Error(), "\n  TRACKING_URL: ") {
			t.Errorf("%s: error %v, want TRACKING_URL refused", url, err)
		}
	}
}

func TestHelpTeaches(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"--help"}, nil, &stdout, &stderr); code != 0 {
		t.Fatalf("exit code %d, want 0: %s", code, &stderr)
	}
	for _, want := range []string{"serve", "health", "TRACKING_URL", "OIDC_ISSUER", "127.0.0.1:8080", "(required)"} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("the help does not say %q:\n%s", want, &stdout)
		}
	}
}

func TestUnknownCommandIsAUsageError(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"sevre"}, nil, &stdout, &stderr); code != 2 || !strings.Contains(stderr.String(), "--help") {
		t.Errorf("exit code %d, %q, want 2 and where to read on", code, &stderr)
	}
}

// service is a run of the binary's main.
type service struct {
	t      *testing.T
	addr   string
	issuer *authntest.Issuer
	ready  *atomic.Bool // of the tracking service
}

const eta = `{"shipmentId":"1001","status":"PLANNED","eta":"2026-03-20T00:00:00Z","plannedArrival":"2026-03-20T00:00:00Z","delayMinutes":0}`

// start runs serve with a tracking service that answers eta while it is ready.
func start(t *testing.T, issuer *authntest.Issuer, args ...string) *service {
	t.Helper()
	s := &service{t: t, issuer: issuer, ready: &atomic.Bool{}}
	tracking := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !s.ready.Load():
			w.WriteHeader(http.StatusServiceUnavailable)
		case r.URL.Path != "/readyz":
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, eta)
		}
	}))
	t.Cleanup(tracking.Close)
	environ := []string{
		"LISTEN_ADDR=127.0.0.1:0", "METRICS_ADDR=127.0.0.1:0", "OIDC_ISSUER=" + s.issuer.URL, "OIDC_AUDIENCE=" + authntest.Audience,
		"TRACKING_URL=" + tracking.URL, "SHUTDOWN_TIMEOUT=1s",
	}
	ctx, stop := context.WithCancel(context.Background())
	reader, writer := io.Pipe()
	var stderr bytes.Buffer
	exited := make(chan int, 1)
	go func() {
		exited <- run(ctx, args, environ, writer, &stderr)
		_ = writer.Close()
	}()
	t.Cleanup(func() {
		stop()
		if code := <-exited; code != 0 {
			t.Errorf("exit code %d, want 0 after a stop: %s", code, &stderr)
		}
	})
	s.addr = listening(t, reader)
	return s
}

// listening reads the log until it says where the service listens, and reads on so that nobody blocks.
func listening(t *testing.T, log io.Reader) string {
	t.Helper()
	decoder := json.NewDecoder(log)
	for {
		var line struct{ Msg, Addr string }
		if err := decoder.Decode(&line); err != nil {
			t.Fatalf("the service did not start: %v", err)
		}
		if line.Msg == "listening" {
			go func() { _, _ = io.Copy(io.Discard, log) }()
			return line.Addr
		}
	}
}

func (s *service) get(path, token string) (int, string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, "http://"+s.addr+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func (s *service) health() int {
	return run(s.t.Context(), []string{"health"}, []string{"LISTEN_ADDR=" + s.addr}, io.Discard, io.Discard)
}

// becomes calls ask until it returns want. The service keeps the answers of others for a while.
func becomes(t *testing.T, want int, ask func() int) {
	t.Helper()
	deadline := time.After(5 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for got := ask(); got != want; got = ask() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("got %d for 5 s, want %d", got, want)
		}
	}
}

func TestServiceIsReadyOnlyWhenARequestCanBeAnswered(t *testing.T) {
	s := start(t, authntest.Start(t), "serve")
	readyz := func() int { status, _ := s.get("/readyz", ""); return status }
	if status, body := s.get("/readyz", ""); status != http.StatusServiceUnavailable {
		t.Fatalf("/readyz without a tracking service: %d %s, want 503", status, body)
	}
	if status, _ := s.get("/healthz", ""); status != http.StatusOK {
		t.Errorf("/healthz: %d, want 200 all the same", status)
	}
	if code := s.health(); code != 1 {
		t.Errorf("health: exit code %d, want 1", code)
	}
	s.ready.Store(true)
	becomes(t, http.StatusOK, readyz)
	if code := s.health(); code != 0 {
		t.Errorf("health: exit code %d, want 0", code)
	}
	if status, body := s.get("/shipments/1001/eta", s.issuer.Token("yellow", "ana")); status != http.StatusOK || !strings.Contains(body, `"1001"`) {
		t.Errorf("/shipments/1001/eta: %d %s, want 200", status, body)
	}
	s.ready.Store(false)
	becomes(t, http.StatusServiceUnavailable, readyz)
}

func TestServiceThatIsNotReadySaysWhyUnasked(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	exited := make(chan int, 1)
	go func() {
		exited <- run(ctx, nil, []string{
			"LISTEN_ADDR=127.0.0.1:0", "METRICS_ADDR=127.0.0.1:0", "OIDC_ISSUER=" + authntest.Start(t).URL, "OIDC_AUDIENCE=a",
			"TRACKING_URL=http://127.0.0.1:1", "SHUTDOWN_TIMEOUT=100ms",
		}, writer, io.Discard)
		_ = writer.Close()
	}()
	decoder := json.NewDecoder(reader)
	for said := false; !said; {
		var line struct{ Msg, Error string }
		if err := decoder.Decode(&line); err != nil {
			t.Fatalf("the log ends before it says why: %v", err)
		}
		said = line.Msg == "not ready" && strings.Contains(line.Error, "tracking is not available")
	}
	stop()
	_, _ = io.Copy(io.Discard, reader)
	if code := <-exited; code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
}

func TestServeIsTheDefaultCommand(t *testing.T) {
	s := start(t, authntest.Start(t))
	if status, _ := s.get("/healthz", ""); status != http.StatusOK {
		t.Errorf("/healthz: %d, want 200", status)
	}
	if status, body := s.get("/openapi.yaml", ""); status != http.StatusOK || !strings.Contains(body, "GetShippingETA") {
		t.Errorf("/openapi.yaml: %d %.100s, want the document", status, body)
	}
}

func TestIssuerThatIsAwayMeansNotReady(t *testing.T) {
	issuer := authntest.Start(t)
	issuer.SetUnavailable(true)
	s := start(t, issuer)
	s.ready.Store(true)
	readyz := func() int { status, _ := s.get("/readyz", ""); return status }
	if status := readyz(); status != http.StatusServiceUnavailable {
		t.Errorf("/readyz without the issuer's keys: %d, want 503", status)
	}
	issuer.SetUnavailable(false)
	becomes(t, http.StatusOK, readyz)
}

func TestAddressInUseIsOneClearLine(t *testing.T) {
	s := start(t, authntest.Start(t))
	var stderr bytes.Buffer
	code := run(t.Context(), nil, []string{
		"LISTEN_ADDR=" + s.addr, "METRICS_ADDR=127.0.0.1:0", "OIDC_ISSUER=https://issuer.example.com", "OIDC_AUDIENCE=a", "TRACKING_URL=http://127.0.0.1:1",
	}, io.Discard, &stderr)
	want := fmt.Sprintf("shipment-service: the address %s is in use: stop what listens there, or set LISTEN_ADDR to another\n", s.addr)
	if code != 1 || stderr.String() != want {
		t.Errorf("exit code %d, %q, want 1, %q", code, &stderr, want)
	}
}
