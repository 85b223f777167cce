package providers_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"example.com/shiptrack/pkg/authn"
	"example.com/shiptrack/pkg/authn/providers"
	"example.com/shiptrack/pkg/config"
)

func load(changes ...string) (providers.Settings, error) {
	return config.Load[providers.Settings](append([]string{"OIDC_ISSUER=https://issuer.example.com", "OIDC_AUDIENCE=shiptrack"}, changes...))
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
		{"OIDC_ISSUER", "https://login.microsoftonline.com/{TenantId}/v2.0", "holds a placeholder", "https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0"},
		{"OIDC_ISSUER", "https://<domain>.auth0.com/", "holds a placeholder", "https://domain.auth0.com/"},
		{"OIDC_ISSUER", " https://issuer.example.com", "blank", "https://issuer.example.com"},
		{"OIDC_AUDIENCE", "shiptrack ", "blank", "shiptrack"},
		{"OIDC_TENANT_CLAIM", "sub", "meaning of its own", "custom:TenantID"},
		{"OIDC_TENANT_CLAIM", "Sub", "meaning of its own", "subject"},
		{"OIDC_TENANT_CLAIM", "custom:", "its name should follow", "custom:t"},
		{"OIDC_TENANT_CLAIM", "https://example.com/", "its name should follow", "https://example.com/tenant"},
		{"OIDC_TENANT_CLAIM", " TenantID", "blank", "TenantID"},
		{"OIDC_JWKS_URI", "http://keys.example.com/jwks", "must be https", "https://keys.example.com/jwks?appid=1"},
		{"OIDC_JWKS_URI", "keys", "absolute URL", "http://127.0.0.1:8080/jwks"},
		{"OIDC_AUDIENCE", "shiptrack,,x", "empty value", "shiptrack, x"},
		{"OIDC_AUDIENCE_CLAIM", "sub", "is not one of aud, client_id, azp", "client_id"},
		{"OIDC_REQUIRED_CLAIMS", "token_use", "name=value", "token_use=access,email_verified=true"},
		{"OIDC_REQUIRED_CLAIMS", "token_use=access,token_use=id", "each name once", "token_use=access"},
		{"OIDC_REQUIRED_CLAIMS", "aud=x", "rule of its own", "azp=x"},
		{"OIDC_REQUIRED_CLAIMS", "token_use=", "a name and a value", "token_use=access"},
		{"OIDC_TOKEN_TYPES", "logout+jwt", "is not one of jwt", "at+jwt,application/at+jwt"},
		{"OIDC_ALGORITHMS", "HS256", "is not one of RS256", "PS512,EdDSA"},
		{"OIDC_ALGORITHMS", "none", "is not one of RS256", "ES384"},
		{"OIDC_ALGORITHMS", "rs256", "is not one of RS256", "RS256"},
		{"OIDC_TENANT_VALUE", "list", "is not one of text", "only-entry"},
		{"OIDC_TENANT_FORM", "base32", "is not one of plain", "encoded"},
		{"OIDC_TENANTS", "Acme", "not a tenant id", "acme,acme-*"},
		{"OIDC_TENANTS", "ac*me", "at the end alone", "acme*"},
		{"OIDC_TENANTS", "-*", "no tenant begins so", "*"},
		{"OIDC_TENANTS", "check.a", "not a tenant id", "check-a"},
		{"OIDC_ENTRA_TENANTS", "11111111-2222-3333-4444-555555555555", "belongs to an issuer with {tenantid}", ""},
		{"OIDC_MAX_TOKEN_BYTES", "1023", "outside 1024 to 65536", "1024"},
		{"OIDC_MAX_TOKEN_BYTES", "65537", "outside 1024 to 65536", "65536"},
		{"OIDC_MAX_TOKEN_BYTES", "16k", "whole number", "20000"},
		{"OIDC_KEPT_TOKENS", "-1", "outside 0 to 1000000", "0"},
		{"OIDC_KEPT_TOKENS", "1000001", "outside 0 to 1000000", "1000000"},
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
	if p := s.Config().Providers[0]; p.Issuer != "http://devissuer:8082" || !p.AllowHTTP || !reflect.DeepEqual(p.Tenants, []string{"*"}) {
		t.Errorf("the provider is %+v, want the settings", p)
	}
}

func TestTheVariablesAreThoseOfOneProvider(t *testing.T) {
	s, err := load("OIDC_JWKS_URI=https://keys.example.com/jwks", "OIDC_AUDIENCE=a,b", "OIDC_AUDIENCE_CLAIM=azp", "OIDC_REQUIRED_CLAIMS=token_use=access",
		"OIDC_TOKEN_TYPES=at+jwt", "OIDC_ALGORITHMS=PS256,EdDSA", "OIDC_TENANT_CLAIM=https://app.example.com/tenant", "OIDC_TENANT_VALUE=only-member",
		"OIDC_TENANT_FORM=encoded", "OIDC_TENANTS=org_aBc,org_x*", "OIDC_MAX_TOKEN_BYTES=2048", "OIDC_KEPT_TOKENS=7")
	if err != nil {
		t.Fatal(err)
	}
	want := authn.Config{MaxTokenBytes: 2048, KeptTokens: 7, Providers: []authn.Provider{{
		Issuer: "https://issuer.example.com", JWKSURI: "https://keys.example.com/jwks", Audiences: []string{"a", "b"}, AudienceClaim: "azp",
		RequiredClaims: map[string]string{"token_use": "access"}, TokenTypes: []string{"at+jwt"}, Algorithms: []string{"PS256", "EdDSA"},
		TenantClaim: []string{"https://app.example.com/tenant"}, TenantValue: authn.OnlyMember, TenantForm: authn.Encoded, Tenants: []string{"org_aBc", "org_x*"},
	}}}
	if got := s.Config(); !reflect.DeepEqual(got, want) {
		t.Errorf("Config() = %+v\nwant %+v", got, want)
	}
	if s, err = load(); err != nil || s.Config().MaxTokenBytes != 16384 || s.Config().KeptTokens != 10000 {
		t.Errorf("the defaults are %+v, %v", s.Config(), err)
	}
}

// loadFile loads settings with a file of that content, and nothing else.
func loadFile(t *testing.T, content string, changes ...string) (providers.Settings, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "providers.yaml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return config.Load[providers.Settings](append([]string{"OIDC_PROVIDERS_FILE=" + path}, changes...))
}

func TestTheExampleShowsEveryField(t *testing.T) {
	content, err := os.ReadFile("example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s, err := loadFile(t, string(content))
	if err != nil {
		t.Fatal(err)
	}
	const a, b = "11111111-2222-3333-4444-555555555555", "66666666-7777-8888-9999-000000000000"
	want := []authn.Provider{{
		Issuer: "https://login.acme.example.com/realms/acme", JWKSURI: "http://keycloak:8080/realms/acme/protocol/openid-connect/certs",
		Audiences: []string{"shiptrack", "shiptrack-mobile"}, AudienceClaim: "aud", RequiredClaims: map[string]string{"typ": "Bearer"},
		TokenTypes: []string{"jwt"}, Algorithms: []string{"RS256", "EdDSA"}, TenantClaim: []string{"app_metadata", "tenant_id"},
		TenantValue: authn.Text, TenantForm: authn.Plain, Tenants: []string{"acme", "acme-*"}, AllowHTTP: true,
	}, {
		Issuer: "https://login.microsoftonline.com/{tenantid}/v2.0", EntraTenants: []string{a, b}, RequiredClaims: map[string]string{},
		Audiences: []string{"535fb089-9ff3-47b6-9bfb-4f1264799865"}, TenantClaim: []string{"tid"},
	}}
	if got := s.Config().Providers; !reflect.DeepEqual(got, want) {
		t.Errorf("the example gives\n%+v\nwant\n%+v", got, want)
	}
}

const valid = `{issuer: "https://a.example.com", audiences: x, tenants: acme}`

func TestAFileIsReadStrictly(t *testing.T) {
	if _, err := loadFile(t, "providers: ["+valid+"]"); err != nil {
		t.Fatalf("the control is refused: %v", err)
	}
	for _, tt := range []struct{ content, want string }{
		{"", "lists no provider"},
		{"providers:", "lists no provider"},
		{"providers: []", "lists no provider"},
		{"provider: []", "field provider not found"},
		{`providers: [{issuer: "https://a.example.com", audiences: x, tenants: acme, tenant: acme}]`, "field tenant not found"},
		{`providers: [{issuer: "https://a.example.com", audiences: x, tenants: acme, Shared: true}]`, "field Shared not found"},
		{`providers: [{issuer: "https://a.example.com", audiences: x, tenants: acme, tenants: blue}]`, "already defined"},
		{"providers: [" + valid + "]\n---\nproviders: [" + valid + "]", "more than one YAML document"},
		{"providers: " + valid, "cannot"},
		{`providers: [{issuer: "https://a.example.com", audiences: x, tenants: *}]`, `write "*" in quotes`},
		{`providers: [{issuer: "https://a.example.com", audiences: x, tenants: [acme, *]}]`, `write "*" in quotes`},
		{"providers:\n- issuer: https://a.example.com\n  audiences: x\n  tenants: *\n", `write "*" in quotes`},
		{"providers:\n- issuer: https://a.example.com\n  audiences: x\n  tenants:\n  - *\n", `write "*" in quotes`},
		{"providers: [" + valid + "", "is not a file of providers"},
		{`providers: [{issuer: "https://a.example.com", audiences: x, tenants: acme, shared: maybe}]`, "cannot"},
		{`providers: [{issuer: "https://a.example.com", audiences: x, tenants: {acme: 1}}]`, "cannot"},
		{`providers: [{issuer: "https://a.example.com", audiences: x, tenants: acme, required_claims: {ver: 2.0}}]`, "put a number in quotes"},
		{`providers: [{issuer: "https://a.example.com", audiences: x, tenants: acme, required_claims: {a: [b]}}]`, "want a text"},
		{`providers: [{issuer: "https://a.example.com", audiences: x}]`, "tenants: is required"},
		{`providers: [{issuer: "https://a.example.com", audiences: x, tenants: null}]`, "tenants: is required"},
		{`providers: [{issuer: "https://a.example.com", audiences: ~, tenants: acme}]`, "audiences: is required"},
		{"providers: [" + valid + "] #" + strings.Repeat("x", 1<<20), "is larger than"},
		{`providers: [{issuer: "https://a.example.com", tenants: acme}]`, "audiences: is required"},
		{`providers: [{audiences: x, tenants: acme}]`, "issuer: is required"},
		{`providers: [{issuer: "https://a.example.com", audiences: x, tenants: [~]}]`, "tenants: "},
		{`providers: [{issuer: "https://a.example.com", audiences: x, tenants: acme, tenant_claim: [a, ""]}]`, "tenant_claim: "},
		{`providers: [{issuer: "https://a.example.com", audiences: x, tenants: acme, tenant_claim: sub}]`, "meaning of its own"},
	} {
		_, err := loadFile(t, tt.content)
		if err == nil || !strings.Contains(err.Error(), "  OIDC_PROVIDERS_FILE: ") || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s\ngot %v, want %q", tt.content, err, tt.want)
		}
	}
}

func TestTwoIssuersOfAFileShareTenantsWhereBothSaySo(t *testing.T) {
	file := func(a, b string) string {
		return fmt.Sprintf(`providers: [{issuer: "https://a.example.com", audiences: x, tenants: acme%s}, {issuer: "https://b.example.com", audiences: x, tenants: "*"%s}]`, a, b)
	}
	for said, accepted := range map[[2]string]bool{
		{", shared: true", ", shared: true"}: true, {", shared: true", ""}: false, {"", ", shared: true"}: false, {"", ""}: false, {", shared: true", ", shared: false"}: false,
	} {
		_, err := loadFile(t, file(said[0], said[1]))
		if (err == nil) != accepted || err != nil && !strings.Contains(err.Error(), "set shared: true at both") {
			t.Errorf("%q: %v, want it accepted: %t", said, err, accepted)
		}
	}
}

// TestWhatIsWrongWithAFileIsSaidWithoutTypesOfGo: whoever writes the file does not know our code.
func TestWhatIsWrongWithAFileIsSaidWithoutTypesOfGo(t *testing.T) {
	for content, want := range map[string]string{
		"providers:\n  - audience: s\n    shared: maybe": "line 2: field audience not found; line 3: the value here cannot be a text",
		"providers:\n  - required_claims: [a]":           "line 2: the value here cannot be a list",
		"providers: {a: b}":                              "line 1: the value here cannot be a mapping",
		"providers:\n\t- issuer: x":                      "line 2: found character that cannot stand here (YAML takes no tab",
	} {
		if _, err := loadFile(t, content); err == nil || !strings.Contains(err.Error(), "shows the form: "+want) || strings.Contains(err.Error(), "providers.") || strings.Contains(err.Error(), "!!") {
			t.Errorf("%s\ngot %v, want %q", content, err, want)
		}
	}
}

func TestTheValueOfARequiredClaimIsATextOrABoolean(t *testing.T) {
	s, err := loadFile(t, `providers: [{issuer: "https://a.example.com", audiences: x, tenants: acme, required_claims: {a: True, b: "True", c: yes, d: false, e: "2.0"}}]`)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"a": "true", "b": "True", "c": "yes", "d": "false", "e": "2.0"}
	if got := s.Config().Providers[0].RequiredClaims; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestAllFaultsOfAFileAreListedAtOnce(t *testing.T) {
	_, err := loadFile(t, `
providers:
  - {issuer: "http://a.example.com", audiences: [], tenants: [Acme], algorithms: HS256}
  - {issuer: "https://b.example.com", audiences: x, tenants: [blue], tenant_form: none}
`, "OIDC_ISSUER=https://c.example.com", "OIDC_TENANTS=acme", "OIDC_KEPT_TOKENS=-1")
	if err == nil {
		t.Fatal("accepted")
	}
	if _, err := config.Load[providers.Settings]([]string{"OIDC_PROVIDERS_FILE=/nowhere/providers.yaml"}); err == nil || !strings.Contains(err.Error(), "cannot be read") {
		t.Errorf("a file that is not there: %v", err)
	}
	for _, want := range []string{
		"provider 1 (http://a.example.com): issuer: must be https", "provider 1 (http://a.example.com): audiences: is required",
		"provider 1 (http://a.example.com): tenants: ", "provider 1 (http://a.example.com): algorithms: ", "provider 2 (https://b.example.com): tenant_form: ",
		"  OIDC_ISSUER: is set, and so is OIDC_PROVIDERS_FILE", "  OIDC_TENANTS: is set", "  OIDC_KEPT_TOKENS: ",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in\n%v", want, err)
		}
	}
}
