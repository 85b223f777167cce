package localaws_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"example.com/shiptrack/infra/localaws/localawstest"
)

// TestWhatIsNoRequestIsLogged: an http.Server answers these by itself, or used to.
func TestWhatIsNoRequestIsLogged(t *testing.T) {
	l := localawstest.Start(t)
	for name, test := range map[string]struct{ sent, status, code string }{
		"no HTTP":              {"SECRET\r\n\r\n", "400", "BadRequest"},
		"two ends":             {"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400", "BadRequest"},
		"no host":              {"GET / HTTP/1.1\r\n\r\n", "400", "BadRequest"},
		"an encoding":          {"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: SECRET\r\n\r\n", "501", "NotImplemented"},
		"an expectation":       {"POST / HTTP/1.1\r\nHost: localhost\r\nExpect: SECRET\r\n\r\n", "417", "ExpectationFailed"},
		"a protocol":           {"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n", "505", "HTTPVersionNotSupported"},
		"options":              {"OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "403", "MissingAuthenticationToken"},
		"options of a path":    {"OPTIONS / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "403", "MissingAuthenticationToken"},
		"an absolute target":   {"GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "421", "MisdirectedRequest"},
		"connect":              {"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "421", "MisdirectedRequest"},
		"another health check": {"POST /_localaws/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "403", "MissingAuthenticationToken"},
	} {
		l.ResetLog()
		c, err := net.Dial("tcp", strings.TrimPrefix(l.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, test.sent); err != nil {
			t.Fatal(err)
		}
		response, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := io.Copy(io.Discard, response.Body); err != nil || response.Status[:3] != test.status {
			t.Errorf("%s: answered %s (%v), want %s", name, response.Status, err, test.status)
		}
		response.Body.Close()
		c.Close()
		refused(t, l, test.code)
		if n := len(l.Entries(t)); n != 1 || strings.Contains(l.Log(), "SECRET") {
			t.Errorf("%s: %d lines, want 1 without what was sent: %s", name, n, l.Log())
		}
	}
}
