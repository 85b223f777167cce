package isolation_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/tracking-service/internal/isolation"
)

const interval = 5 * time.Minute

var (
	holds        = isolation.Finding{Result: isolation.Holds}
	violated     = isolation.Finding{Result: isolation.Violated, Reason: "the other tenant's key is answered"}
	refused      = isolation.Finding{Result: isolation.Refused, Reason: "the own key is refused"}
	inconclusive = isolation.Finding{Result: isolation.Inconclusive, Reason: "STS does not answer"}
)

// account is what a check finds now; it keeps when it was asked.
type account struct {
	mu      sync.Mutex
	finding isolation.Finding
	asked   []time.Time
	checked chan struct{}
}

func (a *account) check(context.Context) isolation.Finding {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked = append(a.asked, time.Now())
	select {
	case a.checked <- struct{}{}:
	default: // next does not wait for it
	}
	return a.finding
}

func (a *account) become(f isolation.Finding) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.finding = f
}

func (a *account) times() []time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.asked)
}

// buffer is a log that is read while it is written.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

// lines returns how many lines of level hold text.
func (b *buffer) lines(level, text string) (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for line := range strings.Lines(b.text.String()) {
		if strings.Contains(line, `"level":"`+level+`"`) && strings.Contains(line, text) {
			n++
		}
	}
	return n
}

// running is a gate whose checks run in a bubble of synctest until the test ends.
type running struct {
	*isolation.Gate
	account  *account
	log      *buffer
	registry *prometheus.Registry
}

func start(t *testing.T, enforce bool, first isolation.Finding) running {
	t.Helper()
	r := running{account: &account{finding: first, checked: make(chan struct{})}, log: &buffer{}, registry: prometheus.NewRegistry()}
	gate, err := isolation.New(isolation.Config{
		Store: "dynamodb", Check: r.account.check, Enforce: enforce, Interval: interval, Registry: r.registry,
		Logger: slog.New(slog.NewJSONHandler(r.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	r.Gate = gate
	if err := gate.Checked(); err == nil || problem.KindOf(err) != problem.Unavailable {
		t.Errorf("before the first check Checked says %v", err)
	}
	if open := gate.Open() == nil; open == enforce {
		t.Errorf("before the first check the gate is open: %t, want %t", open, !enforce)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { gate.Run(ctx); close(ended) }()
	t.Cleanup(func() { cancel(); <-ended })
	synctest.Wait()
	return r
}

// next lets the account answer with f until it has been asked n times more.
func (r running) next(f isolation.Finding, n int) {
	r.account.become(f)
	for range n {
		<-r.account.checked
	}
	synctest.Wait()
}

// metric returns the value of a metric, and whether it has one.
func (r running) metric(t *testing.T, name, label string) (float64, bool) {
	t.Helper()
	families, err := r.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			if family.GetName() == name && (label == "" || m.GetLabel()[0].GetValue() == label) {
				return m.GetGauge().GetValue() + m.GetCounter().GetValue(), true
			}
		}
	}
	return 0, false
}

func (r running) wantGauge(t *testing.T, want float64) {
	t.Helper()
	if got, known := r.metric(t, "shiptrack_isolation_holds", ""); !known || got != want {
		t.Errorf("shiptrack_isolation_holds = %v, known %t, want %v", got, known, want)
	}
}

func (r running) wantClosed(t *testing.T, kind problem.Kind, reason string) {
	t.Helper()
	err := r.Open()
	if err == nil || problem.KindOf(err) != kind || !strings.Contains(err.Error(), reason) {
		t.Errorf("the gate says %v, want it closed as %v because %q", err, kind, reason)
	}
	if err != nil && strings.Contains(problem.From(err).Detail, reason) {
		t.Errorf("the reason is told to callers: %s", problem.From(err).Detail)
	}
}

func (r running) wantOpen(t *testing.T) {
	t.Helper()
	if err := r.Open(); err != nil {
		t.Errorf("the gate is closed: %v", err)
	}
}

func TestNothingIsServedUntilIsolationIsShown(t *testing.T) {
	for _, first := range []isolation.Finding{inconclusive, refused} {
		synctest.Test(t, func(t *testing.T) {
			r := start(t, true, first)
			r.wantClosed(t, problem.Unavailable, first.Reason)
			r.next(first, 20)
			r.wantClosed(t, problem.Unavailable, first.Reason)
			if _, known := r.metric(t, "shiptrack_isolation_holds", ""); known {
				t.Error("shiptrack_isolation_holds has a value before one is known")
			}
			r.next(holds, 1)
			r.wantOpen(t)
			r.wantGauge(t, 1)
			if r.log.lines("INFO", "isolation holds") != 1 || r.log.lines("WARN", "") != 0 {
				t.Errorf("the log says\n%s", &r.log.text)
			}
		})
	}
}

func TestOnlyAViolationClosesTheGateAndOnlyASuccessOpensIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, true, holds)
		for _, f := range []isolation.Finding{inconclusive, refused} {
			r.next(f, 10)
			r.wantOpen(t)
			r.wantGauge(t, 1)
		}
		r.next(violated, 1)
		r.wantClosed(t, problem.NotIsolated, violated.Reason)
		r.wantGauge(t, 0)
		for _, f := range []isolation.Finding{inconclusive, refused} {
			r.next(f, 10)
			r.wantClosed(t, problem.NotIsolated, violated.Reason)
			r.wantGauge(t, 0)
		}
		r.next(holds, 1)
		r.wantOpen(t)
		r.wantGauge(t, 1)
		if n := r.log.lines("ERROR", `"msg":"ISOLATION DOES NOT HOLD","store":"dynamodb","reason":"`+violated.Reason+`","serving":false`); n != 1 {
			t.Errorf("the alarm stands in the log %d times, want once:\n%s", n, &r.log.text)
		}
		for result, want := range map[isolation.Result]float64{isolation.Holds: 2, isolation.Violated: 1, isolation.Inconclusive: 20, isolation.Refused: 20} {
			if got, _ := r.metric(t, "shiptrack_isolation_checks_total", string(result)); got != want {
				t.Errorf("%s is counted %v times, want %v", result, got, want)
			}
		}
	})
}

func TestAViolationBeforeTheFirstSuccessIsAnAlarmToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, true, violated)
		r.wantClosed(t, problem.NotIsolated, violated.Reason)
		r.wantGauge(t, 0)
		r.next(violated, 2)
		if n := r.log.lines("ERROR", "ISOLATION DOES NOT HOLD"); n != 3 {
			t.Errorf("the alarm stands in the log %d times, want at each check", n)
		}
	})
}

func TestThreeInARowThatShowNothingAreAWarning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, true, holds)
		for _, step := range []struct {
			found    isolation.Finding
			times    int
			warnings int // in all
		}{{inconclusive, 2, 0}, {holds, 1, 0}, {inconclusive, 2, 0}, {inconclusive, 1, 1}, {inconclusive, 2, 1}, {inconclusive, 1, 2}, {holds, 1, 2}, {refused, 1, 3}} {
			r.next(step.found, step.times)
			if got := r.log.lines("WARN", `"reason":"`); got != step.warnings {
				t.Errorf("%d times %s: %d warnings, want %d", step.times, step.found.Result, got, step.warnings)
			}
		}
	})
}

func TestReportServesWhateverIsFoundAndSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, false, violated)
		r.wantOpen(t)
		r.wantGauge(t, 0)
		if r.log.lines("WARN", "ISOLATION_CHECK=report") != 1 || r.log.lines("ERROR", `"serving":true`) != 1 {
			t.Errorf("at the start the log says\n%s", &r.log.text)
		}
		for _, f := range []isolation.Finding{inconclusive, refused, holds, violated} {
			r.next(f, 3)
			r.wantOpen(t)
		}
		hourly := r.log.lines("WARN", "ISOLATION_CHECK=report")
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		if got := r.log.lines("WARN", "ISOLATION_CHECK=report") - hourly; got != 3 {
			t.Errorf("in three hours the log says %d times that nothing is enforced, want 3", got)
		}
	})
}

func TestChecksAreNoRarerThanTheirSchedule(t *testing.T) {
	for _, tc := range []struct {
		name     string
		enforce  bool
		found    []isolation.Finding // the last one stays
		min, max time.Duration       // between the last two checks
	}{
		{"holds", true, []isolation.Finding{holds, holds}, interval * 4 / 5, interval},
		{"violated", true, []isolation.Finding{holds, violated, violated}, 8 * time.Second, 10 * time.Second},
		{"inconclusive", true, []isolation.Finding{holds, inconclusive, inconclusive}, 8 * time.Second, 10 * time.Second},
		{"report, violated", false, []isolation.Finding{violated, violated}, interval * 4 / 5, interval},
		{"at the start", true, []isolation.Finding{refused, refused}, 40 * time.Millisecond, 50 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := start(t, tc.enforce, tc.found[0])
			for _, f := range tc.found[1:] {
				r.next(f, 1)
			}
			times := r.account.times()
			if got := times[len(times)-1].Sub(times[len(times)-2]); got < tc.min || got > tc.max {
				t.Errorf("%s: %v between two checks, want %v to %v", tc.name, got, tc.min, tc.max)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		r := start(t, true, refused)
		time.Sleep(time.Hour)
		times := r.account.times()
		for i, at := range times[1:] {
			since := at.Sub(times[0])
			if waited := at.Sub(times[i]); waited > max(50*time.Millisecond, since/4) || waited > 5*time.Second {
				t.Fatalf("%v after the start a check comes %v after the one before", since, waited)
			}
		}
	})
}

// A check that is cut off when the service stops shows nothing.
func TestCheckThatIsCutOffIsNotCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		registry := prometheus.NewRegistry()
		gate, err := isolation.New(isolation.Config{
			Store: "dynamodb", Check: func(ctx context.Context) isolation.Finding { <-ctx.Done(); return violated }, Enforce: true, Interval: interval,
			Registry: registry, Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		gate.Run(ctx)
		if err := gate.Open(); problem.KindOf(err) != problem.Unavailable {
			t.Errorf("the gate says %v, want what it said before the first check", err)
		}
	})
}

func TestTheGravestFindingCounts(t *testing.T) {
	for _, tc := range []struct {
		of   []isolation.Finding
		want isolation.Finding
	}{
		{nil, holds},
		{[]isolation.Finding{holds, holds}, holds},
		{[]isolation.Finding{holds, inconclusive}, inconclusive},
		{[]isolation.Finding{refused, inconclusive, holds}, isolation.Finding{Result: isolation.Refused, Reason: refused.Reason + "; " + inconclusive.Reason}},
		{[]isolation.Finding{inconclusive, violated, refused}, isolation.Finding{Result: isolation.Violated, Reason: inconclusive.Reason + "; " + violated.Reason + "; " + refused.Reason}},
	} {
		if got := isolation.Combine(tc.of...); got != tc.want {
			text, _ := json.Marshal(got)
			t.Errorf("Combine(%v) = %s, want %v", tc.of, text, tc.want)
		}
	}
}

// The service is ready while an optional gate is closed, so the gate itself says why it is: once for each reason.
func TestOptionalGateSaysWhyItIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, a := &buffer{}, &account{finding: refused, checked: make(chan struct{})}
		gate, err := isolation.New(isolation.Config{
			Store: "s3", Optional: true, Check: a.check, Enforce: true, Interval: interval,
			Registry: prometheus.NewRegistry(), Logger: slog.New(slog.NewJSONHandler(log, nil)),
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go gate.Run(ctx)
		r := running{Gate: gate, account: a}
		r.next(refused, 5)
		r.next(inconclusive, 2)
		for _, f := range []isolation.Finding{refused, inconclusive} {
			if n := log.lines("WARN", f.Reason); n != 1 {
				t.Errorf("%s stands in the log %d times, want once:\n%s", f.Reason, n, &log.text)
			}
		}
	})
}

func TestGateNeedsAllOfItsConfig(t *testing.T) {
	if _, err := isolation.New(isolation.Config{}); err == nil {
		t.Error("an empty Config is accepted")
	}
}
