package httpserver_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/shiptrack/pkg/httpclient"
	"example.com/shiptrack/pkg/httpserver"
	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/pkg/telemetry"
)

func serverConfig(t *testing.T) httpserver.Config {
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

func TestAnAddressInUseIsNamedWithItsVariable(t *testing.T) {
	s := start(t, nil, nil)
	for variable, change := range map[string]func(*httpserver.Config){
		"LISTEN_ADDR":  func(c *httpserver.Config) { c.Addr = s.Addr() },
		"METRICS_ADDR": func(c *httpserver.Config) { c.MetricsAddr = s.Addr() },
	} {
		cfg := serverConfig(t)
		change(&cfg)
		second, err := httpserver.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		err = second.Run(t.Context())
		if err == nil || !strings.Contains(err.Error(), s.Addr()) || !strings.Contains(err.Error(), variable) || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %v, want one line with %s and %s", err, s.Addr(), variable)
		}
	}
}

func TestAStopLetsRequestsUnderWayEnd(t *testing.T) {
	inside, release := make(chan struct{}), make(chan struct{})
	s := start(t, func(e *echo.Echo) {
		e.GET("/slow", func(c echo.Context) error {
			close(inside)
			<-release
			return c.String(http.StatusOK, "done")
		})
	}, nil)
	got := make(chan answer, 1)
	go func() { got <- s.do(t, http.MethodGet, "/slow", nil, nil) }()
	<-inside
	stopped := make(chan error, 1)
	go func() { stopped <- s.stop() }()

	// While it drains it still answers, and says that it is not to be used.
	deadline := time.Now().Add(5 * time.Second)
	for {
		resp, err := http.Get(s.base + "/readyz")
		if err != nil {
			break // the listener is closed: later than the state that we wait for
		}
		_ = resp.Body.Close()
		if resp.StatusCode == http.StatusServiceUnavailable {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("/readyz stays 200 during the stop")
		}
	}
	for time.Now().Before(deadline) { // no new connection is taken
		conn, err := net.Dial("tcp", s.Addr())
		if err != nil {
			break
		}
		_ = conn.Close()
	}
	if !time.Now().Before(deadline) {
		t.Fatal("still listening")
	}
	close(release)
	if a := <-got; a.status != http.StatusOK || a.body != "done" {
		t.Errorf("the request under way is answered %d %q, want done", a.status, a.body)
	}
	if err := <-stopped; err != nil {
		t.Errorf("Run() = %v after a clean stop", err)
	}
}

func TestReadyzTurnsUnavailableBeforeTheListenerCloses(t *testing.T) {
	s := start(t, nil, func(c *httpserver.Config) { c.ShutdownTimeout = 20 * time.Second }) // drains for a second
	if a := s.do(t, http.MethodGet, "/readyz", nil, nil); a.status != http.StatusOK {
		t.Fatalf("/readyz: %d before the stop", a.status)
	}
	go func() { _ = s.stop() }()
	for deadline := time.Now().Add(5 * time.Second); ; {
		a := s.do(t, http.MethodGet, "/readyz", nil, nil) // fails the test where the connection is refused
		if a.status == http.StatusServiceUnavailable {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("/readyz stays 200 during the stop")
		}
	}
	if a := s.do(t, http.MethodGet, "/healthz", nil, nil); a.status != http.StatusOK {
		t.Errorf("/healthz: %d while draining, want 200", a.status)
	}
}

func TestAStopCutsOffWhatOutlastsTheTimeout(t *testing.T) {
	inside, cancelled := make(chan struct{}), make(chan struct{})
	s := start(t, func(e *echo.Echo) {
		e.GET("/stuck", func(c echo.Context) error {
			close(inside)
			<-c.Request().Context().Done()
			close(cancelled)
			return c.Request().Context().Err()
		})
	}, func(c *httpserver.Config) { c.ShutdownTimeout, c.RequestTimeout = 200*time.Millisecond, time.Minute })
	go func() {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.base+"/stuck", nil)
		if err != nil {
			return
		}
		req.Header.Set(httpclient.RequestIDHeader, "stuck-1")
		if resp, err := http.DefaultClient.Do(req); err == nil {
			_ = resp.Body.Close()
		}
	}()
	<-inside
	began := time.Now()
	err := s.stop()
	if err == nil || !strings.Contains(err.Error(), "SHUTDOWN_TIMEOUT") {
		t.Errorf("Run() = %v, want the requests that were cut off", err)
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("the stop took %v, want about 200ms", took)
	}
	<-cancelled
	if r := s.log.await(t, "stuck-1"); r["status"] != 503.0 {
		t.Errorf("logged %v, want 503: it was us, not the client", r)
	}
}

// halfClosed sends request as it is, then says that nothing more will come, and reads the answer. The answer has
// the log's status.
func (s *service) halfClosed(t *testing.T, request string) answer {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if r := s.log.record(t, resp.Header.Get("X-Request-Id")); r["status"] != float64(resp.StatusCode) {
		t.Errorf("answered %d, logged %v", resp.StatusCode, r)
	}
	return answer{resp.StatusCode, resp.Header, string(body)}
}

func TestAClientThatHasSentAllItWillIsAnsweredAsAnyOther(t *testing.T) {
	s := start(t, routes, nil)
	const host = " HTTP/1.1\r\nHost: x\r\n"
	// The handler waits for the end of its context, which must be the deadline and not the end of the client's side.
	wantProblem(t, s.halfClosed(t, "GET /wait"+host+"X-Request-Timeout-Ms: 100\r\n\r\n"), problem.Timeout)
	for range 40 {
		wantProblem(t, s.halfClosed(t, "GET /fail?how=away"+host+"\r\n"), problem.Unavailable)
		if a := s.halfClosed(t, "GET /things/1"+host+"\r\n"); a.status != http.StatusOK || !strings.Contains(a.body, `"1"`) {
			t.Fatalf("got %+v, want the thing", a)
		}
	}
	wantProblem(t, s.halfClosed(t, "POST /things"+host+"Content-Length: 5\r\n\r\nabc"), problem.Invalid)
	if s.metric(t, `route="/wait",status="504"} 1`) == "" {
		t.Error("the metrics lack the 504")
	}
}

func TestARequestWhoseClientIsGoneEndsAtItsDeadline(t *testing.T) {
	s := start(t, routes, nil)
	conn, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, "GET /wait HTTP/1.1\r\nHost: x\r\nX-Request-Id: gone-1\r\nX-Request-Timeout-Ms: 100\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	if r := s.log.await(t, "gone-1"); r["status"] != 504.0 {
		t.Errorf("logged %v, want status 504", r)
	}
}

func TestAHandlerThatDoesNotAnswerIsAnError(t *testing.T) {
	s := start(t, func(e *echo.Echo) { e.GET("/silent", func(echo.Context) error { return nil }) }, nil)
	wantProblem(t, s.do(t, http.MethodGet, "/silent", nil, nil), problem.Internal)
}

func TestNothingIsReadAfterABodyOfTwoPossibleLengths(t *testing.T) {
	s := start(t, routes, nil)
	next := "GET /things/smuggled HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
	for name, test := range map[string]struct {
		first string
		want  int // answers
	}{
		"length":   {"POST /things HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 2}, // control
		"both":     {"POST /things HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 0},
		"encoding": {"POST /things HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 1},
	} {
		conn, err := net.Dial("tcp", s.Addr())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, test.first+next); err != nil {
			t.Fatal(err)
		}
		got, _ := io.ReadAll(conn) // the server may reset the connection on what it does not read
		_ = conn.Close()
		if n := strings.Count(string(got), "HTTP/1.1 200 OK"); n != test.want {
			t.Errorf("%s: %d requests answered, want %d:\n%s", name, n, test.want, got)
		}
		if refused := strings.HasPrefix(string(got), "HTTP/1.1 400 ") && strings.Contains(string(got), "application/problem+json"); refused != (test.want == 0) {
			t.Errorf("%s: refused with a problem document: %v:\n%s", name, refused, got)
		}
	}
}

func (s *service) metric(t *testing.T, line string) string {
	t.Helper()
	metrics := &service{base: "http://" + s.MetricsAddr()}
	return grep(metrics.do(t, http.MethodGet, "/metrics", nil, nil).body, line)
}

func TestNewRefusesAWrongConfig(t *testing.T) {
	if _, err := httpserver.New(serverConfig(t)); err != nil {
		t.Fatalf("the control is refused: %v", err)
	}
	for name, change := range map[string]func(*httpserver.Config){
		"no telemetry":     func(c *httpserver.Config) { c.Telemetry = nil },
		"no address":       func(c *httpserver.Config) { c.Addr = "" },
		"no metrics":       func(c *httpserver.Config) { c.MetricsAddr = "" },
		"no name":          func(c *httpserver.Config) { c.Service = "" },
		"no deadline":      func(c *httpserver.Config) { c.RequestTimeout = 0 },
		"no stop":          func(c *httpserver.Config) { c.ShutdownTimeout = 0 },
		"a negative limit": func(c *httpserver.Config) { c.MaxBody = -1 },
	} {
		cfg := serverConfig(t)
		change(&cfg)
		if _, err := httpserver.New(cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
