package authn_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"example.com/shiptrack/pkg/authn"
	"example.com/shiptrack/pkg/authn/authntest"
	"example.com/shiptrack/pkg/tenant"
	"pgregory.net/rapid"
)

// What the property draws from: few values, so that issuers get in each other's way.
var (
	tenantNames = []string{"acme", "acme-eu", "acme2", "blue", "org_aBc", "org_abc", encodedAs("org_aBc"), encodedAs("acme"), "ACME", "acme ", "check.a", "", "x"}
	patterns    = []string{"*", "*", "acme", "acme-eu", "acme-*", "acme*", "blue", "org_aBc", "org_*", encodedAs("org_aBc"), encodedAs("org_aBc")[:5] + "*", "b*", "*"}
	claimPaths  = [][]string{{"TenantID"}, {"custom:TenantID"}, {"app", "tenant"}, {"app.tenant"}, {"app"}, {"tid"}}
	someAlgs    = []string{"ES256", "ES384", "EdDSA", "PS256", "RS256"}
)

// drawnIssuer is an issuer with a key for each algorithm, the kids of which are those of every other issuer's.
type drawnIssuer struct {
	*authntest.Issuer
	provider authn.Provider
	keys     map[string]authntest.Key
}

// newDrawn returns two issuers; the RSA key is of both, as at Entra, where all directories share theirs.
func newDrawn(t testing.TB) []*drawnIssuer {
	var all []*drawnIssuer
	for _, issuer := range newIssuers(t, "a", "b") {
		d := &drawnIssuer{Issuer: issuer, keys: map[string]authntest.Key{
			"ES256": authntest.NewES256("ES256"), "EdDSA": authntest.NewEd25519("EdDSA"), "ES384": renamed(signers()["ES384"], "ES384"),
			"PS256": renamed(signers()["PS256"], "rsa"), "RS256": renamed(signers()["RS256"], "rsa"),
		}}
		rsa := member(d.keys["RS256"], "alg", nil)
		issuer.SetKeys(d.keys["ES256"], d.keys["EdDSA"], d.keys["ES384"], rsa)
		all = append(all, d)
	}
	return all
}

func (d *drawnIssuer) draw(t *rapid.T) {
	d.provider = authn.Provider{
		Issuer: d.URL, Audiences: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"shiptrack", "other"}), 1, 2, rapid.ID[string]).Draw(t, "audiences"),
		AudienceClaim: rapid.SampledFrom([]string{"", "aud", "client_id", "azp"}).Draw(t, "audience claim"),
		Algorithms:    rapid.SliceOfNDistinct(rapid.SampledFrom(someAlgs), 0, 3, rapid.ID[string]).Draw(t, "algorithms"),
		TenantClaim:   rapid.SampledFrom(claimPaths).Draw(t, "tenant claim"),
		TenantValue:   rapid.SampledFrom([]authn.TenantValue{"", authn.Text, authn.OnlyEntry, authn.OnlyMember}).Draw(t, "tenant value"),
		TenantForm:    rapid.SampledFrom([]authn.TenantForm{"", authn.Plain, authn.Encoded}).Draw(t, "tenant form"),
		Tenants:       rapid.SliceOfNDistinct(rapid.SampledFrom(patterns), 1, 3, rapid.ID[string]).Draw(t, "tenants"),
	}
	if rapid.IntRange(0, 3).Draw(t, "required") == 0 {
		d.provider.RequiredClaims = map[string]string{"token_use": "access"}
	}
}

// drawClaims returns claims that name tenants under several names, and half of the time one where it is looked for.
func drawClaims(t *rapid.T, issuer *drawnIssuer) map[string]any {
	claims, rule := issuer.Claims("", "ana"), issuer.provider
	delete(claims, "TenantID")
	for _, name := range []string{"TenantID", "custom:TenantID", "app.tenant", "tid"} {
		if rapid.Bool().Draw(t, name) {
			claims[name] = drawValue(t, name, rapid.SampledFrom([]authn.TenantValue{authn.Text, authn.OnlyEntry, authn.OnlyMember, "two", "members", "number"}).Draw(t, "shape"))
		}
	}
	claims["app"] = change{"tenant": drawValue(t, "app.tenant", rule.TenantValue), "x": 1}
	if path := rule.TenantClaim; len(path) == 1 && rapid.IntRange(0, 3).Draw(t, "well formed") > 0 {
		claims[path[0]] = drawValue(t, path[0], rule.TenantValue)
	}
	if rapid.IntRange(0, 15).Draw(t, "other case") == 0 {
		claims["tenantid"] = drawValue(t, "tenantid", authn.Text)
	}
	for _, name := range []string{"aud", "client_id", "azp"} {
		claims[name] = rapid.SampledFrom([]string{rule.Audiences[0], rule.Audiences[0], "shiptrack", "other"}).Draw(t, name)
	}
	claims["token_use"] = rapid.SampledFrom([]string{"access", "access", "access", "id"}).Draw(t, "token_use")
	return claims
}

// drawValue returns a tenant, or several, in that shape.
func drawValue(t *rapid.T, label string, shape authn.TenantValue) any {
	name := rapid.SampledFrom(tenantNames).Draw(t, label)
	second := rapid.SampledFrom(tenantNames).Draw(t, "second "+label)
	switch shape {
	case authn.OnlyEntry:
		return []string{name}
	case authn.OnlyMember:
		return change{name: change{"id": second}}
	case "two":
		return []string{name, second}
	case "members":
		return change{name: 1, second: 2}
	case "number":
		return 7
	}
	return name
}

// A token that names tenant A never yields tenant B, nor a tenant that its issuer may not speak for: whatever the
// providers, the claims, the forms and the algorithms are.
func TestATokenYieldsTheTenantThatItNamesOrNone(t *testing.T) {
	issuers := newDrawn(t)
	accepted, runs, withBoth := 0, 0, 0
	rapid.Check(t, func(t *rapid.T) {
		var providers []authn.Provider
		for _, d := range issuers {
			d.draw(t)
			providers = append(providers, d.provider)
		}
		if len(authn.Check(providers)) > 0 {
			// One alone may be free of faults: two that are in each other's way never run.
			providers = providers[:1]
			if len(authn.Check(providers)) > 0 {
				t.Skip("faults")
			}
		}
		runs++
		withBoth += len(providers) - 1
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		v, err := authn.New(ctx, authn.Config{
			Providers: providers, KeptTokens: rapid.SampledFrom([]int{0, 1, 100}).Draw(t, "kept"),
			HTTPClient: authntest.ClientOf(issuers[0].Issuer, issuers[1].Issuer), Now: noonClock,
		})
		if err != nil {
			t.Fatal(err)
		}
		for range 8 {
			named := issuers[rapid.IntRange(0, 1).Draw(t, "iss")]
			signer := named
			if rapid.IntRange(0, 9).Draw(t, "forged") == 0 {
				signer = issuers[rapid.IntRange(0, 1).Draw(t, "signer")]
			}
			accepts := named.provider.Algorithms
			if len(accepts) == 0 {
				accepts = authn.DefaultAlgorithms()
			}
			alg := rapid.SampledFrom(accepts).Draw(t, "alg")
			if rapid.IntRange(0, 4).Draw(t, "any alg") == 0 {
				alg = rapid.SampledFrom(someAlgs).Draw(t, "which")
			}
			claims := drawClaims(t, named)
			token := authntest.SignWith(signer.keys[alg], claims, nil)
			for range 2 { // the second may be kept
				p, err := v.Verify(ctx, token)
				if err != nil {
					continue
				}
				accepted++
				checkYield(t, issuers, providers, p, claims, named, signer, alg)
			}
		}
	})
	if runs >= 100 && (accepted < runs/2 || withBoth < runs/20) { // of 20 runs, which the race detector has, one in 70 has none with two issuers
		t.Errorf("%d tokens were accepted in %d runs, %d with two issuers: the property says little", accepted, runs, withBoth)
	}
	t.Logf("%d tokens were accepted in %d runs, %d with two issuers", accepted, runs, withBoth)
}

// checkYield fails where p is not whom the token names, by an independent reading of the rules.
func checkYield(t *rapid.T, issuers []*drawnIssuer, providers []authn.Provider, p authn.Principal, claims map[string]any, named, signer *drawnIssuer, alg string) {
	text, _ := json.Marshal(claims)
	fail := func(format string, args ...any) {
		t.Helper()
		t.Fatalf("accepted as %+v under %+v\nclaims %s, signed by %s with %s: %s", p, providers, text, signer.URL, alg, fmt.Sprintf(format, args...))
	}
	rule := named.provider
	if !slices.ContainsFunc(providers, func(one authn.Provider) bool { return one.Issuer == p.Issuer }) || p.Issuer != named.URL || p.Subject != "ana" {
		fail("another issuer or subject")
	}
	if signer != named && alg != "RS256" && alg != "PS256" && alg != "ES384" { // keys that both have
		fail("signed by another issuer")
	}
	if algs := rule.Algorithms; len(algs) > 0 && !slices.Contains(algs, alg) || len(algs) == 0 && alg != "RS256" && alg != "ES256" {
		fail("an algorithm that is not accepted")
	}
	audience := rule.AudienceClaim
	if audience == "" {
		audience = "aud"
	}
	if name, _ := claims[audience].(string); !slices.Contains(rule.Audiences, name) {
		fail("for another audience")
	}
	if want, ok := rule.RequiredClaims["token_use"]; ok && claims["token_use"] != want {
		fail("without the required claim")
	}
	name := nameIn(text, rule)
	if name == "" || p.Tenant.String() != idOf(rule, name) || p.Tenant.IsReserved() {
		fail("the token names %q", name)
	}
	if !mayName(rule, name) {
		fail("the issuer may not speak for it")
	}
	for _, other := range providers {
		if other.Issuer != rule.Issuer && slices.ContainsFunc(tenantNames, func(theirs string) bool {
			return mayName(other, theirs) && idOf(other, theirs) == p.Tenant.String()
		}) {
			fail("%s may speak for the same tenant", other.Issuer)
		}
	}
}

// nameIn returns what the payload calls the tenant, read leniently.
func nameIn(payload []byte, rule authn.Provider) string {
	var value any
	if err := json.Unmarshal(payload, &value); err != nil {
		return ""
	}
	for _, step := range rule.TenantClaim {
		m, _ := value.(map[string]any)
		value = m[step]
	}
	switch v := value.(type) {
	case string:
		if rule.TenantValue == "" || rule.TenantValue == authn.Text {
			return v
		}
	case []any:
		if rule.TenantValue == authn.OnlyEntry && len(v) == 1 {
			name, _ := v[0].(string)
			return name
		}
	case map[string]any:
		if rule.TenantValue == authn.OnlyMember && len(v) == 1 {
			for name := range v {
				return name
			}
		}
	}
	return ""
}

// idOf returns the tag of the tenant that rule's issuer calls name; empty for none.
func idOf(rule authn.Provider, name string) string {
	id, err := tenant.Parse(name)
	if rule.TenantForm == authn.Encoded {
		id, err = tenant.Encode(name)
	}
	if err != nil {
		return ""
	}
	return id.String()
}

func mayName(rule authn.Provider, name string) bool {
	return slices.ContainsFunc(rule.Tenants, func(pattern string) bool {
		prefix, isPrefix := strings.CutSuffix(pattern, "*")
		return pattern == name || isPrefix && strings.HasPrefix(name, prefix)
	})
}
