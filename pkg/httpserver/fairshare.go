package httpserver

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"

	"example.com/shiptrack/pkg/fairshare"
	"example.com/shiptrack/pkg/tenant"
)

// refusalsLogged is how often the answers 429 are logged.
const refusalsLogged = time.Second

// shares is what the tenants use of the server, and may.
type shares struct {
	tiers    *fairshare.Tiers
	limiter  *fairshare.Limiter // nil: no limits
	requests *prometheus.CounterVec
	bytes    *prometheus.CounterVec

	mu      sync.Mutex
	refused map[tenant.ID]*refused // since they were logged
}

// refused are answers 429 to a tenant.
type refused struct {
	requests, bytes int64
	last            string // request id
}

func newShares(cfg Config) (*shares, error) {
	s := &shares{
		tiers: cfg.Tiers, refused: map[tenant.ID]*refused{},
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "shiptrack_tenant_requests_total", Help: "Requests whose token was verified, by the tenant's tier.",
		}, []string{"tier"}),
		bytes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "shiptrack_tenant_answer_bytes_total", Help: "Bytes of the bodies of answers to requests whose token was verified, by the tenant's tier.",
		}, []string{"tier"}),
	}
	for _, c := range []prometheus.Collector{s.requests, s.bytes} {
		if err := cfg.Telemetry.Registry.Register(c); err != nil {
			return nil, fmt.Errorf("httpserver: metrics: %w", err)
		}
	}
	if cfg.Tiers == nil {
		return s, nil
	}
	var err error
	s.limiter, err = fairshare.New(fairshare.Config{Tiers: cfg.Tiers, Registry: cfg.Telemetry.Registry})
	return s, err
}

// FairShare is the middleware that holds each tenant to the limits of its tier (Config.Tiers). It comes right after
// Authenticate, before any work is done for the request. A request beyond the limits is answered 429; each answer says what
// is left. A Stream is in flight to its end.
func (s *Server) FairShare(next echo.HandlerFunc) echo.HandlerFunc {
	limiter := s.shares.limiter
	if limiter == nil {
		return next
	}
	return func(c echo.Context) error {
		id, err := tenant.FromContext(c.Request().Context())
		if err != nil {
			return err // the route lacks Authenticate: a bug
		}
		quota, err := limiter.Enter(id)
		if err != nil {
			return err
		}
		defer limiter.Leave(id)
		quota.Set(c.Response().Header())
		return next(c)
	}
}

func (s *shares) count(id tenant.ID, bytes int64) {
	tier := s.tiers.Of(id)
	s.requests.WithLabelValues(tier).Inc()
	s.bytes.WithLabelValues(tier).Add(float64(bytes))
}

// refuse keeps an answer 429 for the log. A line for each would let a tenant take by refusals the time that its limits save,
// and fill the log.
func (s *shares) refuse(id tenant.ID, bytes int64, requestID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.refused[id]
	if r == nil {
		r = &refused{}
		s.refused[id] = r
	}
	r.requests++
	r.bytes += bytes
	r.last = requestID
}

// log writes a line for each tenant that was answered 429 since the last call, with how often.
func (s *shares) log(trail *slog.Logger) {
	s.mu.Lock()
	all := s.refused
	s.refused = map[tenant.ID]*refused{}
	s.mu.Unlock()
	for id, r := range all {
		trail.LogAttrs(context.Background(), slog.LevelInfo, "limited",
			slog.Int("status", http.StatusTooManyRequests), slog.Int64("requests", r.requests), slog.Int64("bytes", r.bytes),
			slog.String("tenant", id.String()), slog.String("last_request_id", r.last))
	}
}

// logRefusals logs until ctx is done; what comes after that is logged at the end of stop.
func (s *Server) logRefusals(ctx context.Context) {
	tick := time.NewTicker(refusalsLogged)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.shares.log(s.trail)
		}
	}
}
