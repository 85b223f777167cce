package authn_test

import (
	"strings"
	"testing"

	"example.com/shiptrack/pkg/authn"
	"example.com/shiptrack/pkg/config"
)

func load(changes ...string) (authn.Settings, error) {
	return config.Load[authn.Settings](append([]string{"OIDC_ISSUER=https://issuer.example.com", "OIDC_AUDIENCE=shiptrack"}, changes...))
}

func TestEachWrongSettingIsRefusedAndItsNeighbourIsNot(t *testing.T) {
	for _, tt := range []struct{ variable, wrong, reason, right string }{
		{"OIDC_ISSUER", "http://issuer.example.com", "OIDC_ALLOW_HTTP", "http://127.0.0.1:8082"},
		{"OIDC_ISSUER", "issuer.example.com", "absolute URL", "https://issuer.example.com"},
		{"OIDC_ISSUER", "https://issuer.example.com?x=1", "no query", "https://issuer.example.com/x"},
		{"OIDC_ISSUER", "https://issuer.example.com#", "no fragment", "https://issuer.example.com/"},
		{"OIDC_ISSUER", "https://user@issuer.example.com", "no user", "https://issuer.example.com:443"},
		{"OIDC_ISSUER", "https://issuer.example.com:99999", "port", "https://issuer.example.com:9999"},
		{"OIDC_ISSUER", "ftp://127.0.0.1", "http or https", "http://localhost"},
		{"OIDC_ISSUER", "https://issuer.example.com/.well-known/openid-configuration", "leave out", "https://issuer.example.com/realm"},
		{"OIDC_ISSUER", "https://issuer.example.com/a/.well-known/openid-configuration/", "leave out", "https://issuer.example.com/a/.well-known"},
		{"OIDC_ISSUER", " https://issuer.example.com", "blank", "https://issuer.example.com"},
		{"OIDC_AUDIENCE", "shiptrack ", "blank", "shiptrack"},
		{"OIDC_TENANT_CLAIM", "sub", "meaning of its own", "custom:TenantID"},
		{"OIDC_TENANT_CLAIM", "Sub", "meaning of its own", "subject"},
		{"OIDC_TENANT_CLAIM", "custom:", "its name should follow", "custom:t"},
		{"OIDC_TENANT_CLAIM", "https://example.com/", "its name should follow", "https://example.com/tenant"},
		{"OIDC_TENANT_CLAIM", " TenantID", "blank", "TenantID"},
		{"OIDC_ALLOW_HTTP", "yes", "true or false", "true"},
	} {
		if _, err := load(tt.variable + "=" + tt.right); err != nil {
			t.Errorf("%s=%s is refused: %v", tt.variable, tt.right, err)
		}
		_, err := load(tt.variable + "=" + tt.wrong)
		if err == nil || strings.Count(err.Error(), "\n") != 1 || !strings.Contains(err.Error(), "  "+tt.variable+": ") || !strings.Contains(err.Error(), tt.reason) {
			t.Errorf("%s=%s: got %v, want one problem with %q", tt.variable, tt.wrong, err, tt.reason)
		}
	}
}

func TestHTTPToAnotherHostNeedsTheSwitch(t *testing.T) {
	if _, err := load("OIDC_ISSUER=http://devissuer:8082"); err == nil {
		t.Fatal("http to another host is accepted without OIDC_ALLOW_HTTP")
	}
	s, err := load("OIDC_ISSUER=http://devissuer:8082", "OIDC_ALLOW_HTTP=true")
	if err != nil {
		t.Fatalf("with OIDC_ALLOW_HTTP=true: %v", err)
	}
	if c := s.Config(); c.Issuer != "http://devissuer:8082" || c.Audience != "shiptrack" || c.TenantClaim != "TenantID" || !c.AllowHTTP {
		t.Errorf("Config() = %+v, want the settings", c)
	}
}
