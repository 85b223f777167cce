package main

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// Both are made by `go run ./infra/dev/scale`.
func TestTheFigureAndTheTableAreWhatTheCommandMakes(t *testing.T) {
	if testing.Short() {
		t.Skip("it simulates eight hours")
	}
	outcomes, err := run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	figure, err := draw(outcomes[:drawn])
	if err != nil {
		t.Fatal(err)
	}
	if kept, err := os.ReadFile("../../docs/figures/scale.svg"); err != nil || string(kept) != string(figure) {
		t.Errorf("scale.svg is another one (%v): go run ./infra/dev/scale", err)
	}
	if page, err := os.ReadFile("../../docs/SCALE.md"); err != nil || !strings.Contains(string(page), table(outcomes)) {
		t.Errorf("SCALE.md has another table (%v), the command prints\n%s", err, table(outcomes))
	}
}

// newFleetOf is a fleet whose random source is the simulation's.
func newFleetOf(t *testing.T, p policy) *fleet {
	t.Helper()
	f, err := newFleet(p)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func ask(t *testing.T, f *fleet, now time.Duration, tenant uint16, instance int) {
	t.Helper()
	if err := f.request(now, tenant, instance); err != nil {
		t.Fatal(err)
	}
}

// As TestConstantLoadCallsSTSAtMostFiveTimesAnHourForEachTenant has it of the machine itself.
func TestATenantThatAsksAlwaysWaitsOnceAndCallsLessThanFiveTimesAnHour(t *testing.T) {
	f := newFleetOf(t, policy{Capacity: 1, Lifetime: 15 * time.Minute})
	for now := time.Duration(0); now < long; now += time.Second {
		ask(t, f, now, 1, 0)
	}
	if waited, calls := sum(f.out.Waited), sum(f.out.Calls); waited != 1 || calls < 4*2 || calls > 5*2 {
		t.Errorf("%d waited, %d calls in two hours, want 1, and 8 to 10", waited, calls)
	}
}

func TestRequestsThatComeTogetherShareACall(t *testing.T) {
	f := newFleetOf(t, policy{Capacity: 1, Lifetime: time.Hour})
	for _, at := range []time.Duration{0, 5 * time.Millisecond, answered, time.Minute} {
		ask(t, f, at, 1, 0)
	}
	if waited, calls := sum(f.out.Waited), sum(f.out.Calls); waited != 2 || calls != 1 || f.out.Start.Max() != 20 || f.out.Start.Min() != 15 {
		t.Errorf("%d waited %d to %d ms, %d calls; want 2, 15 to 20 ms, 1", waited, f.out.Start.Min(), f.out.Start.Max(), calls)
	}
}

func TestAFullCacheForgetsWhoAskedLongestAgo(t *testing.T) {
	f := newFleetOf(t, policy{Capacity: 2, Lifetime: time.Hour})
	for i, tenant := range []uint16{1, 2, 1, 3, 1, 2} {
		ask(t, f, time.Duration(i)*time.Second, tenant, 0)
	}
	if calls := sum(f.out.Calls); calls != 4 {
		t.Errorf("%d calls, want one of 1 and 3, two of 2", calls)
	}
}

func TestAnInstanceKeepsItsPaceAndTheAccountItsQuota(t *testing.T) {
	f := newFleetOf(t, policy{Capacity: tenants, Lifetime: time.Hour})
	for tenant := range uint16(3) {
		ask(t, f, 0, tenant, 0)
	}
	if got := f.out.Start.Max(); got != 60 {
		t.Errorf("the third call of an instance is answered after %d ms, want 60", got)
	}
	for tenant := range uint16(ofAccount) { // from other instances
		ask(t, f, 0, tenant, 1+int(tenant)%(instances-1))
	}
	if f.seconds[0] != ofAccount || f.seconds[1] != 3 {
		t.Errorf("%v calls in the first seconds, want %d and 3", f.seconds[:2], ofAccount)
	}
}

func TestRoutesAreDrawnFromAllInstancesOrFromTheTenantsOwn(t *testing.T) {
	for sticky, want := range map[int]int{0: instances, 2: 2} {
		f, seen := newFleetOf(t, policy{Capacity: 1, Sticky: sticky}), map[int]bool{}
		for range 2000 {
			seen[f.route(7)] = true
		}
		if len(seen) != want {
			t.Errorf("sticky %d: %d instances, want %d", sticky, len(seen), want)
		}
	}
}

func TestTheFirstTenantAsksTwiceAsOftenAsTheSecondAndAllAsk(t *testing.T) {
	count := make([]int, tenants)
	for _, rank := range zipf() {
		count[rank]++
	}
	if twice := float64(count[0]) / float64(count[1]); twice < 1.99 || twice > 2.01 || slices.Min(count) == 0 {
		t.Errorf("the first asks %.2f times as often as the second, the last %d times", twice, slices.Min(count))
	}
}
