package localaws

import (
	"cmp"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"example.com/shiptrack/infra/localaws/internal/alloctest"
)

// FuzzUnsigned: whatever a request without a valid signature is, it is refused, and logged in one short line.
func FuzzUnsigned(f *testing.F) {
	f.Add("POST", "/", "Action=GetCallerIdentity", "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sts/aws4_request,SignedHeaders=host,Signature=0", "Root=1-5759e988-bd86;Sampled=1", "body")
	f.Add("GET", "/_localaws/role-credentials", "role=A&session=b", "", "a b", "")
	f.Add("OPTIONS", "*", "", "Bearer x", "", "")
	f.Add("POST", "/", "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=test", "", strings.Repeat("x", 200), "{}")
	var log strings.Builder
	s, err := New(Config{Data: f.TempDir(), Log: &log})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	f.Fuzz(func(t *testing.T, method, path, query, authorization, id, body string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost/", strings.NewReader(body))
		r.Method, r.URL.Path, r.URL.RawQuery = method, path, query
		r.Header.Set("Authorization", authorization)
		for _, name := range []string{"User-Agent", "X-Amzn-Trace-Id", "X-Request-Id", "X-Amz-Target", "X-Amz-Security-Token", "Content-Type"} {
			r.Header.Set(name, id)
		}
		if path == "/_localaws/health" || path == "/_localaws/ready" {
			return // which need no signature
		}
		var w *httptest.ResponseRecorder
		size := len(method) + len(path) + len(query) + len(authorization) + 6*len(id) + len(body)
		alloctest.Bound(t, size, func() {
			log.Reset()
			w = httptest.NewRecorder()
			s.ServeHTTP(w, r)
		})
		answered := cmp.Or(w.Header().Get("X-Amzn-Requestid"), w.Header().Get("X-Amz-Request-Id")) // the second is S3's
		entries, err := ReadDecisions(strings.NewReader(log.String()), answered)
		if w.Code < 400 || err != nil || len(entries) != 1 || entries[0].Decision != "deny" || log.Len() > MaxLine {
			t.Fatalf("answered %d, logged %d bytes as %+v (%v)", w.Code, log.Len(), entries, err)
		}
		if c := entries[0].CallerRequestID; c != "" && !callerIDPattern.MatchString(c) && c != "[redacted]" {
			t.Errorf("the caller's id is logged as %q", c)
		}
	})
}

// FuzzReadDecisions: a log holds what callers sent, and what other programs wrote.
func FuzzReadDecisions(f *testing.F) {
	f.Add(`{"time":"2026-01-01T00:00:00Z","requestId":"a","action":"b","context":{"c":["d"],"e":null},"decision":"deny","misses":[{"got":null}]}`+"\n", "a")
	f.Add("localaws | {\"requestId\":\"a\",\"callerRequestId\":\"Root=b;Sampled=1\"}\nnothing\n{", "b")
	f.Fuzz(func(t *testing.T, log, id string) {
		var entries []Entry
		var err error
		alloctest.Bound(t, len(log), func() { entries, err = ReadDecisions(strings.NewReader(log), id) })
		if err != nil {
			t.Errorf("%q: %v", log, err)
		}
		var said strings.Builder
		if err := Describe(&said, entries); err != nil {
			t.Errorf("%q: %v", log, err)
		}
		for _, r := range said.String() {
			if r != '\n' && printable(r) != r {
				t.Errorf("%q is described with %q", log, r)
			}
		}
	})
}
