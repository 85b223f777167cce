// Package connlimit bounds what clients can make an HTTP server hold by connections alone: how many there are, and how
// much of headers. A flood does not lock others out: where there is no room, the connection that has waited longest for
// its client is closed, or the one with the largest header. A request that has arrived whole is never cut off.
package connlimit

import (
	"container/list"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
)

// Limits are what one server may hold.
type Limits struct {
	// Connections is how many there may be at one time. Of one more, the one that has waited longest for its client is
	// closed; where none waits, the new one.
	Connections int
	// HeaderBytes is how much of request lines and headers may be held at one time. net/http takes up to twenty times as
	// much memory for a header of many short lines. Where more comes, the waiting connection with the largest is closed.
	HeaderBytes int
}

// Apply holds server, which is about to serve listener, to limits. It sets Handler, ConnContext and ConnState of the
// server, and returns the listener to serve in place of the one given.
func Apply(server *http.Server, listener net.Listener, limits Limits) net.Listener {
	l := &limiter{Listener: listener, limits: limits, waiting: list.New()}
	server.Handler = l.handler(server.Handler)
	server.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		return context.WithValue(ctx, connKey{}, c)
	}
	server.ConnState = func(c net.Conn, state http.ConnState) {
		if c, ok := c.(*conn); ok && state == http.StateActive {
			c.touch() // its client has begun a request
		}
	}
	return l
}

type connKey struct{}

// limiter is the listener.
type limiter struct {
	net.Listener
	limits Limits

	mu      sync.Mutex
	count   int
	header  int        // bytes that all connections hold
	waiting *list.List // of *conn: those that wait for their client, the longest first
}

// conn is one connection. limiter.mu guards its fields.
type conn struct {
	net.Conn
	limiter *limiter
	place   *list.Element // in waiting; nil: the request has arrived whole
	header  int           // bytes of the request, up to the end of its header
	inBody  bool          // the header is read
	closed  bool
}

// Accept is net.Listener's.
func (l *limiter) Accept() (net.Conn, error) {
	for {
		accepted, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		c := &conn{Conn: accepted, limiter: l}
		if l.admit(c) {
			return c, nil
		}
		_ = accepted.Close() // it has sent nothing that is answered
	}
}

func (l *limiter) admit(c *conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.count >= l.limits.Connections {
		longest := l.waiting.Front()
		if longest == nil {
			return false
		}
		longest.Value.(*conn).end()
	}
	l.count++
	c.place = l.waiting.PushBack(c)
	return true
}

// end closes c. Its limiter's mu is held.
func (c *conn) end() {
	if c.closed {
		return
	}
	c.closed = true
	c.limiter.count--
	c.limiter.header -= c.header
	c.proceed()
	_ = c.Conn.Close() // net/http learns of it by its next read
}

// Close is net.Conn's.
func (c *conn) Close() error {
	c.limiter.mu.Lock()
	defer c.limiter.mu.Unlock()
	c.end()
	return nil
}

// CloseWrite lets net/http end its side first, so that a client that still sends reads the answer.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// Read is net.Conn's. It counts what comes before a handler is called.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	l := c.limiter
	l.mu.Lock()
	defer l.mu.Unlock()
	if c.inBody || c.closed || n <= 0 {
		return n, err
	}
	c.header += n
	l.header += n
	for l.header > l.limits.HeaderBytes && !c.closed {
		l.largest(c).end()
	}
	if c.closed {
		return 0, net.ErrClosed
	}
	return n, err
}

// largest returns the waiting connection with the most of a header, or c where none waits.
func (l *limiter) largest(c *conn) *conn {
	for e := l.waiting.Front(); e != nil; e = e.Next() {
		if other := e.Value.(*conn); other.header > c.header {
			c = other
		}
	}
	return c
}

// Write is net.Conn's. A connection that is being answered waits for its client to read.
func (c *conn) Write(p []byte) (int, error) {
	c.touch()
	return c.Conn.Write(p)
}

// touch makes c the last of those that wait.
func (c *conn) touch() {
	c.limiter.mu.Lock()
	defer c.limiter.mu.Unlock()
	c.wait()
}

// wait makes c the last of those that wait. Its limiter's mu is held.
func (c *conn) wait() {
	switch {
	case c.closed:
	case c.place != nil:
		c.limiter.waiting.MoveToBack(c.place)
	default:
		c.place = c.limiter.waiting.PushBack(c)
	}
}

// proceed takes c out of those that wait. Its limiter's mu is held.
func (c *conn) proceed() {
	if c.place != nil {
		c.limiter.waiting.Remove(c.place)
		c.place = nil
	}
}

// arrived notes that the request has arrived whole.
func (c *conn) arrived() {
	c.limiter.mu.Lock()
	defer c.limiter.mu.Unlock()
	c.proceed()
}

// begin and done are called around the handler.
func (c *conn) begin() {
	c.limiter.mu.Lock()
	defer c.limiter.mu.Unlock()
	c.inBody = true
}

func (c *conn) done() {
	c.limiter.mu.Lock()
	defer c.limiter.mu.Unlock()
	c.wait()
	c.inBody = false
	if !c.closed {
		c.limiter.header -= c.header
	}
	c.header = 0
}

func (l *limiter) handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, ok := r.Context().Value(connKey{}).(*conn)
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		c.begin()
		defer c.done()
		if r.ContentLength == 0 {
			c.arrived()
		} else {
			with := *r // net/http keeps its own request, whose body it knows how to end
			with.Body = &body{r.Body, c}
			r = &with
		}
		next.ServeHTTP(w, r)
	})
}

// body notes its end.
type body struct {
	io.ReadCloser
	conn *conn
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		b.conn.arrived()
	}
	return n, err
}
