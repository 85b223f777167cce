package httpserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/shiptrack/pkg/httpclient"
	"example.com/shiptrack/pkg/problem"
)

const (
	readyTimeout = 2 * time.Second
	probeTimeout = 3 * time.Second
	// How long an answer of Config.Ready is kept. /readyz needs no token, so a flood of requests for it must not
	// reach the services behind. A bad answer is kept for a shorter time, so that a start is noticed at once.
	readyFor    = time.Second
	notReadyFor = 50 * time.Millisecond
	// How often a service checks itself, so that its log says why it is not ready even if nobody asks. The first
	// check is at the start.
	watchReady    = 5 * time.Second
	watchNotReady = time.Second
)

// volatile matches the parts that differ between two reports of the same failure: a port, a request id, a time.
var volatile = regexp.MustCompile(`[\w.:-]*\d{4}[\w.:-]*|[\w-]*\d[a-zA-Z\d-]{7,}`)

func isHealth(path string) bool { return path == "/healthz" || path == "/readyz" }

// readiness remembers the last answer of ask. The zero readiness is ready.
type readiness struct {
	ask func(context.Context) error

	mu    sync.Mutex
	asked time.Time
	err   error
}

// check returns why the service is not ready, nil where it is, and whether state or reason changed.
func (r *readiness) check() (changed bool, err error) {
	if r.ask == nil {
		return false, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	goodFor := readyFor
	if r.err != nil {
		goodFor = notReadyFor
	}
	if !r.asked.IsZero() && time.Since(r.asked) < goodFor {
		return false, r.err
	}
	// All clients share the answer: it must not depend on how long this client waits, nor carry its request id.
	ctx, cancel := context.WithTimeout(context.Background(), readyTimeout)
	defer cancel()
	first, before := r.asked.IsZero(), r.err
	r.err = r.ask(ctx)
	r.asked = time.Now()
	return first || reason(before) != reason(r.err), r.err
}

// reason tells the reports of different failures apart; it is empty where err is nil.
func reason(err error) string {
	if err == nil {
		return ""
	}
	return "not ready: " + volatile.ReplaceAllString(err.Error(), "")
}

// ready returns why the service is not ready, nil where it is, and logs each change once, whoever asks.
func (s *Server) ready(ctx context.Context) error {
	changed, err := s.readiness.check()
	switch {
	case !changed || s.draining.Load():
	case err != nil:
		s.logger.LogAttrs(ctx, slog.LevelWarn, "not ready", slog.String("error", err.Error()))
	default:
		s.logger.LogAttrs(ctx, slog.LevelInfo, "ready")
	}
	return err
}

// watchReadiness asks until ctx is done.
func (s *Server) watchReadiness(ctx context.Context) {
	for {
		wait := watchReady
		if s.ready(ctx) != nil {
			wait = watchNotReady
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

func (s *Server) readyz(c echo.Context) error {
	if s.draining.Load() {
		return problem.WrapUnavailable(errStopping, "the service is stopping", time.Second)
	}
	if err := s.ready(c.Request().Context()); err != nil {
		if known, ok := errors.AsType[*problem.Error](err); ok && known.Kind == problem.NotIsolated {
			return known // an alarm is told from a start
		}
		return problem.WrapUnavailable(err, "the service is not ready", time.Second)
	}
	notes := ""
	if s.cfg.Notes != nil {
		notes = s.cfg.Notes()
	}
	return c.String(http.StatusOK, "ok\n"+notes)
}

// Probe asks the /readyz of the service that listens on addr, as LISTEN_ADDR has it, and returns nil
// where it is ready. It is for a binary's health command, run beside the service.
func Probe(ctx context.Context, addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("probe: %w", err)
	}
	if isUnspecified(host) {
		host = "localhost" // it listens on every address: this machine's own is one
	}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/readyz", nil)
	if err != nil {
		return fmt.Errorf("probe: %w", err)
	}
	req.Host = "localhost" // which is always allowed, whatever name addr has
	client := httpclient.New(httpclient.Config{})
	defer client.CloseIdleConnections()
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("probe: %w", err)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
	err = errors.Join(err, resp.Body.Close())
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("probe: %s answered %d: %s", addr, resp.StatusCode, body)
	}
	return err
}
