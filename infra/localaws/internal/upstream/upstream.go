// Package upstream answers requests that localaws has authorized from another endpoint of the same AWS
// API, such as LocalStack or DynamoDB Local: gateway mode. It writes the request that was authorized anew, so that two
// readers of one text cannot differ, signs it with the root key of local AWS tools, and passes the answer back as it came.
//
// It forwards nothing else of the caller's request: neither key nor token, and only the headers in a list.
// A failure of the upstream is answered within a bounded time, with one of AWS's own retryable errors. When
// the caller goes away, the request to the upstream ends.
package upstream

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/sigv4"
)

// Bounds of time. MaxAnswer is the longest that one request waits until its answer begins: the schemas of
// its tables are learnt twice at most, and the answer to it is waited for.
const (
	dialTime   = 3 * time.Second
	learnTime  = 20 * time.Second // to learn the schema of a table
	headerTime = 60 * time.Second // from sending a request, or a piece of its body, to the headers of its answer
	stallTime  = 30 * time.Second // between two pieces of an answer

	MaxAnswer = 2*learnTime + headerTime
)

// maxIdle is how many connections stay open for the next requests; idleTime how long: less than what the
// servers keep them, so that seldom a request meets a connection that is being closed.
const (
	maxIdle  = 256
	idleTime = 15 * time.Second
)

const maxHeader = 64 << 10 // bytes of an answer's headers

// root signs with the key of the account's root in local AWS tools.
var root = sigv4.NewSigner(sigv4.Credentials{AccessKeyID: "test", SecretAccessKey: "test"})

// Config says where an upstream is and how to sign for it.
type Config struct {
	Address *url.URL         // scheme, host and port
	Region  string           // in the scope of the signatures
	Now     func() time.Time // nil: time.Now
}

// endpoint is one upstream of one service. It is safe for concurrent use.
type endpoint struct {
	service   string // in the scope of the signatures
	address   string
	region    string
	now       func() time.Time
	transport http.RoundTripper
}

func newEndpoint(service string, c Config) (*endpoint, error) {
	if c.Address == nil || c.Region == "" {
		return nil, errors.New("upstream: Config.Address and Config.Region are required")
	}
	if err := checkAddress(c.Address); err != nil {
		return nil, err
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &endpoint{
		service: service, address: c.Address.Scheme + "://" + c.Address.Host + "/", region: c.Region, now: c.Now,
		transport: &http.Transport{
			// Neither a proxy nor another encoding than the caller's: what comes back is passed on.
			DialContext:         (&net.Dialer{Timeout: dialTime}).DialContext,
			TLSHandshakeTimeout: dialTime,
			DisableCompression:  true,
			MaxIdleConnsPerHost: maxIdle, IdleConnTimeout: idleTime, MaxResponseHeaderBytes: maxHeader,
		},
	}, nil
}

// forward sends req, written anew, and returns the answer.
func (e *endpoint) forward(ctx context.Context, req *api.Request) (*api.Response, error) {
	body, err := rewritten(req)
	if err != nil {
		return nil, err
	}
	response, err := e.send(ctx, forwardedHeaders(req), body) //nolint:bodyclose // it is the Stream, which is closed where it is passed on
	if err != nil {
		return nil, err
	}
	return &api.Response{Status: response.StatusCode, Header: answeredHeaders(response.Header), Stream: response.Body}, nil
}

// send posts a request and returns the answer, whose body must be closed. Its errors are failures.
func (e *endpoint) send(ctx context.Context, header http.Header, body []byte) (*http.Response, error) {
	return e.exchange(ctx, func(ctx context.Context, _ *deadline) (*http.Request, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, e.address, bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		r.Header = header
		return r, root.Sign(r, body, e.region, e.service, e.now())
	})
}

// exchange sends the request that build makes and returns the answer, whose body must be closed. The deadline is that of the headers of
// the answer; a body that is sent piece by piece renews it. Errors are failures, or those of build.
func (e *endpoint) exchange(ctx context.Context, build func(context.Context, *deadline) (*http.Request, error)) (*http.Response, error) {
	bounded, cancel := context.WithCancelCause(ctx)
	late := newDeadline(cancel)
	r, err := build(bounded, late)
	if err != nil {
		late.end()
		cancel(nil)
		return nil, err
	}
	response, err := e.transport.RoundTrip(r)
	late.end()
	if err == nil {
		switch {
		case bounded.Err() != nil:
			err = bounded.Err()
		case response.StatusCode < http.StatusOK: // 101: a protocol that nobody asked for
			err = errNotHTTP
		}
		if err != nil {
			response.Body.Close()
		}
	}
	if err != nil {
		err = e.failure(bounded, err)
		cancel(nil)
		return nil, err
	}
	response.Body = &stream{response.Body, bounded, late}
	return response, nil
}

// bounded refuses an answer that does not say where it ends: half of it could not be told from all.
func bounded(response *http.Response) (*http.Response, error) {
	if response.ContentLength < 0 && response.Request.Method != http.MethodHead && len(response.TransferEncoding) == 0 {
		response.Body.Close()
		return nil, failed(errEndless)
	}
	return response, nil
}

// deadline ends a request to the upstream whose answer does not begin or comes to a halt. It is safe for concurrent use: a transport may
// still send the body when the answer is there.
type deadline struct {
	cancel context.CancelCauseFunc

	mu    sync.Mutex
	timer *time.Timer
	begun bool // the answer
}

func newDeadline(cancel context.CancelCauseFunc) *deadline {
	d := &deadline{cancel: cancel}
	d.timer = time.AfterFunc(headerTime, d.pass)
	return d
}

func (d *deadline) pass() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.begun {
		d.cancel(errStalled)
		return
	}
	d.cancel(errLate)
}

// renew gives the upstream headerTime again.
func (d *deadline) renew() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.begun {
		d.timer.Reset(headerTime)
	}
}

// end says that the answer has begun, or never will. Where the timer was faster and pass has not run yet, the answer is late all the same:
// else its header would be passed on, and its body break off.
func (d *deadline) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.begun = true
	if !d.timer.Stop() {
		d.cancel(errLate)
	}
}
