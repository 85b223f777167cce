package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// TestOutagesOfTheCheckLeaveTheServiceAsItIs answers the check's requests alone in another way: they come from a session, or for
// a session, of check.a.
func TestOutagesOfTheCheckLeaveTheServiceAsItIs(t *testing.T) {
	w := newBackend(t)
	w.seed(t)
	w.become(t, "TrackingServiceRole")
	target, err := url.Parse(w.local.URL)
	if err != nil {
		t.Fatal(err)
	}
	answers := make(chan func(http.ResponseWriter), 1) // nil: localaws'
	answers <- nil
	proxy := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		answer := <-answers
		answers <- answer
		var body bytes.Buffer
		_, _ = body.ReadFrom(r.Body)
		r.Body = readCloser{bytes.NewReader(body.Bytes())}
		if answer != nil && strings.Contains(body.String(), "check.") {
			answer(rw)
			return
		}
		forward(rw, r, target)
	}))
	defer proxy.Close()
	t.Setenv("AWS_ENDPOINT_URL", proxy.URL)
	become := func(answer func(http.ResponseWriter)) { <-answers; answers <- answer }
	status := func(code int, awsCode string) func(http.ResponseWriter) {
		return func(rw http.ResponseWriter) {
			rw.Header().Set("Content-Type", "text/xml")
			rw.WriteHeader(code)
			_, _ = rw.Write([]byte(`<ErrorResponse><Error><Code>` + awsCode + `</Code><Message>m</Message></Error></ErrorResponse>`))
		}
	}
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	s := start(t, w.environ("ISOLATION_CHECK_INTERVAL=1s"))
	s.awaitReady(t)
	counted := func(result string) int {
		_, body := s.get(t, s.metrics, "")
		_, after, _ := strings.Cut(body, `shiptrack_isolation_checks_total{result="`+result+`",store="dynamodb"} `)
		n := 0
		for _, digit := range strings.SplitN(after, "\n", 2)[0] {
			n = 10*n + int(digit-'0')
		}
		return n
	}
	for _, outage := range []struct {
		name, result string
		answer       func(http.ResponseWriter)
	}{
		{"5xx", "inconclusive", status(503, "ServiceUnavailable")},
		{"throttling", "inconclusive", status(400, "Throttling")},
		{"refused", "refused", status(403, "AccessDenied")},
	} {
		before := counted(outage.result)
		become(outage.answer)
		poll(t, outage.name+" is counted as "+outage.result, func() bool { return counted(outage.result) > before })
		if code, body := s.get(t, "/shipments/1001/eta", w.issuer.Token("yellow", "ana")); code != http.StatusOK {
			t.Errorf("%s: yellow gets %d %s", outage.name, code, body)
		}
		if code, _ := s.get(t, "/readyz", ""); code != http.StatusOK {
			t.Errorf("%s: /readyz = %d, want 200", outage.name, code)
		}
		s.wantMetric(t, `shiptrack_isolation_holds{store="dynamodb"} 1`)
		become(nil)
		held := counted("holds")
		poll(t, "the check holds again", func() bool { return counted("holds") > held })
	}
}

type readCloser struct{ *bytes.Reader }

func (readCloser) Close() error { return nil }
