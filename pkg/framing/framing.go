// Package framing refuses HTTP/1 requests whose end two readers might see at different places: those with a
// Transfer-Encoding beside a Content-Length or in HTTP/1.0, and those with a folded header line (RFC 9112 sections 5.2
// and 6.1). net/http reads the former by one of the two, says nothing, and keeps the connection.
package framing

import (
	"errors"
	"net"
	"net/http"
)

// Apply has server, which is about to serve l, answer 400 to such requests and close their connections. It returns the
// listener to serve in place of l. OPTIONS * goes to the server's handler, as all other requests do.
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

// Listener is a net.Listener whose connections refuse such requests. An http.Server answers 400 to them, and closes.
type Listener struct{ net.Listener }

// Accept is net.Listener's.
func (l Listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c}, nil
}

// ErrAmbiguous is the error of a read of such a request. It says nothing of what was read.
var ErrAmbiguous = errors.New("the request has more than one possible end")

// conn is a connection of which one goroutine reads at a time, as that of an http.Server.
type conn struct {
	net.Conn
	requests scanner
}

// Read is net.Conn's. Of an ambiguous request it returns all but the end of the header, and then ErrAmbiguous: whoever
// reads the connection never has the request as a whole.
func (c *conn) Read(p []byte) (int, error) {
	if c.requests.ambiguous {
		return 0, ErrAmbiguous
	}
	n, err := c.Conn.Read(p)
	clear := c.requests.scan(p[:n])
	if c.requests.ambiguous {
		return clear, ErrAmbiguous
	}
	return n, err
}

// CloseWrite lets an http.Server end its side first, so that a client that still sends reads the answer.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}
