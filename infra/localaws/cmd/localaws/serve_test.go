package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// pipes is a listener within a synctest bubble.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p pipes) Close() error {
	close(p.closed)
	return nil
}

func (pipes) Addr() net.Addr { return &net.TCPAddr{} }

// drain interrupts serveUntil while a request is under way that takes as long as given, and returns how
// long the end took and what the client got.
func drain(t *testing.T, takes time.Duration) (end time.Duration, answer string) {
	ctx, interrupt := context.WithCancel(t.Context())
	listener := pipes{make(chan net.Conn), make(chan struct{})}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(takes): // of the bubble's clock
			_, _ = io.WriteString(w, "done")
		case <-r.Context().Done():
		}
	})
	ended := make(chan error, 1)
	go func() { ended <- serveUntil(ctx, listener, handler, serveLimits, io.Discard) }()
	client, server := net.Pipe()
	listener.conns <- server
	if _, err := io.WriteString(client, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 1)
	go func() {
		all, _ := io.ReadAll(client) // a cut connection is what one test wants
		got <- string(all)
	}()
	synctest.Wait()
	began := time.Now()
	interrupt()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	end = time.Since(began)
	answer = <-got
	if cut := time.Since(began); cut != end && answer == "" {
		t.Fatalf("the connection was left open for %s after the end", cut-end)
	}
	return end, answer
}

func TestListeningBeyondLoopbackIsSaid(t *testing.T) {
	for ip, want := range map[string]bool{"127.0.0.1": false, "::1": false, "0.0.0.0": true, "192.0.2.1": true} {
		var stderr strings.Builder
		p := process{env: func(string) string { return "" }, err: &stderr}
		serve{Data: "x"}.announce(p, &net.TCPAddr{IP: net.ParseIP(ip), Port: 4566})
		if got := strings.Contains(stderr.String(), "can sign as root"); got != want {
			t.Errorf("%s: warned %t, want %t: %s", ip, got, want, &stderr)
		}
	}
}

func TestRequestUnderWayIsAnsweredBeforeTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		end, answer := drain(t, 900*time.Millisecond)
		if end > time.Second || !strings.HasSuffix(answer, "done") {
			t.Fatalf("the end took %s, the client got %q", end, answer)
		}
	})
}

func TestInterruptEndsAfterASecondWhateverIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		end, answer := drain(t, time.Hour)
		if end != time.Second || answer != "" {
			t.Fatalf("the end took %s, the client got %q, want one second and a cut connection", end, answer)
		}
	})
}

// TestAllFaultsOfACommandLineAreSaidAtOnce: who mends one must not meet the next at the next start.
func TestAllFaultsOfACommandLineAreSaidAtOnce(t *testing.T) {
	code, _, stderr := once(t, nil, "serve", "--listen", "x", "--policies", "/no/such/folder", "--allowed-host", "a b", "--upstream", "x")
	for _, want := range []string{`--listen "x"`, "--policies /no/such/folder", "--allowed-host: ", "--upstream: "} {
		if code != exitUsage || !strings.Contains(stderr, want) {
			t.Errorf("exit %d, %s; want %d and %q", code, stderr, exitUsage, want)
		}
	}
	code, _, stderr = once(t, map[string]string{"AWS_ENDPOINT_URL": "x"}, "credentials", "serve", "--role", "", "--allowed-host", "a b", "--token-file", "/no/such/file")
	for _, want := range []string{"AWS_ENDPOINT_URL ", "--role is empty", "--allowed-host: "} {
		if code != exitUsage || !strings.Contains(stderr, want) {
			t.Errorf("exit %d, %s; want %d and %q", code, stderr, exitUsage, want)
		}
	}
}
