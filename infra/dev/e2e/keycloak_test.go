//go:build keycloak

package e2e

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/shiptrack/pkg/authn"
)

// uuidTenant is a tenant of the realm north, as testdata/keycloak names it.
const uuidTenant = "550e8400-e29b-41d4-a716-446655440000"

// TestKeycloak has a real Keycloak sign the tokens; make test-keycloak runs it. Shipment 1002 is yellow's alone, 2002 blue's alone.
func TestKeycloak(t *testing.T) {
	k := startKeycloak(t)
	c := startCloud(t)
	c.copyRow(t, "1002", "yellow", uuidTenant)
	k.await(t)
	logout := newLogoutReceiver(t)
	k.makeRealm(t, "north", "http://logout.example.com", logout.URL)
	k.makeRealm(t, "south")
	k.makeRealm(t, "west")

	realms := startPair(t, c, "OIDC_PROVIDERS_FILE="+providersFile(t, k))
	t.Run("a user attribute is the tenant", func(t *testing.T) { testAttribute(t, k, realms) })
	t.Run("an organization is the tenant", func(t *testing.T) { testOrganizations(t, k, c, realms) })
	t.Run("a realm speaks for its own tenants", func(t *testing.T) { testRealms(t, k, realms) })
	t.Run("only access tokens", func(t *testing.T) { testKinds(t, k, realms, logout.received) })

	// A realm of environment variables: its tokens name a host that the services never ask.
	alone := startPair(t, c, "OIDC_ISSUER=https://login.west.example.com/realms/west", "OIDC_AUDIENCE=shiptrack", "OIDC_REQUIRED_CLAIMS=typ=Bearer",
		"OIDC_JWKS_URI=http://localhost:"+k.port+"/realms/west/protocol/openid-connect/certs", "OIDC_TENANT_CLAIM=tenant_id")
	t.Run("who may edit the tenant", func(t *testing.T) { testProfiles(t, k, alone) })
	t.Run("rotation of keys", func(t *testing.T) { testRotation(t, k, alone) })
}

// providersFile is testdata/keycloak/providers.yaml for this Keycloak.
func providersFile(t *testing.T, k *keycloak) string {
	t.Helper()
	text, err := os.ReadFile("testdata/keycloak/providers.yaml")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "providers.yaml")
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(text), "https://keycloak.example.com", k.url)), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func testAttribute(t *testing.T, k *keycloak, p *pair) {
	p.servesAlone(t, "yellow's user", k.token(t, "north", "shiptrack", "ana", "").Access, "1002", "2002")
	p.servesAlone(t, "a user of a tenant whose id is a UUID", k.token(t, "north", "shiptrack", "uma", "").Access, "1002", "1001")
	p.refuses(t, "a user without the attribute", k.token(t, "north", "shiptrack", "tom", "").Access, authn.NoTenant)
	p.refuses(t, "a client without the audience mapper", k.token(t, "north", "no-audience", "ana", "").Access, authn.NoAudience)
}

func testOrganizations(t *testing.T, k *keycloak, c *cloud, p *pair) {
	ask := func(user, scope string) string { return k.token(t, "south", "shiptrack", user, scope).Access }
	list := ask("ben", "organization")
	p.refuses(t, "a list of organizations, as Keycloak makes it without a setting", list, authn.BadTenant)
	lists := startPair(t, c, "OIDC_ISSUER=https://login.south.example.com/realms/south", "OIDC_JWKS_URI="+k.url+"/realms/south/protocol/openid-connect/certs",
		"OIDC_AUDIENCE=shiptrack", "OIDC_TENANT_CLAIM=organization", "OIDC_TENANT_VALUE=only-entry")
	lists.servesAlone(t, "a list of one organization", list, "2002", "1002")
	lists.refuses(t, "a list of two organizations", ask("cleo", "organization:*"), authn.BadTenant)

	k.nameOrganizationsAsObject(t, "south")
	one := ask("ben", "organization")
	if got, _ := claimsOf(t, one)["organization"].(object)["blue"].(object); got["id"] == nil {
		t.Errorf("organization is %v, want an object with blue and its id", claimsOf(t, one)["organization"])
	}
	p.servesAlone(t, "a user of blue", one, "2002", "1002")
	p.servesAlone(t, "a user of two organizations who chose blue", ask("cleo", "organization:blue"), "2002", "1002")
	p.wants(t, "the same user, who chose green", ask("cleo", "organization:green"), "2002", http.StatusNotFound)
	p.refuses(t, "the same user, with all organizations", ask("cleo", "organization:*"), authn.BadTenant)
	p.refuses(t, "the same user, who chose none", ask("cleo", "organization"), authn.NoTenant)
	p.refuses(t, "a user who did not ask for the scope", ask("ben", ""), authn.NoTenant)
	p.refuses(t, "a user of no organization", ask("eve", "organization"), authn.NoTenant)
}

// nameOrganizationsAsObject sets the mapper of the scope organization: claim type JSON, add organization id.
func (k *keycloak) nameOrganizationsAsObject(t *testing.T, realm string) {
	t.Helper()
	var scopes []struct {
		ID, Name        string
		ProtocolMappers []object
	}
	k.manage(t, http.MethodGet, "/"+realm+"/client-scopes", nil, &scopes)
	for _, scope := range scopes {
		if scope.Name == "organization" {
			mapper := scope.ProtocolMappers[0]
			config := mapper["config"].(object)
			config["jsonType.label"], config["addOrganizationId"] = "JSON", "true"
			k.manage(t, http.MethodPut, "/"+realm+"/client-scopes/"+scope.ID+"/protocol-mappers/models/"+mapper["id"].(string), mapper, nil)
			return
		}
	}
	t.Fatalf("the realm %s has no scope organization", realm)
}

// testRealms names the tenants of one realm in tokens of the other. Whoever administers a realm can make it say that.
func testRealms(t *testing.T, k *keycloak, p *pair) {
	p.servesAlone(t, "yellow's user, of north", k.token(t, "north", "shiptrack", "ana", "").Access, "1002", "2002")
	p.refuses(t, "blue's user, of north", k.token(t, "north", "shiptrack", "bea", "").Access, authn.ForeignTenant)
	p.servesAlone(t, "blue's user, of south", k.token(t, "south", "shiptrack", "ben", "organization").Access, "2002", "1002")
	p.refuses(t, "yellow's user, of south", k.token(t, "south", "shiptrack", "dan", "organization").Access, authn.ForeignTenant)
	p.refuses(t, "an administrator's token of the realm master", k.admin, authn.UnknownIssuer)
}

// testKinds sends the realm's other tokens. The client is called as the API is, so that all of them are for its audience.
func testKinds(t *testing.T, k *keycloak, p *pair, loggedOut <-chan string) {
	got := k.token(t, "north", "shiptrack", "ana", "")
	p.wants(t, "the access token", got.Access, "1002", http.StatusOK)
	if claims := claimsOf(t, got.ID); claims["aud"] != "shiptrack" || claims["tenant_id"] != "yellow" || claims["typ"] != "ID" {
		t.Errorf("the ID token says %v, want the audience and the tenant of the access token", claims)
	}
	p.refuses(t, "the ID token", got.ID, authn.WrongClaim)
	p.refuses(t, "the refresh token", got.Refresh, authn.BadAlgorithm)

	k.manage(t, http.MethodPost, "/north/users/"+k.userID(t, "north", "ana")+"/logout", nil, nil)
	select {
	case token := <-loggedOut:
		if claims := claimsOf(t, token); claims["aud"] != "shiptrack" || claims["typ"] != "Logout" {
			t.Errorf("the logout token says %v, want the audience of the access token", claims)
		}
		p.refuses(t, "the logout token", token, authn.BadType)
	case <-time.After(patience):
		t.Error("Keycloak sent no logout token")
	}
	p.wants(t, "the access token after the logout", got.Access, "1002", http.StatusOK) // it is good until its exp
}

// logoutReceiver is where Keycloak sends the logout tokens of a client (back-channel logout).
type logoutReceiver struct {
	*httptest.Server
	received chan string
}

func newLogoutReceiver(t *testing.T) *logoutReceiver {
	t.Helper()
	l := &logoutReceiver{received: make(chan string, 100)}
	l.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		form, formErr := url.ParseQuery(string(body))
		if err != nil || formErr != nil {
			t.Errorf("a logout token: %v, %v", err, formErr)
		}
		l.received <- form.Get("logout_token")
	}))
	t.Cleanup(l.Close)
	return l
}

func claimsOf(t *testing.T, token string) object { return partOf(t, token, 1) }

// partOf decodes a part of a token: 0 is its header, 1 its claims.
func partOf(t *testing.T, token string, n int) object {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no token", token)
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[n])
	if err != nil {
		t.Fatal(err)
	}
	var claims object
	if err := json.Unmarshal(text, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}
