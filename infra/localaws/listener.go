package localaws

import (
	"bytes"
	"errors"
	"net"
	"strings"
)

// Listener returns l for an http.Server with the handler s. What the http.Server refuses by itself is logged: what is no
// HTTP, too large a header, an expectation that it does not know.
func (s *Server) Listener(l net.Listener) net.Listener { return refusalListener{l, s} }

// refusalListener logs the answers that net/http gives before any handler.
type refusalListener struct {
	net.Listener
	server *Server
}

func (l refusalListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return refusalConn{c, l.server}, nil
}

type refusalConn struct {
	net.Conn
	server *Server
}

// ownHead stands behind the status line of an answer that net/http gives by itself, with one Write. 417 has another head,
// and no handler of localaws answers it.
const ownHead = "\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n"

// Write is net.Conn's.
func (c refusalConn) Write(p []byte) (int, error) {
	status, rest, _ := bytes.Cut(p, []byte("\r\n"))
	own := bytes.HasPrefix(rest, []byte(ownHead[2:])) || bytes.HasPrefix(status, []byte("HTTP/1.1 417 "))
	if own && bytes.HasPrefix(status, []byte("HTTP/1.1 ")) {
		c.server.logOwnRefusal(string(status[len("HTTP/1.1 "):]))
	}
	return c.Conn.Write(p)
}

// CloseWrite lets net/http end its side first, so that a client that still sends reads the answer.
func (c refusalConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// logOwnRefusal logs a refusal by net/http, with its status: "400 Bad Request: missing required Host header".
func (s *Server) logOwnRefusal(status string) {
	name, _, _ := strings.Cut(strings.TrimLeft(status, "0123456789 "), ":")
	s.log.write(&Entry{
		Time: s.now().UTC(), RequestID: newRequestID(), Decision: "deny", Code: strings.ReplaceAll(name, " ", ""),
		Reason: "the request was not read: " + status,
	})
}
