package evaluators

import (
	"slices"
	"testing"
	"time"
)

const policyFile = "../../../iam/hardened/TrackingAccessRole/TrackingAccessPolicyDynamoDB.json"

// engines are all, ours first.
func engines(t testing.TB) []Engine {
	t.Helper()
	var all []Engine
	for _, load := range []func() (Engine, error){
		func() (Engine, error) { return Localaws(policyFile) }, Cedar, func() (Engine, error) { return OPA(t.Context()) }, Casbin,
	} {
		e, err := load()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

var own = Request{"yellow", "dynamodb:GetItem", table, []string{"yellow"}}

func TestAllEnginesHoldTheSameRule(t *testing.T) {
	for _, c := range []struct {
		Request
		want bool
	}{
		{own, true},
		{Request{"yellow", "dynamodb:BatchGetItem", table, []string{"yellow", "yellow"}}, true},
		{Request{"yellow", "dynamodb:Query", table, []string{"yellow"}}, true},
		{Request{"yellow", "dynamodb:GetItem", table, []string{"blue"}}, false},
		{Request{"yellow", "dynamodb:BatchGetItem", table, []string{"yellow", "blue"}}, false},
		{Request{"yellow", "dynamodb:GetItem", table, nil}, false},
		{Request{"", "dynamodb:GetItem", table, []string{"yellow"}}, false},
		{Request{"", "dynamodb:GetItem", table, []string{""}}, false},
		{Request{"yellow", "dynamodb:PutItem", table, []string{"yellow"}}, false},
		{Request{"yellow", "dynamodb:Scan", table, []string{"yellow"}}, false},
		{Request{"yellow", "dynamodb:PartiQLSelect", table, []string{"yellow"}}, false},
		{Request{"yellow", "dynamodb:Query", table + "/index/i", []string{"yellow"}}, false},
		{Request{"yellow", "dynamodb:GetItem", table + "2", []string{"yellow"}}, false},
	} {
		for _, e := range engines(t) {
			if got, err := e.Prepare(c.Request)(); err != nil || got != c.want {
				t.Errorf("%s: %+v: allowed %v (%v), want %v", e.Name, c.Request, got, err, c.want)
			}
		}
	}
}

// BenchmarkOver reports localaws' decisions a second over those of each other engine. All take turns, and the median of the turns'
// ratios counts.
func BenchmarkOver(b *testing.B) {
	const turns, turn = 11, 10 * time.Millisecond
	all := engines(b)
	var decide []func() (bool, error)
	for _, e := range all {
		decide = append(decide, e.Prepare(own))
	}
	for b.Loop() {
		ratios := map[string][]float64{}
		for range turns {
			ours := rate(b, decide[0], turn)
			for i, e := range all[1:] {
				ratios[e.Name] = append(ratios[e.Name], ours/rate(b, decide[i+1], turn))
			}
		}
		for name, values := range ratios {
			slices.Sort(values)
			b.ReportMetric(values[turns/2], "over-"+name)
		}
	}
	b.ReportMetric(0, "ns/op") // of several turns: it says nothing
}

// rate is how many decisions a second decide makes in a turn.
func rate(b *testing.B, decide func() (bool, error), turn time.Duration) float64 {
	b.Helper()
	const batch = 100 // reading the clock costs as much as a decision
	began, n := time.Now(), 0
	for time.Since(began) < turn {
		for range batch {
			if allowed, err := decide(); err != nil || !allowed {
				b.Fatalf("allowed %v, %v", allowed, err)
			}
		}
		n += batch
	}
	return float64(n) / time.Since(began).Seconds()
}
