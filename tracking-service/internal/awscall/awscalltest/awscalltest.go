// Package awscalltest has what the tests of the adapters have in common: an audit trail and an outage that keep what they are told, contexts of
// tenants, and what tenants cost.
package awscalltest

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"example.com/shiptrack/pkg/audit"
	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/pkg/tenant"
)

// Trail keeps what was recorded. It is safe for concurrent use.
type Trail struct {
	mu      sync.Mutex
	records []audit.Record
}

// Record is awscall.Auditor's.
func (a *Trail) Record(_ context.Context, r audit.Record) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.records = append(a.records, r)
}

// All is what was recorded.
func (a *Trail) All() []audit.Record {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.records)
}

// Last is what was recorded last; the test fails where nothing was.
func (a *Trail) Last(t testing.TB) audit.Record {
	t.Helper()
	all := a.All()
	if len(all) == 0 {
		t.Fatal("nothing was audited")
	}
	return all[len(all)-1]
}

// Outage keeps what it was told. It is safe for concurrent use.
type Outage struct {
	mu   sync.Mutex
	told []error
}

// Observe is awscall.Outage's.
func (o *Outage) Observe(_ context.Context, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.told = append(o.told, err)
}

// Away is what it was told last, false where nothing.
func (o *Outage) Away() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.told) > 0 && o.told[len(o.told)-1] != nil
}

// As is the test's context with a tenant.
func As(t testing.TB, id string) context.Context {
	t.Helper()
	parsed, err := tenant.Parse(id)
	if err != nil {
		t.Fatal(err)
	}
	return tenant.NewContext(t.Context(), parsed)
}

// WantKind fails the test where err is no problem of a kind.
func WantKind(t testing.TB, err error, want problem.Kind) {
	t.Helper()
	if err == nil || problem.KindOf(err) != want {
		t.Errorf("error = %v, want kind %v", err, want)
	}
}

// CostOfTenants measures requests for several tenants in turn, each under its own scoped session, over requests for one tenant under one
// session that never changes. Both take turns, and the median of the turns' ratios counts: 1 means that tenants cost nothing.
func CostOfTenants(b *testing.B, scoped, static func(request int)) {
	b.Helper()
	const requests, turns = 20, 9
	take := func(ask func(int)) float64 {
		began := time.Now()
		for i := range requests {
			ask(i)
		}
		return time.Since(began).Seconds()
	}
	take(scoped) // sessions, connections
	take(static)
	var ratios, took []float64
	for b.Loop() {
		for range turns {
			took = append(took, take(scoped))
			ratios = append(ratios, take(static)/took[len(took)-1])
		}
	}
	slices.Sort(ratios)
	slices.Sort(took)
	b.ReportMetric(0, "ns/op") // of several turns: it says nothing
	b.ReportMetric(requests/took[len(took)/2], "scoped-req/s")
	b.ReportMetric(ratios[len(ratios)/2], "scoped-over-static")
}
