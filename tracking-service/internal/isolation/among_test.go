package isolation_test

import (
	"testing"
	"testing/synctest"

	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/tracking-service/internal/isolation"
)

// A store that is away, or not set up, closes its own gate; a violation, every gate.
func TestOnlyAViolationClosesOtherStores(t *testing.T) {
	for _, tc := range []struct {
		own, other isolation.Finding
		want       problem.Kind // of what Among says; Internal: open
	}{
		{holds, holds, problem.Internal},
		{holds, inconclusive, problem.Internal},
		{holds, refused, problem.Internal},
		{holds, violated, problem.NotIsolated},
		{refused, holds, problem.Unavailable},
		{inconclusive, violated, problem.NotIsolated},
		{violated, holds, problem.NotIsolated},
	} {
		synctest.Test(t, func(t *testing.T) {
			own, other := start(t, true, tc.own), start(t, true, tc.other)
			err := own.Among(other.Gate)()
			if open := err == nil; open != (tc.want == problem.Internal) || !open && problem.KindOf(err) != tc.want {
				t.Errorf("own %s, other %s: %v, want %v", tc.own.Result, tc.other.Result, err, tc.want)
			}
		})
	}
}

func TestGateTellsWhetherACheckHasEnded(t *testing.T) {
	gate, err := isolation.New(isolation.Config{})
	if err == nil || gate != nil {
		t.Fatal("an empty Config is accepted")
	}
	for _, first := range []isolation.Finding{holds, refused, inconclusive, violated} {
		synctest.Test(t, func(t *testing.T) {
			r := start(t, true, first)
			if err := r.Checked(); err != nil {
				t.Errorf("after %s: %v", first.Result, err)
			}
		})
	}
}
