package httpserver

import (
	"testing"
	"time"

	"example.com/shiptrack/pkg/alloctest"
)

// FuzzHeaders: of the headers that anyone may send, an id is short and plain, a timeout within the limit, and a token one word.
func FuzzHeaders(f *testing.F) {
	f.Add("0190-ab_c.d", "1500", "Bearer eyJ.a.b")
	f.Add("a b", "-1", "bearer  x y")
	f.Add("", "99999999999999999999", "Basic YTpi")
	f.Fuzz(func(t *testing.T, id, timeout, authorization string) {
		alloctest.Bound(t, len(id)+len(timeout)+len(authorization), func() {
			if isRequestID(id) && (len(id) > maxRequestID || id == "") {
				t.Errorf("%q is taken for an id", id)
			}
			if took, err := requestTimeout([]string{timeout}, time.Minute); err == nil && (took <= 0 || took > time.Minute) {
				t.Errorf("the timeout %q is taken for %v", timeout, took)
			}
			if token, err := bearerToken([]string{authorization}); err == nil && token == "" {
				t.Errorf("%q is taken for a token", authorization)
			}
		})
	})
}
