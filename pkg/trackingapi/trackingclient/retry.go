package trackingclient

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"syscall"
)

// retryOnReset sends a request a second time where the server broke the connection before it answered a
// byte, as one that is being replaced does. All requests of the contract are GETs, so nothing happens twice.
// Where net/http has itself gone on from a kept connection that turned out stale, that was the second time.
type retryOnReset struct{ next http.RoundTripper }

// RoundTrip is http.RoundTripper's.
func (t retryOnReset) RoundTrip(r *http.Request) (*http.Response, error) {
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
