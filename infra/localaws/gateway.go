package localaws

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/kms"
	"example.com/shiptrack/infra/localaws/internal/opensearch"
	"example.com/shiptrack/infra/localaws/internal/upstream"
)

// gateway holds the upstreams. The zero gateway has none.
type gateway struct {
	ready  map[string]func(context.Context) error // by service
	probes singleflight.Group

	mu   sync.Mutex
	last map[string]probe // by service
}

// probe is what an upstream answered to a check.
type probe struct {
	ended time.Time
	err   error
}

// probeFor is how long the answer to a check holds. Anybody may ask, as often as they like.
const probeFor = time.Second

// probe asks the upstream of a service whether it answers, once in probeFor at most. Concurrent calls share one check.
func (g *gateway) probe(ctx context.Context, service string, now func() time.Time) <-chan singleflight.Result {
	return g.probes.DoChan(service, func() (any, error) {
		g.mu.Lock()
		last, asked := g.last[service]
		g.mu.Unlock()
		// A clock that was set back must not make an answer hold longer.
		if age := now().Sub(last.ended); asked && age >= 0 && age < probeFor {
			return nil, last.err
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), probeTime)
		defer cancel()
		err := g.ready[service](ctx)
		g.mu.Lock()
		defer g.mu.Unlock()
		g.last[service] = probe{now(), err}
		return nil, err
	})
}

// forward replaces routes by upstreams; keys protect the objects of that of S3.
func (g *gateway) forward(routes map[string]route, c Config, keys *kms.Service) error {
	g.ready, g.last = map[string]func(context.Context) error{}, map[string]probe{}
	for service, address := range c.Upstreams {
		at := upstream.Config{Address: address, Region: c.Region, Now: c.Now}
		var forwarded interface {
			api.Service
			Ready(context.Context) error
		}
		var err error
		switch service {
		case "dynamodb":
			forwarded, err = upstream.NewDynamoDB(at)
		case "s3":
			forwarded, err = upstream.NewS3(at, keys)
		case "es":
			forwarded, err = upstream.NewOpenSearch(at, c.SearchDomain, c.SearchGuard)
		default:
			return fmt.Errorf("localaws cannot forward the service %q", service)
		}
		if err != nil {
			return fmt.Errorf("upstream of %s: %w", service, err)
		}
		rt := routes[service]
		rt.service = forwarded
		if service == "es" {
			rt.limit = bodyLimit(opensearch.MaxBody) // it is not read here
		}
		routes[service], g.ready[service] = rt, forwarded.Ready
	}
	return nil
}

// Ready returns nil where every upstream answers, and where there is none. It waits no longer than ctx.
// Each upstream is asked once a second at most.
func (s *Server) Ready(ctx context.Context) error {
	var all []error
	for service := range s.gateway.ready {
		answer := s.gateway.probe(ctx, service, s.now)
		select {
		case <-ctx.Done():
			return errors.Join(append(all, fmt.Errorf("%s: %w", service, ctx.Err()))...)
		case a := <-answer:
			if a.Err != nil {
				all = append(all, fmt.Errorf("%s: %w", service, a.Err))
			}
		}
	}
	return errors.Join(all...)
}

// probeTime bounds the wait for an upstream's answer to a check. Local AWS tools start a service at its first
// request, and the start continues when nobody waits any more.
const probeTime = 10 * time.Second

func (s *Server) serveReady(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if err := s.Ready(r.Context()); err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, "{\"status\":\"an upstream does not answer\"}\n") // see write
		return
	}
	_, _ = io.WriteString(w, "{\"status\":\"ok\"}\n")
}

// patience lets an authenticated request wait for its upstream longer than the deadlines of the
// connection, and sets a new deadline some time after the last moment at which its answer may begin.
func (s *Server) patience(x *exchange) {
	if len(s.gateway.ready) == 0 {
		return
	}
	const rest = time.Minute // to pass the answer on
	// A connection without deadlines, as in a test, needs none.
	_ = x.connection.SetWriteDeadline(time.Now().Add(upstream.MaxAnswer + rest))
}

// pieces are the buffers for what is passed on.
var pieces = sync.Pool{New: func() any { return new([32 << 10]byte) }}

// pass passes a stream on, each piece as it comes.
func (s *Server) pass(w http.ResponseWriter, x *exchange, from io.ReadCloser) {
	defer from.Close()
	piece := pieces.Get().(*[32 << 10]byte)
	defer pieces.Put(piece)
	for {
		n, err := from.Read(piece[:])
		if n > 0 {
			if _, err := w.Write(piece[:n]); err != nil {
				return // the caller went away
			}
			_ = x.connection.Flush() // the next Write tells what is wrong
		}
		if err == io.EOF {
			return
		}
		if err != nil {
			s.broken(x, err)
		}
	}
}

// broken logs that an answer broke off, and cuts the connection.
func (s *Server) broken(x *exchange, err error) {
	entry := x.entry()
	entry.Reason = err.Error()
	s.log.write(entry)
	panic(http.ErrAbortHandler)
}

// failed reports whether localaws or an upstream caused err, not the caller.
func failed(err error) bool {
	if _, own := errors.AsType[*refused](err); own { // a denial, which is logged as a decision
		return false
	}
	e, known := errors.AsType[*api.Error](err)
	return !known || e.Status >= http.StatusInternalServerError
}
