package tokenvending_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sts"

	"example.com/shiptrack/pkg/tenant"
	"example.com/shiptrack/pkg/tokenvending"
)

// broken runs f before each call.
type broken struct {
	fakeSTS
	f func()
}

func (b *broken) AssumeRole(ctx context.Context, in *sts.AssumeRoleInput, opts ...func(*sts.Options)) (*sts.AssumeRoleOutput, error) {
	b.f()
	return b.fakeSTS.AssumeRole(ctx, in, opts...)
}

// Code that is not ours runs in a call: whatever it does, the call ends with an error, the process goes on, and a later
// call is made once that code works.
func TestCodeThatPanicsOrEndsItsGoroutineEndsTheCallAlone(t *testing.T) {
	for how, breaks := range map[string]func(){
		"panicked: at random": func() { panic("at random") }, "ended its goroutine": runtime.Goexit, "panicked: panic called with nil": func() { panic(nil) },
	} {
		for where, plant := range map[string]func(*tokenvending.Config, func()){
			"the STS client": func(c *tokenvending.Config, f func()) { c.STS = &broken{f: f} },
			"Observe":        func(c *tokenvending.Config, f func()) { c.Observe = func(context.Context, tokenvending.Event) { f() } },
			"Terms": func(c *tokenvending.Config, f func()) {
				c.Terms = func(context.Context, tenant.ID) (tokenvending.Terms, error) { f(); return tokenvending.Terms{}, nil }
			},
		} {
			t.Run(where+" "+how, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					works := false
					config := tokenvending.Config{STS: &fakeSTS{}, InFlight: 1}
					plant(&config, func() {
						if !works {
							breaks()
						}
					})
					machine := newMachine(t, config)
					ctx, cancel := context.WithTimeout(as(t, "yellow"), time.Minute)
					defer cancel()
					wantError(t, machine, ctx, tokenvending.Unavailable, false)
					_, err := machine.Retrieve(ctx)
					if !errors.Is(err, tokenvending.ErrBackoff) || !strings.Contains(err.Error(), how) {
						t.Errorf("the next request: %v, want it backed off after %q", err, how)
					}
					works = true
					time.Sleep(time.Second)
					if got, err := machine.Retrieve(ctx); err != nil || !strings.HasPrefix(got.AccessKeyID, "AKIA-yellow-") {
						t.Errorf("once it works: key %q, error %v", got.AccessKeyID, err)
					}
				})
			})
		}
	}
}

// A session that could not be recorded is not handed out, and one that is in use stays in use.
func TestObserveThatPanicsInARenewalLeavesTheSessionInUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		machine := newMachine(t, tokenvending.Config{STS: &fakeSTS{}, Observe: func(_ context.Context, e tokenvending.Event) {
			if e.Refresh {
				panic("no disk")
			}
		}})
		ctx := as(t, "yellow")
		wantKey(t, machine, ctx, "AKIA-yellow-1")
		time.Sleep(55 * time.Minute)
		wantKey(t, machine, ctx, "AKIA-yellow-1")
		synctest.Wait()
		wantKey(t, machine, ctx, "AKIA-yellow-1")
	})
}

func TestEventOfACallThatPanickedIsTold(t *testing.T) {
	var got []tokenvending.Event
	machine := newMachine(t, tokenvending.Config{
		STS:     &broken{f: func() { panic("at random") }},
		Observe: func(_ context.Context, e tokenvending.Event) { got = append(got, e) },
	})
	wantError(t, machine, as(t, "yellow"), tokenvending.Unavailable, false)
	if len(got) != 1 || got[0].SessionARN != yellowARN || got[0].Err == nil || got[0].Err.RetryAt.IsZero() {
		t.Errorf("events = %+v, want one, of yellow's session, with an error and the time of the next call", got)
	}
}
