package httpserver

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
)

var streams = []Stream{{http.MethodPut, "/streams/:id"}, {http.MethodGet, "/streams/:id"}}

// large is a body that no other route takes, and that does not fit into one progress.
const large = 1 << 20

func streamRoutes(e *echo.Echo) {
	e.PUT("/streams/:id", func(c echo.Context) error {
		n, err := io.Copy(io.Discard, c.Request().Body)
		if err != nil {
			return err
		}
		return c.String(http.StatusCreated, fmt.Sprint(n))
	})
	e.GET("/streams/:id", func(c echo.Context) error {
		if c.Param("id") == "stuck" { // AWS, say, does not answer
			<-c.Request().Context().Done()
			return c.Request().Context().Err()
		}
		c.Response().Header().Set(echo.HeaderContentLength, fmt.Sprint(large))
		if _, hasDeadline := c.Request().Context().Deadline(); hasDeadline || IsHead(c.Request().Context()) {
			return nil
		}
		_, err := c.Response().Write(make([]byte, large))
		return err
	})
}

// exchange sends a head and returns the connection.
func exchange(t *testing.T, conn net.Conn, head string) net.Conn {
	t.Helper()
	if _, err := io.WriteString(conn, head+"\r\nHost: x\r\nConnection: close\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	return conn
}

func statusOf(t *testing.T, from io.Reader) (int, string) {
	t.Helper()
	resp, err := http.ReadResponse(bufio.NewReader(from), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// inPieces calls step with the sizes of large's pieces, one each interval, until it fails; it returns how long that took.
func inPieces(size int, interval time.Duration, step func(n int) error) (time.Duration, error) {
	began := time.Now()
	for left := large; left > 0; left -= size {
		time.Sleep(interval)
		if err := step(min(size, left)); err != nil {
			return time.Since(began), err
		}
	}
	return time.Since(began), nil
}

func TestStreamMayTakeLongButNotStandStill(t *testing.T) {
	put := fmt.Sprintf("PUT /streams/1 HTTP/1.1\r\nContent-Length: %d", large)
	for _, tc := range []struct {
		name     string
		size     int
		interval time.Duration
		isCutOff bool
	}{
		{"128 KiB within the time", 2 * minProgress, 9 * time.Second, false},
		{"64 KiB and a second more than the time", minProgress, 11 * time.Second, true},
		{"a drip", 1 << 10, time.Second, true},
	} {
		t.Run("upload/"+tc.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, dial func() net.Conn, _ func() error) {
				conn := exchange(t, dial(), put)
				answer := make(chan string, 1)
				go func() {
					status, body := statusOf(t, conn)
					answer <- fmt.Sprint(status, " ", body)
				}()
				took, err := inPieces(tc.size, tc.interval, func(n int) error {
					_, err := conn.Write(make([]byte, n))
					return err
				})
				if (err != nil) != tc.isCutOff || tc.isCutOff && took > 30*time.Second {
					t.Errorf("%v after %v, want it cut off: %t", err, took, tc.isCutOff)
				}
				if got := <-answer; tc.isCutOff != (got[:3] == "504") || !tc.isCutOff && got != fmt.Sprint("201 ", large) {
					t.Errorf("answered %s", got)
				}
			})
		})
		t.Run("download/"+tc.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, dial func() net.Conn, _ func() error) {
				conn := exchange(t, dial(), "GET /streams/1 HTTP/1.1")
				piece := make([]byte, tc.size)
				took, err := inPieces(tc.size, tc.interval, func(n int) error {
					_, err := io.ReadFull(conn, piece[:n])
					return err
				})
				if (err != nil) != tc.isCutOff || tc.isCutOff && took > 40*time.Second {
					t.Errorf("%v after %v, want it cut off: %t", err, took, tc.isCutOff)
				}
			})
		})
	}
}

func TestStreamThatWaitsForAnotherServiceIsAnswered504(t *testing.T) {
	inBubble(t, func(t *testing.T, dial func() net.Conn, _ func() error) {
		for header, want := range map[string]time.Duration{"": 10 * time.Second, "\r\nX-Request-Timeout-Ms: 2000": 2 * time.Second} {
			began := time.Now()
			status, body := statusOf(t, exchange(t, dial(), "GET /streams/stuck HTTP/1.1"+header))
			if took := time.Since(began); status != http.StatusGatewayTimeout || took != want {
				t.Errorf("%q: %d %s after %v, want 504 after %v", header, status, body, took, want)
			}
		}
	})
}

func TestStreamNeedsALengthAndOtherRoutesKeepTheirLimit(t *testing.T) {
	inBubble(t, func(t *testing.T, dial func() net.Conn, _ func() error) {
		for head, want := range map[string]int{
			"PUT /streams/1 HTTP/1.1\r\nTransfer-Encoding: chunked":                       http.StatusLengthRequired,
			"PUT /streams/1 HTTP/1.1":                                                     http.StatusLengthRequired,
			"PUT /streams/1 HTTP/1.1\r\nContent-Length: 0":                                http.StatusCreated,
			fmt.Sprintf("POST /read HTTP/1.1\r\nContent-Length: %d", large):               http.StatusRequestEntityTooLarge,
			fmt.Sprintf("GET /streams/1 HTTP/1.1\r\nContent-Length: %d", large):           http.StatusRequestEntityTooLarge,
			"POST /read HTTP/1.1\r\nContent-Length: 0":                                    http.StatusNoContent,
			"GET /streams/stuck HTTP/1.1\r\nX-Request-Timeout-Ms: 1\r\nContent-Length: 0": http.StatusGatewayTimeout,
		} {
			if status, body := statusOf(t, exchange(t, dial(), head)); status != want {
				t.Errorf("%s: %d %s, want %d", head, status, body, want)
			}
		}
	})
}

func TestHeadOfAStreamIsKnownToItsHandler(t *testing.T) {
	if IsHead(context.Background()) {
		t.Error("no request is a HEAD")
	}
	inBubble(t, func(t *testing.T, dial func() net.Conn, _ func() error) {
		answer, err := io.ReadAll(exchange(t, dial(), "HEAD /streams/1 HTTP/1.1"))
		if err != nil || !bytes.Contains(answer, []byte("Content-Length: 1048576\r\n")) || !bytes.HasSuffix(answer, []byte("\r\n\r\n")) {
			t.Errorf("%v: %s", err, answer)
		}
	})
}
