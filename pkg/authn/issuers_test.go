package authn_test

import (
	"errors"
	"strings"
	"testing"

	"example.com/shiptrack/pkg/authn"
	"example.com/shiptrack/pkg/authn/authntest"
)

// newIssuers returns issuers of https://<name>.example.com, each with a key of the same kid.
func newIssuers(t testing.TB, names ...string) []*authntest.Issuer {
	var all []*authntest.Issuer
	for _, name := range names {
		issuer := newIssuer(t)
		issuer.URL = "https://" + name + ".example.com"
		all = append(all, issuer)
	}
	return all
}

func providerFor(issuer *authntest.Issuer, tenants ...string) authn.Provider {
	p := issuer.Provider()
	p.Tenants = tenants
	return p
}

func verifierOf(t testing.TB, issuers []*authntest.Issuer, providers ...authn.Provider) *authn.Verifier {
	return newVerifier(t, issuers[0], func(c *authn.Config) { c.Providers, c.HTTPClient = providers, authntest.ClientOf(issuers...) })
}

func TestAnIssuerSpeaksForItsOwnTenantsAlone(t *testing.T) {
	issuers := newIssuers(t, "a", "b", "c")
	a, b, c := issuers[0], issuers[1], issuers[2]
	encoded := providerFor(c, "org_aBc", "com.example.*")
	encoded.TenantForm = authn.Encoded
	v := verifierOf(t, issuers, providerFor(a, "acme", "acme-eu-*"), providerFor(b, "blue", "acme-us"), encoded)

	for tenant, issuer := range map[string]*authntest.Issuer{"acme": a, "acme-eu-1": a, "acme-eu-north": a, "blue": b, "acme-us": b} {
		p := wantPrincipal(t, v, issuer.Token(tenant, "ana"), tenant, "ana")
		if p.Issuer != issuer.URL {
			t.Errorf("the issuer of %s is %s", tenant, p.Issuer)
		}
		for _, other := range issuers[:2] {
			if other != issuer {
				wantReason(t, v, other.Token(tenant, "ana"), authn.ForeignTenant)
			}
		}
	}
	for _, tenant := range []string{"acme-eu", "acme2", "acme-e", "acmeeu-1", "yellow", "blue-1"} {
		wantReason(t, v, a.Token(tenant, "ana"), authn.ForeignTenant)
		wantReason(t, v, b.Token(tenant, "ana"), authn.ForeignTenant)
	}
	// One whose ids are encoded reaches the ids of no other, and the others reach none of its.
	for _, tenant := range []string{"org_aBc", "com.example.de"} {
		wantPrincipal(t, v, c.Token(tenant, "ana"), encodedAs(tenant), "ana")
		wantReason(t, v, a.Token(encodedAs(tenant), "ana"), authn.ForeignTenant)
		wantReason(t, v, c.Token(encodedAs(tenant), "ana"), authn.ForeignTenant)
	}
	for _, tenant := range []string{"acme", "blue", "org_abc", "org_aBc ", "ORG_ABC", "org_aBcd", "com.example"} {
		wantReason(t, v, c.Token(tenant, "ana"), authn.ForeignTenant)
	}
	wantReason(t, v, c.Token(strings.Repeat("x", 40), "ana"), authn.BadTenant)
}

func TestNoIssuerSignsForAnother(t *testing.T) {
	issuers := newIssuers(t, "a", "b")
	a, b := issuers[0], issuers[1]
	v := verifierOf(t, issuers, providerFor(a, "acme"), providerFor(b, "blue"))
	wantPrincipal(t, v, a.Token("acme", "ana"), "acme", "ana")
	wantPrincipal(t, v, b.Token("blue", "bo"), "blue", "bo")

	// Both keys have the kid key-1: a token of b's name must be verified by b's key.
	wantReason(t, v, authntest.SignWith(a.SigningKey(), b.Claims("blue", "bo"), nil), authn.BadSignature)
	wantReason(t, v, authntest.SignWith(b.SigningKey(), a.Claims("acme", "ana"), nil), authn.BadSignature)
	for name, iss := range map[string]string{
		"a slash more": b.URL + "/", "capitals": "https://B.example.com", "a port": b.URL + ":443", "http": "http://b.example.com", "two": a.URL + " " + b.URL,
	} {
		t.Run(name, func(t *testing.T) {
			token := authntest.SignWith(a.SigningKey(), with(b.Claims("blue", "bo"), change{"iss": iss}), nil)
			wantReason(t, v, token, authn.WrongIssuer)
		})
	}
}

// What the token says is shown where a key of ours signed it: then the issuer said it, not just anybody.
func TestWrongValuesAreShownWhereTheSignatureHolds(t *testing.T) {
	issuers := newIssuers(t, "a", "b")
	a := issuers[0]
	v := verifierOf(t, issuers, providerFor(a, "acme"), providerFor(issuers[1], "blue"))
	wantPrincipal(t, v, a.Token("acme", "ana"), "acme", "ana") // the keys are loaded
	stranger := authntest.NewES256("key-1")
	shows := func(token string, want bool, text string) {
		t.Helper()
		_, err := v.Verify(t.Context(), token)
		if err == nil || strings.Contains(err.Error(), text) != want {
			t.Errorf("got %v, %q in it: want %t", err, text, want)
		}
	}
	claims := with(a.Claims("acme", "ana"), change{"iss": "https://old.example.com"})
	shows(authntest.SignWith(a.SigningKey(), claims, nil), true, "https://old.example.com")
	shows(authntest.SignWith(stranger, claims, nil), false, "https://old.example.com")
	wantReason(t, v, authntest.SignWith(stranger, claims, nil), authn.UnknownIssuer)

	claims = with(a.Claims("acme", "ana"), change{"aud": []string{"account", "other"}})
	shows(authntest.SignWith(a.SigningKey(), claims, nil), true, `aud is ["account" "other"]`)
	shows(authntest.SignWith(stranger, claims, nil), false, "account")

	// The tenant is never shown: the log says what is wrong with it.
	_, err := v.Verify(t.Context(), a.Token("Secret Tenant", "ana"))
	if err == nil || strings.Contains(err.Error(), "Secret") || !strings.Contains(err.Error(), "want 2 to 63") {
		t.Errorf("got %v, want the form and not the tenant", err)
	}
}

func TestOneIssuerThatDoesNotAnswerDoesNotStopTheOthers(t *testing.T) {
	issuers := newIssuers(t, "a", "b")
	a, b := issuers[0], issuers[1]
	b.SetUnavailable(true)
	v := verifierOf(t, issuers, providerFor(a, "acme"), providerFor(b, "blue"))
	wantPrincipal(t, v, a.Token("acme", "ana"), "acme", "ana")
	if err := v.Ready(); err != nil {
		t.Errorf("Ready() = %v while one issuer answers", err)
	}
	wantUnavailable(t, v, b.Token("blue", "bo"))
	a.SetUnavailable(true)
	none := verifierOf(t, issuers, providerFor(a, "acme"), providerFor(b, "blue"))
	wantUnavailable(t, none, a.Token("acme", "ana"))
	if err := none.Ready(); err == nil {
		t.Error("Ready() = nil while no issuer answers")
	}
}

func TestSharedTenantsAreThoseOfBothIssuers(t *testing.T) {
	issuers := newIssuers(t, "a", "b")
	a, b := providerFor(issuers[0], "acme"), providerFor(issuers[1], "acme", "blue")
	if _, err := authn.New(t.Context(), authn.Config{Providers: []authn.Provider{a, b}}); err == nil || !strings.Contains(err.Error(), "shared") {
		t.Fatalf("New = %v, want the overlap refused", err)
	}
	a.Shared, b.Shared = true, true
	v := verifierOf(t, issuers, a, b)
	wantPrincipal(t, v, issuers[0].Token("acme", "ana"), "acme", "ana")
	wantPrincipal(t, v, issuers[1].Token("acme", "ana"), "acme", "ana")
	wantReason(t, v, issuers[0].Token("blue", "ana"), authn.ForeignTenant)
}

// Another reader of JSON might replace what is not UTF-8, and make one tenant of two.
func TestATenantThatIsNotUTF8IsRefused(t *testing.T) {
	issuer := newIssuer(t)
	v := newVerifier(t, issuer, func(c *authn.Config) { c.Providers[0].TenantForm = authn.Encoded })
	for name, tenant := range map[string]string{"a byte": "\"x\xff\"", "half a surrogate pair": `"x\ud800"`, "two halves in the wrong order": `"x\udc00\ud800"`} {
		payload := strings.Replace(string(payloadJSON(issuer.Claims("yellow", "ana"))), `"yellow"`, tenant, 1)
		_, err := v.Verify(t.Context(), authntest.SignRaw(issuer.SigningKey(), `{"alg":"ES256","kid":"key-1"}`, payload))
		if reason, _ := errors.AsType[authn.Reason](err); reason != authn.Malformed {
			t.Errorf("%s: %v, want it malformed", name, err)
		}
	}
	wantPrincipal(t, v, issuer.Token("xé", "ana"), encodedAs("xé"), "ana")
	wantPrincipal(t, v, issuer.Token("xe\u0301", "ana"), encodedAs("xe\u0301"), "ana") // no normalization
}

// Entra publishes for whom a key is. Where an issuer of that kind does not, tid must be the iss's all the same.
func TestADirectoryNamesItselfAlone(t *testing.T) {
	const one, two = "11111111-2222-3333-4444-555555555555", "66666666-7777-8888-9999-000000000000"
	issuer := newIssuer(t)
	p := issuer.Provider()
	p.Issuer, p.JWKSURI, p.EntraTenants, p.TenantClaim, p.Tenants = "https://issuer.example.com/{tenantid}/v2.0", issuer.URL+authntest.JWKSPath, []string{one, two}, []string{"tid"}, nil
	v := newVerifier(t, issuer, func(c *authn.Config) { c.Providers = []authn.Provider{p} })
	token := func(iss, tid any) string {
		return issuer.Sign(with(issuer.Claims("", "ana"), change{"iss": iss, "tid": tid, "TenantID": nil}), nil)
	}
	for _, tid := range []string{one, two} {
		wantPrincipal(t, v, token("https://issuer.example.com/"+tid+"/v2.0", tid), tid, "ana")
	}
	wantReason(t, v, token("https://issuer.example.com/"+one+"/v2.0", two), authn.WrongClaim)
	wantReason(t, v, token("https://issuer.example.com/"+one+"/v2.0", []string{one}), authn.WrongClaim)
	wantReason(t, v, token("https://issuer.example.com/"+one+"/v2.0", nil), authn.WrongClaim)
	wantReason(t, v, token("https://issuer.example.com/"+two+"/v2.0", one), authn.WrongClaim)
	wantReason(t, v, token("https://issuer.example.com/{tenantid}/v2.0", "{tenantid}"), authn.WrongIssuer)

	// One directory alone may be asked for another claim: it names its own tenants.
	p.EntraTenants, p.TenantClaim, p.Tenants = []string{one}, []string{"team"}, []string{"acme"}
	v = newVerifier(t, issuer, func(c *authn.Config) { c.Providers = []authn.Provider{p} })
	claims := with(issuer.Claims("", "ana"), change{"iss": "https://issuer.example.com/" + one + "/v2.0", "tid": one, "TenantID": nil, "team": "acme"})
	wantPrincipal(t, v, issuer.Sign(claims, nil), "acme", "ana")
	wantReason(t, v, issuer.Sign(with(claims, change{"tid": two}), nil), authn.WrongClaim)
}

func TestARefusalNamesTheIssuerOfTheConfiguration(t *testing.T) {
	issuers := newIssuers(t, "a", "b")
	a, b := issuers[0], issuers[1]
	v := verifierOf(t, issuers, providerFor(a, "acme"), providerFor(b, "blue"))
	for name, tt := range map[string]struct {
		token string
		named string // empty: none
	}{
		"a tenant of the other's": {b.Token("acme", "ana"), b.URL},
		"a forged one":            {flip(a.Token("acme", "ana")), a.URL},
		"another alg":             {a.Sign(a.Claims("acme", "ana"), change{"alg": "PS256"}), a.URL},
		"of nobody":               {authntest.SignWith(authntest.NewES256("key-9"), with(a.Claims("acme", "ana"), change{"iss": "https://c.example.com"}), nil), ""},
	} {
		_, err := v.Verify(t.Context(), tt.token)
		if err == nil {
			t.Fatalf("%s is accepted", name)
		}
		if _, named, _ := strings.Cut(err.Error(), " (issuer "); named != "" && tt.named == "" || tt.named != "" && named != tt.named+")" {
			t.Errorf("%s: %v, want the issuer %q named", name, err, tt.named)
		}
	}
}
