// Package authntest is an OpenID Connect issuer inside the test's own process.
package authntest

import (
	"net/http"
	"testing"
	"time"
)

// Audience is the audience of the tokens that Token mints.
const Audience = "shiptrack"

// Issuer is a token issuer whose keys, clock and availability the test controls.
type Issuer struct {
	URL string // what Config.Issuer takes
}

// Start returns an issuer on a loopback port that ends with the test.
func Start(t testing.TB) *Issuer { return &Issuer{} }

// New returns an issuer without a socket: only Client reaches it (for testing/synctest).
func New(t testing.TB) *Issuer { return &Issuer{} }

// Client returns an HTTP client that reaches the issuer, and nothing else.
func (i *Issuer) Client() *http.Client { return nil }

// Token returns a valid token of tenant and subject, good for an hour.
func (i *Issuer) Token(tenant, subject string) string { return "" }

// Claims returns the claims that Token signs, for a test to change.
func (i *Issuer) Claims(tenant, subject string) map[string]any { return nil }

// Sign returns a token of claims by the current key; header members are added to, or replace, its own.
func (i *Issuer) Sign(claims, header map[string]any) string { return "" }

// Rotate replaces the signing key; the old one is published no longer.
func (i *Issuer) Rotate() {}

// SetAway makes the issuer drop (true) or answer (false) every request.
func (i *Issuer) SetAway(away bool) {}

// Requests returns how many requests for the path (such as "/jwks") were received.
func (i *Issuer) Requests(path string) int { return 0 }

// SetNow sets the clock of Claims (default time.Now).
func (i *Issuer) SetNow(now func() time.Time) {}
