package httpserver_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"example.com/shiptrack/pkg/config"
	"example.com/shiptrack/pkg/httpserver"
	"example.com/shiptrack/pkg/problem"
)

const page = "https://app.example.com"

func startWithOrigins(t *testing.T, origins ...string) *service {
	return start(t, func(e *echo.Echo) {
		e.GET("/things/:id", func(c echo.Context) error {
			if c.Param("id") == "none" {
				return problem.New(problem.NotFound, "no such thing")
			}
			return c.String(http.StatusOK, "thing")
		})
	}, func(cfg *httpserver.Config) { cfg.Origins = origins })
}

func preflight(origin string) map[string]string {
	return map[string]string{"Origin": origin, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
}

// wantCORS checks that an answer has exactly these headers of the CORS protocol.
func wantCORS(t *testing.T, a answer, want map[string]string) {
	t.Helper()
	for name := range a.header {
		if _, ok := want[name]; strings.HasPrefix(name, "Access-Control-") && !ok {
			t.Errorf("the answer has %s: %s", name, a.header.Get(name))
		}
	}
	for name, value := range want {
		if got := a.header.Get(name); got != value {
			t.Errorf("%s is %q, want %q", name, got, value)
		}
	}
}

func TestAPageOfAnAllowedOriginMayReadAnswersAndErrors(t *testing.T) {
	s := startWithOrigins(t, page, "http://localhost:3000")
	readable := map[string]string{"Access-Control-Allow-Origin": page, "Access-Control-Expose-Headers": "X-Request-Id, Retry-After, RateLimit, RateLimit-Policy, WWW-Authenticate, Content-Disposition, Content-Range, ETag"}
	for path, status := range map[string]int{"/things/1": 200, "/things/none": 404, "/nowhere": 404, "/things/1?" + strings.Repeat("x", 9<<10): 400} {
		a := s.do(t, http.MethodGet, path, map[string]string{"Origin": page}, nil)
		if a.status != status || a.header.Get("Vary") != "Origin" {
			t.Errorf("%.20s: status %d, Vary %q, want %d and Origin", path, a.status, a.header.Get("Vary"), status)
		}
		wantCORS(t, a, readable)
	}
	if a := s.do(t, http.MethodGet, "/things/1", preflight(page), nil); a.body != "thing" {
		t.Errorf("a GET with the headers of a preflight is answered with %d %q", a.status, a.body)
	}
	a := s.do(t, http.MethodOptions, "/things/1", preflight(page), nil)
	if a.status != http.StatusNoContent {
		t.Errorf("the preflight is answered with %d, want 204", a.status)
	}
	wantCORS(t, a, map[string]string{
		"Access-Control-Allow-Origin": page, "Access-Control-Allow-Methods": "GET, HEAD, PUT", "Access-Control-Max-Age": "600",
		"Access-Control-Allow-Headers": "Authorization, X-Request-Id, X-Request-Timeout-Ms, Content-Type, " +
			"Range, If-Range, If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since",
	})
}

func TestAPageOfAnotherOriginMayReadNothing(t *testing.T) {
	for name, s := range map[string]*service{"no origin is allowed": startWithOrigins(t), "another is": startWithOrigins(t, page)} {
		for _, origin := range []string{
			"https://evil.example.com", "https://app.example.com.evil.org", "https://xapp.example.com", "http://app.example.com",
			"https://app.example.com:444", "https://app.example.com/", "HTTPS://APP.EXAMPLE.COM", "null", "*", page + "," + page,
		} {
			for method, header := range map[string]map[string]string{http.MethodGet: {"Origin": origin}, http.MethodOptions: preflight(origin)} {
				a := s.do(t, method, "/things/1", header, nil)
				if a.status >= 300 {
					t.Errorf("%s: %s of %s is answered with %d: the origin decides what a page reads, not what is answered", name, method, origin, a.status)
				}
				wantCORS(t, a, nil)
			}
		}
	}
	// OPTIONS that is no preflight is answered as without CORS.
	if a := startWithOrigins(t, page).do(t, http.MethodOptions, "/things/1", map[string]string{"Origin": page}, nil); a.status != 204 || !strings.Contains(a.header.Get("Allow"), "GET") {
		t.Errorf("status %d, Allow %q", a.status, a.header.Get("Allow"))
	}
}

func TestTwoOriginsAreNone(t *testing.T) {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, startWithOrigins(t, page).base+"/things/1", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header["Origin"] = []string{page, "https://evil.example.com"}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	wantCORS(t, answer{resp.StatusCode, resp.Header, ""}, nil)
}

func TestOriginsThatNoBrowserSendsAreRefused(t *testing.T) {
	load := func(text string) error {
		_, err := config.Load[httpserver.CORSSettings]([]string{"CORS_ALLOWED_ORIGINS=" + text})
		return err
	}
	for _, text := range []string{"", page, page + ", http://localhost:3000", "http://127.0.0.1:5173", "http://[::1]:3000", "https://app.example.com:8443"} {
		if err := load(text); err != nil {
			t.Errorf("%q is refused: %v", text, err)
		}
	}
	for _, text := range []string{
		"*", "https://*.example.com", "null", "app.example.com", "https://app.example.com/", "https://app.example.com/x", "https://App.example.com",
		"https://app.example.com:443", "http://localhost:80", "http://app.example.com", "ftp://app.example.com", "https://u@app.example.com",
		page + ",", page + ",*", "https://app.example.com?", "https://app.example.com#", "file://", "http://127.0.0.1.example.com",
	} {
		if err := load(text); err == nil || !strings.Contains(err.Error(), "CORS_ALLOWED_ORIGINS: ") {
			t.Errorf("%q: got %v, want it refused", text, err)
		}
	}
}

func TestTheHeaderHasRoomForTheLongestToken(t *testing.T) {
	s := start(t, func(e *echo.Echo) {
		e.GET("/things", func(c echo.Context) error { return c.NoContent(http.StatusNoContent) })
	}, func(cfg *httpserver.Config) { cfg.MaxToken = 64 << 10 })
	with := func(bytes int) map[string]string {
		return map[string]string{"Authorization": "Bearer " + strings.Repeat("x", bytes)}
	}
	if a := s.do(t, http.MethodGet, "/things", with(64<<10), nil); a.status != http.StatusNoContent {
		t.Errorf("a token of 64 KiB: status %d, want it to reach the handler", a.status)
	}
	a := s.do(t, http.MethodGet, "/things", with(90<<10), nil)
	if a.status != http.StatusRequestHeaderFieldsTooLarge || !strings.Contains(a.body, "81920 bytes") {
		t.Errorf("a token of 90 KiB: status %d, body %s", a.status, a.body)
	}
}

func TestTheClientsAddressIsLogged(t *testing.T) {
	s := startWithOrigins(t)
	s.do(t, http.MethodGet, "/things/1", map[string]string{"X-Request-Id": "mine", "X-Forwarded-For": "192.0.2.1"}, nil)
	if got := s.log.await(t, "mine")["client"]; got != "127.0.0.1" {
		t.Errorf("client is %v, want the address of the connection", got)
	}
}
