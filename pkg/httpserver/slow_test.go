package httpserver

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/shiptrack/pkg/telemetry"
)

// pipeListener hands out the server's ends of net.Pipe, whose deadlines follow the bubble's clock.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipeListener() *pipeListener {
	return &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error   { l.once.Do(func() { close(l.closed) }); return nil }
func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

func (l *pipeListener) dial() net.Conn {
	client, server := net.Pipe()
	l.conns <- server
	return client
}

// inBubble runs f with a server whose sockets are pipes and whose time is the bubble's.
func inBubble(t *testing.T, f func(t *testing.T, dial func() net.Conn, stop func() error)) {
	synctest.Test(t, func(t *testing.T) {
		tel, err := telemetry.New(telemetry.Config{Service: "test", Level: "error", Writer: io.Discard})
		if err != nil {
			t.Fatal(err)
		}
		s, err := New(Config{
			Service: "test", Addr: "x:0", MetricsAddr: "x:0", Telemetry: tel,
			RequestTimeout: 10 * time.Second, ShutdownTimeout: 20 * time.Second, Streams: streams,
		})
		if err != nil {
			t.Fatal(err)
		}
		streamRoutes(s.Echo())
		s.Echo().POST("/read", func(c echo.Context) error {
			if _, err := io.ReadAll(c.Request().Body); err != nil {
				return err
			}
			return c.NoContent(http.StatusNoContent)
		})
		s.Echo().GET("/until-deadline", func(c echo.Context) error {
			<-c.Request().Context().Done()
			return c.Request().Context().Err()
		})
		main := newPipeListener()
		s.mainLn, s.metricsLn = main, newPipeListener()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx) }()
		stop := sync.OnceValue(func() error { cancel(); return <-ended })
		f(t, main.dial, stop)
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

// closedAfter returns how long the server keeps conn open.
func closedAfter(t *testing.T, conn net.Conn, send string) time.Duration {
	t.Helper()
	began := time.Now()
	if _, err := io.WriteString(conn, send); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, conn)
	return time.Since(began)
}

func TestSlowClientsAreCutOff(t *testing.T) {
	inBubble(t, func(t *testing.T, dial func() net.Conn, _ func() error) {
		if took := closedAfter(t, dial(), "GET /healthz HTTP/1.1\r\nHost: x\r\n"); took != readHeaderTimeout {
			t.Errorf("half a header is waited for %v, want %v", took, readHeaderTimeout)
		}
		body := "POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf"
		if took := closedAfter(t, dial(), body); took > 10*time.Second+slack {
			t.Errorf("half a body is waited for %v, want at most the request's time and %v", took, slack)
		}
		if took := closedAfter(t, dial(), "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"); took != idleTimeout {
			t.Errorf("an idle connection is kept for %v, want %v", took, idleTimeout)
		}
	})
}

func TestAClientThatDripsItsHeaderIsCutOffToo(t *testing.T) {
	inBubble(t, func(t *testing.T, dial func() net.Conn, _ func() error) {
		conn := dial()
		began := time.Now()
		_, err := io.WriteString(conn, "GET /healthz HTTP/1.1\r\n")
		for err == nil && time.Since(began) < time.Minute {
			time.Sleep(time.Second)
			_, err = io.WriteString(conn, "X-A: b\r\n")
		}
		if took := time.Since(began); err == nil || took > readHeaderTimeout+2*time.Second {
			t.Errorf("a header that drips is taken for %v (%v), want %v", took, err, readHeaderTimeout)
		}
	})
}

func TestAHandlerHasItsWholeTimeAndThenAnswers504(t *testing.T) {
	inBubble(t, func(t *testing.T, dial func() net.Conn, _ func() error) {
		conn := dial()
		began := time.Now()
		if _, err := io.WriteString(conn, "GET /until-deadline HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusGatewayTimeout || !strings.Contains(string(body), "timeout") {
			t.Errorf("got %d %s (%v), want 504", resp.StatusCode, body, err)
		}
		if took := time.Since(began); took != 10*time.Second {
			t.Errorf("answered after %v, want the request's 10s", took)
		}
	})
}

func TestAStopWithoutRequestsTakesATwentiethOfTheTimeout(t *testing.T) {
	inBubble(t, func(t *testing.T, dial func() net.Conn, stop func() error) {
		idle := dial()
		began := time.Now()
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		// net/http looks for connections that became idle at growing intervals.
		if took := time.Since(began); took < time.Second || took > 7*time.Second {
			t.Errorf("the stop took %v, want about 1s", took)
		}
		_ = idle.Close()
	})
}

// The log says it once for each state and reason, at the start and later, though nobody asks.
func TestAServiceThatIsNotReadySaysWhyWithoutBeingAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		tel, err := telemetry.New(telemetry.Config{Service: "test", Writer: &log})
		if err != nil {
			t.Fatal(err)
		}
		var cause atomic.Value // of type report
		type report struct{ err error }
		s, err := New(Config{
			Service: "test", Addr: "x:0", MetricsAddr: "x:0", Telemetry: tel, RequestTimeout: time.Second,
			ShutdownTimeout: time.Second, Ready: func(context.Context) error { return cause.Load().(report).err },
		})
		if err != nil {
			t.Fatal(err)
		}
		s.mainLn, s.metricsLn = newPipeListener(), newPipeListener()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		cause.Store(report{errors.New("the keys are not loaded")})
		go func() { ended <- s.Run(ctx) }()
		want := []string{`"WARN","msg":"not ready","service":"test","error":"the keys are not loaded"`}
		check := func() {
			t.Helper()
			time.Sleep(2 * watchReady)
			synctest.Wait()
			var got []string
			for line := range strings.Lines(log.String()) {
				if _, rest, ok := strings.Cut(line, `"level":`); ok && strings.Contains(rest, "ready") {
					got = append(got, strings.TrimSuffix(rest, "}\n"))
				}
			}
			if !slices.Equal(got, want) {
				t.Fatalf("logged %q\nwant %q", got, want)
			}
		}
		check()
		for i := range 3 { // the same but for a port and a request id
			away := fmt.Errorf("read 127.0.0.1:4%d123: status 503, RequestID: 0a%d2-77c1-1f: away", i, i)
			cause.Store(report{away})
			if i == 0 {
				want = append(want, `"WARN","msg":"not ready","service":"test","error":"`+away.Error()+`"`)
			}
			check()
		}
		cause.Store(report{})
		want = append(want, `"INFO","msg":"ready","service":"test"`)
		check()
		cause.Store(report{errors.New("the table is away")})
		want = append(want, `"WARN","msg":"not ready","service":"test","error":"the table is away"`)
		check()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func TestFloodsOfReadyzAskOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		var result error
		r := readiness{ask: func(context.Context) error { asked++; return result }}
		for range 1000 {
			if _, err := r.check(); err != nil {
				t.Fatal(err)
			}
		}
		if asked != 1 {
			t.Errorf("1000 checks at once asked %d times, want 1", asked)
		}
		result = errors.New("away")
		time.Sleep(readyFor)
		if changed, err := r.check(); !changed || !errors.Is(err, result) {
			t.Errorf("changed %v, %v, want the new state", changed, err)
		}
		result = nil
		time.Sleep(notReadyFor)
		if changed, err := r.check(); !changed || err != nil || asked != 3 {
			t.Errorf("changed %v, %v, asked %d times, want ready again at the third", changed, err, asked)
		}
	})
}
