package httpserver_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/shiptrack/pkg/authn"
	"example.com/shiptrack/pkg/authn/authntest"
	"example.com/shiptrack/pkg/httpclient"
	"example.com/shiptrack/pkg/httpserver"
	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/pkg/telemetry"
	"example.com/shiptrack/pkg/tenant"
)

// logBuffer collects log lines from several goroutines.
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

// records returns the access records whose key has value.
func (l *logBuffer) records(t *testing.T, key, value string) []map[string]any {
	t.Helper()
	var found []map[string]any
	for line := range strings.Lines(l.String()) {
		var r map[string]any
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("the log line %q is not JSON: %v", line, err)
		}
		if r["msg"] == "request" && r[key] == value {
			found = append(found, r)
		}
	}
	return found
}

// await waits for an access record of the caller's request id and returns it.
func (l *logBuffer) await(t *testing.T, callerID string) map[string]any {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); ; {
		if found := l.records(t, "caller_request_id", callerID); len(found) > 0 {
			return found[0]
		}
		if time.Now().After(deadline) {
			t.Fatalf("the request %s is not logged", callerID)
		}
	}
}

// record returns the one access record of the request id.
func (l *logBuffer) record(t *testing.T, id string) map[string]any {
	t.Helper()
	found := l.records(t, "request_id", id)
	if len(found) != 1 {
		t.Fatalf("%d access records of request %q, want 1:\n%s", len(found), id, l)
	}
	return found[0]
}

type service struct {
	*httpserver.Server
	log  *logBuffer
	base string // URL
	stop func() error
}

// start runs a server on free ports until the test ends.
func start(t *testing.T, routes func(*echo.Echo), change func(*httpserver.Config)) *service {
	t.Helper()
	log := &logBuffer{}
	tel, err := telemetry.New(telemetry.Config{Service: "test", Level: "debug", Writer: log})
	if err != nil {
		t.Fatal(err)
	}
	cfg := httpserver.Config{
		Service: "test", Addr: "127.0.0.1:0", MetricsAddr: "127.0.0.1:0", Telemetry: tel,
		RequestTimeout: 5 * time.Second, ShutdownTimeout: 2 * time.Second, OpenAPI: []byte("openapi: 3.0.3\n"),
	}
	if change != nil {
		change(&cfg)
	}
	s, err := httpserver.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if routes != nil {
		routes(s.Echo())
	}
	if err := s.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	stop := sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() { _ = stop() })
	return &service{Server: s, log: log, base: "http://" + s.Addr(), stop: stop}
}

type answer struct {
	status int
	header http.Header
	body   string
}

func (s *service) do(t *testing.T, method, path string, header map[string]string, body io.Reader) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.base+path, body)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	resp, err := httpclient.New(httpclient.Config{}).Do(req)
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

// wantProblem fails the test unless a is a problem document of kind. Its body has the request id, but for
// a 404: what another tenant has and what nobody has must be the same bytes.
func wantProblem(t *testing.T, a answer, kind problem.Kind) problem.Document {
	t.Helper()
	var doc problem.Document
	if err := json.Unmarshal([]byte(a.body), &doc); err != nil {
		t.Fatalf("status %d, body %q: %v, want a problem document", a.status, a.body, err)
	}
	wantID := a.header.Get("X-Request-Id")
	if kind == problem.NotFound {
		wantID = ""
	}
	if a.status != kind.Status() || doc.Type != "urn:shiptrack:problem:"+kind.String() ||
		a.header.Get("Content-Type") != problem.ContentType || doc.RequestID != wantID || a.header.Get("X-Request-Id") == "" {
		t.Fatalf("got %d %q %+v, want a %v document that has the request id", a.status, a.header.Get("Content-Type"), doc, kind)
	}
	for _, leak := range []string{"goroutine", ".go:", `"message"`, "secret"} {
		if strings.Contains(a.body, leak) {
			t.Fatalf("the body %q tells %q", a.body, leak)
		}
	}
	return doc
}

func routes(e *echo.Echo) {
	e.GET("/things/:id", func(c echo.Context) error {
		return c.JSON(http.StatusOK, map[string]string{"id": c.Param("id")})
	})
	e.POST("/things", func(c echo.Context) error {
		b, err := io.ReadAll(c.Request().Body)
		if err != nil {
			return problem.Wrap(problem.Invalid, err, "the body cannot be read")
		}
		return c.String(http.StatusOK, fmt.Sprint(len(b)))
	})
	e.GET("/panic", func(echo.Context) error { panic("secret state") })
	e.GET("/panic-late", func(c echo.Context) error {
		if err := c.String(http.StatusOK, strings.Repeat("x", 10_000)); err != nil {
			return err
		}
		panic("secret state")
	})
	e.GET("/abort", func(echo.Context) error { panic(http.ErrAbortHandler) })
	e.GET("/fail", func(c echo.Context) error { return errorsByName[c.QueryParam("how")] })
	e.GET("/wait", func(c echo.Context) error {
		<-c.Request().Context().Done()
		return fmt.Errorf("upstream: %w", c.Request().Context().Err())
	})
	e.GET("/deadline", func(c echo.Context) error {
		d, _ := c.Request().Context().Deadline()
		return c.String(http.StatusOK, fmt.Sprint(time.Until(d).Milliseconds()))
	})
}

var errorsByName = map[string]error{
	"plain":       errors.New("secret internals"),
	"not-found":   problem.New(problem.NotFound, "no such shipment"),
	"denied":      problem.Wrap(problem.Denied, errors.New("secret internals"), "not allowed"),
	"away":        problem.WrapUnavailable(errors.New("secret internals"), "later", 3*time.Second),
	"echo-400":    echo.NewHTTPError(http.StatusBadRequest, "Invalid format for parameter limit"),
	"echo-415":    echo.ErrUnsupportedMediaType,
	"echo-401":    echo.ErrUnauthorized,
	"echo-403":    echo.ErrForbidden,
	"echo-502":    echo.NewHTTPError(http.StatusBadGateway, "secret internals"),
	"echo-503":    echo.ErrServiceUnavailable,
	"echo-413":    echo.ErrStatusRequestEntityTooLarge,
	"echo-object": echo.NewHTTPError(http.StatusConflict, map[string]string{"message": "secret"}),
}

func TestErrorsBecomeProblemDocuments(t *testing.T) {
	s := start(t, routes, nil)
	for how, want := range map[string]problem.Kind{
		"plain": problem.Internal, "not-found": problem.NotFound, "denied": problem.Denied, "away": problem.Unavailable,
		"echo-400": problem.Invalid, "echo-415": problem.UnsupportedMedia, "echo-401": problem.Unauthenticated,
		"echo-403": problem.Denied, "echo-502": problem.Internal, "echo-503": problem.Unavailable,
		"echo-413": problem.TooLarge, "echo-object": problem.Invalid,
	} {
		t.Run(how, func(t *testing.T) {
			a := s.do(t, http.MethodGet, "/fail?how="+how, nil, nil)
			wantProblem(t, a, want)
			if r := s.log.record(t, a.header.Get("X-Request-Id")); r["error"] == nil {
				t.Errorf("the record %v lacks the cause", r)
			}
		})
	}
	if a := s.do(t, http.MethodGet, "/things/1", nil, nil); a.status != http.StatusOK {
		t.Errorf("the control is answered %d", a.status)
	}
}

func TestAPanicIsAnInternalErrorWhoseStackIsInTheLogOnly(t *testing.T) {
	s := start(t, routes, nil)
	doc := wantProblem(t, s.do(t, http.MethodGet, "/panic", nil, nil), problem.Internal)
	r := s.log.record(t, doc.RequestID)
	stack, _ := r["stack"].(string)
	if r["error"] != "panic: secret state" || !strings.Contains(stack, "server_test.go") {
		t.Errorf("the record %v lacks the panic and its stack", r)
	}
	if a := s.do(t, http.MethodGet, "/things/1", nil, nil); a.status != http.StatusOK {
		t.Errorf("the server does not survive: %d", a.status)
	}
}

func TestAnAnswerThatBreaksOffIsNotMistakenForAWholeOne(t *testing.T) {
	s := start(t, routes, nil)
	resp, err := http.Get(s.base + "/panic-late")
	if err != nil {
		return // the connection broke before the header came: as good
	}
	defer func() { _ = resp.Body.Close() }()
	if b, err := io.ReadAll(resp.Body); err == nil {
		t.Fatalf("read a whole answer of %d bytes, want the connection to break", len(b))
	}
}

func TestAHandlerMayDropTheConnection(t *testing.T) {
	s := start(t, routes, nil)
	resp, err := http.Get(s.base + "/abort")
	if err == nil {
		_ = resp.Body.Close()
		t.Errorf("answered %d, want the connection dropped", resp.StatusCode)
	}
	if strings.Contains(s.log.String(), "goroutine") {
		t.Errorf("logged as a panic: %s", s.log)
	}
}

func TestUnknownPathsAndMethods(t *testing.T) {
	s := start(t, routes, nil)
	wantProblem(t, s.do(t, http.MethodGet, "/nowhere", nil, nil), problem.NotFound)
	wantProblem(t, s.do(t, http.MethodGet, "/things/1/2", nil, nil), problem.NotFound)
	wantProblem(t, s.do(t, "BREW", "/nowhere", nil, nil), problem.NotFound)
	for method, path := range map[string]string{"DELETE": "/things/1", "BREW": "/things/1", "PUT": "/healthz"} {
		a := s.do(t, method, path, nil, nil)
		wantProblem(t, a, problem.MethodNotAllowed)
		if allow := a.Allow(); !strings.Contains(allow, "GET") || !strings.Contains(allow, "HEAD") {
			t.Errorf("%s %s: Allow %q, want GET and HEAD", method, path, allow)
		}
	}
	for path, want := range map[string]string{"/things/1": "OPTIONS, GET, HEAD", "/things": "OPTIONS, POST", "/readyz": "OPTIONS, GET, HEAD"} {
		if a := s.do(t, http.MethodOptions, path, nil, nil); a.status != http.StatusNoContent || a.Allow() != want {
			t.Errorf("OPTIONS %s: %d, Allow %q, want %q", path, a.status, a.Allow(), want)
		}
	}
	if a := s.do(t, http.MethodGet, "/things", nil, nil); !strings.Contains(a.Allow(), "POST") || strings.Contains(a.Allow(), "HEAD") {
		t.Errorf("GET where only POST is: status %d, Allow %q", a.status, a.Allow())
	}
}

func (a answer) Allow() string { return a.header.Get("Allow") }

func TestHeadIsGetWithoutTheBody(t *testing.T) {
	s := start(t, routes, nil)
	get := s.do(t, http.MethodGet, "/things/1", nil, nil)
	head := s.do(t, http.MethodHead, "/things/1", nil, nil)
	if head.status != http.StatusOK || head.body != "" || head.header.Get("Content-Type") != get.header.Get("Content-Type") {
		t.Errorf("HEAD: %d %q %v, want GET's answer without its body", head.status, head.body, head.header)
	}
	if r := s.log.record(t, head.header.Get("X-Request-Id")); r["method"] != "HEAD" {
		t.Errorf("logged as %v, want HEAD", r["method"])
	}
	if a := s.do(t, http.MethodHead, "/nowhere", nil, nil); a.status != http.StatusNotFound || a.body != "" {
		t.Errorf("HEAD of an unknown path: %d %q", a.status, a.body)
	}
}

func TestNoCallerChoosesTheRequestID(t *testing.T) {
	s := start(t, routes, nil)
	seen := map[string]bool{}
	for id, isLogged := range map[string]bool{
		"a": true, "A-z_0.9": true, strings.Repeat("x", 64): true,
		"": false, "a b": false, strings.Repeat("x", 65): false, `a"b`: false, "é": false,
	} {
		for range 2 { // two tenants may send the same
			got := s.do(t, http.MethodGet, "/things/1", map[string]string{"X-Request-Id": id}, nil).header.Get("X-Request-Id")
			if got == id || len(got) < 16 || seen[got] {
				t.Errorf("sent %q, got %q, want a new one", id, got)
			}
			seen[got] = true
			if r := s.log.record(t, got); isLogged && r["caller_request_id"] != id || !isLogged && r["caller_request_id"] != nil {
				t.Errorf("sent %q, logged %v, want it beside our own: %v", id, r, isLogged)
			}
		}
	}
}

func TestAnswersCarryTheSecurityHeaders(t *testing.T) {
	s := start(t, routes, nil)
	for _, path := range []string{"/things/1", "/nowhere", "/panic", "/healthz", "/openapi.yaml"} {
		h := s.do(t, http.MethodGet, path, nil, nil).header
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v lacks a security header", path, h)
		}
	}
}

func TestLimitsOfSize(t *testing.T) {
	s := start(t, routes, func(c *httpserver.Config) { c.MaxBody = 1000 })
	body := func(n int) io.Reader { return strings.NewReader(strings.Repeat("x", n)) }
	chunked := func(n int) io.Reader { return io.MultiReader(body(n)) } // a length that is not announced
	for name, read := range map[string]func(int) io.Reader{"announced": body, "chunked": chunked} {
		if a := s.do(t, http.MethodPost, "/things", nil, read(1000)); a.status != http.StatusOK || a.body != "1000" {
			t.Errorf("%s body of the limit: %d %q", name, a.status, a.body)
		}
		wantProblem(t, s.do(t, http.MethodPost, "/things", nil, read(1001)), problem.TooLarge)
	}
	if a := s.do(t, http.MethodGet, "/things/1", nil, body(1000)); a.status != http.StatusOK {
		t.Errorf("a body that nobody reads: %d", a.status)
	}
	wantProblem(t, s.do(t, http.MethodGet, "/things/1", nil, body(1001)), problem.TooLarge)
	if a := s.do(t, http.MethodGet, "/things/"+strings.Repeat("x", 8192-len("/things/")), nil, nil); a.status != http.StatusOK {
		t.Errorf("a target of 8192 bytes: %d", a.status)
	}
	wantProblem(t, s.do(t, http.MethodGet, "/things/"+strings.Repeat("x", 8193-len("/things/")), nil, nil), problem.Invalid)
	if a := s.do(t, http.MethodGet, "/things/1", map[string]string{"X-Fill": strings.Repeat("x", 30<<10)}, nil); a.status != http.StatusOK {
		t.Errorf("a header of 30 KiB: %d", a.status)
	}
	wantProblem(t, s.do(t, http.MethodGet, "/things/1", map[string]string{"X-Fill": strings.Repeat("x", 40<<10)}, nil), problem.HeaderTooLarge)
}

// What net/http refuses before any handler is answered, logged and counted as everything else.
func TestWhatNoHandlerSeesIsAProblemInTheLog(t *testing.T) {
	s := start(t, routes, nil)
	for request, want := range map[string]problem.Kind{
		"nonsense\r\n\r\n":                                                                    problem.Invalid,
		"GET /things/1 HTTP/1.1\r\n\r\n":                                                      problem.Invalid, // no Host
		"GET /things/% HTTP/1.1\r\nHost: x\r\n\r\n":                                           problem.Invalid,
		"GET /things/1 HTTP/1.1\r\nHost: x\r\nA b: c\r\n\r\n":                                 problem.Invalid,
		"POST /things HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n":                      problem.Invalid,
		"GET /things/1 HTTP/1.1\r\nHost: x\r\nA: " + strings.Repeat("x", 40<<10) + "\r\n\r\n": problem.HeaderTooLarge,
		"GET /things/1 HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("X: 1\r\n", 100) + "\r\n":    problem.HeaderTooLarge,
		"POST /things HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n":                 problem.NotImplemented,
		"GET /things/1 HTTP/3.7\r\nHost: x\r\n\r\n":                                           problem.VersionNotSupported,
		"GET /things/1 HTTP/1.1\r\nHost: x\r\nExpect: rain\r\n\r\n":                           problem.ExpectationFailed,
	} {
		conn, err := net.Dial("tcp", s.Addr())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, request); err != nil {
			t.Fatal(err)
		}
		reader := bufio.NewReader(conn)
		resp, err := http.ReadResponse(reader, nil)
		if err != nil {
			t.Fatalf("%.60q: %v", request, err)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatalf("%.60q: %v", request, err)
		}
		wantProblem(t, answer{resp.StatusCode, resp.Header, string(body)}, want)
		r := s.log.record(t, resp.Header.Get("X-Request-Id"))
		if r["status"] != float64(want.Status()) || r["error"] == nil || !resp.Close || resp.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%.60q: header %v, logged %v", request, resp.Header, r)
		}
		if more, _ := io.ReadAll(reader); len(more) > 0 {
			t.Errorf("%.60q: %q after the answer", request, more)
		}
		_, _ = resp.Body.Close(), conn.Close()
	}
	if s.metric(t, `method="other",route="unmatched",status="431"} 2`) == "" {
		t.Error("the metrics lack the 431")
	}
}

func TestOptionsOfTheWholeServerAreLoggedToo(t *testing.T) {
	s := start(t, routes, nil)
	if a := s.halfClosed(t, "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"); a.status != http.StatusNoContent {
		t.Errorf("got %+v, want 204", a)
	}
}

func TestTheSmallerDeadlineWins(t *testing.T) {
	s := start(t, routes, func(c *httpserver.Config) { c.RequestTimeout = 2 * time.Second })
	for inbound, limit := range map[string]int{"": 2000, "500": 500, "5000": 2000, "9223372036854775807": 2000} {
		h := map[string]string{}
		if inbound != "" {
			h[httpclient.TimeoutHeader] = inbound
		}
		var left int
		a := s.do(t, http.MethodGet, "/deadline", h, nil)
		if _, err := fmt.Sscan(a.body, &left); err != nil || left > limit || left < limit-400 {
			t.Errorf("asked for %q ms: %s left, want about %d", inbound, a.body, limit)
		}
	}
	for _, inbound := range []string{"0", "-1", "1.5", "soon", "1e3", "99999999999999999999"} {
		a := s.do(t, http.MethodGet, "/deadline", map[string]string{httpclient.TimeoutHeader: inbound}, nil)
		if doc := wantProblem(t, a, problem.Invalid); len(doc.Errors) != 1 || doc.Errors[0].Name != httpclient.TimeoutHeader {
			t.Errorf("asked for %q ms: %+v, want the header named", inbound, doc)
		}
	}
	wantProblem(t, s.do(t, http.MethodGet, "/wait", map[string]string{httpclient.TimeoutHeader: "20"}, nil), problem.Timeout)
}

// TestReadyzTellsThatIsolationDoesNotHold: it is the one reason that an orchestrator gets to see. The cause stays in the log.
func TestReadyzTellsThatIsolationDoesNotHold(t *testing.T) {
	s := start(t, nil, func(c *httpserver.Config) {
		c.Ready = func(context.Context) error {
			return errors.Join(problem.WrapNotIsolated(errors.New("secret: blue's key"), "tenants are not kept apart", 10*time.Second), errors.New("keys"))
		}
	})
	a := s.do(t, http.MethodGet, "/readyz", nil, nil)
	if doc := wantProblem(t, a, problem.NotIsolated); doc.Detail != "tenants are not kept apart" || a.header.Get("Retry-After") != "10" || strings.Contains(a.body, "secret") {
		t.Errorf("answered %v %s", a.header, a.body)
	}
	if !strings.Contains(s.log.String(), "secret: blue's key") {
		t.Errorf("the log lacks the cause: %s", s.log)
	}
}

func TestHealth(t *testing.T) {
	var mu sync.Mutex
	var notReady error
	set := func(err error) { mu.Lock(); defer mu.Unlock(); notReady = err }
	set(errors.New("secret: keys are not loaded"))
	s := start(t, nil, func(c *httpserver.Config) {
		c.Ready = func(context.Context) error { mu.Lock(); defer mu.Unlock(); return notReady }
	})
	if a := s.do(t, http.MethodGet, "/healthz", nil, nil); a.status != http.StatusOK {
		t.Errorf("/healthz: %d while not ready, want 200", a.status)
	}
	a := s.do(t, http.MethodGet, "/readyz", nil, nil)
	wantProblem(t, a, problem.Unavailable)
	if a.header.Get("Retry-After") == "" || !strings.Contains(s.log.String(), "keys are not loaded") {
		t.Errorf("not ready: header %v, want Retry-After; log %s, want the reason", a.header, s.log)
	}
	if err := httpserver.Probe(t.Context(), s.Addr()); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("Probe = %v, want 503", err)
	}
	set(nil)
	deadline := time.Now().Add(5 * time.Second)
	for httpserver.Probe(t.Context(), s.Addr()) != nil && time.Now().Before(deadline) {
		time.Sleep(5 * time.Millisecond)
	}
	_, port, _ := net.SplitHostPort(s.Addr())
	for _, addr := range []string{s.Addr(), ":" + port, "0.0.0.0:" + port} {
		if err := httpserver.Probe(t.Context(), addr); err != nil {
			t.Errorf("Probe(%s) = %v, want ready", addr, err)
		}
	}
	if err := httpserver.Probe(t.Context(), "127.0.0.1"); err == nil {
		t.Error("Probe takes an address without a port")
	}
}

func TestReadyzHasTheNotesOfAReadyService(t *testing.T) {
	s := start(t, nil, func(c *httpserver.Config) { c.Notes = func() string { return "a store is away: s3\n" } })
	if a := s.do(t, http.MethodGet, "/readyz", nil, nil); a.status != http.StatusOK || a.body != "ok\na store is away: s3\n" {
		t.Errorf("got %d %q, want 200 and the note", a.status, a.body)
	}
	if a := start(t, nil, nil).do(t, http.MethodGet, "/readyz", nil, nil); a.body != "ok\n" {
		t.Errorf("without notes: %q", a.body)
	}
}

func TestTheOpenAPIDocumentIsServed(t *testing.T) {
	a := start(t, nil, nil).do(t, http.MethodGet, "/openapi.yaml", nil, nil)
	if a.status != http.StatusOK || a.body != "openapi: 3.0.3\n" || a.header.Get("Content-Type") != "application/yaml" {
		t.Errorf("got %+v", a)
	}
	s := start(t, nil, func(c *httpserver.Config) { c.OpenAPI = nil })
	wantProblem(t, s.do(t, http.MethodGet, "/openapi.yaml", nil, nil), problem.NotFound)
}

func TestMetricsAreOnTheirOwnAddressOnly(t *testing.T) {
	s := start(t, routes, nil)
	s.do(t, http.MethodGet, "/things/42?secret=1", nil, nil)
	s.do(t, http.MethodGet, "/never/heard/of", nil, nil)
	s.do(t, http.MethodGet, "/things/42/of", nil, nil) // of which the router knows a part
	s.do(t, "BREW", "/things/42", nil, nil)
	wantProblem(t, s.do(t, http.MethodGet, "/metrics", nil, nil), problem.NotFound)
	metrics := &service{base: "http://" + s.MetricsAddr()}
	a := metrics.do(t, http.MethodGet, "/metrics", nil, nil)
	for _, line := range []string{
		`shiptrack_http_requests_total{method="GET",route="/things/:id",status="200"} 1`,
		`shiptrack_http_requests_total{method="GET",route="unmatched",status="404"} 3`,
		`shiptrack_http_requests_total{method="other",route="/things/:id",status="405"} 1`,
		`shiptrack_http_request_duration_seconds_count{method="GET",route="/things/:id"} 1`,
		`shiptrack_http_requests_in_flight 0`, `go_goroutines`,
	} {
		if !strings.Contains(a.body, line) {
			t.Errorf("/metrics lacks %s:\n%s", line, grep(a.body, "shiptrack"))
		}
	}
	if strings.Contains(a.body, "42") && strings.Contains(grep(a.body, "shiptrack"), "things/42") {
		t.Error("a metric has an id in it")
	}
	if a := metrics.do(t, http.MethodGet, "/things/42", nil, nil); a.status != http.StatusNotFound {
		t.Errorf("the metrics address answers a service path with %d", a.status)
	}
}

func grep(text, part string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if strings.Contains(line, part) {
			b.WriteString(line)
		}
	}
	return b.String()
}

func TestAuthenticate(t *testing.T) {
	issuer := authntest.Start(t)
	v, err := authn.New(t.Context(), authn.Config{Providers: []authn.Provider{issuer.Provider()}})
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, func(e *echo.Echo) {
		e.GET("/whoami", func(c echo.Context) error {
			ctx := c.Request().Context()
			p, _ := authn.FromContext(ctx)
			id, err := tenant.FromContext(ctx)
			if err != nil {
				return err
			}
			token, _ := authn.BearerToken(ctx)
			return c.String(http.StatusOK, fmt.Sprintf("%s %s %s %d", p.Subject, p.Tenant, id, len(token)))
		}, httpserver.Authenticate(v))
	}, nil)
	token := issuer.Token("yellow", "ana")
	want := fmt.Sprintf("ana yellow yellow %d", len(token))
	for _, scheme := range []string{"Bearer ", "bearer ", "BEARER ", "BeArEr  ", "Bearer    "} {
		a := s.do(t, http.MethodGet, "/whoami?cursor=hidden", map[string]string{"Authorization": scheme + token, "X-Request-Id": "ok-" + strings.TrimSpace(scheme)}, nil)
		if a.status != http.StatusOK || a.body != want {
			t.Errorf("%s: %d %q, want %q", scheme, a.status, a.body, want)
		}
	}
	if r := s.log.await(t, "ok-BEARER"); r["tenant"] != "yellow" || r["subject"] != "ana" || r["route"] != "/whoami" || r["status"] != 200.0 || r["duration_ms"] == nil {
		t.Errorf("the access record is %v", r)
	}
	for name, tt := range map[string]struct {
		headers []string
		reason  authn.Reason
	}{
		"none":          {nil, authn.Missing},
		"two":           {[]string{"Bearer " + token, "Bearer " + token}, authn.Several},
		"basic":         {[]string{"Basic " + token}, authn.Missing},
		"no scheme":     {[]string{token}, authn.Missing},
		"scheme only":   {[]string{"Bearer"}, authn.Missing},
		"empty":         {[]string{"Bearer "}, authn.Missing},
		"blanks only":   {[]string{"Bearer   "}, authn.Missing},
		"a tab":         {[]string{"Bearer\t" + token}, authn.Missing},
		"a blank after": {[]string{"Bearer " + token + " x"}, authn.Malformed},
		"comma list":    {[]string{"Bearer " + token + ", Bearer " + token}, authn.Malformed},
		"wrong token":   {[]string{"Bearer " + token[:len(token)-8] + "AAAAAAAA"}, authn.BadSignature},
		"other's issue": {[]string{"Bearer " + authntest.Start(t).Token("yellow", "ana")}, authn.UnknownIssuer},
	} {
		t.Run(name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.base+"/whoami?access_token="+token, nil)
			if err != nil {
				t.Fatal(err)
			}
			if tt.headers != nil {
				req.Header["Authorization"] = tt.headers
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = resp.Body.Close() }()
			body, _ := io.ReadAll(resp.Body)
			doc := wantProblem(t, answer{resp.StatusCode, resp.Header, string(body)}, problem.Unauthenticated)
			want := `Bearer realm="shiptrack", error="invalid_token"`
			if tt.reason == authn.Missing {
				want = `Bearer realm="shiptrack"`
			}
			if got := resp.Header.Get("WWW-Authenticate"); doc.Detail != authn.Detail || got != want {
				t.Errorf("detail %q, WWW-Authenticate %q, want %q", doc.Detail, got, want)
			}
			if got, _ := s.log.record(t, doc.RequestID)["error"].(string); !strings.Contains(got, ": "+string(tt.reason)) {
				t.Errorf("logged %q, want the reason %q", got, tt.reason)
			}
		})
	}
	wantProblem(t, s.do(t, http.MethodGet, "/nowhere", nil, nil), problem.NotFound)
	for _, leak := range []string{token[:40], token[len(token)-40:], "hidden", "access_token"} {
		if strings.Contains(s.log.String(), leak) {
			t.Errorf("the log contains %q", leak)
		}
	}
}
