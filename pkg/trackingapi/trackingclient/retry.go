package trackingclient

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"syscall"
)

// retryOnReset sends a request a second time where the server broke the connection before it sent a byte, as
// a server does that is being replaced. It repeats GETs alone: the body of an upload is a stream, which is read once.
// Where net/http itself has already repeated the request, after a stale kept connection, there is no third time.
type retryOnReset struct{ next http.RoundTripper }

// Do is trackingapi.HttpRequestDoer's.
func (t retryOnReset) Do(r *http.Request) (*http.Response, error) {
	var connections atomic.Int32
	var answering atomic.Bool
	traced := r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{
		GotConn:              func(httptrace.GotConnInfo) { connections.Add(1) },
		GotFirstResponseByte: func() { answering.Store(true) },
	}))
	resp, err := t.next.RoundTrip(traced)
	if err == nil || r.Method != http.MethodGet || answering.Load() || connections.Load() != 1 ||
		r.Context().Err() != nil || !isReset(err) {
		return resp, err
	}
	return t.next.RoundTrip(r)
}

// isReset reports whether err says that the peer ended the connection; io.EOF is the orderly end.
func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, io.EOF)
}
