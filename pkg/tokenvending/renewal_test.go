package tokenvending_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/shiptrack/pkg/tenant"
	"example.com/shiptrack/pkg/tokenvending"
)

func wantRenewed(t *testing.T, machine *tokenvending.Machine, ctx context.Context, used time.Time, want bool) {
	t.Helper()
	id, err := tenant.FromContext(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := machine.Renew(ctx, id, used); err != nil || got != want {
		t.Errorf("Renew = %v, %v, want %v", got, err, want)
	}
}

func TestRevokedSessionIsReplacedOnceForAllWhoNoticeIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := &fakeSTS{}
		machine, yellow, blue := newMachine(t, tokenvending.Config{STS: client}), as(t, "yellow"), as(t, "blue")
		wantKey(t, machine, yellow, "AKIA-yellow-1")
		wantKey(t, machine, blue, "AKIA-blue-1")
		began := time.Now()
		var all sync.WaitGroup
		for n := range 50 {
			all.Go(func() {
				time.Sleep(time.Duration(n) * 30 * time.Millisecond) // some notice it when it is replaced already
				used := began
				wantRenewed(t, machine, yellow, used, true)
				wantKey(t, machine, yellow, "AKIA-yellow-2")
			})
		}
		all.Wait()
		wantKey(t, machine, blue, "AKIA-blue-1")
		if n := client.callsFor("yellow"); n != 2 {
			t.Errorf("%d calls of STS for yellow, want 2", n)
		}
	})
}

// A new session that is vended in the second of the revocation would be refused too.
func TestNewSessionIsVendedASecondAfterTheRefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		machine, yellow := newMachine(t, tokenvending.Config{STS: &fakeSTS{}}), as(t, "yellow")
		used := time.Now()
		wantKey(t, machine, yellow, "AKIA-yellow-1") // vended during the call that is then refused
		wantRenewed(t, machine, yellow, used, true)
		if took := time.Since(used); took != time.Second {
			t.Errorf("renewed after %v, want a second", took)
		}
		wantKey(t, machine, yellow, "AKIA-yellow-2")
	})
}

func TestTenantThatIsRefusedItselfCostsFewerAndFewerCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := &fakeSTS{}
		machine, yellow := newMachine(t, tokenvending.Config{STS: client}), as(t, "yellow")
		id, _ := tenant.FromContext(yellow)
		for began := time.Now(); time.Since(began) < 10*time.Minute; time.Sleep(100 * time.Millisecond) {
			used := time.Now()
			if _, err := machine.Retrieve(yellow); err != nil {
				t.Fatal(err)
			}
			if _, err := machine.Renew(yellow, id, used); err != nil { // each is refused
				t.Fatal(err)
			}
		}
		if n := client.callsFor("yellow"); n < 20 || n > 30 {
			t.Errorf("%d calls of STS in ten minutes of refusals, want 20 to 30", n)
		}
	})
}

func TestRenewalEndsWithItsOwnContextAloneAndOthersAreServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		machine, yellow := newMachine(t, tokenvending.Config{STS: &fakeSTS{}}), as(t, "yellow")
		wantKey(t, machine, yellow, "AKIA-yellow-1")
		id, _ := tenant.FromContext(yellow)
		used := time.Now()
		hurried, cancel := context.WithTimeout(yellow, 100*time.Millisecond)
		defer cancel()
		if again, err := machine.Renew(hurried, id, used); again || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Renew = %v, %v, want the context's own error", again, err)
		}
		wantRenewed(t, machine, yellow, used, true)
		wantKey(t, machine, yellow, "AKIA-yellow-2")
	})
}

// Two revocations a minute apart are no suspension.
func TestSecondRevocationIsNoSuspension(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		machine, yellow := newMachine(t, tokenvending.Config{STS: &fakeSTS{}}), as(t, "yellow")
		for _, want := range []string{"AKIA-yellow-2", "AKIA-yellow-3", "AKIA-yellow-4"} {
			used := time.Now()
			if _, err := machine.Retrieve(yellow); err != nil {
				t.Fatal(err)
			}
			wantRenewed(t, machine, yellow, used, true)
			wantKey(t, machine, yellow, want)
			time.Sleep(time.Minute)
		}
	})
}
