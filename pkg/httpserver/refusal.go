package httpserver

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"

	"example.com/shiptrack/pkg/framing"
	"example.com/shiptrack/pkg/httpclient"
	"example.com/shiptrack/pkg/problem"
)

// refusalListener replaces the answers that net/http gives before any handler: 400 to a request that it cannot parse,
// 417 to an expectation that it does not know, 431 to a header beyond MaxHeaderBytes (or framing.MaxLines), 501 and 505. Those answers are
// plain text, without a request id, and in no log. Where net/http closes a connection without an answer, because the
// client breaks off or is too slow with its header, nothing changes, and nothing is logged.
type refusalListener struct {
	net.Listener
	replace func(answer []byte) []byte // nil where the answer is to be sent as it is
}

// Accept is net.Listener's.
func (l refusalListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return refusalConn{Conn: conn, replace: l.replace}, nil
}

type refusalConn struct {
	net.Conn
	replace func([]byte) []byte
}

// Write is net.Conn's. net/http writes an answer of its own with one call.
func (c refusalConn) Write(p []byte) (int, error) {
	replaced := c.replace(p)
	if replaced == nil {
		return c.Conn.Write(p)
	}
	if _, err := c.Conn.Write(replaced); err != nil {
		return 0, err
	}
	return len(p), nil
}

// CloseWrite lets net/http end its side first, so that a client that still sends reads the answer.
func (c refusalConn) CloseWrite() error {
	if conn, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return conn.CloseWrite()
	}
	return errors.ErrUnsupported
}

// refusal returns the replacement of answer, where that is an error from net/http itself: it then has no request id,
// which identify gives to every other answer. It logs and counts the refusal.
func (s *Server) refusal(answer []byte) []byte {
	const statusAt = len("HTTP/1.1 ")
	if len(answer) < statusAt+3 || answer[statusAt] != '4' && answer[statusAt] != '5' || !bytes.HasPrefix(answer, []byte("HTTP/1.")) {
		return nil
	}
	head, text, whole := bytes.Cut(answer, []byte("\r\n\r\n"))
	status, err := strconv.Atoi(string(answer[statusAt : statusAt+3]))
	if err != nil || !whole || bytes.Contains(head, []byte("\r\n"+httpclient.RequestIDHeader+": ")) {
		return nil
	}
	id := rand.Text()
	s.metrics.requests.WithLabelValues(otherMethod, unmatched, strconv.Itoa(status)).Inc()
	s.logger.LogAttrs(context.Background(), slog.LevelInfo, "request",
		slog.String("method", otherMethod), slog.String("route", unmatched), slog.Int("status", status),
		slog.String("request_id", id), slog.String("error", "net/http: "+string(text)))
	return s.render(status, id)
}

// refusalDetails are the details for the caller.
var refusalDetails = map[problem.Kind]string{
	problem.Invalid:             "the request is not well-formed HTTP",
	problem.ExpectationFailed:   "the header Expect may only be 100-continue",
	problem.NotImplemented:      "the only transfer encoding is chunked",
	problem.VersionNotSupported: "the protocol is HTTP/1.1",
}

// render returns the whole answer, after which net/http closes the connection.
func (s *Server) render(status int, requestID string) []byte {
	kind := problem.OfStatus(status)
	detail := refusalDetails[kind]
	if kind == problem.HeaderTooLarge {
		detail = fmt.Sprintf("request line and header are longer than %d bytes, or than %d lines", s.cfg.maxHeader(), framing.MaxLines)
	}
	document := problem.New(kind, detail).Document(requestID)
	body, _ := json.Marshal(document) // text and numbers alone
	return fmt.Appendf(nil, "HTTP/1.1 %d %s\r\nCache-Control: no-store\r\nConnection: close\r\nContent-Length: %d\r\n"+
		"Content-Type: %s\r\nDate: %s\r\nX-Content-Type-Options: nosniff\r\n%s: %s\r\n\r\n%s\n",
		document.Status, document.Title, len(body)+1, problem.ContentType, time.Now().UTC().Format(http.TimeFormat),
		httpclient.RequestIDHeader, requestID, body)
}
