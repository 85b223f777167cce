// Package framing refuses HTTP/1 requests whose end two readers might see at different places: those with a
// Transfer-Encoding beside a Content-Length or in HTTP/1.0, and those with a folded header line (RFC 9112 sections 5.2
// and 6.1). net/http reads the former by one of the two, says nothing, and keeps the connection. It also refuses headers of
// many lines, for which net/http takes up to twenty times their size of memory before any handler is called.
package framing

import (
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"
)

// MaxLines is how many lines a header may have, as in other servers (Apache, Envoy). A browser behind three proxies sends
// about forty.
const MaxLines = 100

// Apply has server, which is about to serve l, answer 400 to ambiguous requests, 431 to those of more than MaxLines, and
// close their connections. It returns the listener to serve in place of l. OPTIONS * goes to the server's handler, as all
// other requests do.
func Apply(server *http.Server, l net.Listener) net.Listener {
	server.Handler, server.DisableGeneralOptionsHandler = Handler(server.Handler), true
	return Listener{l}
}

// Handler makes a request with a Transfer-Encoding the last of its connection. A Listener needs it: it does not look for
// the end of such a request.
func Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.TransferEncoding) > 0 {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// Listener is a net.Listener whose connections refuse such requests. An http.Server answers 400 or 431, and closes.
type Listener struct{ net.Listener }

// Accept is net.Listener's.
func (l Listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c}, nil
}

// The errors of a read of such a request. They say nothing of what was read.
var (
	ErrAmbiguous    = errors.New("the request has more than one possible end")
	ErrTooManyLines = errors.New("the request's header has too many lines")
)

// What an http.Server answers to an error of a read, and what it is to answer to ErrTooManyLines.
const (
	rest         = "\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n"
	badRequest   = "400 Bad Request"
	tooManyLines = "431 Request Header Fields Too Large"
)

// conn is a connection of which one goroutine reads at a time, as that of an http.Server.
type conn struct {
	net.Conn
	requests scanner
	long     atomic.Bool // a request has too many lines: read beside a handler, which may still write
}

// Read is net.Conn's. Of a refused request it returns less than the header, and then the reason: whoever reads the
// connection never has the request as a whole.
func (c *conn) Read(p []byte) (int, error) {
	if c.requests.refused != nil {
		return 0, c.requests.refused
	}
	n, err := c.Conn.Read(p)
	n = c.requests.scan(p[:n])
	if c.requests.refused != nil {
		err = c.requests.refused
		c.long.Store(errors.Is(err, ErrTooManyLines))
	}
	return n, err
}

// Write is net.Conn's.
func (c *conn) Write(p []byte) (int, error) {
	if c.long.Load() && string(p) == "HTTP/1.1 "+badRequest+rest+badRequest {
		if _, err := io.WriteString(c.Conn, "HTTP/1.1 "+tooManyLines+rest+tooManyLines); err != nil {
			return 0, err
		}
		return len(p), nil
	}
	return c.Conn.Write(p)
}

// CloseWrite lets an http.Server end its side first, so that a client that still sends reads the answer.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}
