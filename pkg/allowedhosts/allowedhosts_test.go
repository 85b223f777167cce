package allowedhosts_test

import (
	"bufio"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"example.com/shiptrack/pkg/allowedhosts"
)

func TestHostsOfTheListAreAllowedAndNoOthers(t *testing.T) {
	list, err := allowedhosts.New("localaws", "shipment-service", "a_b.example")
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("a", 63)
	for host, want := range map[string]bool{
		"127.0.0.1": true, "127.0.0.1:4566": true, "192.0.2.1:80": true, "0.0.0.0:1": true,
		"[::1]": true, "[::1]:4566": true, "[2001:db8::1]:65535": true, "[::ffff:127.0.0.1]": true,
		"localhost": true, "localhost:4566": true, "bucket.localhost:4566": true, "a.b.localhost": true,
		"localhost.localstack.cloud": true, "localhost.localstack.cloud:4566": true,
		"dynamodb.us-east-1.amazonaws.com": true, "bucket.s3.amazonaws.com:443": true,
		"localaws": true, "localaws:4566": true, "shipment-service:8080": true, "a_b.example": true,
		long + "." + long + "." + long + ".localhost": true,

		"evil.example": false, "evil.example:4566": false, "": false, ":4566": false, ".": false,
		// names with an allowed one in them
		"localhost.evil.example": false, "evillocalhost": false, "amazonaws.com": false, "evilamazonaws.com": false,
		"x.amazonaws.com.evil.example": false, "amazonaws.com.cn": false, "x.localhost.localstack.cloud": false,
		"localaws.evil.example": false, "evil.localaws": false, "127.0.0.1.evil.example": false,
		// names are compared as they are
		"LOCALHOST": false, "Localaws": false, "localhost.": false, "localhost.:80": false, "127.0.0.1.": false,
		"ｌocalhost": false, "localhost\u00ad": false, "xn--localhost": false,
		// names that no host has
		".localhost": false, "a..localhost": false, "*.localhost": false, " localhost": false, "localhost ": false,
		"evil.example\x00.localhost": false, "evil.example/.localhost": false, "evil.example#.localhost": false,
		"evil.example,localhost": false, long + "a.localhost": false, strings.Repeat("a.", 123) + "localhost": false,
		// user information
		"localhost@evil.example": false, "localhost:80@evil.example": false, "evil.example@localhost": false,
		"evil.example:80@127.0.0.1": false,
		// ports
		"localhost:": false, "localhost:80:90": false, "localhost:x": false, "localhost:123456": false, "localhost:-1": false,
		"localhost:８０": false, "[::1]80": false, "[::1]:": false, "[::1]:8x": false,
		// what is no IP address as a Host has it
		"::1": false, "::1:80": false, "[127.0.0.1]": false, "[localhost]": false, "[::1": false, "::1]": false, "[]": false,
		"[::1]]": false, "[[::1]]": false, "[fe80::1%25eth0]": false, "[fe80::1%eth0]": false, "[::1%evil.example]": false,
		"2130706433": false, "0x7f.1": false, "127.1": false, "0177.0.0.1": false, "127.0.0.01": false, "127.0.0.256": false,
		"[v1.fe80]": false, "１27.0.0.1": false,
	} {
		if got := list.Allows(&http.Request{Host: host}); got != want {
			t.Errorf("Host %q: allowed %t, want %t", host, got, want)
		}
	}
}

func TestTheZeroListHasNoNamesOfItsOwn(t *testing.T) {
	for host, want := range map[string]bool{"localaws": false, "localhost": true, "127.0.0.1": true} {
		if got := (allowedhosts.List{}).Allows(&http.Request{Host: host}); got != want {
			t.Errorf("Host %q: allowed %t, want %t", host, got, want)
		}
	}
}

func TestNamesThatNoHostCanHaveAreRefused(t *testing.T) {
	for name, want := range map[string]bool{
		"localaws": true, "api.shiptrack.example": true, "my_service": true,
		"": false, "localaws:4566": false, "Localaws": false, "*.example": false, ".example": false, "example.": false,
		"http://localaws": false, "a b": false, "[::1]": false,
	} {
		if _, err := allowedhosts.New(name); (err == nil) != want {
			t.Errorf("New(%q): %v, want it taken: %t", name, err, want)
		}
	}
}

// TestWhatIsSentDecides sends bytes, since a client would put some of these right.
func TestWhatIsSentDecides(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !(allowedhosts.List{}).Allows(r) {
			w.WriteHeader(http.StatusMisdirectedRequest)
		}
	}))
	defer server.Close()
	for sent, want := range map[string]int{
		"GET / HTTP/1.1\r\nHost: localhost":                                                                200,
		"GET / HTTP/1.1\r\nHost: evil.example":                                                             421,
		"GET / HTTP/1.1\r\nHost:":                                                                          421,
		"GET / HTTP/1.0":                                                                                   421,
		"GET / HTTP/1.0\r\nHost: 127.0.0.1":                                                                200,
		"GET / HTTP/1.1\r\nHost: evil.example\r\nHost: localhost":                                          400,
		"GET / HTTP/1.1\r\nHost: localhost\r\nhost: evil.example":                                          400,
		"GET / HTTP/1.1":                                                                                   400,
		"GET http://localhost/ HTTP/1.1\r\nHost: evil.example":                                             421,
		"GET http://evil.example/ HTTP/1.1\r\nHost: localhost":                                             421,
		"GET http://localhost/ HTTP/1.1\r\nHost: localhost":                                                421,
		"GET http://localhost@evil.example/ HTTP/1.1\r\nHost: a":                                           421,
		"GET //evil.example/ HTTP/1.1\r\nHost: localhost":                                                  200, // a path
		"GET / HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: a":                                      421,
		"GET / HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: localhost\r\nForwarded: host=localhost": 421,
		"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost":                                                 421,
	} {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write([]byte(sent + "\r\nConnection: close\r\n\r\n")); err != nil {
			t.Fatal(err)
		}
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("%q: %v", sent, err)
		}
		answer.Body.Close()
		conn.Close()
		if answer.StatusCode != want {
			t.Errorf("%q: got %d, want %d", sent, answer.StatusCode, want)
		}
	}
}

func TestHeadersOfBrowsersAreNoticed(t *testing.T) {
	for name, want := range map[string]bool{
		"Origin": true, "Sec-Fetch-Site": true, "sec-fetch-mode": true, "Sec-CH-UA": true, "Sec-WebSocket-Key": true,
		"Accept": false, "User-Agent": false, "X-Amz-Security-Token": false, "X-Sec-Fetch-Site": false, "Original": false,
	} {
		h := http.Header{}
		h.Set(name, "")
		if got := allowedhosts.FromBrowser(h); got != want {
			t.Errorf("%s: %t, want %t", name, got, want)
		}
	}
}
