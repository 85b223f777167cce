package providers_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"example.com/shiptrack/pkg/authn"
	"example.com/shiptrack/pkg/authn/authntest"
	"example.com/shiptrack/pkg/tenant"
)

// settingsOf returns the nth YAML block under a heading of IDENTITY-PROVIDERS.md.
func settingsOf(t *testing.T, heading string, n int) string {
	t.Helper()
	content, err := os.ReadFile("../../../infra/docs/IDENTITY-PROVIDERS.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(content), "\n## "+heading+"\n")
	section, _, _ = strings.Cut(section, "\n## ")
	blocks := strings.Split(section, "```yaml\n")[1:]
	if !found || n >= len(blocks) {
		t.Fatalf("the page has no block %d under %s", n, heading)
	}
	block, _, _ := strings.Cut(blocks[n], "```")
	return block
}

// object is the claims or the header of a token.
type object = map[string]any

// with returns o with changes; a nil value removes a member.
func with(o, changes object) object {
	o = maps.Clone(o)
	maps.Copy(o, changes)
	maps.DeleteFunc(o, func(_ string, v any) bool { return v == nil })
	return o
}

// shape is what a provider's tokens are like, and what is tried with them.
type shape struct {
	heading string
	block   int
	header  object // beside alg and kid; nil removes typ
	claims  object // beside iss, iat, exp
	tenant  string // that the claims name, as it reaches the tag
	refused []refusal
	issuer  func(*authntest.Issuer)
}

type refusal struct {
	name           string
	claims, header object // changes
	want           authn.Reason
}

func encoded(name string) string {
	id, err := tenant.Encode(name)
	if err != nil {
		panic(err)
	}
	return id.String()
}

const (
	directory, otherDirectory = "72f988bf-86f1-41af-91ab-2d7cd011db47", "11111111-2222-3333-4444-555555555555"
	secondDirectory           = "4b1fa0f3-862b-4951-a3a8-df1c72935c79"
	entra                     = "https://login.microsoftonline.com/"
	user                      = "aaaaaaaa-bbbb-cccc-dddd-example11111"
)

var signing = authntest.NewRS256("signing-key", 2048)

// The claims are those of the providers' own examples: the names and types, not the values.
var shapes = []shape{
	{"Amazon Cognito", 0, object{"typ": nil}, object{
		"sub": user, "cognito:groups": []string{"admin"}, "iss": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Example01", "version": 2,
		"client_id": "57cbishk4j24pabc1234567890", "origin_jti": user, "event_id": user, "token_use": "access", "scope": "openid email",
		"auth_time": 1676312777, "jti": user, "username": "ana", "tenant_id": "acme-eu",
	}, "acme-eu", []refusal{
		{"the ID token", object{"token_use": "id", "client_id": nil, "aud": "57cbishk4j24pabc1234567890", "custom:tenant_id": "acme-eu"}, nil, authn.NoAudience},
		{"an ID token with a client_id", object{"token_use": "id"}, nil, authn.WrongClaim},
		{"another app client's", object{"client_id": "other"}, nil, authn.WrongAudience},
		{"another app client's, with an aud", object{"client_id": "other", "aud": "57cbishk4j24pabc1234567890"}, nil, authn.WrongAudience},
		{"a list of clients", object{"client_id": []string{"57cbishk4j24pabc1234567890"}}, nil, authn.BadClaim},
		{"another user pool's", object{"iss": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Other0001"}, nil, authn.WrongIssuer},
		{"one without the trigger", object{"tenant_id": nil}, nil, authn.NoTenant},
	}, nil},
	{"Amazon Cognito", 1, object{"typ": nil}, object{
		"sub": user, "cognito:groups": []string{"admin"}, "email_verified": true, "iss": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Example01",
		"cognito:username": "ana", "origin_jti": user, "aud": "57cbishk4j24pabc1234567890", "event_id": user, "token_use": "id", "auth_time": 1676312777,
		"jti": user, "email": "ana@example.com", "custom:tenant_id": "550e8400-e29b-41d4-a716-446655440000",
	}, "550e8400-e29b-41d4-a716-446655440000", []refusal{
		{"the access token", object{"token_use": "access", "aud": nil, "client_id": "57cbishk4j24pabc1234567890"}, nil, authn.NoAudience},
		{"an attribute of another name", object{"custom:tenant_id": nil, "tenant_id": "acme"}, nil, authn.NoTenant},
		{"an attribute in capitals beside it", object{"custom:Tenant_ID": "blue"}, nil, authn.AmbiguousTenant},
	}, nil},
	{"Keycloak", 0, nil, keycloak(object{"tenant_id": "acme"}), "acme", []refusal{
		{"the ID token", object{"typ": "ID", "aud": "web"}, nil, authn.WrongAudience},
		{"an ID token for the API", object{"typ": "ID"}, nil, authn.WrongClaim},
		{"a logout token", object{"typ": "Logout"}, object{"typ": "logout+jwt"}, authn.BadType},
		{"one without the audience mapper", object{"aud": "account"}, nil, authn.WrongAudience},
		{"another realm's", object{"iss": "https://keycloak.example.com/realms/master"}, nil, authn.WrongIssuer},
		{"a multivalued attribute", object{"tenant_id": []string{"acme"}}, nil, authn.BadTenant},
	}, nil},
	{"Keycloak", 1, nil, keycloak(object{"organization": object{"acme": object{"id": user}}}), "acme", []refusal{
		{"two organizations", object{"organization": object{"acme": object{}, "blue": object{}}}, nil, authn.BadTenant},
		{"none", object{"organization": object{}}, nil, authn.BadTenant},
		{"a list", object{"organization": []string{"acme"}}, nil, authn.BadTenant},
		{"a text", object{"organization": "acme"}, nil, authn.BadTenant},
		{"an alias in capitals", object{"organization": object{"Acme": object{}}}, nil, authn.BadTenant},
	}, nil},
	{"Microsoft Entra ID", 0, object{"x5t": "i6lGk3FZzxRcUb2C3nEQ7syHJlY"}, object{
		"aud": "6e74172b-be56-4843-9ff4-e66a39bb12e3", "iss": entra + directory + "/v2.0", "aio": "AXQAi/8IAAAA", "azp": "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
		"azpacr": "0", "name": "Ana", "oid": user, "preferred_username": "ana@acme.example", "rh": "I", "scp": "access_as_user",
		"sub": "HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ", "tid": directory, "uti": "fqiBqXLPj0eQa82S-IYFAA", "ver": "2.0",
	}, directory, []refusal{
		{"a directory that is not listed", object{"iss": entra + otherDirectory + "/v2.0", "tid": otherDirectory}, nil, authn.WrongIssuer},
		{"a directory that names another in tid", object{"tid": secondDirectory}, nil, authn.ForeignKey},
		{"the other way round", object{"iss": entra + secondDirectory + "/v2.0"}, nil, authn.ForeignKey},
		{"the template itself", object{"iss": entra + "{tenantid}/v2.0"}, nil, authn.UnknownIssuer},
		{"all directories", object{"iss": entra + "common/v2.0"}, nil, authn.UnknownIssuer},
		{"no tid", object{"tid": nil}, nil, authn.ForeignKey},
		{"a key of one directory for another", nil, object{"kid": "of-second"}, authn.ForeignKey},
		{"a token of version 1", object{"iss": "https://sts.windows.net/" + directory + "/", "ver": "1.0"}, nil, authn.UnknownIssuer},
		{"the ID token", object{"azp": nil}, nil, authn.WrongClaim},
		{"another API's", object{"aud": "00000003-0000-0000-c000-000000000000"}, nil, authn.WrongAudience},
	}, entraKeys},
	{"Auth0", 0, object{"typ": "at+jwt"}, object{
		"iss": "https://my-domain.eu.auth0.com/", "sub": "auth0|123456", "aud": []string{"https://shiptrack.example.com/api", "https://my-domain.eu.auth0.com/userinfo"},
		"client_id": "my_client_id", "jti": "73WakrfVbNJBaAmhQtEeDv", "scope": "openid profile", "org_id": "org_9ybsU1dN2dKfDkBi", "permissions": []string{},
	}, encoded("org_9ybsU1dN2dKfDkBi"), []refusal{
		{"the ID token", object{"aud": "my_client_id"}, object{"typ": "JWT"}, authn.WrongAudience},
		{"a user without an organization", object{"org_id": nil}, nil, authn.NoTenant},
		{"an organization's name for its id", object{"org_id": "acme"}, nil, authn.ForeignTenant},
		{"the issuer without its slash", object{"iss": "https://my-domain.eu.auth0.com"}, nil, authn.WrongIssuer},
	}, nil},
	{"Auth0", 1, nil, object{
		"iss": "https://my-domain.eu.auth0.com/", "sub": "auth0|123456", "aud": []string{"https://shiptrack.example.com/api", "https://my-domain.eu.auth0.com/userinfo"},
		"azp": "my_client_id", "scope": "openid profile", "https://shiptrack.example.com/tenant": "acme",
	}, "acme", []refusal{
		{"user_metadata is no tenant", object{"https://shiptrack.example.com/tenant": nil, "user_metadata": object{"tenant": "acme"}}, nil, authn.NoTenant},
		{"the URL taken apart", object{"https://shiptrack.example.com/tenant": nil, "https://shiptrack": object{"example": object{"com/tenant": "acme"}}}, nil, authn.NoTenant},
	}, nil},
	{"Okta", 0, object{"typ": nil}, object{
		"ver": 1, "jti": "AT.xtjhr8FeMkyMfgLiFzVYOYPbgqWdd6ONULT3ffeK7d4", "iss": "https://dev-123456.okta.com/oauth2/default", "aud": "api://shiptrack",
		"cid": "0oaosna3ilNxgPTmk0h7", "uid": "00uixa271s6x7qt8I0h7", "scp": []string{"openid"}, "auth_time": 1575929637, "sub": "ana@acme.example", "tenant": "00o1aBcDeFgHiJkLm5d7",
	}, encoded("00o1aBcDeFgHiJkLm5d7"), []refusal{
		{"the ID token", object{"jti": "ID.x", "aud": "0oaosna3ilNxgPTmk0h7", "cid": nil}, nil, authn.WrongAudience},
		{"the org authorization server's", object{"iss": "https://dev-123456.okta.com", "aud": "https://dev-123456.okta.com"}, object{"typ": "application/okta-internal-at+jwt"}, authn.BadType},
		{"an id in other letters", object{"tenant": "00O1ABCDEFGHIJKLM5D7"}, nil, authn.ForeignTenant},
	}, nil},
	{"Google", 0, nil, object{
		"iss": "https://accounts.google.com", "azp": "1234987819200.apps.googleusercontent.com", "aud": "1234987819200.apps.googleusercontent.com",
		"sub": "10769150350006150715113082367", "at_hash": "HK6E_P6Dh8Y93mRNtsDB1Q", "hd": "acme.example", "email": "ana@acme.example", "email_verified": true,
		"nonce": "0394852-3190485-2490358",
	}, encoded("acme.example"), []refusal{
		{"a consumer's account", object{"hd": nil, "email": "acme.example@gmail.com"}, nil, authn.NoTenant},
		{"a domain that is not listed", object{"hd": "evil.example"}, nil, authn.ForeignTenant},
		{"a domain below", object{"hd": "x.acme.example"}, nil, authn.ForeignTenant},
		{"an address that is not verified", object{"email_verified": false}, nil, authn.WrongClaim},
		{"another app's", object{"aud": "other.apps.googleusercontent.com"}, nil, authn.WrongAudience},
		{"the issuer without https", object{"iss": "accounts.google.com"}, nil, authn.WrongIssuer},
	}, nil},
	{"Zitadel", 0, object{"typ": "at+jwt"}, object{
		"iss": "https://shiptrack-abc123.zitadel.cloud", "sub": "77776025198584418", "aud": []string{"69234237810729234", "177658963412345600"}, "azp": "69234237810729234",
		"client_id": "69234237810729234", "jti": "V2_69234237813329048-at_69234237813329049", "urn:zitadel:iam:user:resourceowner:id": "69234237810729019",
		"urn:zitadel:iam:user:resourceowner:name": "ACME", "urn:zitadel:iam:user:resourceowner:primary_domain": "acme.ch",
	}, "69234237810729019", []refusal{
		{"another project's", object{"aud": []string{"69234237810729234"}}, nil, authn.WrongAudience},
		{"one without the scope", object{"urn:zitadel:iam:user:resourceowner:id": nil}, nil, authn.NoTenant},
		{"an id that is a number", object{"urn:zitadel:iam:user:resourceowner:id": 69234237810729019}, nil, authn.BadTenant},
	}, nil},
	{"WorkOS", 0, object{"typ": nil}, object{
		"iss": "https://api.workos.com/user_management/client_01HXYZ", "sub": "user_01HBEQKA6K4QJAS93VPE39W1JT", "aud": "shiptrack", "org_id": "org_01HRDMC6CM357W30QMHMQ96Q0S",
		"act": object{"sub": "admin@example.com"}, "role": "member", "roles": []string{"member"}, "permissions": []string{}, "entitlements": []string{},
		"sid": "session_01HQSXZGF8FHF7A9ZZFCW4387R", "jti": "01HQSXZXPPFPKMDD32RKTFY6PV",
	}, encoded("org_01HRDMC6CM357W30QMHMQ96Q0S"), []refusal{
		{"one without the JWT template", object{"aud": nil}, nil, authn.NoAudience},
		{"a user without an organization", object{"org_id": nil}, nil, authn.NoTenant},
		{"another environment's", object{"iss": "https://api.workos.com/user_management/client_other"}, nil, authn.WrongIssuer},
	}, func(i *authntest.Issuer) {
		i.Handle("/sso/jwks/client_01HXYZ", func(w http.ResponseWriter, r *http.Request) {
			r.URL.Path = "/user_management/client_01HXYZ" + authntest.JWKSPath
			i.ServeHTTP(w, r)
		})
	}},
}

func keycloak(more object) object {
	return with(object{
		"jti": user, "iss": "https://keycloak.example.com/realms/shiptrack", "aud": []string{"shiptrack", "account"}, "sub": user, "typ": "Bearer", "azp": "web",
		"sid": user, "acr": "1", "allowed-origins": []string{"https://app.example.com"}, "realm_access": object{"roles": []string{"offline_access"}},
		"resource_access": object{"account": object{"roles": []string{"view-profile"}}}, "scope": "openid organization email", "email_verified": true, "preferred_username": "ana",
	}, more)
}

// entraKeys publishes what Entra does: one document for all directories, and keys that say for whom they are.
func entraKeys(i *authntest.Issuer) {
	all, second := signing, signing
	all.Members = object{"issuer": entra + "{tenantid}/v2.0"}
	second.ID, second.Members = "of-second", object{"issuer": entra + secondDirectory + "/v2.0"}
	i.SetKeys(all, second)
	i.Handle("/common/v2.0"+authntest.DiscoveryPath, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q}`, entra+"{tenantid}/v2.0", entra+"common/discovery/v2.0/keys")
	})
	i.Handle("/common/discovery/v2.0/keys", func(w http.ResponseWriter, r *http.Request) {
		r.URL.Path = authntest.JWKSPath
		i.ServeHTTP(w, r)
	})
}

func TestEachProvidersTokensAreAcceptedByTheSettingsOfThePage(t *testing.T) {
	for _, s := range shapes {
		t.Run(fmt.Sprintf("%s %d", s.heading, s.block), func(t *testing.T) {
			settings, err := loadFile(t, settingsOf(t, s.heading, s.block))
			if err != nil {
				t.Fatal(err)
			}
			issuer := authntest.New(t)
			issuer.SetKeys(signing)
			issuer.URL, _ = s.claims["iss"].(string)
			if s.issuer != nil {
				if s.heading == "Microsoft Entra ID" {
					issuer.URL = strings.TrimSuffix(entra, "/")
				}
				s.issuer(issuer)
			}
			cfg := settings.Config()
			cfg.HTTPClient = issuer.Client()
			v, err := authn.New(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			now := time.Now()
			claims := with(s.claims, object{"iat": now.Unix(), "exp": now.Add(time.Hour).Unix()})
			for range 2 { // the second is kept
				p, err := v.Verify(t.Context(), authntest.SignWith(signing, claims, s.header))
				if err != nil || p.Tenant.String() != s.tenant || p.Subject != claims["sub"] || p.Issuer != claims["iss"] {
					t.Fatalf("got %+v, %v, want the tenant %s", p, err, s.tenant)
				}
			}
			for _, r := range s.refused {
				header := object{}
				maps.Copy(header, s.header)
				maps.Copy(header, r.header)
				p, err := v.Verify(t.Context(), authntest.SignWith(signing, with(claims, r.claims), header))
				if reason, _ := errors.AsType[authn.Reason](err); reason != r.want {
					t.Errorf("%s: got %+v, %v, want %q", r.name, p, err, r.want)
				}
			}
		})
	}
}

func TestEveryBlockOfThePageIsTried(t *testing.T) {
	content, err := os.ReadFile("../../../infra/docs/IDENTITY-PROVIDERS.md")
	if err != nil {
		t.Fatal(err)
	}
	if blocks := strings.Count(string(content), "```yaml\n"); blocks != len(shapes) {
		t.Errorf("the page has %d YAML blocks, and %d are tried", blocks, len(shapes))
	}
}
