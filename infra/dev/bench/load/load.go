// Package load asks a server on loopback over connections that stay open, each with one request at a time: in a closed loop, or
// at a given rate.
// It refuses any other address, and any answer but 200 ends it.
package load

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/valyala/fasthttp"
)

// Connections is how many are open: the fixed load of make bench.
const Connections = 16

// Request is one of those that are sent in turn.
type Request struct {
	Method, Path string
	Header       http.Header
	Body         []byte
}

// Outcome is what a run measured.
type Outcome struct {
	Rate  float64                 // answers a second
	Delay *hdrhistogram.Histogram // of the answers, in microseconds
}

// Load keeps its connections from one Run to the next. It is for one goroutine.
type Load struct{ workers []*worker }

type worker struct {
	client   *fasthttp.HostClient
	requests []*fasthttp.Request
	next     int
	answer   fasthttp.Response
}

// New returns a Load of requests for addr, a host and port. Each connection sends requests of its own.
func New(addr string, requests []Request) (*Load, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("load: %s is not on loopback", addr)
	}
	if len(requests) < Connections {
		return nil, fmt.Errorf("load: %d requests for %d connections", len(requests), Connections)
	}
	l := &Load{}
	for range Connections {
		l.workers = append(l.workers, &worker{client: &fasthttp.HostClient{
			Addr: addr, MaxConns: 1, NoDefaultUserAgentHeader: true, ReadTimeout: 10 * time.Second, MaxIdemponentCallAttempts: 1,
		}})
	}
	for i, r := range requests {
		w := l.workers[i%Connections]
		w.requests = append(w.requests, r.prepare(addr))
	}
	return l, nil
}

func (r Request) prepare(addr string) *fasthttp.Request {
	prepared := &fasthttp.Request{}
	prepared.Header.SetMethod(r.Method)
	prepared.SetRequestURI("http://" + addr + r.Path)
	for name, values := range r.Header {
		prepared.Header.Set(name, values[0])
	}
	prepared.SetBody(r.Body)
	return prepared
}

// Run sends requests for as long as given, or until ctx ends. The first failure of any connection is the error.
func (l *Load) Run(ctx context.Context, long time.Duration) (Outcome, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	until := time.Now().Add(long)
	return l.all(ctx, stop, func(w *worker, each *recorder) error { return w.send(ctx, until, each) })
}

// all has each worker do its part, and merges what they recorded. The first failure ends all.
func (l *Load) all(ctx context.Context, stop context.CancelCauseFunc, part func(*worker, *recorder) error) (Outcome, error) {
	began := time.Now()
	recorders := make([]*recorder, len(l.workers))
	var workers sync.WaitGroup
	for i, w := range l.workers {
		recorders[i] = newRecorder()
		workers.Go(func() {
			if err := part(w, recorders[i]); err != nil {
				stop(err)
			}
		})
	}
	workers.Wait()
	took := time.Since(began)
	if err := context.Cause(ctx); err != nil {
		return Outcome{}, err
	}
	for _, r := range recorders[1:] {
		recorders[0].delays.Merge(r.delays)
	}
	return Outcome{Rate: float64(recorders[0].delays.TotalCount()) / took.Seconds(), Delay: recorders[0].delays}, nil
}

// recorder holds delays from a microsecond to a minute, to three digits.
type recorder struct{ delays *hdrhistogram.Histogram }

func newRecorder() *recorder {
	return &recorder{hdrhistogram.New(1, time.Minute.Microseconds(), 3)}
}

func (r *recorder) record(delay time.Duration) error {
	return r.delays.RecordValue(max(1, delay.Microseconds()))
}

func (w *worker) send(ctx context.Context, until time.Time, each *recorder) error {
	for began := time.Now(); began.Before(until); {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := w.ask(); err != nil {
			return err
		}
		ended := time.Now()
		if err := each.record(ended.Sub(began)); err != nil {
			return err
		}
		began = ended
	}
	return nil
}

// ask sends the worker's next request.
func (w *worker) ask() error {
	request := w.requests[w.next%len(w.requests)]
	w.next++
	if err := w.client.Do(request, &w.answer); err != nil {
		return err
	}
	if w.answer.StatusCode() != http.StatusOK {
		return fmt.Errorf("load: answered %d", w.answer.StatusCode()) // a body may say whose it is
	}
	return nil
}
