package authn_test

import (
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"slices"
	"sync"
	"testing"

	"example.com/shiptrack/pkg/authn"
	"example.com/shiptrack/pkg/authn/authntest"
)

var all = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}

// signers are keys of each kind, by the algorithms that fit them.
var signers = sync.OnceValue(func() map[string]authntest.Key {
	keys := map[string]authntest.Key{
		"ES256": authntest.NewES256("p256"), "ES384": authntest.NewEC("p384", "ES384", elliptic.P384()),
		"ES512": authntest.NewEC("p521", "ES512", elliptic.P521()), "EdDSA": authntest.NewEd25519("ed25519"),
	}
	for _, alg := range all[:6] {
		key := rsaKey()
		key.ID, key.Alg = "rsa", alg
		keys[alg] = key
	}
	return keys
})

// publishAll makes issuer publish one key of each kind, without alg, so that the kind alone pins it.
func publishAll(issuer *authntest.Issuer) {
	var keys []authntest.Key
	for _, alg := range []string{"RS256", "ES256", "ES384", "ES512", "EdDSA"} {
		key := signers()[alg]
		key.Members = map[string]any{"alg": nil}
		keys = append(keys, key)
	}
	issuer.SetKeys(keys...)
}

func TestEachAlgorithmIsAcceptedWhereItIsConfigured(t *testing.T) {
	for _, alg := range all {
		issuer := newIssuer(t)
		publishAll(issuer)
		only := newVerifier(t, issuer, func(c *authn.Config) { c.Providers[0].Algorithms = []string{alg} })
		rest := newVerifier(t, issuer, func(c *authn.Config) {
			c.Providers[0].Algorithms = slices.DeleteFunc(slices.Clone(all), func(other string) bool { return other == alg })
		})
		byDefault := newVerifier(t, issuer, nil)
		token := authntest.SignWith(signers()[alg], issuer.Claims("yellow", "ana"), nil)
		wantPrincipal(t, only, token, "yellow", "ana")
		wantReason(t, rest, token, authn.BadAlgorithm)
		if alg == "RS256" || alg == "ES256" {
			wantPrincipal(t, byDefault, token, "yellow", "ana")
		} else {
			wantReason(t, byDefault, token, authn.BadAlgorithm)
		}
	}
}

// A token says one algorithm, is signed with another, and names the key of a third: nothing but the right
// combination is accepted.
func TestEachAlgorithmIsPinnedToItsKindOfKey(t *testing.T) {
	issuer := newIssuer(t)
	publishAll(issuer)
	v := newVerifier(t, issuer, func(c *authn.Config) { c.Providers[0].Algorithms = all })
	claims := issuer.Claims("yellow", "ana")
	for _, signed := range all {
		for _, says := range all {
			token := authntest.SignWith(signers()[signed], claims, change{"alg": says})
			switch {
			case says == signed:
				wantPrincipal(t, v, token, "yellow", "ana")
			case signers()[says].ID == signers()[signed].ID:
				wantReason(t, v, token, authn.BadSignature) // another way to sign with an RSA key
			default:
				wantReason(t, v, token, authn.WrongKey)
			}
		}
	}
	for _, says := range []string{"HS256", "HS384", "HS512", "none", "None", "ES256K", "Ed25519", "Ed448", "RS1", "RSA-OAEP", "dir"} {
		wantReason(t, v, authntest.SignWith(signers()["ES256"], claims, change{"alg": says}), authn.BadAlgorithm)
	}
}

func TestAKeysOwnAlgPinsItFurther(t *testing.T) {
	issuer := newIssuer(t)
	issuer.SetKeys(signers()["PS256"])
	v := newVerifier(t, issuer, func(c *authn.Config) { c.Providers[0].Algorithms = all })
	claims := issuer.Claims("yellow", "ana")
	wantPrincipal(t, v, authntest.SignWith(signers()["PS256"], claims, nil), "yellow", "ana")
	for _, alg := range []string{"RS256", "PS384", "RS512"} {
		wantReason(t, v, authntest.SignWith(signers()[alg], claims, nil), authn.WrongKey)
	}

	// The same key for two algorithms is two keys.
	one, two := signers()["RS256"], signers()["PS256"]
	two.ID = one.ID
	issuer.SetKeys(one, two)
	v = newVerifier(t, issuer, func(c *authn.Config) { c.Providers[0].Algorithms = all })
	for _, key := range []authntest.Key{one, two} {
		wantPrincipal(t, v, authntest.SignWith(key, claims, nil), "yellow", "ana")
	}
}

func TestNoKidIsFineWhereOneKeyFits(t *testing.T) {
	issuer := newIssuer(t)
	ec, rs := issuer.SigningKey(), rsaKey()
	nameless := ec
	nameless.ID, nameless.Members = "", map[string]any{"kid": nil}
	claims := issuer.Claims("yellow", "ana")
	token := authntest.SignWith(ec, claims, change{"kid": nil})
	for _, tt := range []struct {
		name string
		keys []authntest.Key
		want authn.Reason // empty: accepted
	}{
		{"one key, with a kid", []authntest.Key{ec}, ""},
		{"one key, without", []authntest.Key{nameless}, ""},
		{"another of another kind", []authntest.Key{rs, ec}, ""},
		{"two that fit", []authntest.Key{ec, authntest.NewES256("key-2")}, authn.SeveralKeys},
		{"none that fits", []authntest.Key{rs}, authn.NoKey},
		{"one that fits and is another", []authntest.Key{authntest.NewES256("key-2")}, authn.BadSignature},
	} {
		t.Run(tt.name, func(t *testing.T) {
			issuer.SetKeys(tt.keys...)
			v := newVerifier(t, issuer, nil)
			if tt.want == "" {
				wantPrincipal(t, v, token, "yellow", "ana")
			} else {
				wantReason(t, v, token, tt.want)
			}
		})
	}
	issuer.SetKeys(nameless)
	wantReason(t, newVerifier(t, issuer, nil), authntest.SignWith(ec, claims, nil), authn.UnknownKey) // a kid names a key
}

// SAP and UAA send jku, others x5c: the key is the published one all the same.
func TestHeadersThatNameAKeyAreIgnored(t *testing.T) {
	issuer := newIssuer(t)
	v := newVerifier(t, issuer, nil)
	own, claims := authntest.NewES256("key-1"), issuer.Claims("yellow", "ana")
	for name, header := range map[string]change{
		"jku": {"jku": issuer.URL + "/evil"}, "x5u": {"x5u": issuer.URL + "/evil"}, "x5c": {"x5c": []string{"MIIB"}}, "x5t": {"x5t": "abc"},
		"jwk": {"jwk": own.JWK()}, "jwk of another type": {"jwk": 1}, "jku that is no URL": {"jku": json.RawMessage("[]")},
	} {
		t.Run(name, func(t *testing.T) {
			wantPrincipal(t, v, issuer.Sign(claims, header), "yellow", "ana")
			wantReason(t, v, authntest.SignWith(own, claims, header), authn.BadSignature)
			header["kid"] = "evil"
			wantReason(t, v, authntest.SignWith(own, claims, header), authn.UnknownKey)
		})
	}
	if n := issuer.Requests("/evil"); n != 0 {
		t.Errorf("an address that stands in a token was fetched %d times", n)
	}
}

func TestHMACWithThePublicKeyIsRefusedWhateverIsConfigured(t *testing.T) {
	issuer := newIssuer(t)
	publishAll(issuer)
	v := newVerifier(t, issuer, func(c *authn.Config) { c.Providers[0].Algorithms = all })
	_, body, _ := cut(authntest.SignWith(signers()["RS256"], issuer.Claims("yellow", "ana"), nil))
	for _, secret := range [][]byte{pemOf(t, rsaKey()), rsaKey().Private.Public().(*rsa.PublicKey).N.Bytes(), nil} {
		wantReason(t, v, hs256(t, body, "rsa", secret), authn.BadAlgorithm)
	}
}
