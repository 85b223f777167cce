package authn_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/shiptrack/pkg/authn"
	"example.com/shiptrack/pkg/authn/authntest"
)

func TestAVerifiedTokenIsKept(t *testing.T) {
	issuer := newIssuer(t)
	token := issuer.Token("yellow", "ana")
	keeps := newVerifier(t, issuer, func(c *authn.Config) { c.KeptTokens = 1 })
	want := wantPrincipal(t, keeps, token, "yellow", "ana")
	if !authn.IsKept(keeps, token) || wantPrincipal(t, keeps, token, "yellow", "ana") != want {
		t.Error("the token is not kept, or gives another principal")
	}
	never := newVerifier(t, issuer, func(c *authn.Config) { c.KeptTokens = 0 })
	wantPrincipal(t, never, token, "yellow", "ana")
	if authn.IsKept(never, token) {
		t.Error("a token is kept where that is turned off")
	}
	// A verification needs dozens of allocations.
	allocs := func(v *authn.Verifier) float64 {
		return testing.AllocsPerRun(10, func() { wantPrincipal(t, v, token, "yellow", "ana") })
	}
	if kept, anew := allocs(keeps), allocs(never); kept > 3 || anew < 20 {
		t.Errorf("%v allocations for a kept token, %v for one that is verified: want hardly any, and dozens", kept, anew)
	}
}

func TestKeptTokensAreBounded(t *testing.T) {
	issuer := newIssuer(t)
	v := newVerifier(t, issuer, func(c *authn.Config) { c.KeptTokens = 3 })
	var tokens []string
	for i := range 5 {
		tokens = append(tokens, issuer.Token(fmt.Sprintf("tenant-%d", i), "ana"))
		wantPrincipal(t, v, tokens[i], fmt.Sprintf("tenant-%d", i), "ana")
		wantPrincipal(t, v, tokens[0], "tenant-0", "ana") // stays, as the most recently used
	}
	if n := authn.Kept(v); n != 3 {
		t.Errorf("%d tokens are kept, want 3", n)
	}
	for i, want := range []bool{true, false, false, true, true} { // the last three
		if got := authn.IsKept(v, tokens[i]); got != want {
			t.Errorf("token %d is kept: %t, want %t", i, got, want)
		}
	}
}

func TestARefusedTokenIsNotKept(t *testing.T) {
	issuer := newIssuer(t)
	now := newClock()
	v := newVerifier(t, issuer, func(c *authn.Config) { c.Now = now.now })
	early := issuer.Sign(with(issuer.Claims("yellow", "ana"), change{"nbf": noon.Add(time.Minute).Unix()}), nil)
	for _, token := range []string{early, flip(early), issuer.Token("Yellow", "ana"), "x.y.z", ""} {
		if _, err := v.Verify(t.Context(), token); err == nil {
			t.Fatal("accepted")
		}
	}
	if n := authn.Kept(v); n != 0 {
		t.Errorf("%d refused tokens are kept", n)
	}
	now.set(noon.Add(time.Minute))
	wantPrincipal(t, v, early, "yellow", "ana")
}

// clock is a time that a test sets while the verifier reads it from goroutines of its own.
type clock struct{ at atomic.Pointer[time.Time] }

func newClock() *clock {
	c := new(clock)
	c.set(noon)
	return c
}

func (c *clock) now() time.Time  { return *c.at.Load() }
func (c *clock) set(t time.Time) { c.at.Store(&t) }

func TestTheTimesOfAKeptTokenAreCheckedAnew(t *testing.T) {
	issuer := newIssuer(t)
	now := newClock()
	v := newVerifier(t, issuer, func(c *authn.Config) { c.Now = now.now })
	token := issuer.Token("yellow", "ana") // iat and nbf noon, exp an hour later
	for _, tt := range []struct {
		at   time.Duration
		want authn.Reason // empty: accepted
	}{
		{0, ""}, {time.Hour + authn.Leeway - time.Second, ""}, {time.Hour + authn.Leeway, authn.Expired}, {time.Minute, ""},
		{-authn.Leeway, ""}, {-authn.Leeway - time.Second, authn.NotYetValid}, {23 * time.Hour, authn.Expired},
	} {
		if now.set(noon.Add(tt.at)); tt.want == "" {
			wantPrincipal(t, v, token, "yellow", "ana")
		} else {
			wantReason(t, v, token, tt.want)
		}
	}
}

func TestKeysThatAreTooOldWithoutAFailureSayNoMore(t *testing.T) {
	now := newClock()
	issuer := newIssuer(t)
	v := newVerifier(t, issuer, func(c *authn.Config) { c.Now = now.now })
	wantPrincipal(t, v, issuer.Token("yellow", "ana"), "yellow", "ana")
	now.set(noon.Add(25 * time.Hour))
	if err := v.Ready(); err == nil || !strings.HasSuffix(err.Error(), "more than 24h0m0s ago") {
		t.Errorf("ready: %v", err)
	}
}

func TestAKeptTokenEndsWithTheKeysThatVerifiedIt(t *testing.T) {
	for name, change := range map[string]struct {
		keys func(*authntest.Issuer) []authntest.Key
		want authn.Reason
	}{
		"the key is withdrawn":      {func(*authntest.Issuer) []authntest.Key { return []authntest.Key{authntest.NewES256("key-2")} }, authn.UnknownKey},
		"another key under its kid": {func(*authntest.Issuer) []authntest.Key { return []authntest.Key{authntest.NewES256("key-1")} }, authn.BadSignature},
		"the key has another kid":   {func(i *authntest.Issuer) []authntest.Key { return []authntest.Key{renamed(i.SigningKey(), "key-2")} }, authn.UnknownKey},
		"the key is for encryption": {func(i *authntest.Issuer) []authntest.Key {
			return []authntest.Key{authntest.NewES256("key-2"), member(i.SigningKey(), "use", "enc")}
		}, authn.UnknownKey},
		"the key is another issuer's": {func(i *authntest.Issuer) []authntest.Key {
			return []authntest.Key{member(i.SigningKey(), "issuer", "https://b.example.com")}
		}, authn.ForeignKey},
		// No token depends on the other keys; that the keys differ is all that is looked at.
		"a key is added": {func(i *authntest.Issuer) []authntest.Key {
			return []authntest.Key{i.SigningKey(), authntest.NewES256("key-2")}
		}, ""},
		"the keys stay": {func(i *authntest.Issuer) []authntest.Key { return []authntest.Key{i.SigningKey()} }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, issuer *authntest.Issuer, start func() *authn.Verifier) {
				v := start()
				token := issuer.Token("yellow", "ana")
				wantPrincipal(t, v, token, "yellow", "ana")
				issuer.SetKeys(change.keys(issuer)...)
				wantPrincipal(t, v, token, "yellow", "ana") // nobody has asked the issuer yet
				if !authn.IsKept(v, token) {
					t.Fatal("the token is not kept: the test would show nothing")
				}
				time.Sleep(10*time.Minute + time.Second)
				if kept := authn.IsKept(v, token); kept != (name == "the keys stay") {
					t.Errorf("the token is kept: %t", kept)
				}
				if change.want != "" {
					wantReason(t, v, token, change.want)
				} else {
					wantPrincipal(t, v, token, "yellow", "ana")
				}
			})
		})
	}
}

func TestAKeptTokenEndsWithTheKeysOfItsOwnIssuer(t *testing.T) {
	tenants := []string{"acme", "blue", "green"}
	for rotated := range tenants {
		issuers := newIssuers(t, "a", "b", "c")
		var all []authn.Provider
		for i, tenant := range tenants {
			all = append(all, providerFor(issuers[i], tenant))
		}
		v := verifierOf(t, issuers, all...)
		var kept []string
		for i, tenant := range tenants {
			kept = append(kept, issuers[i].Token(tenant, "ana"))
			if wantPrincipal(t, v, kept[i], tenant, "ana"); !authn.IsKept(v, kept[i]) {
				t.Fatal("the token is not kept: the test would show nothing")
			}
		}
		issuers[rotated].Rotate()
		wantPrincipal(t, v, issuers[rotated].Token(tenants[rotated], "ana"), tenants[rotated], "ana") // an unknown key: the issuer is asked
		for i, tenant := range tenants {
			if i == rotated {
				wantReason(t, v, kept[i], authn.UnknownKey)
			} else {
				wantPrincipal(t, v, kept[i], tenant, "ana")
			}
		}
	}
}

func renamed(k authntest.Key, kid string) authntest.Key {
	k.ID = kid
	return k
}

func member(k authntest.Key, name string, value any) authntest.Key {
	k.Members = map[string]any{name: value}
	return k
}

func TestAKeptTokenEndsWhereTheKeysCannotBeConfirmed(t *testing.T) {
	bubble(t, func(t *testing.T, issuer *authntest.Issuer, start func() *authn.Verifier) {
		v := start()
		time.Sleep(time.Second)
		token := issuer.Sign(with(issuer.Claims("yellow", "ana"), change{"exp": time.Now().Add(72 * time.Hour).Unix()}), nil)
		wantPrincipal(t, v, token, "yellow", "ana")
		issuer.SetUnavailable(true)
		time.Sleep(23 * time.Hour)
		wantPrincipal(t, v, token, "yellow", "ana")
		time.Sleep(2 * time.Hour)
		wantUnavailable(t, v, token)
		issuer.SetUnavailable(false)
		time.Sleep(time.Minute)
		wantPrincipal(t, v, token, "yellow", "ana")
	})
}

func TestAKeptTokenHelpsNoOtherToken(t *testing.T) {
	issuers := newIssuers(t, "a", "b")
	a, b := issuers[0], issuers[1]
	v := verifierOf(t, issuers, providerFor(a, "acme"), providerFor(b, "blue"))
	token := a.Token("acme", "ana")
	head, body, signature := cut(token)
	if wantPrincipal(t, v, token, "acme", "ana"); !authn.IsKept(v, token) {
		t.Fatal("the token is not kept: the test would show nothing")
	}
	blue := payload(b.Claims("blue", "ana"))
	wantReason(t, v, head+"."+blue+"."+signature, authn.BadSignature)
	wantReason(t, v, head+"."+payload(with(a.Claims("acme", "ana"), change{"TenantID": "blue"}))+"."+signature, authn.BadSignature)
	wantReason(t, v, flip(token), authn.BadSignature)
	wantReason(t, v, head+"."+body+".", authn.BadSignature)
	wantReason(t, v, token+"=", authn.Malformed)
	wantReason(t, v, token+" ", authn.Malformed)
	wantReason(t, v, authntest.SignWith(b.SigningKey(), a.Claims("acme", "ana"), nil), authn.BadSignature)
	wantReason(t, v, a.Sign(with(a.Claims("acme", "ana"), change{"aud": "other"}), nil), authn.WrongAudience)

	// Another verifier, of another audience or another provider alone, has nothing of this one's.
	other := verifierOf(t, issuers, func() authn.Provider { p := providerFor(a, "acme"); p.Audiences = []string{"other"}; return p }())
	wantReason(t, other, token, authn.WrongAudience)
	wantReason(t, verifierOf(t, issuers, providerFor(b, "*")), token, authn.UnknownIssuer)
	wantReason(t, verifierOf(t, issuers, providerFor(a, "blue")), token, authn.ForeignTenant)
}

func TestKeptTokensAreSafeForConcurrentUse(t *testing.T) {
	bubble(t, func(t *testing.T, issuer *authntest.Issuer, start func() *authn.Verifier) {
		v := start()
		var tokens []string
		for i := range 150 { // more than are kept
			tokens = append(tokens, issuer.Token(fmt.Sprintf("tenant-%d", i), "ana"))
		}
		var wg sync.WaitGroup
		for worker := range 8 {
			wg.Go(func() {
				for i := range 600 {
					n := (i*7 + worker*31) % len(tokens)
					wantPrincipal(t, v, tokens[n], fmt.Sprintf("tenant-%d", n), "ana")
				}
			})
		}
		wg.Wait()
		if n := authn.Kept(v); n != 100 {
			t.Errorf("%d tokens are kept, want 100", n)
		}
	})
}
