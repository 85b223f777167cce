package httpserver_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"example.com/shiptrack/pkg/config"
	"example.com/shiptrack/pkg/httpserver"
	"example.com/shiptrack/pkg/problem"
)

// by asks for a URL by another name.
func by(t *testing.T, host, url string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = host
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(b)}
}

func withHosts(names ...string) func(*httpserver.Config) {
	return func(c *httpserver.Config) { c.AllowedHosts = names }
}

func TestAForeignHostIsRefusedWhereTheServiceNamesItsOwn(t *testing.T) {
	s := start(t, routes, withHosts("api.example"))
	for _, path := range []string{"/things/1", "/healthz", "/readyz", "/openapi.yaml"} {
		for _, host := range []string{"api.example", "api.example:80", "127.0.0.1", "10.0.0.7:8080", "localhost"} {
			if a := by(t, host, s.base+path); a.status != http.StatusOK {
				t.Errorf("%s by the name %s: got %d %s, want 200", path, host, a.status, a.body)
			}
		}
		for _, host := range []string{"evil.example", "api.example.evil.example", "API.example"} {
			wantProblem(t, by(t, host, s.base+path), problem.Misdirected)
		}
	}
	wantProblem(t, by(t, "evil.example", s.base+"/nowhere"), problem.Misdirected)
}

func TestAnyHostIsAnsweredWhereTheServiceNamesNone(t *testing.T) {
	s := start(t, routes, nil)
	for _, host := range []string{"evil.example", "localhost"} {
		if a := by(t, host, s.base+"/things/1"); a.status != http.StatusOK {
			t.Errorf("Host %s: got %d %s, want 200", host, a.status, a.body)
		}
	}
}

func TestMetricsAreForTheServicesHostsAlone(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*httpserver.Config)
		want   map[string]int
	}{
		{"no names", nil, map[string]int{"127.0.0.1": 200, "localhost:9080": 200, "evil.example": 421, "metrics.example": 421}},
		{"a name", withHosts("metrics.example"), map[string]int{"127.0.0.1": 200, "metrics.example:9080": 200, "evil.example": 421}},
	} {
		s := start(t, routes, tt.change)
		for host, want := range tt.want {
			a := by(t, host, "http://"+s.MetricsAddr()+"/metrics")
			if told := strings.Contains(a.body, "shiptrack_"); a.status != want || told != (want == http.StatusOK) {
				t.Errorf("%s, Host %s: got %d, told %t, want %d", tt.name, host, a.status, told, want)
			}
			if want == http.StatusMisdirectedRequest && a.header.Get("Content-Type") != problem.ContentType {
				t.Errorf("%s, Host %s: answered as %s", tt.name, host, a.header.Get("Content-Type"))
			}
		}
	}
}

// TestARefusedHostIsLoggedAndCountedWithoutItsName: whoever chooses the name must not choose what is logged.
func TestARefusedHostIsLoggedAndCountedWithoutItsName(t *testing.T) {
	s := start(t, routes, withHosts("api.example"))
	a := by(t, strings.Repeat("evil-", 5000)+"example", s.base+"/things/1")
	wantProblem(t, a, problem.Misdirected)
	record := s.log.record(t, a.header.Get("X-Request-Id"))
	line, err := json.Marshal(record)
	if err != nil || record["status"] != float64(http.StatusMisdirectedRequest) || strings.Contains(s.log.String(), "evil-") {
		t.Errorf("logged %.1000s (%v), want the status without the name", line, err)
	}
	if got := by(t, "localhost", "http://"+s.MetricsAddr()+"/metrics"); !strings.Contains(got.body, `shiptrack_http_requests_total{method="GET",route="/things/:id",status="421"} 1`) {
		t.Errorf("the refusal is not counted:\n%s", got.body)
	}
}

// TestHealthIsAskedByANameThatIsAllowed: LISTEN_ADDR may have a name that ALLOWED_HOSTS has not.
func TestHealthIsAskedByANameThatIsAllowed(t *testing.T) {
	host := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { host <- r.Host }))
	defer server.Close()
	if err := httpserver.Probe(t.Context(), server.Listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if got := <-host; got != "localhost" {
		t.Errorf("asked for the Host %s, want localhost", got)
	}
}

func TestAllowedHostsIsAListOfNames(t *testing.T) {
	got, err := config.Load[serverSettings]([]string{"ALLOWED_HOSTS=api.example, shipment-service"})
	if err != nil || strings.Join(got.AllowedHosts, "|") != "api.example|shipment-service" {
		t.Errorf("got %q, %v", got.AllowedHosts, err)
	}
	if got, err := config.Load[serverSettings](nil); err != nil || got.AllowedHosts != nil {
		t.Errorf("not set: got %q, %v; want none, so that any Host is answered", got.AllowedHosts, err)
	}
}
