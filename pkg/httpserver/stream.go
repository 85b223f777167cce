package httpserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/shiptrack/pkg/problem"
)

// Stream names a route whose request or answer has a body too large for the deadline of a whole request, and for memory. Such
// a request has a deadline of progress: it is cut off where less than 64 KiB pass, in either direction, within
// Config.RequestTimeout. So a slow client holds nothing for long, and a large body may take as long as it needs. The body of a
// request must have a Content-Length (else 411); the handler bounds it.
type Stream struct {
	Method string
	Path   string // as the route has it, such as /shipments/:shipmentId/documents/:name
}

const (
	// minProgress is how many bytes count as progress.
	minProgress = 64 << 10
	// lastWrite is how long an answer to a request that is cut off may take.
	lastWrite = time.Second
)

// isStream reports whether the request is one of a Stream. HEAD is GET here.
func (s *Server) isStream(c echo.Context) bool {
	return s.streams[Stream{Method: c.Request().Method, Path: c.Path()}]
}

// hasBody reports whether requests of this method have one.
func hasBody(method string) bool { return method == http.MethodPut || method == http.MethodPost }

// checkLength refuses a request whose length is not known before its body.
func checkLength(r *http.Request) error {
	if r.ContentLength < 0 || r.ContentLength == 0 && r.Header.Get(echo.HeaderContentLength) == "" {
		return problem.New(problem.LengthRequired, "the request needs a Content-Length")
	}
	return nil
}

// progress cuts off a request that stands still.
type progress struct {
	conn   *http.ResponseController
	stall  time.Duration
	cancel context.CancelCauseFunc
	timer  *time.Timer
	moved  atomic.Int64 // bytes since the timer was set
}

// errStalled is why a request was cut off.
var errStalled = fmt.Errorf("%w: less than %d bytes passed in time", context.DeadlineExceeded, minProgress)

// withProgress calls next for a request that is cut off where it stands still for stall.
func withProgress(c echo.Context, stall time.Duration, next echo.HandlerFunc) error {
	r, w := c.Request(), c.Response()
	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(nil)
	p := &progress{conn: http.NewResponseController(w.Writer), stall: stall, cancel: cancel}
	if err := p.setDeadlines(time.Time{}); err != nil { // those of the server are for a whole request
		return fmt.Errorf("httpserver: a stream without deadlines: %w", err)
	}
	p.timer = time.AfterFunc(stall, p.expire)
	defer p.end()
	r = r.WithContext(ctx)
	r.Body = progressBody{ReadCloser: r.Body, progress: p, ctx: ctx}
	w.Writer = progressWriter{ResponseWriter: w.Writer, progress: p}
	c.SetRequest(r)
	return next(c)
}

func (p *progress) setDeadlines(at time.Time) error {
	return errors.Join(p.conn.SetReadDeadline(at), p.conn.SetWriteDeadline(at))
}

// add is told of n bytes that passed.
func (p *progress) add(n int) {
	if p.moved.Add(int64(n)) >= minProgress {
		p.moved.Store(0)
		p.timer.Reset(p.stall)
	}
}

// expire ends what the request waits for: for AWS or the next service by its context, for the client by its connection. Where
// nothing was answered yet, there is time to say so.
func (p *progress) expire() {
	p.cancel(errStalled)
	_ = p.conn.SetReadDeadline(time.Now()) // they were set before
	_ = p.conn.SetWriteDeadline(time.Now().Add(lastWrite))
}

// end bounds what net/http does after the handler: it sends the last bytes, and reads what is left of the body.
func (p *progress) end() {
	if p.timer.Stop() {
		_ = p.setDeadlines(time.Now().Add(p.stall))
	}
}

type progressBody struct {
	io.ReadCloser
	progress *progress
	ctx      context.Context
}

// Read is io.Reader's. Its error is context.DeadlineExceeded where the request was cut off.
func (b progressBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.progress.add(n)
	if err != nil && !errors.Is(err, io.EOF) && b.ctx.Err() != nil {
		err = errors.Join(context.Cause(b.ctx), err)
	}
	return n, err
}

type progressWriter struct {
	http.ResponseWriter
	progress *progress
}

// Write is io.Writer's. It writes in pieces, so that a client which takes them one after the other is seen to make progress.
func (w progressWriter) Write(p []byte) (written int, err error) {
	for err == nil && written < len(p) {
		var n int
		n, err = w.ResponseWriter.Write(p[written:min(written+minProgress/2, len(p))])
		w.progress.add(n)
		written += n
	}
	return written, err
}

// Unwrap is for http.ResponseController.
func (w progressWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// IsHead reports whether the request being answered in ctx is a HEAD, which handlers see as GET: an answer with a large body
// need not be read then.
func IsHead(ctx context.Context) bool { return ctx.Value(methodKey{}) == http.MethodHead }
