package authn

import (
	"errors"

	"example.com/shiptrack/pkg/config"
)

// Settings are the operator's settings for the tokens to accept, for package config. See Config for their meaning.
type Settings struct {
	Issuer      string `env:"OIDC_ISSUER,required" help:"the URL of the tokens' issuer, exactly as in their iss claim, such as https://issuer.example.com"`
	Audience    string `env:"OIDC_AUDIENCE,required" help:"what the tokens' aud claim must name, such as shiptrack"`
	TenantClaim string `env:"OIDC_TENANT_CLAIM" envDefault:"TenantID" help:"the claim that names the tenant, such as custom:TenantID for Amazon Cognito"`
	AllowHTTP   bool   `env:"OIDC_ALLOW_HTTP" envDefault:"false" help:"true lets the issuer be http on a host other than loopback; never in production"`
}

// Validate checks what a type alone cannot.
func (s *Settings) Validate() error {
	var wrong []error
	if err := CheckIssuer(s.Issuer, s.AllowHTTP); err != nil {
		wrong = append(wrong, config.Invalid(&s.Issuer, "%v", err))
	}
	if err := CheckTenantClaim(s.TenantClaim); err != nil {
		wrong = append(wrong, config.Invalid(&s.TenantClaim, "%v", err))
	}
	return errors.Join(wrong...)
}

// Config returns the settings as those of a Verifier.
func (s *Settings) Config() Config {
	return Config{Issuer: s.Issuer, Audience: s.Audience, TenantClaim: s.TenantClaim, AllowHTTP: s.AllowHTTP}
}
