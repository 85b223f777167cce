package trackingclient_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/shiptrack/pkg/authn"
	"example.com/shiptrack/pkg/httpclient"
	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/pkg/tenant"
	"example.com/shiptrack/pkg/trackingapi"
	"example.com/shiptrack/pkg/trackingapi/trackingclient"
)

const token = "header.payload.signature"

const (
	milestone = `{"type":"DEPA","location":"SGSIN","planned":"2026-03-01T00:00:00Z","actual":"2026-03-01T06:00:00Z"}`
	eta       = `"status":"IN_TRANSIT","eta":"2026-03-20T06:00:00Z","plannedArrival":"2026-03-20T00:00:00Z","delayMinutes":360,"lastMilestone":` + milestone
)

func etaOf(id string) string { return fmt.Sprintf(`{"shipmentId":%q,%s}`, id, eta) }

func shipmentOf(id string) string {
	return fmt.Sprintf(`{"shipmentId":%q,"carrier":"MAEU","carrierBookingReference":"B","origin":"SGSIN","destination":"NLRTM",%s,"milestones":[%s]}`, id, eta, milestone)
}

// caller returns a context of yellow's request with a deadline far away.
func caller(t *testing.T) context.Context {
	t.Helper()
	yellow, err := tenant.Parse("yellow")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	return authn.NewContext(ctx, authn.Principal{Subject: "ana", Tenant: yellow}, token)
}

// service starts a tracking service that answers by handler, and returns a client of it.
func service(t *testing.T, handler http.HandlerFunc) *trackingclient.Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return clientOf(t, server.URL)
}

func clientOf(t *testing.T, url string) *trackingclient.Client {
	t.Helper()
	httpClient := httpclient.New(httpclient.Config{})
	t.Cleanup(httpClient.CloseIdleConnections)
	client, err := trackingclient.New(trackingclient.Config{URL: url, Transport: httpClient.Transport})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// answering returns a handler with one answer.
func answering(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func document(kind problem.Kind) string {
	return fmt.Sprintf(`{"type":"urn:shiptrack:problem:%s","title":"t","status":%d,"detail":"told by tracking"}`, kind, kind.Status())
}

func kindOf(t *testing.T, err error) problem.Kind {
	t.Helper()
	var p *problem.Error
	if !errors.As(err, &p) {
		t.Fatalf("error = %v, want a problem", err)
	}
	return p.Kind
}

func TestRequestCarriesTheCallersToken(t *testing.T) {
	var got *http.Request
	client := service(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.Clone(context.Background())
		answering(http.StatusOK, "application/json", etaOf("1001"))(w, r)
	})
	answer, err := client.GetShippingETA(caller(t), "1001")
	if err != nil || answer.ShipmentID != "1001" || answer.DelayMinutes != 360 || answer.LastMilestone.Location != "SGSIN" {
		t.Fatalf("answer = %+v, %v, want that of 1001", answer, err)
	}
	if got.URL.Path != "/shipments/1001/eta" || got.Header.Get("Authorization") != "Bearer "+token {
		t.Errorf("request %s with Authorization %q, want the caller's own token", got.URL, got.Header.Get("Authorization"))
	}
}

func TestRequestWithoutACallerIsNotSent(t *testing.T) {
	client := service(t, func(http.ResponseWriter, *http.Request) { t.Error("a packet left") })
	if _, err := client.GetShippingETA(t.Context(), "1001"); kindOf(t, err) != problem.Internal {
		t.Fatalf("error = %v, want internal", err)
	}
}

func TestAnswersAreMappedOnce(t *testing.T) {
	const problemJSON = problem.ContentType
	for _, tc := range []struct {
		name, contentType, body string
		status                  int
		want                    problem.Kind
	}{
		{"400 with fields", problemJSON, `{"type":"urn:shiptrack:problem:invalid","title":"t","status":400,"detail":"d","errors":[{"name":"cursor","reason":"r"}]}`, 400, problem.Invalid},
		{"400 without fields", problemJSON, document(problem.Invalid), 400, problem.Internal},
		{"401", problemJSON, document(problem.Unauthenticated), 401, problem.Unauthenticated},
		{"403", problemJSON, document(problem.Denied), 403, problem.Denied},
		{"404", problemJSON, document(problem.NotFound), 404, problem.NotFound},
		{"404 of something else", "text/html", "<h1>Not Found</h1>", 404, problem.Internal},
		{"404 that means another thing", problemJSON, document(problem.Denied), 404, problem.Internal},
		{"403 of something else", "text/plain", "blocked", 403, problem.Internal},
		{"405", problemJSON, document(problem.MethodNotAllowed), 405, problem.Internal},
		{"418", problemJSON, document(problem.NotFound), 418, problem.Internal},
		{"429", problemJSON, document(problem.LimitExceeded), 429, problem.LimitExceeded},
		{"429 of a gateway", "text/html", "Too Many Requests", 429, problem.Unavailable},
		{"429 that means another thing", problemJSON, document(problem.Denied), 429, problem.Unavailable},
		{"500", problemJSON, document(problem.Internal), 500, problem.Internal},
		{"502 of a gateway", "text/html", "Bad Gateway", 502, problem.Unavailable},
		{"503", problemJSON, document(problem.Unavailable), 503, problem.Unavailable},
		{"503 that is an alarm", problemJSON, document(problem.NotIsolated), 503, problem.Unavailable},
		{"503 of a gateway", "text/html", "Service Unavailable", 503, problem.Unavailable},
		{"504", problemJSON, document(problem.Timeout), 504, problem.Timeout},
		{"200 with another media type", "text/html", etaOf("1001"), 200, problem.Internal},
		{"200 without a media type", "", etaOf("1001"), 200, problem.Internal},
		{"200 with a problem's media type", problemJSON, etaOf("1001"), 200, problem.Internal},
		{"200 with garbage", "application/json", "\x00\xff", 200, problem.Internal},
		{"200 cut off inside", "application/json", etaOf("1001")[:40], 200, problem.Internal},
		{"200 with something after", "application/json", etaOf("1001") + "{}", 200, problem.Internal},
		{"200 with a name twice", "application/json", `{"shipmentId":"1001",` + etaOf("1001")[1:], 200, problem.Internal},
		{"200 of another shipment", "application/json", etaOf("1002"), 200, problem.Internal},
		{"200 with nothing in it", "application/json", "{}", 200, problem.Internal},
		{"200 with null", "application/json", "null", 200, problem.Internal},
		{"200 with an unknown status", "application/json", strings.Replace(etaOf("1001"), "IN_TRANSIT", "LOST", 1), 200, problem.Internal},
		{"204", "application/json", "", 204, problem.Internal},
		{"206", "application/json", etaOf("1001"), 206, problem.Internal},
	} {
		t.Run(tc.name, func(t *testing.T) {
			answer, err := service(t, answering(tc.status, tc.contentType, tc.body)).GetShippingETA(caller(t), "1001")
			if got := kindOf(t, err); got != tc.want {
				t.Errorf("kind %v (%v), want %v", got, err, tc.want)
			}
			if answer != (trackingapi.ETA{}) {
				t.Errorf("beside the error stands the answer %+v", answer)
			}
			if tc.want != problem.Invalid && strings.Contains(problem.From(err).Detail, "told by tracking") {
				t.Errorf("the caller would read %q", problem.From(err).Detail)
			}
		})
	}
}

// TestA503ThatIsAnAlarmIsToldInTheLogAlone: a user can do nothing about it.
func TestA503ThatIsAnAlarmIsToldInTheLogAlone(t *testing.T) {
	_, err := service(t, answering(503, problem.ContentType, document(problem.NotIsolated))).GetShippingETA(caller(t), "1001")
	if detail := problem.From(err).Detail; !strings.Contains(err.Error(), "urn:shiptrack:problem:not-isolated") || strings.Contains(detail, "isolated") {
		t.Fatalf("the log has %v, the user %q, want that only the log names it", err, detail)
	}
}

func TestFieldsOfA400ArePassedOn(t *testing.T) {
	body := `{"type":"urn:shiptrack:problem:invalid","title":"t","status":400,"detail":"cursor r","errors":[{"name":"cursor","reason":"r"}]}`
	_, err := service(t, answering(400, problem.ContentType, body)).ListShipments(caller(t), trackingapi.ListShipmentsParams{})
	if got, want := problem.From(err).Fields, []problem.Field{{Name: "cursor", Reason: "r"}}; !slices.Equal(got, want) {
		t.Fatalf("fields %+v (%v), want %+v", got, err, want)
	}
}

func TestRetryAfterIsPassedOnWithinReason(t *testing.T) {
	for header, want := range map[string]time.Duration{
		"": time.Second, "7": 7 * time.Second, "60": time.Minute, "61": time.Minute, "86400": time.Minute,
		"0": time.Second, "-5": time.Second, "soon": time.Second, "9223372036854775807": time.Minute,
	} {
		client := service(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", header)
			answering(503, problem.ContentType, document(problem.Unavailable))(w, r)
		})
		_, err := client.GetShippingETA(caller(t), "1001")
		if got := problem.From(err).RetryAfter; kindOf(t, err) != problem.Unavailable || got != want {
			t.Errorf("Retry-After %q: %v (%v), want %v", header, got, err, want)
		}
	}
}

// TestTheTenantsLimitReachesTheCallerWithItsHeaders: also of an answer to HEAD, which has no body.
func TestTheTenantsLimitReachesTheCallerWithItsHeaders(t *testing.T) {
	quota := problem.Quota{RateLimit: `"requests";r=0;t=7`, RateLimitPolicy: `"requests";q=20;w=2`}
	client := service(t, func(w http.ResponseWriter, r *http.Request) {
		problem.Write(w, r, problem.WrapLimitExceeded(nil, "d", 7*time.Second, quota), "id")
	})
	_, ofGet := client.GetShippingETA(caller(t), "1001")
	_, ofHead := client.DownloadDocument(caller(t), trackingclient.DownloadRequest{Shipment: "1001", Name: "a.pdf", IsHead: true})
	_, ofDownload := client.DownloadDocument(caller(t), trackingclient.DownloadRequest{Shipment: "1001", Name: "a.pdf"})
	for name, err := range map[string]error{"GET": ofGet, "HEAD": ofHead, "download": ofDownload} {
		if got := problem.From(err); kindOf(t, err) != problem.LimitExceeded || got.RetryAfter != 7*time.Second || got.Quota != quota {
			t.Errorf("%s: %+v, want the limit with its 7 seconds and its quota", name, got)
		}
	}
	gateway := service(t, answering(429, "text/html", ""))
	if _, err := gateway.DownloadDocument(caller(t), trackingclient.DownloadRequest{Shipment: "1001", Name: "a.pdf", IsHead: true}); kindOf(t, err) != problem.Unavailable {
		t.Errorf("HEAD, a gateway's: %v, want unavailable", err)
	}
}

// The token is for the host that was asked.
func TestRedirectIsNotFollowed(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		var followed atomic.Bool
		target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed.Store(true) }))
		client := service(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, target.URL, status)
		})
		_, err := client.GetShippingETA(caller(t), "1001")
		ready := client.Ready(t.Context())
		target.Close()
		if kindOf(t, err) != problem.Internal || kindOf(t, ready) != problem.Unavailable || followed.Load() {
			t.Errorf("%d: %v, ready: %v, followed = %v, want internal, unavailable, not followed", status, err, ready, followed.Load())
		}
	}
}

func TestOversizedAnswerIsRefused(t *testing.T) {
	client := service(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, etaOf("1001")) // good up to where we stop reading
		blank := strings.Repeat(" ", 1<<20)
		for range 64 {
			if _, err := io.WriteString(w, blank); err != nil {
				return
			}
		}
	})
	if _, err := client.GetShippingETA(caller(t), "1001"); kindOf(t, err) != problem.Internal {
		t.Fatalf("error = %v, want internal", err)
	}
}

func TestServiceThatIsAwayIsUnavailable(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	client := clientOf(t, "http://"+listener.Addr().String())
	_, err = client.GetShippingETA(caller(t), "1001")
	if kindOf(t, err) != problem.Unavailable || problem.From(err).RetryAfter != time.Second {
		t.Errorf("error = %v, want unavailable, to come back in a second", err)
	}
	if err := client.Ready(t.Context()); kindOf(t, err) != problem.Unavailable {
		t.Errorf("Ready = %v, want unavailable", err)
	}
}

func TestAnswerThatBreaksOffIsUnavailable(t *testing.T) {
	client := service(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "1000")
		_, _ = io.WriteString(w, etaOf("1001")[:20])
	})
	if _, err := client.GetShippingETA(caller(t), "1001"); kindOf(t, err) != problem.Unavailable {
		t.Fatalf("error = %v, want unavailable", err)
	}
}

func TestReadyAsksTheServiceItself(t *testing.T) {
	ready := atomic.Bool{}
	client := service(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/readyz" || r.Header.Get("Authorization") != "" {
			t.Errorf("the probe is %s with Authorization %q", r.URL, r.Header.Get("Authorization"))
		}
		if !ready.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	if err := client.Ready(t.Context()); kindOf(t, err) != problem.Unavailable {
		t.Errorf("Ready of a service that is not = %v, want unavailable", err)
	}
	ready.Store(true)
	if err := client.Ready(t.Context()); err != nil {
		t.Errorf("Ready of a service that is = %v, want nil", err)
	}
}

func TestURLMustBeOneToAddPathsTo(t *testing.T) {
	for url, ok := range map[string]bool{
		"http://127.0.0.1:8081": true, "https://tracking.example.com/api/": true,
		"": false, "127.0.0.1:8081": false, "ftp://h": false, "http://": false, "http://user:pass@h": false,
		"http://h?x=1": false, "http://h#f": false, "http://h:port": false,
	} {
		_, err := trackingclient.New(trackingclient.Config{URL: url, Transport: http.DefaultTransport})
		if (err == nil) != ok {
			t.Errorf("New(%q): %v, want ok = %v", url, err, ok)
		}
		if err != nil && strings.Contains(err.Error(), "pass") {
			t.Errorf("New(%q): the error repeats the password: %v", url, err)
		}
	}
	if _, err := trackingclient.New(trackingclient.Config{URL: "http://h"}); err == nil {
		t.Error("New without an HTTP client is accepted")
	}
}

func TestPathOfTheURLIsKept(t *testing.T) {
	var path string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path = r.URL.Path
		answering(http.StatusOK, "application/json", etaOf("1001"))(w, r)
	}))
	defer server.Close()
	if _, err := clientOf(t, server.URL+"/api").GetShippingETA(caller(t), "1001"); err != nil || path != "/api/shipments/1001/eta" {
		t.Fatalf("path %q, %v, want /api/shipments/1001/eta", path, err)
	}
}
