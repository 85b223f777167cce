package devissuer_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"example.com/shiptrack/infra/dev/devissuer"
)

// paths are all that an issuer answers, by method.
var paths = map[string]string{"/.well-known/openid-configuration": "GET", "/jwks": "GET", "/token": "POST", "/readyz": "GET"}

// ask asks issuer for path, for a token of blue where that is /token.
func ask(issuer *devissuer.Issuer, path, host string, header map[string]string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(paths[path], path, strings.NewReader("tenant=blue&subject=ana"))
	r.Host = host
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for name, value := range header {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	issuer.ServeHTTP(w, r)
	return w
}

func wantRefusal(t *testing.T, w *httptest.ResponseRecorder, status int) {
	t.Helper()
	var said struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	err := json.Unmarshal(w.Body.Bytes(), &said)
	if err != nil || w.Code != status || said.Error != "invalid_request" || said.Description == "" || strings.Contains(w.Body.String(), "access_token") {
		t.Errorf("got %d %s (%v), want %d in the form of RFC 6749", w.Code, w.Body, err, status)
	}
}

func TestAForeignHostGetsNothing(t *testing.T) {
	issuer, err := devissuer.New(devissuer.Config{Issuer: "http://devissuer:8082", Audience: "shiptrack", TenantClaim: "TenantID", AllowedHosts: []string{"idp.test"}})
	if err != nil {
		t.Fatal(err)
	}
	for path := range paths {
		for _, host := range []string{"127.0.0.1:8082", "[::1]:8082", "localhost:8082", "devissuer:8082", "idp.test"} {
			if w := ask(issuer, path, host, nil); w.Code != http.StatusOK {
				t.Errorf("control: %s by the name %s: got %d %s", path, host, w.Code, w.Body)
			}
		}
		for _, host := range []string{"evil.example:8082", "devissuer.evil.example", ""} {
			wantRefusal(t, ask(issuer, path, host, nil), http.StatusMisdirectedRequest)
		}
	}
}

func TestBrowsersGetNothing(t *testing.T) {
	issuer, err := devissuer.New(devissuer.Config{Issuer: "http://[::1]:8082", Audience: "shiptrack", TenantClaim: "TenantID"})
	if err != nil {
		t.Fatal(err)
	}
	for path := range paths {
		if w := ask(issuer, path, "127.0.0.1:8082", map[string]string{"Accept": "*/*"}); w.Code != http.StatusOK {
			t.Errorf("control: %s: got %d %s", path, w.Code, w.Body)
		}
		for _, name := range []string{"Origin", "Sec-Fetch-Site", "Sec-Fetch-Mode"} {
			wantRefusal(t, ask(issuer, path, "127.0.0.1:8082", map[string]string{name: "http://evil.example"}), http.StatusForbidden)
		}
	}
}

func TestAHostThatCannotBeIsAnError(t *testing.T) {
	for _, cfg := range []devissuer.Config{{Issuer: "http://Devissuer:8082"}, {Issuer: "http://devissuer", AllowedHosts: []string{"a:80"}}} {
		cfg.Audience, cfg.TenantClaim = "shiptrack", "TenantID"
		if _, err := devissuer.New(cfg); err == nil || !strings.Contains(err.Error(), "cannot be a Host") {
			t.Errorf("%+v: %v, want an error that says so", cfg, err)
		}
	}
}
