package tokenvending_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"example.com/shiptrack/pkg/tenant"
	"example.com/shiptrack/pkg/tokenvending"
)

func TestSessionCarriesTheTenantAsTransitiveTag(t *testing.T) {
	fake := &fakeSTS{}
	machine := newMachine(t, tokenvending.Config{STS: fake, Duration: 20 * time.Minute})
	wantKey(t, machine, as(t, "yellow"), "AKIA-yellow-1")
	in := fake.lastInput()
	if got := aws.ToString(in.Tags[0].Value); got != "yellow" {
		t.Errorf("TenantID tag = %q, want yellow", got)
	}
	if !slices.Equal(in.TransitiveTagKeys, []string{"TenantID"}) {
		t.Errorf("TransitiveTagKeys = %v, want TenantID", in.TransitiveTagKeys)
	}
	if got := aws.ToString(in.RoleSessionName); got != "yellow@tracking-1" {
		t.Errorf("RoleSessionName = %q, want yellow@tracking-1", got)
	}
	if got := aws.ToInt32(in.DurationSeconds); got != 1200 {
		t.Errorf("DurationSeconds = %d, want 1200", got)
	}
	if got := aws.ToString(in.RoleArn); got != roleARN {
		t.Errorf("RoleArn = %q, want %q", got, roleARN)
	}
}

func TestContextWithoutTenantIsRefusedBeforeAnyCall(t *testing.T) {
	fake := &fakeSTS{}
	machine := newMachine(t, tokenvending.Config{STS: fake})
	for name, ctx := range map[string]context.Context{
		"no tenant": t.Context(), "zero tenant": tenant.NewContext(t.Context(), tenant.ID{}),
	} {
		if got, err := machine.Retrieve(ctx); !errors.Is(err, tenant.ErrMissing) || got.HasKeys() {
			t.Errorf("%s: Retrieve = %q, %v, want ErrMissing", name, got.AccessKeyID, err)
		}
	}
	if fake.lastInput() != nil {
		t.Error("STS was called for a context without a tenant")
	}
}

func TestAnswerThatIsNotTheSessionAskedForIsRefused(t *testing.T) {
	for name, falsify := range map[string]func(string, *sts.AssumeRoleOutput){
		"another tenant's session": func(_ string, out *sts.AssumeRoleOutput) {
			out.AssumedRoleUser.Arn = aws.String(strings.Replace(aws.ToString(out.AssumedRoleUser.Arn), "yellow", "blue", 1))
		},
		"name that only ends alike": func(_ string, out *sts.AssumeRoleOutput) {
			out.AssumedRoleUser.Arn = aws.String("arn:aws:sts::000000000000:assumed-role/TrackingAccessRole/x-yellow@tracking-1")
		},
		"another role's session": func(_ string, out *sts.AssumeRoleOutput) {
			out.AssumedRoleUser.Arn = aws.String("arn:aws:sts::000000000000:assumed-role/Administrator/yellow@tracking-1")
		},
		"no assumed role":  func(_ string, out *sts.AssumeRoleOutput) { out.AssumedRoleUser = nil },
		"no credentials":   func(_ string, out *sts.AssumeRoleOutput) { out.Credentials = nil },
		"no session token": func(_ string, out *sts.AssumeRoleOutput) { out.Credentials.SessionToken = nil },
		"no secret":        func(_ string, out *sts.AssumeRoleOutput) { out.Credentials.SecretAccessKey = nil },
		"no expiration":    func(_ string, out *sts.AssumeRoleOutput) { out.Credentials.Expiration = nil },
	} {
		fake := &fakeSTS{falsify: falsify}
		machine := newMachine(t, tokenvending.Config{STS: fake})
		t.Run(name, func(t *testing.T) {
			wantError(t, machine, as(t, "yellow"), tokenvending.Mismatched, false)
			wantError(t, machine, as(t, "yellow"), tokenvending.Mismatched, true)
		})
	}
}

func TestSessionIsNotHandedOutInItsExpiryWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := &fakeSTS{}
		machine := newMachine(t, tokenvending.Config{STS: fake, Duration: 15 * time.Minute})
		wantKey(t, machine, as(t, "yellow"), "AKIA-yellow-1")
		time.Sleep(15*time.Minute - tokenvending.ExpiryWindow)
		wantKey(t, machine, as(t, "yellow"), "AKIA-yellow-2")
	})
}

func TestDiscardedSessionIsReplacedAtMostOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		machine := newMachine(t, tokenvending.Config{STS: &fakeSTS{}})
		yellow, blue := as(t, "yellow"), as(t, "blue")
		id, err := tenant.FromContext(yellow)
		if err != nil {
			t.Fatal(err)
		}
		machine.Discard(id) // there is none yet
		wantKey(t, machine, blue, "AKIA-blue-1")
		wantKey(t, machine, yellow, "AKIA-yellow-1")
		time.Sleep(time.Second - 1)
		machine.Discard(id)
		wantKey(t, machine, yellow, "AKIA-yellow-1")
		time.Sleep(time.Nanosecond)
		machine.Discard(id)
		wantKey(t, machine, yellow, "AKIA-yellow-2")
		wantKey(t, machine, blue, "AKIA-blue-1") // nobody discarded it
	})
}

func TestSessionEndsByTheEarlierOfTheTwoClocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := &fakeSTS{falsify: func(_ string, out *sts.AssumeRoleOutput) {
			out.Credentials.Expiration = aws.Time(out.Credentials.Expiration.Add(10 * time.Minute)) // STS's clock is ahead
		}}
		machine := newMachine(t, tokenvending.Config{STS: fake, Duration: 15 * time.Minute})
		got, err := machine.Retrieve(as(t, "yellow"))
		if want := time.Now().Add(15 * time.Minute); err != nil || !got.Expires.Equal(want) || !got.CanExpire {
			t.Fatalf("Expires = %v, error %v, want %v", got.Expires, err, want)
		}
	})
}

// A laptop or a frozen container that wakes up after an hour must not take its sessions for valid. The monotonic
// clock, which time.Time prefers in comparisons, did not run in that hour.
func TestSessionEndsByTheWallClock(t *testing.T) {
	for name, ahead := range map[string]time.Duration{"STS's end counts": -time.Minute, "our end counts": time.Minute} {
		fake := &fakeSTS{falsify: func(_ string, out *sts.AssumeRoleOutput) {
			out.Credentials.Expiration = aws.Time(out.Credentials.Expiration.Add(ahead).Round(0)) // as parsed from the answer
		}}
		got, err := newMachine(t, tokenvending.Config{STS: fake}).Retrieve(as(t, "yellow"))
		if err != nil || got.Expires != got.Expires.Round(0) {
			t.Errorf("%s: Expires = %v, error %v, want no reading of the monotonic clock", name, got.Expires, err)
		}
	}
}

func TestSessionIsRenewedAheadWhileItIsServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := &fakeSTS{}
		var events []tokenvending.Event
		machine := newMachine(t, tokenvending.Config{STS: fake, Duration: time.Hour,
			Observe: func(_ context.Context, e tokenvending.Event) { events = append(events, e) }})
		ctx := as(t, "yellow")
		wantKey(t, machine, ctx, "AKIA-yellow-1")
		time.Sleep(48*time.Minute - time.Second) // the last fifth has not begun
		wantKey(t, machine, ctx, "AKIA-yellow-1")
		synctest.Wait()
		if got := fake.callsFor("yellow"); got != 1 {
			t.Fatalf("%d calls before the last fifth, want 1", got)
		}
		time.Sleep(6*time.Minute + time.Second) // the jitter is over
		fake.latency = 3 * time.Second
		for range 100 {
			wantKey(t, machine, ctx, "AKIA-yellow-1") // served at once while the renewal is under way
		}
		time.Sleep(4 * time.Second)
		synctest.Wait()
		wantKey(t, machine, ctx, "AKIA-yellow-2")
		if got := fake.callsFor("yellow"); got != 2 {
			t.Fatalf("%d calls, want 2", got)
		}
		if len(events) != 2 || events[0].Refresh || !events[1].Refresh || events[1].Took != 3*time.Second ||
			events[1].SessionARN != yellowARN || events[1].Err != nil {
			t.Fatalf("events = %+v, want a call and a renewal of 3 s", events)
		}
	})
}

func TestRenewalsOfSessionsVendedTogetherAreSpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := &fakeSTS{}
		machine := newMachine(t, tokenvending.Config{STS: fake, Duration: time.Hour})
		tenants := []string{"t01", "t02", "t03", "t04", "t05", "t06", "t07", "t08", "t09", "t10", "t11", "t12"}
		for _, id := range tenants {
			wantKey(t, machine, as(t, id), "AKIA-"+id+"-1")
		}
		time.Sleep(51 * time.Minute) // half of the jitter's range
		for _, id := range tenants {
			wantKey(t, machine, as(t, id), "AKIA-"+id+"-1")
		}
		time.Sleep(time.Second)
		renewed := 0
		for _, id := range tenants {
			renewed += fake.callsFor(id) - 1
		}
		if renewed == 0 || renewed == len(tenants) {
			t.Fatalf("%d of %d renewed at one moment, want some and not all", renewed, len(tenants))
		}
	})
}

func TestCapacityBoundsTheSessionsAndFailuresKept(t *testing.T) {
	synctest.Test(t, testCapacity)
}

func testCapacity(t *testing.T) {
	fake := &fakeSTS{}
	machine := newMachine(t, tokenvending.Config{STS: fake, Capacity: 4})
	calls := func() (n int) {
		for i := range 26 {
			n += fake.callsFor(letter(i))
		}
		return n
	}
	for round := range 3 {
		for i := range 26 {
			got, err := machine.Retrieve(as(t, letter(i)))
			if err != nil || !strings.HasPrefix(got.AccessKeyID, "AKIA-"+letter(i)+"-") {
				t.Fatalf("Retrieve(%s) = %q, %v", letter(i), got.AccessKeyID, err)
			}
		}
		if kept, _ := machine.Kept(); kept > 4 {
			t.Fatalf("%d sessions kept after round %d, want at most 4", kept, round)
		}
	}
	if got := calls(); got < 26+2*22 {
		t.Fatalf("%d calls for 26 tenants in three rounds, want the 22 that do not fit called each round", got)
	}
	fake.fail(errors.New("away"))
	for i := range 26 {
		_, _ = machine.Retrieve(as(t, letter(i)))
	}
	if _, kept := machine.Kept(); kept > 4 || kept == 0 {
		t.Fatalf("%d failures kept, want 1 to 4", kept)
	}
}

// letter names the ith of 26 tenants.
func letter(i int) string { return "tenant" + string(rune('a'+i)) }

func TestSessionNameIsCutToWhatSTSTakes(t *testing.T) {
	machine := newMachine(t, tokenvending.Config{STS: &fakeSTS{}, Instance: strings.Repeat("i", 80)})
	longest, err := tenant.Parse(strings.Repeat("t", tenant.MaxLength))
	if err != nil {
		t.Fatal(err)
	}
	_, got, _ := strings.Cut(machine.SessionARN(longest), "assumed-role/TrackingAccessRole/")
	if len(got) != 64 || got != longest.String()+"@" {
		t.Fatalf("session name = %q (%d characters), want the whole tenant and its @, 64", got, len(got))
	}
}

func TestSessionARNHasTheRolesNameWithoutItsPath(t *testing.T) {
	for role, want := range map[string]string{
		roleARN: yellowARN,
		"arn:aws-cn:iam::111111111111:role/team/a/Reader": "arn:aws-cn:sts::111111111111:assumed-role/Reader/yellow@tracking-1",
	} {
		machine := newMachine(t, tokenvending.Config{STS: &fakeSTS{}, RoleARN: role})
		id, err := tenant.FromContext(as(t, "yellow"))
		if got := machine.SessionARN(id); err != nil || got != want {
			t.Errorf("role %s: SessionARN = %q, %v, want %q", role, got, err, want)
		}
	}
}

func TestConfigurationErrorsAreListedTogether(t *testing.T) {
	good := tokenvending.Config{STS: &fakeSTS{}, RoleARN: roleARN, Instance: "i-1.a_b=c,d@e+f", Duration: time.Hour, Capacity: 1}
	if _, err := tokenvending.New(good); err != nil {
		t.Fatalf("New(%+v) = %v, want no error", good, err)
	}
	_, err := tokenvending.New(tokenvending.Config{Duration: time.Second})
	for _, part := range []string{"STS", "role ARN", "instance", "duration", "capacity"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("New(nothing) = %v, want %q named", err, part)
		}
	}
	for name, spoil := range map[string]func(*tokenvending.Config){
		"instance with a space": func(c *tokenvending.Config) { c.Instance = "a b" },
		"instance with a slash": func(c *tokenvending.Config) { c.Instance = "a/b" },
		"role of another kind":  func(c *tokenvending.Config) { c.RoleARN = "arn:aws:iam::000000000000:user/x" },
		"too short":             func(c *tokenvending.Config) { c.Duration = 899 * time.Second },
		"too long":              func(c *tokenvending.Config) { c.Duration = 3601 * time.Second },
		"half seconds":          func(c *tokenvending.Config) { c.Duration = 900*time.Second + 500*time.Millisecond },
	} {
		bad := good
		spoil(&bad)
		if _, err := tokenvending.New(bad); err == nil {
			t.Errorf("%s: New did not refuse %+v", name, bad)
		}
	}
}
