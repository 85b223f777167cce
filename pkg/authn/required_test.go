package authn_test

import (
	"encoding/json"
	"testing"

	"example.com/shiptrack/pkg/authn"
)

func TestTheHeadersTypeMustBeOneOfThoseConfigured(t *testing.T) {
	issuer := newIssuer(t)
	claims := issuer.Claims("yellow", "ana")
	for _, tt := range []struct {
		types []string
		typ   any // nil: none
		want  authn.Reason
	}{
		{nil, nil, ""}, {nil, "JWT", ""}, {nil, "at+jwt", ""}, {nil, "logout+jwt", authn.BadType},
		{[]string{"at+jwt"}, "at+jwt", ""}, {[]string{"at+jwt"}, "AT+JWT", ""}, {[]string{"at+jwt"}, "JWT", authn.BadType},
		{[]string{"at+jwt"}, nil, authn.BadType}, {[]string{"at+jwt"}, "application/at+jwt", authn.BadType},
		{[]string{"at+jwt", "application/at+jwt"}, "application/at+jwt", ""}, {[]string{"jwt"}, "at+jwt", authn.BadType},
	} {
		v := newVerifier(t, issuer, func(c *authn.Config) { c.Providers[0].TokenTypes = tt.types })
		token := issuer.Sign(claims, change{"typ": tt.typ})
		if tt.want == "" {
			wantPrincipal(t, v, token, "yellow", "ana")
		} else {
			wantReason(t, v, token, tt.want)
		}
	}
}

func TestRequiredClaimsMustHaveTheirValues(t *testing.T) {
	issuer := newIssuer(t)
	v := newVerifier(t, issuer, func(c *authn.Config) {
		c.Providers[0].RequiredClaims = map[string]string{"token_use": "access", "email_verified": "true"}
	})
	good := with(issuer.Claims("yellow", "ana"), change{"token_use": "access", "email_verified": true})
	wantPrincipal(t, v, issuer.Sign(good, nil), "yellow", "ana")
	wantPrincipal(t, v, issuer.Sign(with(good, change{"email_verified": "true"}), nil), "yellow", "ana") // as Cognito writes it
	for name, bad := range map[string]change{
		"absent": {"token_use": nil}, "another value": {"token_use": "id"}, "other case": {"token_use": "Access"}, "a list": {"token_use": []string{"access"}},
		"null": {"token_use": json.RawMessage("null")}, "false": {"email_verified": false}, "a number": {"email_verified": 1}, "its name in another case": {"token_use": nil, "Token_use": "access"},
	} {
		claims := issuer.Claims("yellow", "ana")
		claims["token_use"], claims["email_verified"] = "access", true
		t.Run(name, func(t *testing.T) { wantReason(t, v, issuer.Sign(with(claims, bad), nil), authn.WrongClaim) })
	}
}
