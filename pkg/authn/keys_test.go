package authn_test

import (
	"context"
	"crypto/elliptic"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/shiptrack/pkg/authn"
	"example.com/shiptrack/pkg/authn/authntest"
	"example.com/shiptrack/pkg/problem"
)

// bubble runs f with an issuer and a verifier whose time is the bubble's.
func bubble(t *testing.T, f func(t *testing.T, issuer *authntest.Issuer, start func() *authn.Verifier)) {
	synctest.Test(t, func(t *testing.T) {
		issuer := authntest.New(t)
		f(t, issuer, func() *authn.Verifier {
			return newVerifier(t, issuer, func(c *authn.Config) { c.Now = time.Now })
		})
	})
}

// wantUnavailable returns when the caller is asked to come back.
func wantUnavailable(t *testing.T, v *authn.Verifier, token string) time.Duration {
	t.Helper()
	_, err := v.Verify(t.Context(), token)
	if err == nil {
		t.Fatal("accepted, want unavailable")
	}
	known := problem.From(err)
	if known.Kind != problem.Unavailable || known.RetryAfter <= 0 || strings.Contains(known.Detail, "issuer") {
		t.Fatalf("got %v (retry after %v), want unavailable with a retry time and no cause in the detail", err, known.RetryAfter)
	}
	return known.RetryAfter
}

func TestStartWithoutTheIssuerFailsClosedAndRecovers(t *testing.T) {
	bubble(t, func(t *testing.T, issuer *authntest.Issuer, start func() *authn.Verifier) {
		issuer.SetUnavailable(true)
		v := start()
		token := issuer.Token("yellow", "ana")
		if retry := wantUnavailable(t, v, token); retry != time.Second {
			t.Errorf("retry after %v, want a second: keys may come at any time", retry)
		}
		if err := v.Ready(); err == nil || !strings.Contains(err.Error(), "unavailable") {
			t.Fatalf("Ready() = %v, want the reason", err)
		}
		time.Sleep(10 * time.Minute)
		if n := issuer.Requests(authntest.DiscoveryPath); n < 10 || n > 40 {
			t.Errorf("%d attempts in ten minutes, want backoff to some 30 s", n)
		}
		issuer.SetUnavailable(false)
		time.Sleep(31 * time.Second)
		if err := v.Ready(); err != nil {
			t.Fatalf("Ready() = %v after the issuer came back", err)
		}
		wantPrincipal(t, v, issuer.Token("yellow", "ana"), "yellow", "ana")
	})
}

func TestAnIssuerThatStartsLateIsNoticedWithinAFractionOfASecond(t *testing.T) {
	bubble(t, func(t *testing.T, issuer *authntest.Issuer, start func() *authn.Verifier) {
		issuer.SetUnavailable(true)
		v := start()
		time.Sleep(250 * time.Millisecond)
		issuer.SetUnavailable(false)
		time.Sleep(250 * time.Millisecond)
		if err := v.Ready(); err != nil {
			t.Fatalf("Ready() = %v a quarter of a second after the issuer started", err)
		}
	})
}

func TestAnOutageDoesNotFailTokensOfKnownKeysForADay(t *testing.T) {
	bubble(t, func(t *testing.T, issuer *authntest.Issuer, start func() *authn.Verifier) {
		v := start()
		wantPrincipal(t, v, issuer.Token("yellow", "ana"), "yellow", "ana")
		issuer.SetUnavailable(true)
		time.Sleep(23 * time.Hour)
		wantPrincipal(t, v, issuer.Token("yellow", "ana"), "yellow", "ana")
		// We cannot tell now whether an unknown key is one of the issuer's.
		wantUnavailable(t, v, issuer.Sign(issuer.Claims("yellow", "ana"), change{"kid": "key-2"}))
		time.Sleep(2 * time.Hour)
		wantUnavailable(t, v, issuer.Token("yellow", "ana"))
		if err := v.Ready(); err == nil {
			t.Error("Ready() = nil with keys of yesterday")
		}
	})
}

func TestANewKeyIsTakenAtOnceAndAWithdrawnOneIsDropped(t *testing.T) {
	bubble(t, func(t *testing.T, issuer *authntest.Issuer, start func() *authn.Verifier) {
		v := start()
		old := issuer.Token("yellow", "ana")
		wantPrincipal(t, v, old, "yellow", "ana")
		issuer.Rotate()
		wantPrincipal(t, v, old, "yellow", "ana") // the change is not known yet
		wantPrincipal(t, v, issuer.Token("blue", "bo"), "blue", "bo")
		wantReason(t, v, old, authn.UnknownKey)
	})
}

func TestAWithdrawnKeyIsDroppedByThePeriodicRefresh(t *testing.T) {
	bubble(t, func(t *testing.T, issuer *authntest.Issuer, start func() *authn.Verifier) {
		v := start()
		old := issuer.Token("yellow", "ana")
		wantPrincipal(t, v, old, "yellow", "ana")
		issuer.Rotate()
		time.Sleep(10*time.Minute + time.Second)
		wantReason(t, v, old, authn.UnknownKey)
	})
}

func TestAFloodOfUnknownKeysCannotHammerTheIssuer(t *testing.T) {
	bubble(t, func(t *testing.T, issuer *authntest.Issuer, start func() *authn.Verifier) {
		v := start()
		claims := issuer.Claims("yellow", "ana")
		var wg sync.WaitGroup
		for i := range 1000 {
			token := issuer.Sign(claims, change{"kid": fmt.Sprintf("invented-%d", i)})
			wg.Go(func() { wantReason(t, v, token, authn.UnknownKey) })
		}
		wg.Wait()
		if n := issuer.Requests(authntest.JWKSPath); n > 3 {
			t.Fatalf("1000 invented kids at once made %d requests, want at most 1 + 2", n)
		}
		for i := range 600 { // ten a second for a minute
			wantReason(t, v, issuer.Sign(claims, change{"kid": fmt.Sprintf("later-%d", i)}), authn.UnknownKey)
			time.Sleep(100 * time.Millisecond)
		}
		if n := issuer.Requests(authntest.JWKSPath); n > 3+6 {
			t.Errorf("a minute of invented kids made %d requests in all, want at most 9", n)
		}
		// A key that is really new gets through all the same, after ten seconds at the latest.
		issuer.Rotate()
		token := issuer.Token("blue", "bo")
		for range 100 {
			_, _ = v.Verify(t.Context(), issuer.Sign(claims, change{"kid": "flood"}))
			time.Sleep(100 * time.Millisecond)
		}
		wantPrincipal(t, v, token, "blue", "bo")
	})
}

func TestARefreshUnderWayIsEverybodys(t *testing.T) {
	bubble(t, func(t *testing.T, issuer *authntest.Issuer, start func() *authn.Verifier) {
		v := start()
		claims := issuer.Claims("yellow", "ana")
		wantReason(t, v, issuer.Sign(claims, change{"kid": "invented"}), authn.UnknownKey) // one refresh is left
		issuer.Rotate()
		release := make(chan struct{})
		issuer.Handle(authntest.DiscoveryPath, func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-release:
			case <-r.Context().Done():
			}
			_, _ = fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q}`, issuer.URL, issuer.URL+authntest.JWKSPath)
		})
		token := issuer.Token("blue", "bo")
		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		go func() { _, _ = v.Verify(impatient, token) }() // starts the refresh, and leaves
		synctest.Wait()
		var patient sync.WaitGroup
		for range 3 {
			patient.Go(func() { wantPrincipal(t, v, token, "blue", "bo") })
		}
		time.Sleep(2 * time.Second)
		close(release)
		patient.Wait()
		if n := issuer.Requests(authntest.JWKSPath); n != 3 {
			t.Errorf("%d requests for keys, want 1 at the start, 1 for the invented kid and 1 that all share", n)
		}
	})
}

func TestARequestDoesNotWaitForTheIssuerBeyondItsDeadline(t *testing.T) {
	bubble(t, func(t *testing.T, issuer *authntest.Issuer, start func() *authn.Verifier) {
		issuer.Handle(authntest.DiscoveryPath, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		v := start()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		_, err := v.Verify(ctx, issuer.Token("yellow", "ana"))
		if err == nil || problem.KindOf(err) != problem.Unavailable || time.Since(began) != time.Second {
			t.Fatalf("got %v after %v, want unavailable after a second", err, time.Since(began))
		}
	})
}

func TestOnlyKeysThatFitAnAlgorithmVerify(t *testing.T) {
	member := func(k authntest.Key, name string, value any) authntest.Key {
		k.ID, k.Members = "odd", map[string]any{name: value}
		return k
	}
	ec := authntest.NewES256("odd")
	for _, tt := range []struct {
		name      string
		bad, good authntest.Key
	}{
		{"RSA under 2048 bits", authntest.NewRS256("odd", 1024), rsaKey()},
		{"curve P-384", authntest.NewEC("odd", "ES384", elliptic.P384()), ec},
		{"curve P-384 without alg", member(authntest.NewEC("odd", "ES384", elliptic.P384()), "alg", nil), member(ec, "alg", nil)},
		{"use enc", member(ec, "use", "enc"), member(ec, "use", nil)},
		{"key_ops without verify", member(ec, "key_ops", []string{"encrypt"}), member(ec, "key_ops", []string{"verify"})},
		{"alg of another method", member(rsaKey(), "alg", "RS512"), member(rsaKey(), "alg", nil)},
		{"alg of the other kind", member(ec, "alg", "RS256"), member(ec, "alg", "ES256")},
		{"symmetric", member(ec, "kty", "oct"), ec},
		{"point off the curve", member(ec, "x", "AAAA"), ec},
		{"kid empty", member(ec, "kid", ""), ec},
		{"kid of the wrong type", member(ec, "kid", 7), ec},
	} {
		t.Run(tt.name, func(t *testing.T) {
			issuer := newIssuer(t)
			other := issuer.SigningKey()
			for _, odd := range []authntest.Key{tt.bad, tt.good} {
				issuer.SetKeys(other, odd)
				if odd.Private != tt.good.Private || fmt.Sprint(odd.Members) != fmt.Sprint(tt.good.Members) {
					issuer.SetKeys(other, odd, odd) // what is left out cannot collide
				}
				v := newVerifier(t, issuer, nil)
				wantPrincipal(t, v, issuer.Token("yellow", "ana"), "yellow", "ana") // the rest of the set holds
				// Claim a pinned algorithm, whatever the key is.
				header := change{}
				if odd.Alg == "ES384" {
					header["alg"] = "ES256"
				}
				token := authntest.SignWith(odd, issuer.Claims("blue", "bo"), header)
				if odd.Private == tt.good.Private && fmt.Sprint(odd.Members) == fmt.Sprint(tt.good.Members) {
					wantPrincipal(t, v, token, "blue", "bo")
				} else {
					wantReason(t, v, token, authn.UnknownKey)
				}
			}
		})
	}
}

func TestAKeySetThatCannotBeTrustedIsNotUsed(t *testing.T) {
	other := authntest.Start(t)
	answer := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }
	}
	jwks := func(i *authntest.Issuer, mutate func(string) string) http.HandlerFunc {
		w := httptest.NewRecorder()
		i.ServeHTTP(w, httptest.NewRequest(http.MethodGet, authntest.JWKSPath, nil))
		return answer(mutate(w.Body.String()))
	}
	same := func(s string) string { return s }
	for _, tt := range []struct {
		name, path string
		handler    func(*authntest.Issuer) http.HandlerFunc
		want       string
	}{
		{"discovery of another issuer", authntest.DiscoveryPath, func(i *authntest.Issuer) http.HandlerFunc {
			return answer(`{"issuer":"` + i.URL + `/","jwks_uri":"` + i.URL + `/jwks"}`)
		}, "is of the issuer"},
		{"jwks_uri in plain http elsewhere", authntest.DiscoveryPath, func(i *authntest.Issuer) http.HandlerFunc {
			return answer(`{"issuer":"` + i.URL + `","jwks_uri":"http://keys.example.com/jwks"}`)
		}, "jwks_uri must be"},
		{"jwks_uri absent", authntest.DiscoveryPath, func(i *authntest.Issuer) http.HandlerFunc {
			return answer(`{"issuer":"` + i.URL + `"}`)
		}, "jwks_uri must be"},
		{"redirect to another host", authntest.JWKSPath, func(*authntest.Issuer) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, other.URL+authntest.JWKSPath, http.StatusFound)
			}
		}, "redirect"},
		{"redirect in circles", authntest.JWKSPath, func(i *authntest.Issuer) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, authntest.JWKSPath, http.StatusFound)
			}
		}, "too many redirects"},
		{"status 500", authntest.JWKSPath, func(i *authntest.Issuer) http.HandlerFunc {
			h := jwks(i, same)
			return func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusInternalServerError); h(w, r) }
		}, "status 500"},
		{"more than 1 MiB", authntest.JWKSPath, func(i *authntest.Issuer) http.HandlerFunc {
			return jwks(i, func(s string) string { return s + strings.Repeat(" ", 1<<20) })
		}, "more than"},
		{"a second document behind the first", authntest.JWKSPath, func(i *authntest.Issuer) http.HandlerFunc {
			return jwks(i, func(s string) string { return s + `{"keys":[]}` })
		}, "more follows"},
		{"duplicate members", authntest.JWKSPath, func(i *authntest.Issuer) http.HandlerFunc {
			return jwks(i, func(s string) string { return strings.Replace(s, `{"keys"`, `{"keys":[],"keys"`, 1) })
		}, "duplicate"},
		{"two keys of one kid alone", authntest.JWKSPath, func(i *authntest.Issuer) http.HandlerFunc {
			i.SetKeys(i.SigningKey(), authntest.NewES256(i.SigningKey().ID))
			return jwks(i, same)
		}, "none of"},
		{"no keys", authntest.JWKSPath, func(*authntest.Issuer) http.HandlerFunc { return answer(`{"keys":[]}`) }, "none of"},
		{"1001 keys", authntest.JWKSPath, func(*authntest.Issuer) http.HandlerFunc {
			return answer(`{"keys":[` + strings.Repeat(`{},`, 1000) + `{}]}`)
		}, "more than 1000"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			issuer := authntest.Start(t)
			token := issuer.Token("yellow", "ana")
			withSockets := func(c *authn.Config) { c.HTTPClient, c.Now = nil, time.Now }
			wantPrincipal(t, newVerifier(t, issuer, withSockets), token, "yellow", "ana")
			issuer.Handle(tt.path, tt.handler(issuer))
			v := newVerifier(t, issuer, withSockets)
			wantUnavailable(t, v, token)
			if err := v.Ready(); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Ready() = %v, want %q", err, tt.want)
			}
		})
	}
	if n := other.Requests(authntest.JWKSPath); n != 0 {
		t.Errorf("the redirect was followed to another host, %d times", n)
	}
}

func TestARedirectWithinTheIssuerIsFollowed(t *testing.T) {
	issuer := authntest.Start(t)
	issuer.Handle(authntest.DiscoveryPath, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/moved", http.StatusFound)
	})
	issuer.Handle("/moved", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q}`, issuer.URL, issuer.URL+authntest.JWKSPath)
	})
	v := newVerifier(t, issuer, func(c *authn.Config) { c.HTTPClient, c.Now = nil, time.Now })
	wantPrincipal(t, v, issuer.Token("yellow", "ana"), "yellow", "ana")
}

func TestWrongConfigurationIsRefused(t *testing.T) {
	provider := authn.Provider{Issuer: "https://issuer.example.com", Audiences: []string{"shiptrack"}, Tenants: []string{"*"}}
	good := authn.Config{Providers: []authn.Provider{provider}, HTTPClient: authntest.New(t).Client()}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if _, err := authn.New(ctx, good); err != nil {
		t.Fatalf("the control is refused: %v", err)
	}
	for name, change := range map[string]func(*authn.Config){
		"no provider":               func(c *authn.Config) { c.Providers = nil },
		"a provider with a fault":   func(c *authn.Config) { c.Providers[0].Issuer = "" },
		"a negative size":           func(c *authn.Config) { c.MaxTokenBytes = -1 },
		"a negative number to keep": func(c *authn.Config) { c.KeptTokens = -1 },
	} {
		cfg := good
		cfg.Providers = []authn.Provider{provider}
		change(&cfg)
		if _, err := authn.New(ctx, cfg); err == nil {
			t.Errorf("%s: accepted %+v", name, cfg)
		}
	}
	for _, issuer := range []string{"http://issuer.example.com", "http://127.0.0.1.example.com", "http://localhost.example.com"} {
		if err := authn.CheckIssuer(issuer, false); err == nil {
			t.Errorf("CheckIssuer(%q) = nil, want http elsewhere refused", issuer)
		}
	}
	for _, issuer := range []string{"http://127.0.0.1:8082", "http://[::1]:8082", "http://localhost:8082", "https://a.example.com/realm"} {
		if err := authn.CheckIssuer(issuer, false); err != nil {
			t.Errorf("CheckIssuer(%q) = %v, want it allowed", issuer, err)
		}
	}
	if err := authn.CheckIssuer("http://devissuer:8082", true); err != nil {
		t.Errorf("http that is allowed expressly is refused: %v", err)
	}
}

func TestAnIssuerOnHTTPSMayNotPublishItsKeysOverHTTP(t *testing.T) {
	for jwks, ok := range map[string]bool{
		"https://keys.example.com/jwks": true, "http://keys.example.com/jwks": false, "http://127.0.0.1/jwks": false,
	} {
		issuer := newIssuer(t)
		issuer.Handle(authntest.DiscoveryPath, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q}`, issuer.URL, jwks)
		})
		v := newVerifier(t, issuer, func(c *authn.Config) { c.Providers[0].AllowHTTP = true })
		if token := issuer.Token("yellow", "ana"); ok {
			wantPrincipal(t, v, token, "yellow", "ana")
		} else {
			wantUnavailable(t, v, token)
		}
	}
}
