package connlimit_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/shiptrack/pkg/connlimit"
)

// serve runs a server, and returns its address. It sends to slow when it handles /slow, and answers when it can send again.
func serve(t *testing.T, limits connlimit.Limits, slow chan<- struct{}) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		if r.URL.Path == "/slow" {
			slow <- struct{}{}
			slow <- struct{}{}
		}
		fmt.Fprintf(w, "%d bytes", len(body))
	})}
	limited := connlimit.Apply(server, listener, limits)
	go func() { _ = server.Serve(limited) }()
	t.Cleanup(func() { _ = server.Close() })
	return listener.Addr().String()
}

// send opens a connection and sends text.
func send(t *testing.T, address, text string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_, _ = io.WriteString(c, text) // a connection that is closed says so when it is read
	return c
}

// answer returns what is answered on c, "" where it is closed without.
func answer(t *testing.T, c net.Conn) string {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return ""
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	return string(text)
}

const get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

func TestFloodOfUnfinishedConnectionsLocksNobodyOut(t *testing.T) {
	for name, unfinished := range map[string]string{
		"nothing sent":          "",
		"an unfinished header":  "GET / HTTP/1.1\r\nHost: a\r\n",
		"an unfinished body":    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc",
		"idle after an answer":  get,
		"an unfinished chunk":   "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nabc",
		"expects to go on with": "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			address := serve(t, connlimit.Limits{Connections: 4, HeaderBytes: 1 << 20}, nil)
			first := send(t, address, unfinished)
			for range 20 {
				send(t, address, unfinished)
			}
			if got := answer(t, send(t, address, get)); got != "0 bytes" {
				t.Errorf("behind the flood: got %q, want an answer", got)
			}
			if unfinished != get {
				if got := answer(t, first); got != "" {
					t.Errorf("the oldest of the flood: got %q, want that it was closed", got)
				}
			}
		})
	}
}

func TestRequestThatArrivedWholeIsNotCutOff(t *testing.T) {
	for name, request := range map[string]string{
		"without a body": "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n",
		"with a body":    "POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
		"with chunks":    "POST /slow HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			handled := make(chan struct{})
			address := serve(t, connlimit.Limits{Connections: 2, HeaderBytes: 1 << 20}, handled)
			slow := send(t, address, request)
			<-handled
			for range 20 {
				if got := answer(t, send(t, address, get)); got != "0 bytes" {
					t.Fatalf("beside it: got %q, want an answer", got)
				}
			}
			<-handled
			if got := answer(t, slow); !strings.HasSuffix(got, "bytes") {
				t.Errorf("got %q, want an answer after 20 others", got)
			}
		})
	}
}

func TestNewConnectionIsClosedWhereAllAreAnswered(t *testing.T) {
	handled := make(chan struct{})
	address := serve(t, connlimit.Limits{Connections: 1, HeaderBytes: 1 << 20}, handled)
	slow := send(t, address, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
	<-handled
	if got := answer(t, send(t, address, get)); got != "" {
		t.Errorf("a second connection: got %q, want that it is closed", got)
	}
	<-handled
	if got := answer(t, slow); got != "0 bytes" {
		t.Errorf("the first: got %q, want an answer", got)
	}
}

func TestHeadersInFlightHaveABudget(t *testing.T) {
	address := serve(t, connlimit.Limits{Connections: 100, HeaderBytes: 64 << 10}, nil)
	header := "GET / HTTP/1.1\r\nHost: a\r\n" + strings.Repeat("a: b\r\n", 2000) // 12 KB
	small := send(t, address, "GET / HTTP/1.1\r\nHost: a\r\n")
	var flood []net.Conn
	for range 20 {
		flood = append(flood, send(t, address, header))
	}
	closed := 0
	for _, c := range flood {
		_, _ = io.WriteString(c, "\r\n")
		if answer(t, c) == "" {
			closed++
		}
	}
	if closed == 0 {
		t.Errorf("20 headers of 12 KB: none was closed, want that no more than 64 KB are held")
	}
	_, _ = io.WriteString(small, "\r\n")
	if got := answer(t, small); got != "0 bytes" {
		t.Errorf("a small header among them: got %q, want an answer", got)
	}
	// What was held is given back.
	for range 20 {
		if got := answer(t, send(t, address, header+"\r\n")); got != "0 bytes" {
			t.Fatalf("afterwards: got %q, want an answer", got)
		}
	}
}
