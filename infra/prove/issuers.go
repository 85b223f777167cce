package prove

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"example.com/shiptrack/pkg/authn/authntest"
)

// issuers are those whose tokens the services accept.
type issuers struct {
	main    *issuer // may speak for every tenant
	foreign *issuer // may speak for attacker alone
	// rotating are two that drop keys, by whether the attack goes to the tracking service: a service asks an issuer for its
	// keys again only now and then, so two attacks must not share one.
	rotating map[bool]*issuer
}

// open starts the issuers, and returns the path of the file that names them (OIDC_PROVIDERS_FILE).
func (s *services) open() (file string, err error) {
	var text strings.Builder
	text.WriteString("providers:\n")
	add := func(kid, tenants string) *issuer {
		i := &issuer{names: s.names}
		mux := http.NewServeMux()
		url, e := s.listen(mux)
		if err == nil {
			err = e
		}
		i.url = url
		i.publish(authntest.NewES256(kid))
		i.handle(mux)
		fmt.Fprintf(&text, "  - {issuer: %q, audiences: [%s], tenants: [%s], shared: true}\n", i.url, audience, tenants)
		return i
	}
	s.main, s.foreign = add("prove-1", `"*"`), add("foreign-1", attacker)
	s.rotating = map[bool]*issuer{false: add("rotating-1", `"*"`), true: add("rotating-1", `"*"`)}
	if err != nil {
		return "", err
	}
	file = filepath.Join(s.dir, "providers.yaml")
	return file, os.WriteFile(file, []byte(text.String()), 0o600)
}

// issuer signs tokens and publishes one key.
type issuer struct {
	names Names
	url   string
	key   authntest.Key          // of an attack alone: no two attacks run at once
	keys  atomic.Pointer[[]byte] // the JWK Set that is published
}

// publish makes key the only one that i signs with and publishes.
func (i *issuer) publish(key authntest.Key) {
	set := jsonText(map[string]any{"keys": []any{key.JWK()}})
	i.key = key
	i.keys.Store(&set)
}

// handle serves what i publishes, as OpenID Connect Discovery describes.
func (i *issuer) handle(mux *http.ServeMux) {
	answer := func(path string, body func() []byte) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(body())
		})
	}
	discovery := jsonText(map[string]any{"issuer": i.url, "jwks_uri": i.url + "/jwks", "id_token_signing_alg_values_supported": []string{"ES256"}})
	answer("/.well-known/openid-configuration", func() []byte { return discovery })
	answer("/jwks", func() []byte { return *i.keys.Load() })
}

func jsonText(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // maps of texts
	}
	return text
}

// claims are those of a user of tenant.
func (i *issuer) claims(tenant any) map[string]any {
	now := time.Now()
	return map[string]any{"iss": i.url, "aud": audience, "sub": "ana", "~tag~": tenant, "iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(time.Hour).Unix()}
}

func (i *issuer) sign(claims map[string]any) string { return i.names.signWith(i.key, claims, nil) }
