package authntest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Key is a signing key. Members are added to, or replace, those of its published JWK; a nil value
// removes one.
type Key struct {
	ID      string
	Alg     string // a signing method of golang-jwt
	Private crypto.Signer
	Members map[string]any
}

// NewES256 returns a new key on the curve P-256.
func NewES256(id string) Key { return NewEC(id, "ES256", elliptic.P256()) }

// NewEC returns a new key on curve.
func NewEC(id, alg string, curve elliptic.Curve) Key {
	private, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		panic(err)
	}
	return Key{ID: id, Alg: alg, Private: private}
}

// NewRS256 returns a new RSA key of bits bits. This takes tens of milliseconds for 2048.
func NewRS256(id string, bits int) Key { return NewRSA(id, "RS256", bits) }

// NewEd25519 returns a new key for EdDSA.
func NewEd25519(id string) Key {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	return Key{ID: id, Alg: "EdDSA", Private: private}
}

// NewRSA returns a new RSA key of bits bits, which signs with alg.
func NewRSA(id, alg string, bits int) Key {
	private, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(err)
	}
	return Key{ID: id, Alg: alg, Private: private}
}

// JWK returns the public key as the issuer publishes it, RFC 7517.
func (k Key) JWK() map[string]any {
	m := map[string]any{"kid": k.ID, "alg": k.Alg, "use": "sig"}
	switch public := k.Private.Public().(type) {
	case *rsa.PublicKey:
		m["kty"] = "RSA"
		m["n"] = encode(public.N.Bytes())
		m["e"] = encode(big.NewInt(int64(public.E)).Bytes())
	case *ecdsa.PublicKey:
		point, err := public.Bytes() // 4, x, y: SEC 1 section 2.3.3
		if err != nil {
			panic(err)
		}
		half := len(point) / 2
		m["kty"], m["crv"] = "EC", public.Curve.Params().Name
		m["x"], m["y"] = encode(point[1:1+half]), encode(point[1+half:])
	case ed25519.PublicKey:
		m["kty"], m["crv"], m["x"] = "OKP", "Ed25519", encode(public)
	default:
		panic(fmt.Sprintf("authntest: a key of type %T", public))
	}
	return merge(m, k.Members)
}

// SetKeys publishes keys instead of those before; the first one signs.
func (i *Issuer) SetKeys(keys ...Key) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys = keys
}

// SigningKey returns the key that signs.
func (i *Issuer) SigningKey() Key {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.keys[0]
}

// Rotate replaces the keys by a new one; the old ones are no longer published.
func (i *Issuer) Rotate() {
	i.SetKeys(NewES256("key-" + rand.Text()[:8]))
}

// Claims returns the claims of a valid token, for a test to change: issued now, good for an hour.
func (i *Issuer) Claims(tenant, subject string) map[string]any {
	i.mu.Lock()
	defer i.mu.Unlock()
	now := i.now()
	return map[string]any{
		"iss": i.URL, "aud": Audience, "sub": subject, "TenantID": tenant,
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}
}

// Token returns a valid token of tenant and subject, good for an hour.
func (i *Issuer) Token(tenant, subject string) string { return i.Sign(i.Claims(tenant, subject), nil) }

// Sign returns a token of claims by the signing key. Header members are added to, or replace, the usual
// ones; a nil value removes one.
func (i *Issuer) Sign(claims, header map[string]any) string {
	return SignWith(i.SigningKey(), claims, header)
}

// SignWith is Sign with key, which need not be published.
func SignWith(key Key, claims, header map[string]any) string {
	full := merge(map[string]any{"alg": key.Alg, "typ": "JWT", "kid": key.ID}, header)
	return SignRaw(key, mustJSON(full), mustJSON(claims))
}

// SignRaw returns a token of the JSON texts header and payload as they are, signed by key with key.Alg
// whatever the header says.
func SignRaw(key Key, header, payload string) string {
	signed := encode([]byte(header)) + "." + encode([]byte(payload))
	signature, err := jwt.GetSigningMethod(key.Alg).Sign(signed, key.Private)
	if err != nil {
		panic(err)
	}
	return signed + "." + encode(signature)
}

func merge(m, changes map[string]any) map[string]any {
	maps.Copy(m, changes)
	maps.DeleteFunc(m, func(_ string, v any) bool { return v == nil })
	return m
}

func mustJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
