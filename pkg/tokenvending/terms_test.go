package tokenvending_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"example.com/shiptrack/pkg/tenant"
	"example.com/shiptrack/pkg/tokenvending"
)

// recorder is an STS that keeps what it was asked for; the tag may have any key.
type recorder struct{ asked []*sts.AssumeRoleInput }

func (r *recorder) AssumeRole(_ context.Context, in *sts.AssumeRoleInput, _ ...func(*sts.Options)) (*sts.AssumeRoleOutput, error) {
	r.asked = append(r.asked, in)
	return answer(aws.ToString(in.Tags[0].Value), len(r.asked), in), nil
}

// spelled writes everything of a request but role and duration, on one line.
func spelled(in *sts.AssumeRoleInput) string {
	var b strings.Builder
	fmt.Fprintf(&b, "name=%s", aws.ToString(in.RoleSessionName))
	for _, tag := range in.Tags {
		fmt.Fprintf(&b, " %s=%s", aws.ToString(tag.Key), aws.ToString(tag.Value))
	}
	fmt.Fprintf(&b, " transitive=%v", in.TransitiveTagKeys)
	for _, p := range in.PolicyArns {
		fmt.Fprintf(&b, " policy=%s", aws.ToString(p.Arn))
	}
	for name, value := range map[string]*string{"inline": in.Policy, "external": in.ExternalId, "source": in.SourceIdentity} {
		if value != nil {
			fmt.Fprintf(&b, " %s=%s", name, *value)
		}
	}
	return b.String()
}

func TestTermsAreAskedOfSTS(t *testing.T) {
	for want, terms := range map[string]tokenvending.Terms{
		"name=yellow@tracking-1 org=yellow transitive=[org]":                                 {},
		"name=yellow@tracking-1 org=yellow plan=gold zone=eu transitive=[org plan zone]":     {Tags: map[string]string{"zone": "eu", "plan": "gold"}},
		`name=yellow@tracking-1 org=yellow transitive=[org] inline={"Version":"2012-10-17"}`: {Policy: `{"Version":"2012-10-17"}`},
		"name=yellow@tracking-1 org=yellow transitive=[org] policy=arn:a policy=arn:b":       {PolicyARNs: []string{"arn:a", "arn:b"}},
		"name=yellow@tracking-1 org=yellow transitive=[org] external=their-id":               {ExternalID: "their-id"},
		"name=yellow@tracking-1 org=yellow transitive=[org] source=orders":                   {SourceIdentity: "orders"},
	} {
		fake := &recorder{}
		machine := newMachine(t, tokenvending.Config{STS: fake, TagKey: "org",
			Terms: func(context.Context, tenant.ID) (tokenvending.Terms, error) { return terms, nil }})
		if _, err := machine.Retrieve(as(t, "yellow")); err != nil {
			t.Errorf("%s: %v", want, err)
		} else if got := spelled(fake.asked[0]); got != want {
			t.Errorf("asked for %s, want %s", got, want)
		}
	}
}

func TestTermsThatCannotBeHadAreAnOutage(t *testing.T) {
	away := errors.New("the table of plans is away")
	fake := &recorder{}
	machine := newMachine(t, tokenvending.Config{STS: fake, Terms: func(context.Context, tenant.ID) (tokenvending.Terms, error) { return tokenvending.Terms{}, away }})
	wantError(t, machine, as(t, "yellow"), tokenvending.Unavailable, false)
	if _, err := machine.Retrieve(as(t, "yellow")); !errors.Is(err, away) || len(fake.asked) != 0 {
		t.Errorf("Retrieve = %v after %d calls of STS, want the reason and no call", err, len(fake.asked))
	}
}

func TestRoleOfATier(t *testing.T) {
	fake := &recorder{}
	config := tokenvending.Config{STS: fake, Instance: "i", Capacity: 9, RoleOf: func(id tenant.ID) string {
		switch id.String() {
		case "yellow":
			return "arn:aws:iam::000000000000:role/tiers/Gold"
		case "blue":
			return "arn:aws:iam::000000000000:role/Standard"
		}
		return "none"
	}}
	machine, err := tokenvending.New(config)
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{"yellow": "assumed-role/Gold/yellow@i", "blue": "assumed-role/Standard/blue@i"} {
		wantKey(t, machine, as(t, id), fmt.Sprintf("AKIA-%s-%d", id, len(fake.asked)+1))
		parsed, err := tenant.FromContext(as(t, id))
		if got := machine.SessionARN(parsed); err != nil || got != "arn:aws:sts::000000000000:"+want {
			t.Errorf("SessionARN = %s, %v, want %s", got, err, want)
		}
	}
	wantError(t, machine, as(t, "green"), tokenvending.Denied, false) // its role is none
	config.RoleARN = roleARN
	if _, err := tokenvending.New(config); err == nil || !strings.Contains(err.Error(), "set one of them") {
		t.Errorf("New with both = %v", err)
	}
}

// account is the tenant of another product.
type account struct {
	region string
	number int
}

type accountKey struct{}

func accountOf(ctx context.Context) (account, error) {
	a, ok := ctx.Value(accountKey{}).(account)
	if !ok {
		return account{}, errors.New("no account")
	}
	return a, nil
}

func TestTenantsOfAnotherType(t *testing.T) {
	fake := &recorder{}
	config := tokenvending.ConfigOf[account]{
		STS: fake, RoleARN: roleARN, Instance: "orders", Capacity: 9, TagKey: "Account",
		FromContext: accountOf, Text: func(a account) string { return fmt.Sprintf("%s-%d", a.region, a.number) },
	}
	machine, err := tokenvending.New(config)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range []account{{"eu", 7}, {"us", 7}, {"eu", 7}} {
		ctx := context.WithValue(t.Context(), accountKey{}, a)
		got, err := machine.Retrieve(ctx)
		if want := "token-" + config.Text(a); err != nil || got.SessionToken != want {
			t.Errorf("%v: token %q, %v, want %q", a, got.SessionToken, err, want)
		}
	}
	if len(fake.asked) != 2 || spelled(fake.asked[0]) != "name=eu-7@orders Account=eu-7 transitive=[Account]" {
		t.Errorf("%d calls, the first %s; want 2, one for each account", len(fake.asked), spelled(fake.asked[0]))
	}
	if _, err := machine.Retrieve(t.Context()); err == nil || err.Error() != "no account" {
		t.Errorf("without an account: %v", err)
	}
	config.FromContext = nil
	if _, err := tokenvending.New(config); err == nil || !strings.Contains(err.Error(), "FromContext") {
		t.Errorf("New without FromContext = %v, want it refused", err)
	}
}

// The text of a tenant must stand whole in a session name, and hold no @: then no name can be another tenant's.
func TestTextThatIsNoNameIsRefusedBeforeAnyCall(t *testing.T) {
	for text, ok := range map[string]bool{
		"a": true, "Org_1.x+y=z,w-": true, strings.Repeat("t", 63): true,
		"": false, strings.Repeat("t", 64): false, "a@b": false, "a/b": false, "a b": false, "é": false,
	} {
		fake := &recorder{}
		machine, err := tokenvending.New(tokenvending.ConfigOf[string]{
			STS: fake, RoleARN: roleARN, Instance: "i", Capacity: 1,
			FromContext: func(context.Context) (string, error) { return text, nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = machine.Retrieve(t.Context())
		var refused *tokenvending.ErrorOf[string]
		isRefused := errors.As(err, &refused) && refused.Kind == tokenvending.Denied
		if ok && err != nil || !ok && !isRefused || ok != (len(fake.asked) == 1) {
			t.Errorf("text %q: %v after %d calls, want accepted %t", text, err, len(fake.asked), ok)
		}
	}
}

func TestTagKeysAreThoseThatSTSTakes(t *testing.T) {
	for key, want := range map[string]bool{
		"Kunde.äöü:1/2=+-@ _":           true,
		strings.Repeat("ä", 128):        true, // letters, not bytes
		strings.Repeat("ä", 129):        false,
		"a*":                            false,
		"a\n":                           false,
		"aws:a":                         false,
		"AWS:" + strings.Repeat("a", 9): false,
	} {
		config := tokenvending.Config{STS: &recorder{}, RoleARN: roleARN, Instance: "i", Capacity: 9, TagKey: key}
		if _, err := tokenvending.New(config); (err == nil) != want {
			t.Errorf("New with the tag key %q = %v, want taken %t", key, err, want)
		}
	}
}
