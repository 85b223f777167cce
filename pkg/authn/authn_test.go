package authn_test

import (
	"context"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/shiptrack/pkg/authn"
	"example.com/shiptrack/pkg/authn/authntest"
	"example.com/shiptrack/pkg/problem"
)

var rsaKey = sync.OnceValue(func() authntest.Key { return authntest.NewRS256("rsa-1", 2048) })

func noonClock() time.Time { return noon }

// noon is the time of every test that does not set another.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func newVerifier(t testing.TB, issuer *authntest.Issuer, change func(*authn.Config)) *authn.Verifier {
	t.Helper()
	cfg := authn.Config{
		Providers:  []authn.Provider{issuer.Provider()},
		KeptTokens: 100, HTTPClient: issuer.Client(), Now: func() time.Time { return noon },
	}
	if change != nil {
		change(&cfg)
	}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	v, err := authn.New(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func newIssuer(t testing.TB) *authntest.Issuer {
	issuer := authntest.New(t)
	issuer.SetNow(func() time.Time { return noon })
	return issuer
}

// wantReason fails the test unless v refuses token for exactly that reason, in the words that every
// refused token gets, and without the token in the error.
func wantReason(t *testing.T, v *authn.Verifier, token string, want authn.Reason) {
	t.Helper()
	p, err := v.Verify(t.Context(), token)
	if err == nil {
		t.Fatalf("accepted as %+v, want it refused: %s", p, want)
	}
	if got, _ := errors.AsType[authn.Reason](err); got != want {
		t.Errorf("reason %q (%v), want %q", got, err, want)
	}
	known := problem.From(err)
	if known.Kind != problem.Unauthenticated || known.Detail != authn.Detail {
		t.Errorf("kind %v, detail %q, want unauthenticated with the constant text", known.Kind, known.Detail)
	}
	for _, part := range strings.Split(token, ".") {
		if len(part) > 8 && strings.Contains(err.Error(), part) {
			t.Errorf("the error repeats a part of the token: %v", err)
		}
	}
	if p != (authn.Principal{}) {
		t.Errorf("a refused token gave the principal %+v", p)
	}
}

func wantPrincipal(t *testing.T, v *authn.Verifier, token, tenant, subject string) authn.Principal {
	t.Helper()
	p, err := v.Verify(t.Context(), token)
	if err != nil {
		t.Fatalf("refused: %v, want tenant %s", err, tenant)
	}
	if p.Tenant.String() != tenant || p.Subject != subject {
		t.Fatalf("got %+v, want tenant %s, subject %s", p, tenant, subject)
	}
	return p
}

// A change makes one claim or header member differ from the valid token's; nil removes it.
type change map[string]any

func TestEachClaimIsChecked(t *testing.T) {
	issuer := newIssuer(t)
	v := newVerifier(t, issuer, nil)
	at := func(d time.Duration) int64 { return noon.Add(d).Unix() }
	const leeway = authn.Leeway
	for _, tt := range []struct {
		name string
		bad  change
		want authn.Reason
		good change
	}{
		{"expired", change{"exp": at(-leeway)}, authn.Expired, change{"exp": at(-leeway + time.Second)}},
		{"no expiry", change{"exp": nil}, authn.NoExpiry, change{"exp": at(time.Second)}},
		{"expiry as a string", change{"exp": "4102444800"}, authn.BadClaim, change{"exp": 4102444800}},
		{"expiry null", change{"exp": json.RawMessage("null")}, authn.BadClaim, change{"exp": 4102444800.5}},
		{"expired within the second", change{"exp": float64(at(-leeway)) + 0.5}, authn.Expired, change{"exp": float64(at(-leeway+time.Second)) + 0.5}},
		{"expiry a second beyond the year 9999", change{"exp": json.RawMessage("253402300800")}, authn.BadClaim, change{"exp": json.RawMessage("253402300799")}},
		{"expiry beyond the year 9999", change{"exp": json.RawMessage("1e300")}, authn.BadClaim, change{"exp": json.RawMessage("253402300799")}},
		{"expiry overflowing", change{"exp": json.RawMessage("1e999")}, authn.BadClaim, change{"exp": json.RawMessage("1e10")}},
		{"expiry negative", change{"exp": -1}, authn.BadClaim, nil},
		{"not yet valid", change{"nbf": at(leeway + time.Second)}, authn.NotYetValid, change{"nbf": at(leeway)}},
		{"nbf of the wrong type", change{"nbf": true}, authn.BadClaim, change{"nbf": nil}},
		{"issued in the future", change{"iat": at(leeway + time.Second)}, authn.IssuedInFuture, change{"iat": at(leeway)}},
		{"iat of the wrong type", change{"iat": []int{1}}, authn.BadClaim, change{"iat": nil}},
		{"wrong issuer", change{"iss": "https://issuer.example.org"}, authn.WrongIssuer, nil},
		{"issuer with a slash more", change{"iss": "https://issuer.example.com/"}, authn.WrongIssuer, nil},
		{"no issuer", change{"iss": nil}, authn.NoIssuer, nil},
		{"issuer as an array", change{"iss": []string{"https://issuer.example.com"}}, authn.BadClaim, change{"iss": "https://issuer.example.com"}},
		{"issuer null", change{"iss": json.RawMessage("null")}, authn.BadClaim, nil},
		{"subject null", change{"sub": json.RawMessage("null")}, authn.BadClaim, nil},
		{"wrong audience", change{"aud": "shiptrack2"}, authn.WrongAudience, change{"aud": "shiptrack"}},
		{"no audience", change{"aud": nil}, authn.NoAudience, nil},
		{"empty audience", change{"aud": []string{}}, authn.NoAudience, nil},
		{"audiences of others", change{"aud": []string{"a", "b"}}, authn.WrongAudience, change{"aud": []string{"a", "shiptrack"}}},
		{"audience of mixed types", change{"aud": []any{"shiptrack", 1}}, authn.BadClaim, change{"aud": []any{"shiptrack", "1"}}},
		{"audience as an object", change{"aud": change{"shiptrack": 1}}, authn.BadClaim, nil},
		{"no subject", change{"sub": nil}, authn.NoSubject, nil},
		{"empty subject", change{"sub": ""}, authn.NoSubject, change{"sub": "ana"}},
		{"subject as a number", change{"sub": 7}, authn.BadClaim, change{"sub": "ana"}},
		{"subject too long", change{"sub": strings.Repeat("a", 256)}, authn.BadClaim, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wantReason(t, v, issuer.Sign(with(issuer.Claims("yellow", "ana"), tt.bad), nil), tt.want)
			wantPrincipal(t, v, issuer.Sign(with(issuer.Claims("yellow", "ana"), tt.good), nil), "yellow", "ana")
		})
	}
}

func with(claims map[string]any, c change) map[string]any {
	for k, v := range c {
		if v == nil {
			delete(claims, k)
		} else {
			claims[k] = v
		}
	}
	return claims
}

func TestTheTenantClaimIsExactlyOneWellFormedString(t *testing.T) {
	issuer := newIssuer(t)
	v := newVerifier(t, issuer, nil)
	for _, tt := range []struct {
		name string
		bad  change
		want authn.Reason
	}{
		{"absent", change{"TenantID": nil}, authn.NoTenant},
		{"null", change{"TenantID": json.RawMessage("null")}, authn.BadTenant},
		{"empty", change{"TenantID": ""}, authn.BadTenant},
		{"too short", change{"TenantID": "y"}, authn.BadTenant},
		{"too long", change{"TenantID": "y" + strings.Repeat("e", 63)}, authn.BadTenant},
		{"upper case", change{"TenantID": "Yellow"}, authn.BadTenant},
		{"hyphen first", change{"TenantID": "-yellow"}, authn.BadTenant},
		{"reserved for the isolation check", change{"TenantID": "check.a"}, authn.BadTenant},
		{"wildcard", change{"TenantID": "yell*"}, authn.BadTenant},
		{"policy variable", change{"TenantID": "${aws:PrincipalTag/TenantID}"}, authn.BadTenant},
		{"two tenants", change{"TenantID": "yellow,blue"}, authn.BadTenant},
		{"white space", change{"TenantID": "yellow "}, authn.BadTenant},
		{"line feed", change{"TenantID": "yellow\n"}, authn.BadTenant},
		{"zero byte", change{"TenantID": "yellow\x00"}, authn.BadTenant},
		{"look-alike letter", change{"TenantID": "y\u0435llow"}, authn.BadTenant},
		{"array", change{"TenantID": []string{"yellow"}}, authn.BadTenant},
		{"object", change{"TenantID": change{"id": "yellow"}}, authn.BadTenant},
		{"number", change{"TenantID": 1}, authn.BadTenant},
		{"true", change{"TenantID": true}, authn.BadTenant},
		{"second one in another case", change{"tenantid": "blue"}, authn.AmbiguousTenant},
		{"second one equal but for case", change{"TENANTID": "yellow"}, authn.AmbiguousTenant},
		{"only in another case", change{"TenantID": nil, "tenantId": "yellow"}, authn.AmbiguousTenant},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wantReason(t, v, issuer.Sign(with(issuer.Claims("yellow", "ana"), tt.bad), nil), tt.want)
			wantPrincipal(t, v, issuer.Sign(with(issuer.Claims("yellow", "ana"), change{"Tenant": "blue"}), nil), "yellow", "ana")
		})
	}
}

func TestTheTenantClaimsNameIsConfigured(t *testing.T) {
	issuer := newIssuer(t)
	cognito := newVerifier(t, issuer, func(c *authn.Config) { c.Providers[0].TenantClaim = []string{"custom:TenantID"} })
	token := issuer.Sign(with(issuer.Claims("yellow", "ana"), change{"TenantID": "blue", "custom:TenantID": "green"}), nil)
	wantPrincipal(t, cognito, token, "green", "ana")
	wantReason(t, cognito, issuer.Token("yellow", "ana"), authn.NoTenant)
}

func TestEachHeaderMemberIsChecked(t *testing.T) {
	issuer := newIssuer(t)
	issuer.SetKeys(issuer.SigningKey(), authntest.NewES256("key-2"))
	v := newVerifier(t, issuer, nil)
	for _, tt := range []struct {
		name string
		bad  change
		want authn.Reason
		good change
	}{
		{"alg none", change{"alg": "none"}, authn.BadAlgorithm, change{"alg": "ES256"}},
		{"alg None", change{"alg": "None"}, authn.BadAlgorithm, nil},
		{"alg empty", change{"alg": ""}, authn.BadAlgorithm, nil},
		{"alg absent", change{"alg": nil}, authn.BadAlgorithm, nil},
		{"alg in lower case", change{"alg": "es256"}, authn.BadAlgorithm, nil},
		{"alg HS256", change{"alg": "HS256"}, authn.BadAlgorithm, nil},
		{"alg PS256", change{"alg": "PS256"}, authn.BadAlgorithm, nil},
		{"alg ES384", change{"alg": "ES384"}, authn.BadAlgorithm, nil},
		{"alg RS512", change{"alg": "RS512"}, authn.BadAlgorithm, nil},
		{"alg EdDSA", change{"alg": "EdDSA"}, authn.BadAlgorithm, nil},
		{"alg as an array", change{"alg": []string{"ES256"}}, authn.BadAlgorithm, nil},
		{"alg of the other kind of key", change{"alg": "RS256"}, authn.WrongKey, nil},
		{"typ of another purpose", change{"typ": "logout+jwt"}, authn.BadType, change{"typ": "at+jwt"}},
		{"typ dpop", change{"typ": "dpop+jwt"}, authn.BadType, change{"typ": "application/at+jwt"}},
		{"typ as a number", change{"typ": 1}, authn.BadType, change{"typ": nil}},
		{"typ empty", change{"typ": ""}, authn.BadType, change{"typ": "jwt"}},
		{"crit", change{"crit": []string{"exp"}}, authn.Critical, change{"x5t": "abc"}},
		{"b64", change{"b64": false}, authn.Unencoded, change{"zip": "DEF"}},
		{"kid absent, and two keys", change{"kid": nil}, authn.SeveralKeys, nil},
		{"kid empty", change{"kid": ""}, authn.BadKeyID, nil},
		{"kid as a number", change{"kid": 1}, authn.BadKeyID, nil},
		{"kid null", change{"kid": json.RawMessage("null")}, authn.BadKeyID, nil},
		{"kid unknown", change{"kid": "../../key-1"}, authn.UnknownKey, change{"kid": "key-1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			claims := issuer.Claims("yellow", "ana")
			wantReason(t, v, issuer.Sign(claims, tt.bad), tt.want)
			wantPrincipal(t, v, issuer.Sign(claims, tt.good), "yellow", "ana")
		})
	}
}

func TestForgedSignaturesAreRefused(t *testing.T) {
	issuer := newIssuer(t)
	ec := issuer.SigningKey()
	issuer.SetKeys(ec, rsaKey())
	v := newVerifier(t, issuer, nil)
	claims := issuer.Claims("yellow", "ana")
	good := issuer.Sign(claims, nil)
	goodRSA := authntest.SignWith(rsaKey(), claims, nil)
	wantPrincipal(t, v, good, "yellow", "ana")
	wantPrincipal(t, v, goodRSA, "yellow", "ana")

	head, body, signature := cut(good)
	blue := payload(with(issuer.Claims("yellow", "ana"), change{"TenantID": "blue"}))
	for name, token := range map[string]string{
		"none":                        b64(`{"alg":"none","kid":"key-1"}`) + "." + body + ".",
		"HS256 with the public key":   hs256(t, body, "rsa-1", pemOf(t, rsaKey())),
		"HS256 with the modulus":      hs256(t, body, "rsa-1", rsaKey().Private.Public().(*rsa.PublicKey).N.Bytes()),
		"HS256 with the empty secret": hs256(t, body, "rsa-1", nil),
	} {
		t.Run(name, func(t *testing.T) { wantReason(t, v, token, authn.BadAlgorithm) })
	}
	for name, token := range map[string]string{
		"another payload":               head + "." + blue + "." + signature,
		"another header":                b64(`{"alg":"ES256","kid":"key-1"}`) + "." + body + "." + signature,
		"no signature":                  head + "." + body + ".",
		"zero r and s":                  head + "." + body + "." + b64(string(make([]byte, 64))),
		"signature in DER":              head + "." + body + "." + b64(der(t, signature)),
		"signature cut short":           head + "." + body + "." + signature[:40],
		"a stranger's key of that kid":  authntest.SignWith(authntest.NewES256("key-1"), claims, nil),
		"RSA key's kid, signed by EC":   issuer.Sign(claims, change{"kid": "rsa-1", "alg": "RS256"}),
		"signature of the other key":    goodRSA[:strings.LastIndex(goodRSA, ".")+1] + signature,
		"RS256 signature one bit wrong": flip(goodRSA),
		"ES256 signature one bit wrong": flip(good),
	} {
		t.Run(name, func(t *testing.T) { wantReason(t, v, token, authn.BadSignature) })
	}
}

func TestTheFormIsStrict(t *testing.T) {
	issuer := newIssuer(t)
	v := newVerifier(t, issuer, nil)
	good := issuer.Token("yellow", "ana")
	head, body, signature := cut(good)
	wantPrincipal(t, v, good, "yellow", "ana")
	key := issuer.SigningKey()
	header := `{"alg":"ES256","kid":"key-1"}`
	claims := string(payloadJSON(issuer.Claims("yellow", "ana")))
	inner := strings.TrimSuffix(claims, "}")
	wantPrincipal(t, v, authntest.SignRaw(key, header, inner+`,"x":{"a":1,"b":1}}`), "yellow", "ana")

	for _, tt := range []struct {
		name, token string
		want        authn.Reason
	}{
		{"empty", "", authn.Missing},
		{"one part", head, authn.Malformed},
		{"two parts", head + "." + body, authn.Malformed},
		{"four parts", good + ".", authn.Malformed},
		{"five parts, as JWE has", good + "..", authn.Malformed},
		{"line feed inside", head + "." + body[:9] + "\n" + body[9:] + "." + signature, authn.Malformed},
		{"space after", good + " ", authn.Malformed},
		{"padding", head + "=." + body + "." + signature, authn.Malformed},
		// The last of 86 characters gives two of its six bits to the 64 bytes; with others set it is decoded alike.
		{"bits that base64 ignores", good[:len(good)-1] + string(good[len(good)-1]+1), authn.Malformed},
		{"base64 with plus", "+" + good[1:], authn.Malformed},
		{"scheme inside", "Bearer " + good, authn.Malformed},
		{"JSON serialization", `{"payload":"` + body + `"}`, authn.Malformed},
		{"header not JSON", b64("alg") + "." + body + "." + signature, authn.Malformed},
		{"header an array", authntest.SignRaw(key, `["ES256"]`, claims), authn.Malformed},
		{"header null", authntest.SignRaw(key, `null`, claims), authn.Malformed},
		{"payload an array", authntest.SignRaw(key, header, `[`+claims+`]`), authn.Malformed},
		{"payload null", authntest.SignRaw(key, header, `null`), authn.Malformed},
		{"payload nothing", authntest.SignRaw(key, header, ``), authn.Malformed},
		{"payload with more after it", authntest.SignRaw(key, header, claims+`{}`), authn.Malformed},
		{"payload not UTF-8", authntest.SignRaw(key, header, inner+",\"x\":\"\xff\"}"), authn.Malformed},
		{"duplicate alg", authntest.SignRaw(key, `{"alg":"none","alg":"ES256","kid":"key-1"}`, claims), authn.Duplicate},
		{"duplicate alg, escaped", authntest.SignRaw(key, `{"alg":"ES256","\u0061lg":"ES256","kid":"key-1"}`, claims), authn.Duplicate},
		{"duplicate tenant", authntest.SignRaw(key, header, inner+`,"TenantID":"blue"}`), authn.Duplicate},
		{"duplicate tenant, escaped", authntest.SignRaw(key, header, inner+`,"Tenant\u0049D":"blue"}`), authn.Duplicate},
		{"duplicate of equal values", authntest.SignRaw(key, header, inner+`,"TenantID":"yellow"}`), authn.Duplicate},
		{"duplicate deep inside", authntest.SignRaw(key, header, inner+`,"x":{"a":[{"b":1,"b":1}]}}`), authn.Duplicate},
		{"duplicate deep in the header", authntest.SignRaw(key, `{"alg":"ES256","kid":"key-1","x":{"a":1,"a":1}}`, claims), authn.Duplicate},
	} {
		t.Run(tt.name, func(t *testing.T) { wantReason(t, v, tt.token, tt.want) })
	}
}

func TestTheLongestTokenIsConfigured(t *testing.T) {
	issuer := newIssuer(t)
	const most = 12 << 10
	v := newVerifier(t, issuer, func(c *authn.Config) { c.MaxTokenBytes = most })
	// sized returns a valid token of n bytes. base64 has no length of 4k+1, so the header changes its length too.
	sized := func(n int) string {
		for fill := range n {
			for extra := range 4 {
				claims := with(issuer.Claims("yellow", "ana"), change{"fill": strings.Repeat("x", (n-700)*3/4+fill)})
				token := issuer.Sign(claims, change{"pad": strings.Repeat("y", extra)})
				if len(token) == n {
					return token
				}
			}
		}
		t.Fatalf("no token of %d bytes", n)
		return ""
	}
	wantPrincipal(t, v, sized(most), "yellow", "ana")
	wantReason(t, v, sized(most+1), authn.TooLong)
}

func TestContextCarriesPrincipalTenantAndToken(t *testing.T) {
	if _, ok := authn.FromContext(t.Context()); ok {
		t.Error("a bare context has a principal")
	}
	if _, ok := authn.BearerToken(t.Context()); ok {
		t.Error("a bare context has a token")
	}
	issuer := newIssuer(t)
	token := issuer.Token("yellow", "ana")
	p, err := newVerifier(t, issuer, nil).Verify(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	checkContext(t, authn.NewContext(t.Context(), p, token), p, token)
}

func cut(token string) (head, body, signature string) {
	parts := strings.Split(token, ".")
	return parts[0], parts[1], parts[2]
}

func b64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func payloadJSON(claims map[string]any) []byte {
	b, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	return b
}

func payload(claims map[string]any) string { return b64(string(payloadJSON(claims))) }

// flip changes one bit of the signature that base64 does not ignore.
func flip(token string) string {
	head, body, signature := cut(token)
	raw, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil {
		panic(err)
	}
	raw[len(raw)/2] ^= 1
	return head + "." + body + "." + b64(string(raw))
}

func hs256(t *testing.T, body, kid string, secret []byte) string {
	t.Helper()
	signed := b64(`{"alg":"HS256","typ":"JWT","kid":"`+kid+`"}`) + "." + body
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(signed))
	return signed + "." + b64(string(mac.Sum(nil)))
}

func pemOf(t *testing.T, key authntest.Key) []byte {
	t.Helper()
	raw, err := x509.MarshalPKIXPublicKey(key.Private.Public())
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: raw})
}

// der returns the ES256 signature as ASN.1, the form that other protocols use.
func der(t *testing.T, signature string) string {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil {
		t.Fatal(err)
	}
	half := elliptic.P256().Params().BitSize / 8
	out, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(raw[:half]), new(big.Int).SetBytes(raw[half:])})
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
