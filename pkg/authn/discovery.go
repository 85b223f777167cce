package authn

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

const (
	fetchTimeout  = 5 * time.Second // of one document
	maxDocument   = 256 << 10       // bytes
	maxKeys       = 100
	maxRedirects  = 3
	minRSA        = 2048 // bits, RFC 7518 section 3.3
	maxRSA        = 8192 // bits: a longer key makes each verification slow
	discoveryPath = "/.well-known/openid-configuration"
)

// source fetches an issuer's keys through OpenID Connect Discovery 1.0.
type source struct {
	issuer    string
	allowHTTP bool
	client    *http.Client
	logger    *slog.Logger
}

func newSource(cfg Config) *source {
	client := http.Client{Timeout: fetchTimeout}
	if cfg.HTTPClient != nil {
		client = *cfg.HTTPClient
	}
	client.CheckRedirect = sameOrigin
	return &source{issuer: cfg.Issuer, allowHTTP: cfg.AllowHTTP, client: &client, logger: cfg.Logger}
}

// sameOrigin lets an issuer redirect to its own origin only: the server behind any other URL would choose the keys.
func sameOrigin(next *http.Request, via []*http.Request) error {
	first := via[0].URL
	if next.URL.Scheme != first.Scheme || next.URL.Host != first.Host {
		return errors.New("refused a redirect to another scheme or host")
	}
	if len(via) > maxRedirects {
		return errors.New("too many redirects")
	}
	return nil
}

// fetch returns the keys that may verify tokens; there is at least one.
func (s *source) fetch(ctx context.Context) ([]jwkset.JWK, error) {
	var discovery struct {
		Issuer  string `json:"issuer"`
		JWKSURI string `json:"jwks_uri"`
	}
	if err := s.get(ctx, strings.TrimSuffix(s.issuer, "/")+discoveryPath, &discovery); err != nil {
		return nil, err
	}
	if discovery.Issuer != s.issuer {
		return nil, fmt.Errorf("the discovery document is of the issuer %.100q, want %q", discovery.Issuer, s.issuer)
	}
	// The keys of an issuer on https must come over https too, even where http is allowed for the issuer.
	allowHTTP := s.allowHTTP && strings.HasPrefix(s.issuer, "http://")
	uri, err := checkURL(discovery.JWKSURI, allowHTTP)
	if err != nil || uri.Scheme == "http" && !strings.HasPrefix(s.issuer, "http://") {
		return nil, errors.New("the discovery document's jwks_uri must be an https URL (http only under the issuer's own rule)")
	}
	var set struct {
		Keys []jsontext.Value `json:"keys"`
	}
	if err := s.get(ctx, discovery.JWKSURI, &set); err != nil {
		return nil, err
	}
	return s.usable(ctx, set.Keys)
}

func (s *source) get(ctx context.Context, url string, target any) error {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("fetch keys: %w", err)
	}
	req.Header.Set("Accept", "application/json")
	resp, err := s.client.Do(req)
	if err != nil {
		return fmt.Errorf("fetch keys: %w", err)
	}
	defer func() { _ = resp.Body.Close() }() // a body that was read to its end, or given up
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("fetch keys: %s answered status %d", url, resp.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxDocument+1))
	if err != nil {
		return fmt.Errorf("fetch keys: %s: %w", url, err)
	}
	if len(body) > maxDocument {
		return fmt.Errorf("fetch keys: %s answered more than %d bytes", url, maxDocument)
	}
	if err := json.Unmarshal(body, target); err != nil {
		return fmt.Errorf("fetch keys: %s: %w", url, err)
	}
	return nil
}

// usable parses keys and leaves out those that must not verify a token. Two usable keys of one kid are
// an error: which of them verifies would depend on their order.
func (s *source) usable(ctx context.Context, keys []jsontext.Value) ([]jwkset.JWK, error) {
	if len(keys) > maxKeys {
		return nil, fmt.Errorf("the issuer publishes %d keys, more than %d", len(keys), maxKeys)
	}
	var set []jwkset.JWK
	seen := make(map[string]bool)
	for i, raw := range keys {
		key, err := parseKey(raw)
		if err != nil {
			s.logger.LogAttrs(ctx, slog.LevelDebug, "key left out", slog.Int("index", i), slog.String("reason", err.Error()))
			continue
		}
		kid := key.Marshal().KID
		if seen[kid] {
			return nil, fmt.Errorf("the issuer publishes two keys of the kid %q", kid)
		}
		seen[kid] = true
		set = append(set, key)
	}
	if len(set) == 0 {
		return nil, fmt.Errorf("none of the issuer's %d keys can verify RS256 or ES256 tokens", len(keys))
	}
	return set, nil
}

// parseKey reads a JWK, RFC 7517, as a public key for one of the algorithms.
func parseKey(raw jsontext.Value) (jwkset.JWK, error) {
	var m jwkset.JWKMarshal
	if err := json.Unmarshal(raw, &m); err != nil {
		return jwkset.JWK{}, errors.New("malformed JWK")
	}
	if m.KID == "" || len(m.KID) > maxKeyID {
		return jwkset.JWK{}, errors.New("no kid, or one that is too long")
	}
	if m.USE != "" && m.USE != jwkset.UseSig {
		return jwkset.JWK{}, fmt.Errorf("its use is %.20q", m.USE)
	}
	if len(m.KEYOPS) > 0 && !slices.Contains(m.KEYOPS, jwkset.KeyOpsVerify) {
		return jwkset.JWK{}, errors.New("its key_ops lack verify")
	}
	// We trust the key because the issuer published it; we check no certificate, so its members are ignored.
	m.X5U, m.X5C, m.X5T, m.X5TS256 = "", nil, "", ""
	key, err := jwkset.NewJWKFromMarshal(m, jwkset.JWKMarshalOptions{}, jwkset.JWKValidateOptions{})
	if err != nil {
		return jwkset.JWK{}, fmt.Errorf("unusable JWK: %w", err)
	}
	return key, checkKey(key.Key(), string(m.ALG))
}

// checkKey refuses a key that no pinned algorithm takes, or whose own alg names another.
func checkKey(key any, alg string) error {
	var fits string
	switch k := key.(type) {
	case *rsa.PublicKey:
		if bits := k.N.BitLen(); bits < minRSA || bits > maxRSA {
			return fmt.Errorf("an RSA key of %d bits", bits)
		}
		fits = "RS256"
	case *ecdsa.PublicKey:
		if k.Curve != elliptic.P256() {
			return errors.New("not on the curve P-256")
		}
		fits = "ES256"
	default:
		return fmt.Errorf("a key of type %T", key)
	}
	if alg != "" && alg != fits {
		return fmt.Errorf("its alg is %.20q", alg)
	}
	return nil
}
