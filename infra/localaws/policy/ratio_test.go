package policy

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// among is the role's own statement behind so many others that name other actions: the worst place.
func among(b *testing.B, statements int) Policies {
	b.Helper()
	p := fileOf(b, notesFile)
	const each = 50 // what a policy's size allows
	var others []Named
	for left := statements - 1; left > 0; left -= each {
		var text []string
		for i := range min(left, each) {
			text = append(text, fmt.Sprintf(`{"Effect":"Allow","Action":"sqs:Send%d","Resource":"arn:aws:sqs:us-east-1:000000000000:q%d"}`, i, i))
		}
		document := `{"Version":"2012-10-17","Statement":[` + strings.Join(text, ",") + `]}`
		others = append(others, Named{Name: fmt.Sprint(left), Policy: mustParse(b, document, Identity)})
	}
	p.Identity = append(others, p.Identity...)
	return p
}

// overInTurns times f over g in turns, and returns the median of the turns' ratios.
func overInTurns(f, g func()) float64 {
	const calls, turns = 2000, 21
	take := func(f func()) float64 {
		began := time.Now()
		for range calls {
			f()
		}
		return time.Since(began).Seconds()
	}
	var ratios []float64
	for range turns {
		ratios = append(ratios, take(f)/take(g))
	}
	slices.Sort(ratios)
	return ratios[turns/2]
}

// BenchmarkGrowth reports a decision among 300 statements, what a role can hold, over one among 10.
func BenchmarkGrowth(b *testing.B) {
	many, few := among(b, 300), among(b, 10)
	var ctx Context
	buildContext(&ctx, []string{"yellow"})
	r := &Request{Action: "dynamodb:GetItem", Resource: table, Context: &ctx}
	decide := func(p Policies) func() {
		return func() {
			if p.Decide(r).Effect != Allow {
				b.Fatal("denied")
			}
		}
	}
	for b.Loop() {
		b.ReportMetric(overInTurns(decide(many), decide(few)), "growth")
	}
}

// BenchmarkExplain reports a denial with its explanation, over the denial alone.
func BenchmarkExplain(b *testing.B) {
	p := fileOf(b, notesFile)
	var ctx Context
	buildContext(&ctx, []string{"blue"})
	r := &Request{Action: "dynamodb:GetItem", Resource: table, Context: &ctx}
	decide := func() {
		if p.Decide(r).Effect != ImplicitDeny {
			b.Fatal("not denied")
		}
	}
	var room [4]Miss
	explain := func() {
		if d, misses := p.DecideExplained(room[:0], r); d.Effect != ImplicitDeny || len(misses) == 0 {
			b.Fatal("not denied, or no explanation")
		}
	}
	for b.Loop() {
		b.ReportMetric(overInTurns(explain, decide), "explain-cost")
	}
}
