// Package isolation decides whether the service may serve. A check, which is repeated while the service runs, shows that
// AWS keeps tenants apart in the very account that the service uses; where the check is answered what must be refused,
// no request is served. The package knows neither AWS nor HTTP: it refuses to guess from anything but what the check found.
package isolation

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"example.com/shiptrack/pkg/problem"
)

// Result is what a check shows.
type Result string

// The results.
const (
	Holds        Result = "holds"        // all was answered as it must be
	Violated     Result = "violated"     // AWS allowed what it must refuse
	Refused      Result = "refused"      // AWS refused what a tenant needs, or refused in another way than it must
	Inconclusive Result = "inconclusive" // no answer, or one that shows nothing: a timeout, a status of 5xx, throttling
)

// severity orders the results: of several, the gravest counts.
var severity = map[Result]int{Holds: 0, Inconclusive: 1, Refused: 2, Violated: 3}

// Finding is the result of a check, or of one of its requests.
type Finding struct {
	Result Result
	Reason string // for the operator: what was answered how, without secrets; empty where isolation holds
}

// Combine returns what several findings show together: the gravest result, and each reason once.
func Combine(findings ...Finding) Finding {
	all := Finding{Result: Holds}
	var reasons []string
	for _, f := range findings {
		if severity[f.Result] > severity[all.Result] {
			all.Result = f.Result
		}
		if f.Reason != "" {
			reasons = append(reasons, f.Reason)
		}
	}
	all.Reason = strings.Join(reasons, "; ")
	return all
}

// Config is what a Gate needs; all of it but Optional must be set.
type Config struct {
	Store string // what the check is about, in log and metrics, such as dynamodb
	// Optional says that the service is ready while this gate is closed, and so nobody else says why it is.
	Optional bool
	// Check asks AWS. It is called by one goroutine, must end soon after its context, and must not keep answers.
	Check    func(context.Context) Finding
	Enforce  bool          // false: a check that does not hold is logged and counted, and the service serves all the same
	Interval time.Duration // between two checks while isolation holds, less up to a fifth by chance
	Logger   *slog.Logger
	Registry prometheus.Registerer
}

// Gate is open while the service may serve what a store holds. It is closed until a check has shown that isolation holds, and again from a
// check that shows a violation until one shows that isolation holds. Any other finding leaves it as it is. One that does not
// enforce is always open. It is safe for concurrent use.
type Gate struct {
	config  Config
	closed  atomic.Pointer[problem.Error] // why it is closed; nil: it is open
	checked atomic.Bool                   // a check has ended
	started time.Time
	state   state // of Run's goroutine
	metrics metrics
}

// state is what the checks so far have shown.
type state struct {
	last   Finding
	stands Result // Holds or Violated, by the last check that showed one of them; empty: none has
	inARow int    // checks since that one
}

type metrics struct {
	checks *prometheus.CounterVec
	holds  *prometheus.GaugeVec // without labels: it has no value before one is known
}

// errNotChecked is why the gate is closed at first.
var errNotChecked = errors.New("the isolation check has not ended yet")

// New returns a Gate, which is closed. Run opens it.
func New(config Config) (*Gate, error) {
	if config.Store == "" || config.Check == nil || config.Interval <= 0 || config.Logger == nil || config.Registry == nil {
		return nil, errors.New("isolation: New needs a Store, a Check, an Interval, a Logger and a Registry")
	}
	g := &Gate{metrics: metrics{
		checks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "shiptrack_isolation_checks_total",
			Help: "Isolation checks, by store and result: holds, violated, refused or inconclusive.",
		}, []string{"result"}),
		holds: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "shiptrack_isolation_holds",
			Help: "1: the isolation check has shown that AWS keeps tenants apart. 0: it has shown that AWS does not; this is an alarm. No value: not known yet.",
		}, nil),
	}}
	config.Logger = config.Logger.With(slog.String("store", config.Store))
	g.config = config
	registry := prometheus.WrapRegistererWith(prometheus.Labels{"store": config.Store}, config.Registry)
	if err := errors.Join(registry.Register(g.metrics.checks), registry.Register(g.metrics.holds)); err != nil {
		return nil, err
	}
	for result := range severity {
		g.metrics.checks.WithLabelValues(string(result)) // 0 from the start
	}
	g.close(notReady(errNotChecked))
	return g, nil
}

// The messages for callers.
const (
	detailNotReady    = "the service is not ready"
	detailNotIsolated = "the service does not serve, because AWS does not keep tenants apart"
)

func notReady(cause error) *problem.Error {
	return problem.WrapUnavailable(cause, detailNotReady, time.Second)
}

// close closes the gate for the reason why, where the gate enforces.
func (g *Gate) close(why *problem.Error) {
	if g.config.Enforce {
		g.closed.Store(why)
	}
}

// Open returns nil while the service may serve, else a problem: NotIsolated where a check has shown that isolation does not
// hold, Unavailable before the first one that shows that it does.
func (g *Gate) Open() error {
	if why := g.closed.Load(); why != nil {
		return why
	}
	return nil
}

// settle opens or closes the gate by what a check found, and tells the operator.
func (g *Gate) settle(ctx context.Context, found Finding) {
	defer g.checked.Store(true)
	s, before := &g.state, g.state.last
	s.last = found
	g.metrics.checks.WithLabelValues(string(found.Result)).Inc()
	switch found.Result {
	case Holds:
		if s.stands != Holds {
			g.config.Logger.LogAttrs(ctx, slog.LevelInfo, "isolation holds")
		}
		s.stands, s.inARow = Holds, 0
		g.metrics.holds.WithLabelValues().Set(1)
		g.closed.Store(nil)
	case Violated:
		s.stands, s.inARow = Violated, 0
		g.metrics.holds.WithLabelValues().Set(0)
		g.close(problem.WrapNotIsolated(errors.New(found.Reason), detailNotIsolated, retry))
		g.config.Logger.LogAttrs(ctx, slog.LevelError, "ISOLATION DOES NOT HOLD",
			slog.String("reason", found.Reason), slog.Bool("serving", !g.config.Enforce))
	default:
		g.stay(ctx, found, before)
	}
}

// stay keeps the gate as it is after a check that shows neither that isolation holds nor that it is violated.
func (g *Gate) stay(ctx context.Context, found, before Finding) {
	s := &g.state
	s.inARow++
	says := found.Result == Refused && s.inARow == 1 || s.inARow%warnEvery == 0
	if s.stands == "" {
		g.close(notReady(errors.New("the isolation check of " + g.config.Store + ": " + string(found.Result) + ": " + found.Reason)))
		says = (!g.config.Enforce || g.config.Optional) && found != before // else it stands in the server's own line "not ready"
	}
	if says {
		g.config.Logger.LogAttrs(ctx, slog.LevelWarn, "the isolation check shows nothing", slog.String("result", string(found.Result)),
			slog.String("reason", found.Reason), slog.Int("in_a_row", s.inARow), slog.String("stands", string(s.stands)))
	}
}
