package trackingclient_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/pkg/requestid"
	"example.com/shiptrack/pkg/trackingapi/trackingclient"
)

// pipes is a network in memory, so that a server may run in a bubble of testing/synctest.
type pipes struct {
	connections chan net.Conn
	closed      chan struct{}
	once        sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.connections:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.connections <- theirs:
		return ours, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func TestSlowServiceIsATimeoutWithTimeLeftToSaySo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := &pipes{connections: make(chan net.Conn), closed: make(chan struct{})}
		server := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done() // as slow as can be
		})}
		go func() { _ = server.Serve(network) }()
		defer func() { _ = server.Close() }()
		transport := &http.Transport{DialContext: network.dial}
		defer transport.CloseIdleConnections()
		client, err := trackingclient.New(trackingclient.Config{URL: "http://tracking", Transport: transport})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(caller(t), 2*time.Second)
		defer cancel()
		start := time.Now()
		_, err = client.GetShippingETA(ctx, "1001")
		if kindOf(t, err) != problem.Timeout {
			t.Errorf("error = %v, want timeout", err)
		}
		if took := time.Since(start); took != 1950*time.Millisecond || ctx.Err() != nil {
			t.Errorf("it took %v and the request has %v, want 1.95s and a request that can still be answered", took, ctx.Err())
		}
	})
}

func TestRequestWithNoTimeLeftIsATimeout(t *testing.T) {
	client := service(t, func(http.ResponseWriter, *http.Request) { t.Error("a packet left") })
	ctx, cancel := context.WithTimeout(caller(t), 40*time.Millisecond)
	defer cancel()
	if _, err := client.GetShippingETA(ctx, "1001"); kindOf(t, err) != problem.Timeout {
		t.Fatalf("error = %v, want timeout", err)
	}
}

// The caller is gone, or the service is stopping: in neither case is it a bug of ours.
func TestRequestThatIsGivenUpIsUnavailable(t *testing.T) {
	ctx, cancel := context.WithCancel(caller(t))
	client := service(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	if _, err := client.GetShippingETA(ctx, "1001"); kindOf(t, err) != problem.Unavailable || !errors.Is(err, context.Canceled) {
		t.Fatalf("error = %v, want unavailable, because it was canceled", err)
	}
}

func TestDeadlineAndRequestIDGoAlong(t *testing.T) {
	var header http.Header
	client := service(t, func(w http.ResponseWriter, r *http.Request) {
		header = r.Header
		answering(http.StatusOK, "application/json", etaOf("1001"))(w, r)
	})
	ctx, cancel := context.WithTimeout(requestid.NewContext(caller(t), "req-7", ""), 2*time.Second)
	defer cancel()
	if _, err := client.GetShippingETA(ctx, "1001"); err != nil {
		t.Fatal(err)
	}
	if got := header.Get("X-Request-Id"); got != "req-7" {
		t.Errorf("X-Request-Id %q, want the request's own", got)
	}
	if ms, err := strconv.Atoi(header.Get("X-Request-Timeout-Ms")); err != nil || ms > 1950 || ms < 1000 {
		t.Errorf("X-Request-Timeout-Ms %q, want what is left of 2 s less 50 ms", header.Get("X-Request-Timeout-Ms"))
	}
}

// breaking starts a server that handles each connection by the function for its number, from 0, and the last
// function for all that follow. It returns the client of it, and a count of the requests that it read.
func breaking(t *testing.T, handle ...func(net.Conn)) (*trackingclient.Client, func() int) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var done sync.WaitGroup
	requests := 0
	done.Go(func() {
		for i := 0; ; i++ {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
				mu.Lock()
				requests++
				mu.Unlock()
			}
			handle[min(i, len(handle)-1)](conn)
			conn.Close()
		}
	})
	t.Cleanup(func() { listener.Close(); done.Wait() })
	return clientOf(t, "http://"+listener.Addr().String()), func() int {
		mu.Lock()
		defer mu.Unlock()
		return requests
	}
}

func drop(net.Conn) {}

func reset(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) }

func answer(c net.Conn) {
	recorder := httptest.NewRecorder()
	answering(http.StatusOK, "application/json", etaOf("1001"))(recorder, nil)
	result := recorder.Result()
	result.ContentLength = int64(recorder.Body.Len())
	_ = result.Write(c)
}

func begin(c net.Conn) { _, _ = c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Type: appli")) }

func TestConnectionBrokenBeforeAByteIsTriedOnceMore(t *testing.T) {
	for _, tc := range []struct {
		name     string
		handle   []func(net.Conn)
		requests int
		ok       bool
	}{
		{"dropped once", []func(net.Conn){drop, answer}, 2, true},
		{"reset once", []func(net.Conn){reset, answer}, 2, true},
		{"dropped twice", []func(net.Conn){drop, drop, answer}, 2, false},
		{"reset twice", []func(net.Conn){reset, reset, answer}, 2, false},
		{"broken after the first byte", []func(net.Conn){begin, answer}, 1, false},
		{"answered", []func(net.Conn){answer}, 1, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			client, requests := breaking(t, tc.handle...)
			_, err := client.GetShippingETA(caller(t), "1001")
			if tc.ok && err != nil || !tc.ok && kindOf(t, err) != problem.Unavailable {
				t.Errorf("error = %v, want ok = %v, else unavailable", err, tc.ok)
			}
			if got := requests(); got != tc.requests {
				t.Errorf("the service read %d requests, want %d", got, tc.requests)
			}
		})
	}
}

// broken is a transport whose connection breaks as the test says.
type broken struct {
	connections int // that it takes before it gives up
	answering   bool
	err         error
	calls       int
}

func (b *broken) RoundTrip(r *http.Request) (*http.Response, error) {
	b.calls++
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil {
		for range b.connections {
			trace.GotConn(httptrace.GotConnInfo{})
		}
		if b.answering {
			trace.GotFirstResponseByte()
		}
	}
	return nil, b.err
}

func TestOnlyABrokenConnectionWithoutAByteIsTriedAgain(t *testing.T) {
	for name, tc := range map[string]struct {
		transport broken
		calls     int
	}{
		"reset":                                {broken{connections: 1, err: syscall.ECONNRESET}, 2},
		"broken pipe":                          {broken{connections: 1, err: syscall.EPIPE}, 2},
		"ended":                                {broken{connections: 1, err: io.EOF}, 2},
		"reset within the answer":              {broken{connections: 1, answering: true, err: syscall.ECONNRESET}, 1},
		"reset after net/http's own second":    {broken{connections: 2, err: syscall.ECONNRESET}, 1},
		"never connected":                      {broken{err: syscall.ECONNREFUSED}, 1},
		"another failure":                      {broken{connections: 1, err: errors.New("tls: bad certificate")}, 1},
		"out of time (which may look a reset)": {broken{connections: 1, err: context.DeadlineExceeded}, 1},
	} {
		client, err := trackingclient.New(trackingclient.Config{URL: "http://tracking", Transport: &tc.transport})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.GetShippingETA(caller(t), "1001"); err == nil || tc.transport.calls != tc.calls {
			t.Errorf("%s: %v after %d calls, want an error after %d", name, err, tc.transport.calls, tc.calls)
		}
	}
}

func TestAnswerIsNeverTriedAgain(t *testing.T) {
	for _, status := range []int{500, 502, 503, 504} {
		requests := 0
		client := service(t, func(w http.ResponseWriter, r *http.Request) {
			requests++
			answering(status, "text/plain", "no")(w, r)
		})
		if _, err := client.GetShippingETA(caller(t), "1001"); err == nil || requests != 1 {
			t.Errorf("%d: %v after %d requests, want an error after one", status, err, requests)
		}
	}
}
