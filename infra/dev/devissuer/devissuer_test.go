package devissuer_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"example.com/shiptrack/infra/dev/devissuer"
	"example.com/shiptrack/pkg/authn"
	"example.com/shiptrack/pkg/problem"
)

// start runs an issuer whose URL is the one at which it listens.
func start(t *testing.T, now func() time.Time) string {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	server.Start()
	t.Cleanup(server.Close)
	issuer, err := devissuer.New(devissuer.Config{Issuer: server.URL, Audience: "shiptrack", TenantClaim: "TenantID", Now: now})
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = issuer
	return server.URL
}

func verifier(t *testing.T, url, audience string) *authn.Verifier {
	t.Helper()
	v, err := authn.New(t.Context(), authn.Config{Providers: []authn.Provider{{Issuer: url, Audiences: []string{audience}, Tenants: []string{"*"}}}})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestTokenIsAcceptedByTheServicesVerifier(t *testing.T) {
	url := start(t, nil)
	token, err := devissuer.Fetch(t.Context(), url, "yellow", "ana")
	if err != nil {
		t.Fatal(err)
	}
	principal, err := verifier(t, url, "shiptrack").Verify(t.Context(), token)
	if err != nil || principal.Subject != "ana" || principal.Tenant.String() != "yellow" {
		t.Fatalf("Verify = %+v, %v; want ana of yellow", principal, err)
	}
	if _, err := verifier(t, url, "another").Verify(t.Context(), token); problem.KindOf(err) != problem.Unauthenticated {
		t.Fatalf("Verify for another audience = %v, want it refused", err)
	}
}

func TestTokenExpires(t *testing.T) {
	url := start(t, func() time.Time { return time.Now().Add(-devissuer.DefaultLifetime - time.Minute) })
	token, err := devissuer.Fetch(t.Context(), url, "yellow", "ana")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := verifier(t, url, "shiptrack").Verify(t.Context(), token); problem.KindOf(err) != problem.Unauthenticated {
		t.Fatalf("Verify of a token of an hour ago = %v, want it refused", err)
	}
}

func TestTokenOfTwoIssuersIsNotInterchangeable(t *testing.T) {
	one, two := start(t, nil), start(t, nil)
	token, err := devissuer.Fetch(t.Context(), one, "yellow", "ana")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := verifier(t, two, "shiptrack").Verify(t.Context(), token); problem.KindOf(err) != problem.Unauthenticated {
		t.Fatalf("Verify of another issuer's token = %v, want it refused", err)
	}
}

func TestBadRequestsAreRefusedWithTheReason(t *testing.T) {
	url := start(t, nil)
	for _, tc := range []struct{ tenant, subject, says string }{
		{"", "ana", "tenant must be 2 to 63"},
		{"Yellow", "ana", "tenant must be 2 to 63"},
		{"yellow*", "ana", "tenant must be 2 to 63"},
		{"yellow", "", "subject must be"},
		{"yellow", strings.Repeat("a", 256), "subject must be"},
	} {
		token, err := devissuer.Fetch(t.Context(), url, tc.tenant, tc.subject)
		if token != "" || err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("Fetch(%q, %q) = %q, %v; want an error that says %q", tc.tenant, tc.subject, token, err, tc.says)
		}
	}
}

func TestAbsentIssuerIsNamed(t *testing.T) {
	server := httptest.NewServer(nil)
	server.Close()
	if _, err := devissuer.Fetch(t.Context(), server.URL, "yellow", "ana"); err == nil || !strings.Contains(err.Error(), "make demo") {
		t.Fatalf("Fetch without an issuer = %v, want a hint to make demo", err)
	}
}

func TestHealthAndReadinessAreAnsweredAsTheServicesAnswer(t *testing.T) {
	issuer, err := devissuer.New(devissuer.Config{Issuer: "http://127.0.0.1:8082", Audience: "a", TenantClaim: "TenantID"})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(issuer)
	defer server.Close()
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/livez": 404} {
		response, err := server.Client().Get(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		if response.Body.Close(); response.StatusCode != want {
			t.Errorf("GET %s: %d, want %d", path, response.StatusCode, want)
		}
	}
}
