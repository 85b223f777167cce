package problem_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"example.com/shiptrack/pkg/problem"
)

func write(t *testing.T, method string, err error) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	problem.Write(w, httptest.NewRequest(method, "/", nil), err, "req-1")
	return w
}

func TestKindsMapToTheirStatus(t *testing.T) {
	for kind, want := range map[problem.Kind]int{
		problem.Internal: 500, problem.Invalid: 400, problem.Unauthenticated: 401, problem.Denied: 403,
		problem.NotFound: 404, problem.MethodNotAllowed: 405, problem.LengthRequired: 411,
		problem.PreconditionFailed: 412, problem.TooLarge: 413, problem.UnsupportedMedia: 415, problem.RangeNotSatisfiable: 416,
		problem.LimitExceeded: 429,
		problem.Unavailable:   503, problem.NotIsolated: 503, problem.Timeout: 504,
	} {
		w := write(t, http.MethodGet, problem.New(kind, "why"))
		var doc problem.Document
		if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil {
			t.Fatalf("%v: body %q: %v", kind, w.Body, err)
		}
		if w.Code != want || doc.Status != want || doc.Title != http.StatusText(want) || doc.Detail != "why" || doc.RequestID != "req-1" {
			t.Errorf("%v: status %d, document %+v, want status %d and its phrase in both", kind, w.Code, doc, want)
		}
		if got := w.Header().Get("Content-Type"); got != problem.ContentType {
			t.Errorf("%v: Content-Type %q", kind, got)
		}
	}
}

func TestTheCauseIsForTheOperatorOnly(t *testing.T) {
	cause := errors.New("secret internals")
	err := fmt.Errorf("outer: %w", problem.Wrap(problem.Denied, cause, "not allowed"))
	if w := write(t, http.MethodGet, err); strings.Contains(w.Body.String(), "secret") {
		t.Fatalf("the body tells the cause: %s", w.Body)
	}
	if !errors.Is(err, cause) || !strings.Contains(err.Error(), "secret internals") {
		t.Fatalf("the operator cannot see the cause in %v", err)
	}
	if w := write(t, http.MethodGet, cause); w.Code != 500 || strings.Contains(w.Body.String(), "secret") {
		t.Fatalf("an unclassified error is answered %d %s, want a plain 500", w.Code, w.Body)
	}
}

func TestDeadlineIsATimeout(t *testing.T) {
	if got := problem.KindOf(fmt.Errorf("call: %w", context.DeadlineExceeded)); got != problem.Timeout {
		t.Fatalf("KindOf(deadline exceeded) = %v, want timeout", got)
	}
}

func TestHeadersThatAKindCallsFor(t *testing.T) {
	if got := write(t, http.MethodGet, problem.New(problem.Unauthenticated, "")).Header().Get("WWW-Authenticate"); got == "" {
		t.Error("401 without WWW-Authenticate")
	}
	for _, err := range []error{problem.WrapUnavailable(nil, "", 1500*time.Millisecond), problem.WrapNotIsolated(nil, "", 1500*time.Millisecond), problem.WrapTimeout(nil, "", 1500*time.Millisecond), problem.WrapLimitExceeded(nil, "", 1500*time.Millisecond, problem.Quota{})} {
		if got := write(t, http.MethodGet, err).Header().Get("Retry-After"); got != "2" {
			t.Errorf("%v: Retry-After = %q, want the delay rounded up to 2", err, got)
		}
	}
	limited := problem.WrapLimitExceeded(nil, "", time.Second, problem.Quota{RateLimit: `"requests";r=0;t=1`, RateLimitPolicy: `"requests";q=2;w=2`})
	if h := write(t, http.MethodGet, limited).Header(); h.Get("RateLimit") != `"requests";r=0;t=1` || h.Get("RateLimit-Policy") != `"requests";q=2;w=2` {
		t.Errorf("429 says %v, want its quota", h)
	}
	if h := write(t, http.MethodGet, problem.New(problem.NotFound, "")).Header(); h["Ratelimit"] != nil || h["Ratelimit-Policy"] != nil {
		t.Errorf("404 says %v, want no quota", h)
	}
	if got := problem.OfStatus(http.StatusServiceUnavailable); got != problem.Unavailable {
		t.Errorf("503 alone is of kind %v, want unavailable", got)
	}
	if w := write(t, http.MethodHead, problem.New(problem.NotFound, "x")); w.Body.Len() != 0 {
		t.Errorf("HEAD got the body %q", w.Body)
	}
}

func TestInvalidFieldNamesTheField(t *testing.T) {
	w := write(t, http.MethodGet, problem.InvalidField("limit", "must be 1 to 100"))
	var doc problem.Document
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Errors) != 1 || doc.Errors[0].Name != "limit" {
		t.Fatalf("errors = %+v, want the one field limit", doc.Errors)
	}
}
