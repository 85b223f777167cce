package rest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/shiptrack/pkg/httpclient"
	"example.com/shiptrack/pkg/httpserver"
	"example.com/shiptrack/pkg/openapi/openapitest"
	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/pkg/trackingapi"
	"example.com/shiptrack/shipment-service/internal/rest"
)

func TestAnswersArePassedOnForTheCaller(t *testing.T) {
	s := start(t)
	for _, tc := range []struct{ target, asked, body string }{
		{"/shipments/1001/eta", "/shipments/1001/eta", eta},
		{"/shipments/%31001/eta", "/shipments/1001/eta", eta},
		{"/%73hipments/100%31/%65ta", "/shipments/1001/eta", eta},
		{"/shipments/1001", "/shipments/1001", whole},
		{"/shipments/%31%30%30%31", "/shipments/1001", whole},
		{"/shipments?ids=1001,1002", "/shipments?ids=1001,1002", batch},
		{"/shipments?ids=1001%2C1002", "/shipments?ids=1001,1002", batch},
		{"/shipments", "/shipments", page},
		{"/shipments?cursor=abc&limit=7", "/shipments?limit=7&cursor=abc", page},
		{"/shipments/search", "/shipments/search", found},
		{"/shipments/search?cursor=abc&limit=7&q=rotterdam+d%C3%A9layed&status=IN_TRANSIT", "/shipments/search?q=rotterdam+d%C3%A9layed&status=IN_TRANSIT&limit=7&cursor=abc", found},
		{"/shipments/search?q=%26status%3DLOST%20%23%3B%22%5C_index%3Ablue", "/shipments/search?q=%26status%3DLOST+%23%3B%22%5C_index%3Ablue", found},
	} {
		s.tracking.will(answering(http.StatusOK, "application/json", tc.body))
		token := s.issuer.Token("yellow", "ana")
		a := s.Do(t, http.MethodGet, tc.target, "Authorization: Bearer "+token, "X-Request-Id: req-7")
		id := a.Header.Get("X-Request-Id")
		if a.StatusCode != http.StatusOK || !sameJSON(t, a.Content, tc.body) {
			t.Errorf("%s: %d %s, want %s", tc.target, a.StatusCode, a.Content, tc.body)
		}
		asked := s.tracking.requests()
		if len(asked) != 1 || asked[0].URL.String() != tc.asked {
			t.Fatalf("%s: asked %v, want once %s", tc.target, asked, tc.asked)
		}
		if got := asked[0].Header.Get("Authorization"); got != "Bearer "+token {
			t.Errorf("%s: passed on Authorization %q, want the caller's own", tc.target, got)
		}
		if got := asked[0].Header.Get("X-Request-Id"); got != id || id == "req-7" {
			t.Errorf("%s: passed on the request id %q, want the service's own, %q", tc.target, got, id)
		}
		if want := `"request_id":"` + id + `","client":"127.0.0.1","caller_request_id":"req-7"`; !strings.Contains(s.log.String(), want) {
			t.Errorf("%s: the log lacks %s:\n%s", tc.target, want, s.log)
		}
		got := asked[0].Header.Get("X-Request-Timeout-Ms")
		if ms, err := strconv.Atoi(got); err != nil || ms < 1 || ms >= int(requestTimeout.Milliseconds()) {
			t.Errorf("%s: grants %q ms, want what is left of %v", tc.target, got, requestTimeout)
		}
	}
}

func sameJSON(t *testing.T, got []byte, want string) bool {
	t.Helper()
	var a, b any
	check(t, json.Unmarshal(got, &a))
	check(t, json.Unmarshal([]byte(want), &b))
	return reflect.DeepEqual(a, b)
}

func TestOnlyTheTokenGoesAlong(t *testing.T) {
	s := start(t)
	s.tracking.will(answering(http.StatusOK, "application/json", eta))
	s.get("/shipments/1001/eta", "X-Tenant-Id: blue", "TenantID: blue", "Cookie: tenant=blue", "Baggage: tenant=blue",
		"X-Forwarded-For: 10.0.0.1", "X-Amz-Security-Token: blue")
	for name, values := range s.tracking.requests()[0].Header {
		if strings.Contains(strings.Join(values, " "), "blue") || name == "X-Forwarded-For" {
			t.Errorf("%s: %v went along", name, values)
		}
	}
}

func TestFailuresOfTheTrackingServiceAreMapped(t *testing.T) {
	s := start(t)
	cursor := problem.InvalidField("cursor", "is old")
	for _, tc := range []struct {
		name   string
		answer http.HandlerFunc
		want   int
		detail string
	}{
		{"400", failing(cursor), 400, "cursor is old"},
		{"400 without fields", failing(problem.New(problem.Invalid, "secret")), 500, "an unexpected error occurred"},
		{"401", failing(problem.New(problem.Unauthenticated, "secret")), 401, "the bearer token is missing or does not hold"},
		{"403", failing(problem.New(problem.Denied, "secret")), 403, "access was denied"},
		{"404", failing(problem.New(problem.NotFound, "secret")), 404, "no such shipment"},
		{"404 of a stranger", answering(404, "text/html", "secret"), 500, "an unexpected error occurred"},
		{"405", failing(problem.New(problem.MethodNotAllowed, "secret")), 500, "an unexpected error occurred"},
		{"500", failing(problem.New(problem.Internal, "secret")), 500, "an unexpected error occurred"},
		{"502", answering(502, "text/html", "secret"), 503, "tracking is not available"},
		{"503", failing(problem.WrapUnavailable(nil, "secret", 9*time.Second)), 503, "tracking is not available"},
		{"504", failing(problem.New(problem.Timeout, "secret")), 504, "tracking did not answer in time"},
		{"redirect", answering(302, "text/html", "secret", "Location: /shipments/1001/eta"), 500, "an unexpected error occurred"},
		{"garbage", answering(200, "application/json", "\x00secret"), 500, "an unexpected error occurred"},
		{"HTML", answering(200, "text/html", "secret"), 500, "an unexpected error occurred"},
		{"another's shipment", answering(200, "application/json", strings.Replace(eta, "1001", "secret", 1)), 500, "an unexpected error occurred"},
		{"oversized", oversized, 500, "an unexpected error occurred"},
		{"slow", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, 504, "tracking did not answer in time"},
		{"slow to finish", stuck, 504, "tracking did not answer in time"},
		{"reset", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 503, "tracking is not available"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s.tracking.will(tc.answer)
			var header []string
			if tc.want == http.StatusGatewayTimeout {
				header = []string{httpclient.TimeoutHeader + ": 100"}
			}
			a := s.get("/shipments/1001/eta", header...)
			doc := a.Problem(t)
			if a.StatusCode != tc.want || doc.Status != tc.want || doc.Detail != tc.detail {
				t.Errorf("%d %s, want %d %q", a.StatusCode, a.Content, tc.want, tc.detail)
			}
			if strings.Contains(string(a.Content), "secret") || strings.Contains(string(a.Content), "tracking's own") {
				t.Errorf("the caller reads what is not for it: %s", a.Content)
			}
			if want := map[string]string{"503": "9"}[tc.name]; want != "" && a.Header.Get("Retry-After") != want {
				t.Errorf("Retry-After %q, want %q", a.Header.Get("Retry-After"), want)
			}
			if a.StatusCode == http.StatusServiceUnavailable && a.Header.Get("Retry-After") == "" {
				t.Error("503 without Retry-After")
			}
		})
	}
}

func TestClientThatHasSentAllItWillIsAnswered(t *testing.T) {
	s := start(t)
	s.HalfClose = true
	for range 40 {
		s.tracking.will(answering(http.StatusOK, "application/json", eta))
		if a := s.get("/shipments/1001/eta"); a.StatusCode != http.StatusOK || !sameJSON(t, a.Content, eta) {
			t.Fatalf("%d %s, want 200 with the ETA", a.StatusCode, a.Content)
		}
		s.tracking.will(failing(problem.New(problem.Denied, "no")))
		if a := s.get("/shipments/1001/eta"); a.StatusCode != http.StatusForbidden || a.Problem(t).Status != http.StatusForbidden {
			t.Fatalf("%d %s, want 403", a.StatusCode, a.Content)
		}
	}
	// It waits until the shipment service gives up. Only the deadline may be the reason.
	s.tracking.will(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	if a := s.get("/shipments/1001/eta", httpclient.TimeoutHeader+": 100"); a.StatusCode != http.StatusGatewayTimeout || a.Problem(t).Status != http.StatusGatewayTimeout {
		t.Fatalf("%d %s, want 504", a.StatusCode, a.Content)
	}
	if logged := s.log.String(); !strings.Contains(logged, `"status":504`) || strings.Contains(logged, "context canceled") {
		t.Errorf("want the 504 in the log, and nothing cancelled:\n%s", logged)
	}
}

func oversized(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	blank := strings.Repeat(" ", 1<<20)
	for range 64 {
		if _, err := io.WriteString(w, blank); err != nil {
			return
		}
	}
}

func stuck(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, eta[:20])
	_ = http.NewResponseController(w).Flush()
	<-r.Context().Done()
}

func TestTrackingServiceThatIsAwayIs503(t *testing.T) {
	s := start(t)
	s.tracking.Close()
	a := s.get("/shipments/1001/eta")
	if a.StatusCode != http.StatusServiceUnavailable || a.Header.Get("Retry-After") != "1" {
		t.Fatalf("%d %v %s, want 503 with Retry-After 1", a.StatusCode, a.Header, a.Content)
	}
}

func TestFieldsOfTheTrackingServicesRefusalAreNamed(t *testing.T) {
	s := start(t)
	s.tracking.will(failing(problem.InvalidField("cursor", "is old")))
	if a := s.get("/shipments?cursor=abc"); a.StatusCode != http.StatusBadRequest || a.FirstField(t) != "cursor" {
		t.Fatalf("%d %s, want 400 that names cursor", a.StatusCode, a.Content)
	}
}

func TestTwoShipmentsNotFoundAreAnsweredByTheSameBytes(t *testing.T) {
	s := start(t)
	ask := func(id, detail string) openapitest.Answer {
		s.tracking.will(failing(problem.New(problem.NotFound, detail)))
		a := s.get("/shipments/" + id + "/eta")
		a.Header.Del("Date")
		a.Header.Del("X-Request-Id")
		return a
	}
	one, other := ask("1002", "blue has it"), ask("9999", "nobody has it")
	if one.StatusCode != http.StatusNotFound || string(one.Content) != string(other.Content) || !reflect.DeepEqual(one.Header, other.Header) {
		t.Fatalf("%d %v %s\n%d %v %s", one.StatusCode, one.Header, one.Content, other.StatusCode, other.Header, other.Content)
	}
}

// A malformed request never reaches the tracking service.
func TestMalformedRequestsNameTheField(t *testing.T) {
	s := start(t)
	s.tracking.will(answering(http.StatusOK, "application/json", eta))
	for target, field := range map[string]string{
		"/shipments/-1/eta":                                     "shipmentId",
		"/shipments/../eta":                                     "shipmentId",
		"/shipments/1001%2Fx/eta":                               "shipmentId",
		"/shipments/1001%00/eta":                                "shipmentId",
		"/shipments/%2e%2e":                                     "shipmentId",
		"/shipments/1001;a=b/eta":                               "shipmentId",
		"/shipments/" + tooLong:                                 "shipmentId",
		"/shipments/1001/eta?tenant=blue":                       "tenant",
		"/shipments/1001?TenantID=blue":                         "TenantID",
		"/shipments/-1/documents":                               "shipmentId",
		"/shipments/1001/documents/..":                          "name", // the client's URL would be that of another operation
		"/shipments/1001/documents/.":                           "name",
		"/shipments/1001/documents/a%20b":                       "name",
		"/shipments/1001/documents/" + strings.Repeat("a", 129): "name",
		"/shipments/1001/documents/a?b=1":                       "b",
		"/shipments?limit=101":                                  "limit",
		"/shipments?limit=+5":                                   "limit",
		"/shipments?limit=1e1":                                  "limit",
		"/shipments?limit=%D9%A3":                               "limit",
		"/shipments?cursor=%21":                                 "cursor",
		"/shipments?ids=":                                       "ids",
		"/shipments?ids=a,a":                                    "ids",
		"/shipments?ids=a&cursor=b":                             "ids",
		"/shipments?ids=a&limit=5":                              "ids",
		"/shipments?ids=a" + tooMany():                          "ids",
		"/shipments?limit=5&limit=5":                            "limit",
		"/shipments?limit=5;tenant=blue":                        "query",
	} {
		if a := s.get(target); a.StatusCode != http.StatusBadRequest || a.FirstField(t) != field {
			t.Errorf("%s: %d %s, want 400 that names %s", target, a.StatusCode, a.Content, field)
		}
	}
	if asked := s.tracking.requests(); len(asked) != 0 {
		t.Errorf("the tracking service was asked %d times", len(asked))
	}
	if a := s.get("/shipments/1001/eta"); a.StatusCode != http.StatusOK || len(s.tracking.requests()) != 1 {
		t.Errorf("a good request: %d %s, want 200", a.StatusCode, a.Content)
	}
}

var tooLong = strings.Repeat("a", 65)

func tooMany() string {
	var b strings.Builder
	for i := range 100 {
		fmt.Fprintf(&b, ",a%d", i)
	}
	return b.String()
}

func TestEveryRouteWithDataWantsAToken(t *testing.T) {
	s := start(t)
	s.tracking.will(answering(http.StatusOK, "application/json", eta))
	for _, target := range []string{"/shipments/1001/eta", "/shipments/1001", "/shipments", "/shipments?limit=x", "/shipments/..", "/shipments/1001/documents", "/shipments/1001/documents/a.pdf"} {
		for _, header := range []string{"X: none", "Authorization: Bearer x.y.z", "Authorization: Basic YTpi"} {
			a := s.Do(t, http.MethodGet, target, header)
			if a.StatusCode != http.StatusUnauthorized || a.Header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s with %s: %d %s, want 401 before anything else is said", target, header, a.StatusCode, a.Content)
			}
		}
	}
	if asked := s.tracking.requests(); len(asked) != 0 {
		t.Errorf("the tracking service was asked %d times", len(asked))
	}
}

// TestEveryRouteWithDataHasLimits: its own, before the tracking service is asked.
func TestEveryRouteWithDataHasLimits(t *testing.T) {
	s := startWith(t, limits(t))
	s.tracking.will(answering(http.StatusOK, "application/json", eta))
	if a := s.get("/shipments/1001/eta"); a.StatusCode != http.StatusOK || a.Header.Get("RateLimit") == "" {
		t.Fatalf("the first: %d %v, want 200 and what is left", a.StatusCode, a.Header)
	}
	for _, target := range []string{"/shipments/1001/eta", "/shipments/1001", "/shipments", "/shipments?limit=x", "/shipments/search?q=a", "/shipments/1001/documents", "/shipments/1001/documents/a.pdf"} {
		if a := s.get(target); a.StatusCode != http.StatusTooManyRequests || a.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %d %v, want 429 with Retry-After", target, a.StatusCode, a.Header)
		}
	}
	if asked := s.tracking.requests(); len(asked) != 1 {
		t.Errorf("the tracking service was asked %d times, want once", len(asked))
	}
}

// TestALimitOfTheTrackingServiceReachesTheCaller with its header fields, in place of this service's own.
func TestALimitOfTheTrackingServiceReachesTheCaller(t *testing.T) {
	s := startWith(t, limits(t))
	s.tracking.will(failing(problem.WrapLimitExceeded(nil, "theirs", 7*time.Second, problem.Quota{RateLimit: `"requests";r=0;t=7`, RateLimitPolicy: `"requests";q=20;w=2`})))
	a := s.get("/shipments/1001/eta")
	if h := a.Header; a.StatusCode != http.StatusTooManyRequests || h.Get("Retry-After") != "7" || h.Get("RateLimit") != `"requests";r=0;t=7` || h.Get("RateLimit-Policy") != `"requests";q=20;w=2` {
		t.Errorf("got %d %v, want 429 with the tracking service's own fields", a.StatusCode, a.Header)
	}
	unlimited := start(t)
	unlimited.tracking.will(answering(http.StatusTooManyRequests, "text/html", "slow down"))
	if a := unlimited.get("/shipments/1001/eta"); a.StatusCode != http.StatusServiceUnavailable || a.Header.Get("RateLimit") != "" {
		t.Errorf("a gateway's 429: %d %v, want 503", a.StatusCode, a.Header)
	}
}

func TestUnknownPathsAndMethodsAreRefused(t *testing.T) {
	s := start(t)
	for target, want := range map[string]int{
		"GET /": 404, "GET /shipments/1001/eta/": 404, "GET /yellow/shipments": 404, "GET /metrics": 404,
		"POST /shipments": 405, "DELETE /shipments/1001": 405, "PUT /shipments/1001/eta": 405,
		"PUT /shipments/1001/documents": 405, "DELETE /shipments/1001/documents/a.pdf": 405, "GET /shipments/1001/documents/a/b": 404,
	} {
		method, path, _ := strings.Cut(target, " ")
		if a := s.Do(t, method, path); a.StatusCode != want || a.Problem(t).Status != want {
			t.Errorf("%s: %d %s, want %d", target, a.StatusCode, a.Content, want)
		}
	}
}

func TestTokensAreNotLogged(t *testing.T) {
	s := start(t)
	s.tracking.will(failing(problem.New(problem.Denied, "no")))
	token := s.issuer.Token("yellow", "ana")
	s.Do(t, http.MethodGet, "/shipments/1001/eta", "Authorization: Bearer "+token)
	logged := s.log.String()
	if !strings.Contains(logged, `"status":403`) || strings.Contains(logged, token) {
		t.Fatalf("want the request in the log, and not its token:\n%s", logged)
	}
}

func TestRoutesAndDocumentAreInStep(t *testing.T) {
	s := start(t)
	var routes []string
	for _, r := range s.echo.Routes() {
		routes = append(routes, r.Method+" "+strings.NewReplacer(":shipmentId", "{shipmentId}", ":name", "{name}").Replace(r.Path))
	}
	slices.Sort(routes)
	if want := s.Document.Operations(); !slices.Equal(routes, want) {
		t.Errorf("the server has %v\nthe document %v", routes, want)
	}
	served := s.Do(t, http.MethodGet, "/openapi.yaml")
	if again := openapitest.Load(t, served.Content).Operations(); !slices.Equal(again, s.Document.Operations()) {
		t.Errorf("the served document has %v", again)
	}
	for _, path := range []string{"/healthz", "/readyz"} {
		if a := s.Do(t, http.MethodGet, path); a.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", path, a.StatusCode)
		}
	}
}

// The public document has the same rules as the tracking service's: it must not allow what that one refuses.
func TestDocumentsNameTheSameOperations(t *testing.T) {
	document, err := rest.Document()
	check(t, err)
	public, internal := openapitest.Load(t, document), openapitest.Load(t, trackingapi.Document())
	if !slices.Equal(public.Operations(), internal.Operations()) {
		t.Errorf("public %v\ninternal %v", public.Operations(), internal.Operations())
	}
	// A YAML document is no JSON string, which is what a schema of type string would say of it.
	for _, text := range [][]byte{document, trackingapi.Document()} {
		if !strings.Contains(string(text), "application/yaml: {}") {
			t.Error("the response of /openapi.yaml has a schema")
		}
	}
}

func TestRegisterWantsAllOfItsConfig(t *testing.T) {
	s := start(t)
	authenticate := httpserver.Authenticate(nil)
	unlimited := func(next echo.HandlerFunc) echo.HandlerFunc { return next }
	for _, lacking := range []rest.Config{
		{Authenticate: authenticate, FairShare: unlimited}, {Tracking: unused{}, FairShare: unlimited}, {Tracking: unused{}, Authenticate: authenticate},
	} {
		if err := rest.Register(s.echo, lacking); err == nil {
			t.Errorf("%+v is accepted", lacking)
		}
	}
	check(t, rest.Register(s.echo, rest.Config{Tracking: unused{}, Authenticate: authenticate, FairShare: unlimited}))
}

type unused struct{ rest.Tracking }
