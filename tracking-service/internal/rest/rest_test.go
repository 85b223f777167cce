package rest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/shiptrack/pkg/httpclient"
	"example.com/shiptrack/pkg/httpserver"
	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/pkg/trackingapi"
	"example.com/shiptrack/tracking-service/internal/documents"
	"example.com/shiptrack/tracking-service/internal/rest"
	"example.com/shiptrack/tracking-service/internal/search"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

func TestBodiesAreAsThePublishedExamples(t *testing.T) {
	s := start(t)
	const last = `{"type":"DEPA","location":"SGSIN","planned":"2026-03-01T11:00:00Z","actual":"2026-03-01T17:00:00Z"}`
	const arrival = `"status":"IN_TRANSIT","eta":"2026-03-11T17:00:00Z","plannedArrival":"2026-03-11T11:00:00Z","delayMinutes":360,"lastMilestone":` + last
	const whole = `{"shipmentId":"1001","carrier":"MAEU","carrierBookingReference":"BOOKING-1","origin":"SGSIN","destination":"NLRTM",` + arrival +
		`,"milestones":[` + last + `,{"type":"ARRI","location":"NLRTM","planned":"2026-03-11T11:00:00Z","estimated":"2026-03-01T17:00:00Z"}]}`
	for target, want := range map[string]string{
		"/shipments/1001/eta":           `{"shipmentId":"1001",` + arrival + `}`,
		"/shipments/%31001/eta":         `{"shipmentId":"1001",` + arrival + `}`,
		"/%73hipments/100%31/%65ta":     `{"shipmentId":"1001",` + arrival + `}`,
		"/shipments/1001":               whole,
		"/shipments/%31%30%30%31":       whole,
		"/shipments?ids=1001":           `{"shipments":[` + whole + `],"notFound":[]}`,
		"/shipments?ids=9999,2002,1001": `{"shipments":[` + whole + `],"notFound":["9999","2002"]}`,
		"/shipments?ids=9999":           `{"shipments":[],"notFound":["9999"]}`,
	} {
		a := s.get("yellow", target)
		if a.StatusCode != http.StatusOK || !equalJSON(t, a.Content, want) {
			t.Errorf("%s: %d %s\nwant %s", target, a.StatusCode, a.Content, want)
		}
	}
}

func equalJSON(t *testing.T, got []byte, want string) bool {
	t.Helper()
	var a, b any
	if err := json.Unmarshal(got, &a); err != nil {
		return false
	}
	check(t, json.Unmarshal([]byte(want), &b))
	return reflect.DeepEqual(a, b)
}

func TestEachTenantSeesItsOwn(t *testing.T) {
	s := start(t)
	for tenant, want := range map[string]int64{"yellow": 360, "blue": -120} {
		var eta trackingapi.ETA
		a := s.get(tenant, "/shipments/1001/eta")
		if err := json.Unmarshal(a.Content, &eta); err != nil || eta.DelayMinutes != want {
			t.Errorf("%s's 1001: %d %s, want a delay of %d", tenant, a.StatusCode, a.Content, want)
		}
	}
	if got := idsOf(s.list("yellow", "")); !slices.Equal(got, []string{"1001", "1002"}) {
		t.Errorf("yellow's shipments: %v", got)
	}
	if got := idsOf(s.list("green", "")); len(got) != 0 {
		t.Errorf("green, who has none, sees %v", got)
	}
}

func TestForeignShipmentIsAnsweredAsOneThatNobodyHas(t *testing.T) {
	s := start(t)
	for _, target := range []string{"/shipments/%s/eta", "/shipments/%s"} {
		foreign, nobodys := s.get("blue", fmt.Sprintf(target, "1002")), s.get("blue", fmt.Sprintf(target, "9999"))
		if foreign.StatusCode != http.StatusNotFound || nobodys.StatusCode != http.StatusNotFound {
			t.Fatalf("statuses %d and %d, want 404 twice", foreign.StatusCode, nobodys.StatusCode)
		}
		if string(foreign.Content) != string(nobodys.Content) {
			t.Errorf("the bodies differ:\n%s%s", foreign.Content, nobodys.Content)
		}
		for _, h := range []http.Header{foreign.Header, nobodys.Header} {
			h.Del("Date")
			h.Del("X-Request-Id")
		}
		if !reflect.DeepEqual(foreign.Header, nobodys.Header) {
			t.Errorf("the headers differ:\n%v\n%v", foreign.Header, nobodys.Header)
		}
		if own := s.get("yellow", fmt.Sprintf(target, "1002")); own.StatusCode != http.StatusOK {
			t.Errorf("yellow's own: %d, want 200", own.StatusCode)
		}
	}
}

func TestTenantIsReadFromTheTokenAlone(t *testing.T) {
	s := start(t)
	want := s.get("yellow", "/shipments/1001/eta").Content
	for _, header := range []string{
		"X-Tenant-Id: blue", "TenantID: blue", "X-TenantID: blue", "Tenant: blue", "X-Amz-Security-Token: blue",
		"X-Original-Url: /shipments/2002", "X-Http-Method-Override: DELETE", "Cookie: TenantID=blue; tenant=blue",
		"Forwarded: for=blue;host=blue", "Baggage: TenantID=blue",
	} {
		if a := s.raw(http.MethodGet, "/shipments/1001/eta", s.bearer("yellow"), header); string(a.Content) != string(want) {
			t.Errorf("%s: %d %s, want yellow's own as without it", header, a.StatusCode, a.Content)
		}
	}
	for target, field := range map[string]string{
		"/shipments/1001/eta?tenant=blue":   "tenant",
		"/shipments/1001?TenantID=blue":     "TenantID",
		"/shipments?tenantId=blue":          "tenantId",
		"/shipments/1001/eta?access_token=": "access_token",
	} {
		a := s.get("yellow", target)
		if doc := a.Problem(t); a.StatusCode != http.StatusBadRequest || len(doc.Errors) != 1 || doc.Errors[0].Name != field {
			t.Errorf("%s: %d %s, want 400 that names %s", target, a.StatusCode, a.Content, field)
		}
	}
	second := s.raw(http.MethodGet, "/shipments/1001/eta", s.bearer("yellow"), s.bearer("blue"))
	if second.StatusCode != http.StatusUnauthorized {
		t.Errorf("two tokens: %d, want 401", second.StatusCode)
	}
}

func TestMalformedRequestsNameTheField(t *testing.T) {
	s := start(t)
	long := strings.Repeat("a", 65)
	for target, field := range map[string]string{
		"/shipments/-1/eta":                "shipmentId",
		"/shipments/a_b/eta":               "shipmentId",
		"/shipments/a.b":                   "shipmentId",
		"/shipments/../eta":                "shipmentId",
		"/shipments/..":                    "shipmentId",
		"/shipments/" + long:               "shipmentId",
		"/shipments/" + long + "/eta":      "shipmentId",
		"/shipments/1001%2Feta":            "shipmentId",
		"/shipments/1001%2Fx/eta":          "shipmentId",
		"/shipments/%2e%2e/eta":            "shipmentId",
		"/shipments/1001%00/eta":           "shipmentId",
		"/shipments/1001%0d%0aX/eta":       "shipmentId",
		"/shipments/1001;a=b/eta":          "shipmentId",
		"/shipments/1001%3Ba/eta":          "shipmentId",
		"/shipments/%2531001/eta":          "shipmentId",
		"/shipments/%D9%A3/eta":            "shipmentId",
		"/shipments/yellow%231001/eta":     "shipmentId",
		"/shipments/*/eta":                 "shipmentId",
		"/shipments/1001/eta?limit=5":      "limit",
		"/shipments/1001?x":                "x",
		"/shipments/-1/documents":          "shipmentId",
		"/shipments/a.b/documents/c.pdf":   "shipmentId",
		"/shipments/1001/documents?x=1":    "x",
		"/shipments/1001/documents/a%20b":  "name",
		"/shipments/1001/documents/a%2fb":  "name",
		"/shipments/1001/documents/%2e%2e": "name",
		"/shipments/1001/documents/..":     "name",
		"/shipments/1001/documents/.":      "name",
		"/shipments/1001/documents/a%00":   "name",
		"/shipments/1001/documents/a?b=1":  "b",
		"/shipments?limit=0":               "limit",
		"/shipments?limit=101":             "limit",
		"/shipments?limit=+5":              "limit",
		"/shipments?limit=1e1":             "limit",
		"/shipments?limit=%D9%A3":          "limit",
		"/shipments?limit=":                "limit",
		"/shipments?limit=5&limit=6":       "limit",
		"/shipments?cursor=":               "cursor",
		"/shipments?cursor=x":              "cursor",
		"/shipments?cursor=a&cursor=b":     "cursor",
		"/shipments?ids=":                  "ids",
		"/shipments?ids=a,a":               "ids",
		"/shipments?ids=a,%2e%2e":          "ids",
		"/shipments?ids=a&ids=b":           "ids",
		"/shipments?ids=a&limit=5":         "ids",
		"/shipments?ids=a&cursor=x":        "ids",
		"/shipments?ids=a" + tooMany():     "ids",
		"/shipments?unknown=1":             "unknown",
		"/shipments?limit=5;tenant=blue":   "query",
		"/shipments?limit=5&%gg=blue":      "query",
		"/shipments?limit=5&tenant[]=blue": "tenant[]",
	} {
		a := s.get("yellow", target)
		if a.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d %s, want 400", target, a.StatusCode, a.Content)
			continue
		}
		if a.FirstField(t) != field {
			t.Errorf("%s: %s, want a reason for %s", target, a.Content, field)
		}
	}
}

func tooMany() string {
	var b strings.Builder
	for i := range 100 {
		fmt.Fprintf(&b, ",a%d", i)
	}
	return b.String()
}

func TestBodyIsRefused(t *testing.T) {
	s := start(t)
	// net/http reads the body that follows as the next request if nobody refuses the length.
	a := s.raw(http.MethodGet, "/shipments", s.bearer("yellow"), "Content-Length: 17", "", `{"tenant":"blue"}`)
	if a.StatusCode != http.StatusBadRequest || a.FirstField(t) != "body" {
		t.Fatalf("%d %s, want 400 that names the body", a.StatusCode, a.Content)
	}
}

func TestUnknownPathsAndMethodsAreRefused(t *testing.T) {
	s := start(t)
	for _, tc := range []struct {
		method, target string
		want           int
	}{
		{http.MethodGet, "/", http.StatusNotFound},
		{http.MethodGet, "/shipment/1001", http.StatusNotFound},
		{http.MethodGet, "/Shipments/1001", http.StatusNotFound},
		{http.MethodGet, "/shipments/1001/ETA", http.StatusNotFound},
		{http.MethodGet, "/shipments/1001/eta/", http.StatusNotFound},
		{http.MethodGet, "/shipments/x/../1001/eta", http.StatusNotFound},
		{http.MethodGet, "//shipments/1001/eta", http.StatusNotFound},
		{http.MethodGet, "/yellow/shipments/1001", http.StatusNotFound},
		{http.MethodGet, "/metrics", http.StatusNotFound},
		{http.MethodGet, "/debug/pprof/", http.StatusNotFound},
		{http.MethodPost, "/shipments", http.StatusMethodNotAllowed},
		{http.MethodPut, "/shipments/1001", http.StatusMethodNotAllowed},
		{http.MethodDelete, "/shipments/1001", http.StatusMethodNotAllowed},
		{http.MethodPatch, "/shipments/1001/eta", http.StatusMethodNotAllowed},
		{"GOT", "/shipments/1001/eta", http.StatusMethodNotAllowed},
		{http.MethodPut, "/shipments/1001/documents", http.StatusMethodNotAllowed},
		{http.MethodPost, "/shipments/1001/documents/a.pdf", http.StatusMethodNotAllowed},
		{http.MethodDelete, "/shipments/1001/documents/a.pdf", http.StatusMethodNotAllowed},
		{http.MethodGet, "/shipments/1001/documents/a/b", http.StatusNotFound},
	} {
		a := s.raw(tc.method, tc.target, s.bearer("yellow"))
		if a.StatusCode != tc.want || a.Problem(t).Status != tc.want {
			t.Errorf("%s %s: %d %s, want %d", tc.method, tc.target, a.StatusCode, a.Content, tc.want)
		}
	}
}

func TestEveryRouteWithDataWantsAToken(t *testing.T) {
	s := start(t)
	for _, target := range []string{"/shipments/1001/eta", "/shipments/1001", "/shipments", "/shipments?ids=1001", "/shipments?limit=x", "/shipments/..", "/shipments/1001/documents", "/shipments/1001/documents/a.pdf"} {
		a := s.raw(http.MethodGet, target)
		if a.StatusCode != http.StatusUnauthorized || a.Header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s without a token: %d %s, want 401 before anything else is said", target, a.StatusCode, a.Content)
		}
	}
	if a := s.get("yellow", "/shipments/1001/eta"); a.StatusCode != http.StatusOK {
		t.Errorf("with a token: %d %s, want 200", a.StatusCode, a.Content)
	}
}

// TestEveryRouteWithDataHasLimits: they come before the isolation gate and the contract, and after the token.
func TestEveryRouteWithDataHasLimits(t *testing.T) {
	s := startWith(t, limits(t))
	if a := s.get("yellow", "/shipments/1001/eta"); a.StatusCode != http.StatusOK || a.Header.Get("RateLimit") == "" {
		t.Fatalf("the first: %d %v, want 200 and what is left", a.StatusCode, a.Header)
	}
	s.closed.Store(problem.WrapNotIsolated(nil, "not isolated", 0))
	for _, target := range []string{"/shipments/1001/eta", "/shipments/1001", "/shipments", "/shipments?limit=x", "/shipments/search?q=a", "/shipments/1001/documents", "/shipments/1001/documents/a.pdf"} {
		if a := s.get("yellow", target); a.StatusCode != http.StatusTooManyRequests || a.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %d %v, want 429 with Retry-After", target, a.StatusCode, a.Header)
		}
		if a := s.raw(http.MethodGet, target); a.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s without a token: %d, want 401", target, a.StatusCode)
		}
	}
	s.closed.Store(nil)
	if a := s.get("blue", "/shipments/1001/eta"); a.StatusCode != http.StatusOK {
		t.Errorf("blue: %d, want 200", a.StatusCode)
	}
}

// TestNoRouteWithDataIsServedWhileTheGateIsClosed: whoever has no token learns nothing of it.
func TestNoRouteWithDataIsServedWhileTheGateIsClosed(t *testing.T) {
	s := start(t)
	for _, closed := range []*problem.Error{
		problem.WrapNotIsolated(errors.New("secret"), "not isolated", 10*time.Second),
		problem.WrapUnavailable(errors.New("secret"), "not ready", time.Second),
	} {
		for _, target := range []string{"/shipments/1001/eta", "/shipments/1001", "/shipments", "/shipments?ids=1001", "/shipments?limit=x"} {
			s.closed.Store(closed)
			a := s.get("yellow", target)
			if a.StatusCode != http.StatusServiceUnavailable || a.Problem(t).Type != closed.Document("").Type || a.Header.Get("Retry-After") == "" ||
				strings.Contains(string(a.Content), "secret") {
				t.Errorf("%s: %d %v %s, want a 503 that is %v", target, a.StatusCode, a.Header, a.Content, closed.Kind)
			}
			if a := s.raw(http.MethodGet, target); a.StatusCode != http.StatusUnauthorized {
				t.Errorf("%s without a token: %d, want 401", target, a.StatusCode)
			}
			s.closed.Store(nil)
			if a := s.get("yellow", target); a.StatusCode >= http.StatusInternalServerError {
				t.Errorf("%s with the gate open: %d", target, a.StatusCode)
			}
		}
	}
	s.closed.Store(problem.WrapNotIsolated(nil, "not isolated", 0))
	if a := s.raw(http.MethodGet, "/healthz"); a.StatusCode != http.StatusOK {
		t.Errorf("/healthz is %d while the gate is closed, want 200", a.StatusCode)
	}
}

func TestFailuresOfTheDomainKeepTheirKind(t *testing.T) {
	s := start(t)
	for _, tc := range []struct {
		err  error
		want int
	}{
		{problem.New(problem.Denied, "access was denied"), http.StatusForbidden},
		{problem.WrapUnavailable(errors.New("secret"), "tracking data is away", 2*time.Second), http.StatusServiceUnavailable},
		{problem.New(problem.Timeout, "slow"), http.StatusGatewayTimeout},
		{errors.New("secret"), http.StatusInternalServerError},
	} {
		s.store.fail(tc.err)
		for _, target := range []string{"/shipments/1001/eta", "/shipments/1001", "/shipments", "/shipments?ids=1001"} {
			a := s.get("yellow", target)
			if a.StatusCode != tc.want || a.Problem(t).Status != tc.want || strings.Contains(string(a.Content), "secret") {
				t.Errorf("%v: %s: %d %s, want %d and no cause", tc.err, target, a.StatusCode, a.Content, tc.want)
			}
			if tc.want == http.StatusServiceUnavailable && a.Header.Get("Retry-After") != "2" {
				t.Errorf("Retry-After %q, want 2", a.Header.Get("Retry-After"))
			}
		}
	}
}

func TestClientThatHasSentAllItWillIsAnswered(t *testing.T) {
	s := start(t)
	for range 40 {
		if a := s.halfClosed("/shipments/1001/eta"); a.StatusCode != http.StatusOK || !strings.Contains(string(a.Content), `"1001"`) {
			t.Fatalf("%d %s, want 200 with the ETA", a.StatusCode, a.Content)
		}
		if a := s.halfClosed("/shipments/9999/eta"); a.StatusCode != http.StatusNotFound || a.Problem(t).Status != http.StatusNotFound {
			t.Fatalf("%d %s, want 404", a.StatusCode, a.Content)
		}
	}
	s.store.isStuck = true // until the time is up, and not until the client has nothing more to send
	a := s.halfClosed("/shipments/1001/eta", httpclient.TimeoutHeader+": 50")
	if a.StatusCode != http.StatusGatewayTimeout || a.Problem(t).Status != http.StatusGatewayTimeout {
		t.Fatalf("%d %s, want 504", a.StatusCode, a.Content)
	}
}

func TestRoutesAndDocumentAreInStep(t *testing.T) {
	s := start(t)
	var routes []string
	for _, r := range s.echo.Routes() {
		var segments []string
		for segment := range strings.SplitSeq(r.Path, "/") {
			if name, ok := strings.CutPrefix(segment, ":"); ok {
				segment = "{" + name + "}"
			}
			segments = append(segments, segment)
		}
		routes = append(routes, r.Method+" "+strings.Join(segments, "/"))
	}
	slices.Sort(routes)
	if want := s.document.Operations(); !slices.Equal(routes, want) {
		t.Errorf("the server has %v\nthe document %v", routes, want)
	}
	for _, path := range []string{"/healthz", "/readyz", "/openapi.yaml"} {
		a := s.raw(http.MethodGet, path)
		if err := s.document.CheckResponse("GET "+path, a.StatusCode, a.Header, a.Content); err != nil || a.StatusCode != http.StatusOK {
			t.Errorf("%s: %d, %v", path, a.StatusCode, err)
		}
	}
	if a := s.raw(http.MethodGet, "/openapi.yaml"); string(a.Content) != string(trackingapi.Document()) {
		t.Error("/openapi.yaml is not the document")
	}
}

func TestRegisterWantsAllOfItsConfig(t *testing.T) {
	s := start(t)
	domain, err := tracking.New(s.store)
	check(t, err)
	papers, err := documents.New(documents.Config{Store: s.archive, Shipments: domain, MaxBytes: maxDocument})
	check(t, err)
	finds, err := search.New(s.finder)
	check(t, err)
	open := func() error { return nil }
	good := rest.Config{
		Service: domain, Documents: papers, Search: finds, Authenticate: httpserver.Authenticate(nil), FairShare: func(next echo.HandlerFunc) echo.HandlerFunc { return next },
		Open: open, OpenDocuments: open, OpenSearches: open, CursorKey: make([]byte, 32),
	}
	for name, change := range map[string]func(*rest.Config){
		"no service":        func(c *rest.Config) { c.Service = nil },
		"no authentication": func(c *rest.Config) { c.Authenticate = nil },
		"no limits":         func(c *rest.Config) { c.FairShare = nil },
		"no gate":           func(c *rest.Config) { c.Open = nil },
		"no documents":      func(c *rest.Config) { c.Documents = nil },
		"no second gate":    func(c *rest.Config) { c.OpenDocuments = nil },
		"no search":         func(c *rest.Config) { c.Search = nil },
		"no third gate":     func(c *rest.Config) { c.OpenSearches = nil },
		"a short key":       func(c *rest.Config) { c.CursorKey = make([]byte, 16) },
	} {
		cfg := good
		change(&cfg)
		if err := rest.Register(s.echo, cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	check(t, rest.Register(s.echo, good))
}
