package tokenvending_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"pgregory.net/rapid"

	"example.com/shiptrack/pkg/tenant"
	"example.com/shiptrack/pkg/tokenvending"
)

// TestNoTenantEverGetsAnothersSession runs random interleavings of requests of several tenants, passing time,
// evictions, outages and an STS that answers with the wrong tenant's session.
func TestNoTenantEverGetsAnothersSession(t *testing.T) {
	tenants := []string{"yellow", "blue", "green", "yellow-eu", "red"}
	rapid.Check(t, func(r *rapid.T) {
		seconds := rapid.SliceOfN(rapid.IntRange(0, 600), 1, 12).Draw(r, "seconds between rounds")
		outage := rapid.SliceOfN(rapid.Bool(), len(seconds), len(seconds)).Draw(r, "outage in round")
		forged := rapid.SampledFrom(append([]string{""}, tenants...)).Draw(r, "tenant whose answers are wrong")
		capacity := rapid.IntRange(1, 6).Draw(r, "capacity")
		latency := rapid.IntRange(0, 12000).Draw(r, "latency in milliseconds")
		askers := rapid.SliceOfN(rapid.SampledFrom(tenants), 1, 30).Draw(r, "askers of a round")
		synctest.Test(t, func(t *testing.T) {
			fake := &fakeSTS{latency: time.Duration(latency) * time.Millisecond, falsify: func(id string, out *sts.AssumeRoleOutput) {
				if id == forged {
					out.AssumedRoleUser.Arn = aws.String(strings.Replace(aws.ToString(out.AssumedRoleUser.Arn), id+"@", "other@", 1))
					out.Credentials.AccessKeyId = aws.String("AKIA-other-1")
				}
			}}
			machine := newMachine(t, tokenvending.Config{STS: fake, Capacity: capacity, Duration: 15 * time.Minute})
			var wg sync.WaitGroup
			for round, pause := range seconds {
				fake.fail(nil)
				if outage[round] {
					fake.fail(errConnection)
				}
				for _, id := range askers {
					wg.Go(func() { checkOwnSession(t, machine, id, forged) })
				}
				time.Sleep(time.Duration(pause) * time.Second)
			}
			wg.Wait()
			time.Sleep(11 * time.Second) // renewals in the background end by their timeout
		})
	})
}

func checkOwnSession(t *testing.T, machine *tokenvending.Machine, id, forged string) {
	got, err := machine.Retrieve(as(t, id))
	var refused *tokenvending.Error
	switch {
	case errors.As(err, &refused):
		if refused.Tenant.String() != id || got.HasKeys() {
			t.Errorf("%s was refused with the error of %s and key %q", id, refused.Tenant, got.AccessKeyID)
		}
	case err != nil:
		t.Errorf("%s: %v", id, err)
	case id == forged:
		t.Errorf("%s was given %q, whose answer named another session", id, got.AccessKeyID)
	case !strings.HasPrefix(got.AccessKeyID, "AKIA-"+id+"-") || got.SessionToken != "token-"+id:
		t.Errorf("%s was given %q", id, got.AccessKeyID)
	case time.Until(got.Expires) < tokenvending.ExpiryWindow:
		t.Errorf("%s was given a session that ends in %v", id, time.Until(got.Expires))
	}
}

// TestNamesOfTwoTenantsDiffer: also where the instance is cut, and where one id begins with the other.
func TestNamesOfTwoTenantsDiffer(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		form := rapid.StringMatching(`[a-z0-9][a-z0-9-]{0,61}[a-z0-9]`)
		a := form.Draw(r, "tenant")
		b := rapid.OneOf(form, rapid.Map(form, func(more string) string { return (a + "-" + more)[:min(len(a)+1+len(more), tenant.MaxLength)] })).Draw(r, "another")
		instance := rapid.StringMatching(`[a-z0-9@.-]{1,70}`).Draw(r, "instance")
		one, errA := tenant.Parse(a)
		two, errB := tenant.Parse(b)
		if errA != nil || errB != nil || one == two {
			return // a cut that ends in a hyphen
		}
		machine := newMachine(t, tokenvending.Config{STS: &fakeSTS{}, Instance: instance})
		for _, id := range []tenant.ID{one, two} {
			_, name, _ := strings.Cut(machine.SessionARN(id), "/TrackingAccessRole/")
			if owner, _, ok := strings.Cut(name, "@"); !ok || owner != id.String() || len(name) > 64 {
				r.Fatalf("%s is called %q", id, name)
			}
		}
	})
}
