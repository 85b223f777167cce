package authn_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/shiptrack/pkg/authn"
	"example.com/shiptrack/pkg/authn/authntest"
)

func TestANewKeyUnderAnOldKidIsTakenAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T, issuer *authntest.Issuer, start func() *authn.Verifier) {
		v := start()
		old := issuer.Token("yellow", "ana")
		wantPrincipal(t, v, old, "yellow", "ana")
		issuer.SetKeys(authntest.NewES256("key-1"))
		wantPrincipal(t, v, issuer.Token("blue", "bo"), "blue", "bo")
		wantReason(t, v, old, authn.BadSignature)
		// And one of another kind under the same kid.
		rs := rsaKey()
		rs.ID = "key-1"
		issuer.SetKeys(rs)
		time.Sleep(10 * time.Second)
		wantPrincipal(t, v, issuer.Token("blue", "bo"), "blue", "bo")
	})
}

func TestAFloodOfBadSignaturesCannotHammerTheIssuer(t *testing.T) {
	bubble(t, func(t *testing.T, issuer *authntest.Issuer, start func() *authn.Verifier) {
		v := start()
		forger, claims := authntest.NewES256("key-1"), issuer.Claims("yellow", "ana")
		var wg sync.WaitGroup
		for range 500 {
			token := authntest.SignWith(forger, claims, nil)
			wg.Go(func() { wantReason(t, v, token, authn.BadSignature) })
		}
		wg.Wait()
		for range 300 { // five a second for a minute
			wantReason(t, v, authntest.SignWith(forger, claims, nil), authn.BadSignature)
			time.Sleep(200 * time.Millisecond)
		}
		if n := issuer.Requests(authntest.JWKSPath); n > 1+2+6 {
			t.Errorf("%d requests for keys, want at most 1 at the start, 2 at once and 6 in the minute", n)
		}
		wantPrincipal(t, v, issuer.Token("yellow", "ana"), "yellow", "ana")
		issuer.SetUnavailable(true)
		time.Sleep(10 * time.Second)
		wantReason(t, v, authntest.SignWith(forger, claims, nil), authn.BadSignature)
	})
}

func TestAnIssuerThatAsksForTimeGetsItUpToAMinute(t *testing.T) {
	text := func(s string) func(time.Time) string { return func(time.Time) string { return s } }
	date := func(in time.Duration) func(time.Time) string {
		return func(now time.Time) string { return now.Add(in).UTC().Format(http.TimeFormat) }
	}
	for name, tt := range map[string]struct {
		header func(now time.Time) string
		want   time.Duration
	}{
		"seconds": {text("20"), 20 * time.Second}, "an hour": {text("3600"), time.Minute}, "more than fits": {text("99999999999999999999"), 0},
		"a date": {date(40 * time.Second), 40 * time.Second}, "a date in an hour": {date(time.Hour), time.Minute}, "a date in the past": {date(-time.Hour), 0},
		"nonsense": {text("soon"), 0}, "negative": {text("-5"), 0},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, issuer *authntest.Issuer, start func() *authn.Verifier) {
				header := tt.header(time.Now())
				issuer.Handle(authntest.JWKSPath, func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Retry-After", header)
					w.WriteHeader(http.StatusServiceUnavailable)
				})
				v := start()
				synctest.Wait()
				wantUnavailable(t, v, issuer.Token("yellow", "ana"))
				if tt.want > 0 {
					time.Sleep(tt.want - time.Second)
					if n := issuer.Requests(authntest.JWKSPath); n != 1 {
						t.Errorf("%d requests before the issuer's time is over, want 1", n)
					}
				}
				issuer.Handle(authntest.JWKSPath, nil)
				time.Sleep(2 * time.Second)
				wantPrincipal(t, v, issuer.Token("yellow", "ana"), "yellow", "ana")
			})
		})
	}
}

func TestAnIssuerThatAskedForTimeIsNotAskedForAnUnknownKey(t *testing.T) {
	bubble(t, func(t *testing.T, issuer *authntest.Issuer, start func() *authn.Verifier) {
		v := start()
		claims := issuer.Claims("yellow", "ana")
		wantPrincipal(t, v, issuer.Sign(claims, nil), "yellow", "ana")
		issuer.Handle(authntest.JWKSPath, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "30")
			w.WriteHeader(http.StatusTooManyRequests)
		})
		unknown := issuer.Sign(claims, change{"kid": "key-2"})
		for range 29 {
			wantUnavailable(t, v, unknown)
			wantPrincipal(t, v, issuer.Token("yellow", "ana"), "yellow", "ana")
			time.Sleep(time.Second)
		}
		if n := issuer.Requests(authntest.JWKSPath); n != 2 {
			t.Errorf("%d requests, want 1 at the start and 1 that was answered with 429", n)
		}
		time.Sleep(2 * time.Second)
		wantUnavailable(t, v, unknown)
		if n := issuer.Requests(authntest.JWKSPath); n != 3 {
			t.Errorf("%d requests, want another one after the 30 s", n)
		}
	})
}

// jwks makes issuer answer with document in place of its keys; %s in it are the issuer's own keys.
func jwks(issuer *authntest.Issuer, document string) {
	w := httptest.NewRecorder()
	issuer.ServeHTTP(w, httptest.NewRequest(http.MethodGet, authntest.JWKSPath, nil))
	own := strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(w.Body.String()), `{"keys":[`), "]}")
	issuer.Handle(authntest.JWKSPath, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(strings.ReplaceAll(document, "%s", own)))
	})
}

func TestAnOddKeyDoesNotTakeTheIssuerDown(t *testing.T) {
	for _, tt := range []struct{ name, document, warns string }{
		{"nothing odd", `{"keys":[%s]}`, ""},
		{"a byte order mark", "\xef\xbb\xbf" + `{"keys":[%s]}`, ""},
		{"other members", `{"x":{"a":1,"a":2},"keys":[%s],"y":"` + "\xff" + `"}`, ""},
		{"a key for encryption", `{"keys":[{"kty":"RSA","use":"enc","alg":"RSA-OAEP","kid":"e","n":"AQAB","e":"AQAB"},%s]}`, ""},
		{"twice", `{"keys":[%s,%s]}`, "key 1: it stands there twice"},
		{"an unknown kind", `{"keys":[{"kty":"LWE","kid":"x"},%s]}`, "key 0: unusable JWK"},
		{"a symmetric one", `{"keys":[{"kty":"oct","kid":"x","k":"c2VjcmV0"},%s]}`, "key 0: it is a secret"},
		{"a private one", `{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"x","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"},%s]}`, "it is a secret"},
		{"one on another curve", `{"keys":[{"kty":"OKP","crv":"X25519","kid":"x","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},%s]}`, "a key of type"},
		{"a number", `{"keys":[1,%s]}`, "key 0: malformed"},
		{"null", `{"keys":[%s,null]}`, "key 1: "},
		{"an empty one", `{"keys":[{},%s]}`, "key 0: "},
		{"members twice", `{"keys":[{"kid":"a","kid":"key-1"},%s]}`, "key 0: malformed"},
		{"not UTF-8", `{"keys":[{"kid":"` + "\xff" + `"},%s]}`, "key 0: malformed"},
		{"a kid too long", `{"keys":[{"kty":"EC","kid":"` + strings.Repeat("k", 129) + `"},%s]}`, "its kid is too long"},
		{"an RSA key of 8208 bits", `{"keys":[{"kty":"RSA","kid":"x","n":"` + strings.Repeat("_", 1368) + `","e":"AQAB"},%s]}`, "key 0: an RSA key of 8208 bits"},
		{"an alg of another kind", `{"keys":[{"kty":"RSA","kid":"x","alg":"ES256","n":"` + strings.Repeat("_", 684) + `","e":"AQAB"},%s]}`, "which is not for its kind"},
		{"a thousand", `{"keys":[` + strings.Repeat("{},", 999) + `%s]}`, "and 994 more"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			issuer := newIssuer(t)
			jwks(issuer, tt.document)
			var log bytes.Buffer
			v := newVerifier(t, issuer, func(c *authn.Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
			wantPrincipal(t, v, issuer.Token("yellow", "ana"), "yellow", "ana")
			if warned := strings.Contains(log.String(), "left out"); warned != (tt.warns != "") || !strings.Contains(log.String(), tt.warns) {
				t.Errorf("logged %q, want %q", log.String(), tt.warns)
			}
		})
	}
}

func TestTwoKeysOfOneKidAreLeftOutAndTheOthersHold(t *testing.T) {
	issuer := newIssuer(t)
	good, one, two := issuer.SigningKey(), authntest.NewES256("twice"), authntest.NewES256("twice")
	rs := rsaKey()
	rs.ID = "twice"
	issuer.SetKeys(good, one, two, rs)
	v := newVerifier(t, issuer, nil)
	claims := issuer.Claims("yellow", "ana")
	wantPrincipal(t, v, issuer.Sign(claims, nil), "yellow", "ana")
	wantReason(t, v, authntest.SignWith(one, claims, nil), authn.WrongKey)
	wantReason(t, v, authntest.SignWith(two, claims, nil), authn.WrongKey)
	wantPrincipal(t, v, authntest.SignWith(rs, claims, nil), "yellow", "ana") // of another kind: it is told apart
}

func TestTheWarningAboutAKeyIsGivenOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		issuer := authntest.New(t)
		jwks(issuer, `{"keys":[{"kty":"LWE"},%s]}`)
		var log bytes.Buffer
		newVerifier(t, issuer, func(c *authn.Config) { c.Now, c.Logger = time.Now, slog.New(slog.NewTextHandler(&log, nil)) })
		time.Sleep(time.Hour)
		issuer.SetUnavailable(true)
		time.Sleep(time.Hour)
		issuer.SetUnavailable(false)
		time.Sleep(time.Hour)
		synctest.Wait() // whoever writes the log has written
		if n := strings.Count(log.String(), "left out"); n != 1 {
			t.Errorf("%d warnings in three hours, want 1", n)
		}
	})
}

func TestKeysComeFromTheURLThatIsConfigured(t *testing.T) {
	issuer, elsewhere := newIssuer(t), newIssuer(t)
	elsewhere.URL = "https://keys.example.com"
	elsewhere.SetKeys(issuer.SigningKey())
	issuer.SetUnavailable(true)
	p := issuer.Provider()
	p.JWKSURI = elsewhere.URL + authntest.JWKSPath
	v := verifierOf(t, []*authntest.Issuer{issuer, elsewhere}, p)
	wantPrincipal(t, v, issuer.Token("yellow", "ana"), "yellow", "ana")
	if n := issuer.Requests(authntest.DiscoveryPath) + elsewhere.Requests(authntest.DiscoveryPath); n != 0 {
		t.Errorf("the discovery document was asked for %d times", n)
	}
	wantReason(t, v, elsewhere.Token("yellow", "ana"), authn.WrongIssuer)
}

func TestAKeySetOfAMebibyteAndAThousandKeysIsRead(t *testing.T) {
	issuer := newIssuer(t)
	keys := make([]authntest.Key, 0, 1000)
	for i := range 999 {
		keys = append(keys, authntest.NewES256(fmt.Sprintf("customer-%d", i)))
	}
	last := issuer.SigningKey()
	issuer.SetKeys(append(keys, last)...)
	v := newVerifier(t, issuer, nil)
	for _, key := range []authntest.Key{keys[0], keys[500], last} {
		wantPrincipal(t, v, authntest.SignWith(key, issuer.Claims("yellow", "ana"), nil), "yellow", "ana")
	}
	jwks(issuer, `{"keys":[`+strings.Repeat("{},", 1000)+`%s]}`)
	wantUnavailable(t, newVerifier(t, issuer, nil), issuer.Token("yellow", "ana"))

	issuer.Handle(authntest.JWKSPath, nil)
	issuer.SetKeys(last)
	w := httptest.NewRecorder()
	issuer.ServeHTTP(w, httptest.NewRequest(http.MethodGet, authntest.JWKSPath, nil))
	one := w.Body.String()
	for size, accepted := range map[int]bool{1 << 20: true, 1<<20 + 1: false} {
		issuer.Handle(authntest.JWKSPath, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(one + strings.Repeat(" ", size-len(one))))
		})
		if v := newVerifier(t, issuer, nil); accepted {
			wantPrincipal(t, v, issuer.Token("yellow", "ana"), "yellow", "ana")
		} else {
			wantUnavailable(t, v, issuer.Token("yellow", "ana"))
		}
	}
}

func TestAnIssuerMayMoveItsKeysWithinItsOrigin(t *testing.T) {
	for to, accepted := range map[string]bool{
		"https://issuer.example.com/moved": true, "/moved": true,
		"http://issuer.example.com/moved": false, "https://issuer.example.com:8443/moved": false, "https://keys.issuer.example.com/moved": false,
	} {
		issuer := newIssuer(t)
		w := httptest.NewRecorder()
		issuer.ServeHTTP(w, httptest.NewRequest(http.MethodGet, authntest.JWKSPath, nil))
		issuer.Handle(authntest.JWKSPath, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) })
		issuer.Handle("/moved", func(answer http.ResponseWriter, _ *http.Request) { _, _ = answer.Write(w.Body.Bytes()) })
		if v := newVerifier(t, issuer, nil); accepted {
			wantPrincipal(t, v, issuer.Token("yellow", "ana"), "yellow", "ana")
		} else {
			wantUnavailable(t, v, issuer.Token("yellow", "ana"))
		}
	}
}
