package authn

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/MicahParks/jwkset"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// algorithms are all that may be configured, RFC 8725 section 3.1: asymmetric ones only, so that a public key can
// never be used as an HMAC secret.
var algorithms = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}

// DefaultAlgorithms returns the algorithms that are accepted where a Provider does not list its own: RS256 and
// ES256, with which identity providers sign unless they are told otherwise.
func DefaultAlgorithms() []string { return []string{"RS256", "ES256"} }

const (
	minRSA = 2048 // bits, RFC 7518 section 3.3
	maxRSA = 8192 // bits: a longer key makes each verification slow
)

// curves are those of ES256, ES384 and ES512, RFC 7518 section 3.4.
var curves = map[string]string{"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}

// key is a published key that may verify tokens.
type key struct {
	kid         string // empty: none
	issuer      string // the only iss that it may verify, as Entra says; empty: any. It may hold {tenantid}
	public      any
	algorithms  []string // that fit its kind, its curve and its own alg
	fingerprint [sha256.Size]byte
}

// errOtherPurpose says that a key is not for signatures: nothing is odd about it.
var errOtherPurpose = errors.New("it is not for signatures")

// parseKey reads a JWK, RFC 7517, as a public key for one of the accepted algorithms.
func parseKey(raw jsontext.Value, accepted []string) (key, error) {
	var m struct {
		jwkset.JWKMarshal
		Issuer string `json:"issuer"`
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		return key{}, errors.New("malformed JWK")
	}
	switch {
	case m.USE != "" && m.USE != jwkset.UseSig, len(m.KEYOPS) > 0 && !slices.Contains(m.KEYOPS, jwkset.KeyOpsVerify):
		return key{}, errOtherPurpose
	case len(m.KID) > maxKeyID:
		return key{}, errors.New("its kid is too long")
	case m.D != "" || m.K != "":
		return key{}, errors.New("it is a secret, and published")
	}
	// We trust the key because the issuer published it; we check no certificate, so its members are ignored.
	m.X5U, m.X5C, m.X5T, m.X5TS256 = "", nil, "", ""
	parsed, err := jwkset.NewJWKFromMarshal(m.JWKMarshal, jwkset.JWKMarshalOptions{}, jwkset.JWKValidateOptions{})
	if err != nil {
		return key{}, fmt.Errorf("unusable JWK: %w", err)
	}
	k := key{kid: m.KID, issuer: m.Issuer, public: parsed.Key()}
	if k.algorithms, err = fitting(k.public, string(m.ALG), accepted); err != nil {
		return key{}, err
	}
	return k, k.setFingerprint()
}

// fitting returns the accepted algorithms for which a key may be used, at least one.
func fitting(public any, alg string, accepted []string) ([]string, error) {
	var fits []string
	switch k := public.(type) {
	case *rsa.PublicKey:
		if bits := k.N.BitLen(); bits < minRSA || bits > maxRSA {
			return nil, fmt.Errorf("an RSA key of %d bits", bits)
		}
		fits = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}
	case *ecdsa.PublicKey:
		fits = []string{curves[k.Curve.Params().Name]}
	case ed25519.PublicKey:
		fits = []string{"EdDSA"}
	default:
		return nil, fmt.Errorf("a key of type %T", public)
	}
	if alg != "" && !slices.Contains(fits, alg) {
		return nil, fmt.Errorf("its alg is %.20q, which is not for its kind", alg)
	}
	fits = slices.DeleteFunc(fits, func(name string) bool {
		return alg != "" && name != alg || !slices.Contains(accepted, name)
	})
	if len(fits) == 0 {
		return nil, errors.New("it fits no algorithm that is accepted")
	}
	return fits, nil
}

// setFingerprint makes two keys equal that verify the same tokens.
func (k *key) setFingerprint() error {
	der, err := x509.MarshalPKIXPublicKey(k.public)
	if err != nil {
		return fmt.Errorf("unusable key: %w", err)
	}
	k.fingerprint = sha256.Sum256(fmt.Appendf(nil, "%q %q %q %x", k.kid, k.issuer, k.algorithms, der))
	return nil
}

// fits reports whether k may verify tokens of t's alg.
func (k *key) fits(t *token) bool {
	return slices.Contains(k.algorithms, t.alg)
}

// mayVerify reports whether the issuer limits k to tokens of another iss. Entra publishes keys of single directories
// beside those of all, and says so in the member issuer of each ("Validate the signing key issuer").
func (k *key) mayVerify(c *claims) bool {
	if k.issuer == "" {
		return true
	}
	tid, _ := text(c.members["tid"])
	return strings.ReplaceAll(k.issuer, tidTemplate, tid) == c.issuer
}
