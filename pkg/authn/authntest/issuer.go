// Package authntest is an OpenID Connect issuer inside the test's own process: it publishes its keys as a
// real one does, and signs any token that the test asks for, well-formed or forged.
package authntest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/shiptrack/pkg/authn"
)

// Audience is the audience of the tokens that Token mints.
const Audience = "shiptrack"

// Paths that an Issuer serves.
const (
	DiscoveryPath = "/.well-known/openid-configuration"
	JWKSPath      = "/jwks"
)

// Issuer is a token issuer whose keys, clock and availability the test controls. It is safe for
// concurrent use.
type Issuer struct {
	URL string // https://issuer.example.com unless a test sets another before it is used; what authn.Provider.Issuer takes

	mu          sync.Mutex
	keys        []Key
	now         func() time.Time
	unavailable bool
	requests    map[string]int
	override    map[string]http.HandlerFunc
}

// Start returns an issuer on a loopback port that ends with the test.
func Start(t testing.TB) *Issuer {
	t.Helper()
	i := New(t)
	server := httptest.NewServer(i)
	t.Cleanup(server.Close)
	i.URL = server.URL
	return i
}

// New returns an issuer without a socket: only Client reaches it. So a test may run in a bubble of
// testing/synctest.
func New(t testing.TB) *Issuer {
	t.Helper()
	return &Issuer{
		URL: "https://issuer.example.com", keys: []Key{NewES256("key-1")}, now: time.Now,
		requests: make(map[string]int), override: make(map[string]http.HandlerFunc),
	}
}

// Provider returns the issuer as a provider with the defaults, which may speak for all tenants.
func (i *Issuer) Provider() authn.Provider {
	return authn.Provider{Issuer: i.URL, Audiences: []string{Audience}, Tenants: []string{"*"}}
}

// Client returns an HTTP client that reaches the issuer without a socket, whatever host it asks.
func (i *Issuer) Client() *http.Client { return &http.Client{Transport: inProcess{i}} }

// ClientOf returns an HTTP client that reaches each of issuers without a socket, by its host.
func ClientOf(issuers ...*Issuer) *http.Client { return &http.Client{Transport: inProcess(issuers)} }

type inProcess []*Issuer

func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	issuer := p.at(r.URL)
	if issuer == nil {
		return nil, fmt.Errorf("authntest: there is no host %s", r.URL.Host)
	}
	if issuer.isUnavailable() {
		issuer.count(r.URL.Path)
		return nil, errors.New("authntest: the issuer is unavailable")
	}
	w := httptest.NewRecorder()
	issuer.ServeHTTP(w, r)
	if err := r.Context().Err(); err != nil {
		return nil, err // a transport does the same where the answer came too late
	}
	resp := w.Result()
	resp.Request = r
	return resp, nil
}

// at returns the issuer at u's host; a single one is at all hosts.
func (p inProcess) at(u *url.URL) *Issuer {
	if len(p) == 1 {
		return p[0]
	}
	for _, issuer := range p {
		if own, err := url.Parse(issuer.URL); err == nil && own.Host == u.Host {
			return issuer
		}
	}
	return nil
}

// base returns the URL under which the issuer's paths are.
func (i *Issuer) base() string { return strings.TrimSuffix(i.URL, "/") }

// ServeHTTP answers as the issuer.
func (i *Issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.count(r.URL.Path)
	if i.isUnavailable() {
		panic(http.ErrAbortHandler) // drops the connection
	}
	i.mu.Lock()
	handler := i.override[r.URL.Path]
	keys := i.keys
	i.mu.Unlock()
	path := r.URL.Path
	if own, err := url.Parse(i.base()); err == nil {
		path = strings.TrimPrefix(path, own.Path)
	}
	switch {
	case handler != nil:
		handler(w, r)
	case path == DiscoveryPath:
		writeJSON(w, map[string]string{"issuer": i.URL, "jwks_uri": i.base() + JWKSPath})
	case path == JWKSPath:
		published := make([]map[string]any, 0, len(keys))
		for _, k := range keys {
			published = append(published, k.JWK())
		}
		writeJSON(w, map[string]any{"keys": published})
	default:
		http.NotFound(w, r)
	}
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		panic(err)
	}
}

func (i *Issuer) count(path string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.requests[path]++
}

func (i *Issuer) isUnavailable() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.unavailable
}

// Requests returns how many requests for path were received, including those that found the issuer unavailable.
func (i *Issuer) Requests(path string) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.requests[path]
}

// SetUnavailable makes the issuer drop (true) or answer (false) every request.
func (i *Issuer) SetUnavailable(unavailable bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.unavailable = unavailable
}

// SetNow sets the clock of Claims; it is time.Now at first.
func (i *Issuer) SetNow(now func() time.Time) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.now = now
}

// Handle lets handler answer path; nil restores the issuer's own answer.
func (i *Issuer) Handle(path string, handler http.HandlerFunc) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.override[path] = handler
}
