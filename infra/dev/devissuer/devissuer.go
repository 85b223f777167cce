// Package devissuer is an OpenID Connect issuer for development: discovery, JWKS, and an endpoint that
// signs a token for anyone who asks. Only the developer who runs it may reach it. So its command listens
// on loopback only, unless a flag says that it runs inside a network of containers.
package devissuer

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/shiptrack/pkg/allowedhosts"
	"example.com/shiptrack/pkg/tenant"
	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"
)

// DefaultLifetime and MaxLifetime say how long a token is valid.
const (
	DefaultLifetime = time.Hour
	MaxLifetime     = 12 * time.Hour
)

// discoveryPath is where the issuer describes itself (OpenID Connect Discovery 1.0, section 4).
const discoveryPath = "/.well-known/openid-configuration"

// maxForm is more than any form that the token endpoint reads, in bytes.
const maxForm = 4 << 10

// Config says what the issuer puts into its tokens.
type Config struct {
	Issuer      string // its own URL, the tokens' iss
	Audience    string // the tokens' aud
	TenantClaim string // name of the claim that holds the tenant
	// AllowedHosts are names by which clients reach the issuer, beside the host of Issuer and those that package allowedhosts
	// always allows.
	AllowedHosts []string
	Now          func() time.Time // nil: time.Now
}

// Issuer signs tokens with a key that lives as long as it does. It is an http.Handler, safe for
// concurrent use.
type Issuer struct {
	cfg   Config
	hosts allowedhosts.List
	key   *ecdsa.PrivateKey
	kid   string
	jwks  json.RawMessage
	mux   *http.ServeMux
}

// New returns an Issuer with a fresh ES256 key.
func New(cfg Config) (*Issuer, error) {
	hosts, err := hostsOf(cfg)
	if err != nil {
		return nil, fmt.Errorf("devissuer: %w", err)
	}
	if cfg.Audience == "" || cfg.TenantClaim == "" {
		return nil, errors.New("devissuer: audience and tenant claim must be set")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("devissuer: make a key: %w", err)
	}
	i := &Issuer{cfg: cfg, hosts: hosts, key: key, mux: http.NewServeMux()}
	if err := i.publish(); err != nil {
		return nil, err
	}
	i.mux.HandleFunc("GET "+discoveryPath, i.discovery)
	i.mux.HandleFunc("GET /jwks", i.keys)
	i.mux.HandleFunc("POST /token", i.token)
	i.mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, 200, map[string]string{"status": "ok"}) })
	i.mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, 200, map[string]string{"status": "ready"}) })
	return i, nil
}

func hostsOf(cfg Config) (allowedhosts.List, error) {
	u, err := url.Parse(cfg.Issuer)
	if err != nil || u.Host == "" {
		return allowedhosts.List{}, fmt.Errorf("issuer %q is not a URL", cfg.Issuer)
	}
	names := cfg.AllowedHosts
	if name := u.Hostname(); !strings.Contains(name, ":") { // an IPv6 address is allowed as it is
		names = append(slices.Clone(names), name)
	}
	return allowedhosts.New(names...)
}

// publish makes the JWKS. The key id is random, so that the key of a restarted issuer never has the id of
// an older key.
func (i *Issuer) publish() error {
	i.kid = rand.Text()
	jwk, err := jwkset.NewJWKFromKey(i.key, jwkset.JWKOptions{
		Metadata: jwkset.JWKMetadataOptions{KID: i.kid, ALG: jwkset.AlgES256, USE: jwkset.UseSig},
	})
	if err != nil {
		return fmt.Errorf("devissuer: describe the key: %w", err)
	}
	i.jwks, err = json.Marshal(jwkset.JWKSMarshal{Keys: []jwkset.JWKMarshal{jwk.Marshal()}})
	return err
}

// ServeHTTP answers discovery, JWKS and token requests. It answers no web page: a page would get a token of any tenant.
func (i *Issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case !i.hosts.Allows(r):
		refuse(w, http.StatusMisdirectedRequest, "the issuer does not answer for the Host of this request: use localhost or an IP address, or name it with devissuer serve --allowed-host")
	case allowedhosts.FromBrowser(r.Header):
		refuse(w, http.StatusForbidden, "the issuer does not answer browsers: the request has the header Origin or one that begins with Sec-")
	default:
		i.mux.ServeHTTP(w, r)
	}
}

func (i *Issuer) discovery(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer":                                i.cfg.Issuer,
		"jwks_uri":                              i.cfg.Issuer + "/jwks",
		"token_endpoint":                        i.cfg.Issuer + "/token",
		"response_types_supported":              []string{"token"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{"ES256"},
	})
}

func (i *Issuer) keys(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, i.jwks) }

// token answers POST /token with the form fields tenant, subject and, optionally, expires_in (seconds).
// Errors have the form of RFC 6749 section 5.2.
func (i *Issuer) token(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		refuse(w, http.StatusBadRequest, "the form cannot be read")
		return
	}
	id, err := tenant.Parse(r.PostForm.Get("tenant"))
	if err != nil {
		refuse(w, http.StatusBadRequest, "tenant must be "+tenant.Form+", for example yellow")
		return
	}
	subject := r.PostForm.Get("subject")
	if subject == "" || len(subject) > 255 {
		refuse(w, http.StatusBadRequest, "subject must be 1 to 255 bytes, for example ana")
		return
	}
	lifetime := DefaultLifetime
	if s := r.PostForm.Get("expires_in"); s != "" {
		seconds, err := strconv.Atoi(s)
		if err != nil || seconds < 1 || seconds > int(MaxLifetime/time.Second) {
			refuse(w, http.StatusBadRequest, fmt.Sprintf("expires_in must be 1 to %d seconds", int(MaxLifetime/time.Second)))
			return
		}
		lifetime = time.Duration(seconds) * time.Second
	}
	signed, err := i.Sign(id, subject, lifetime)
	if err != nil {
		writeJSON(w, http.StatusInternalServerError, map[string]string{"error": "server_error"})
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"access_token": signed, "token_type": "Bearer", "expires_in": int(lifetime / time.Second),
	})
}

// Sign returns a token for subject of tenant id.
func (i *Issuer) Sign(id tenant.ID, subject string, lifetime time.Duration) (string, error) {
	now := i.cfg.Now()
	t := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{
		"iss": i.cfg.Issuer, "aud": i.cfg.Audience, "sub": subject, i.cfg.TenantClaim: id.String(),
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(lifetime).Unix(),
	})
	t.Header["kid"] = i.kid
	return t.SignedString(i.key)
}

func refuse(w http.ResponseWriter, status int, why string) {
	writeJSON(w, status, map[string]string{"error": "invalid_request", "error_description": why})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// The status was sent already: this can only fail because the client is gone.
	_ = json.NewEncoder(w).Encode(body)
}
