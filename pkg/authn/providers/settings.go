// Package providers reads which identity providers a service accepts: one from environment variables, or several
// from a YAML file. It refuses what authn.Check refuses, and every field that it does not know.
package providers

import (
	"errors"
	"fmt"
	"strings"

	"example.com/shiptrack/pkg/authn"
	"example.com/shiptrack/pkg/config"
)

// The bounds of the settings.
const (
	minTokenBytes = 1 << 10
	maxTokenBytes = 64 << 10
	maxKept       = 1_000_000
)

// Settings are the operator's settings for the tokens to accept, for package config. See authn.Provider for their
// meaning.
type Settings struct {
	File           string       `env:"OIDC_PROVIDERS_FILE" help:"a YAML file of several issuers, instead of the variables of one; infra/docs/IDENTITY-PROVIDERS.md has an example"`
	Issuer         string       `env:"OIDC_ISSUER" help:"the URL of the tokens' issuer, exactly as in their iss claim, such as https://issuer.example.com"`
	JWKSURI        string       `env:"OIDC_JWKS_URI" help:"where the issuer's keys are; the issuer's discovery document says it where this is not set"`
	EntraTenants   config.List  `env:"OIDC_ENTRA_TENANTS" help:"the directories (tid) that may sign in, where the issuer holds {tenantid}; with commas between them"`
	Audiences      config.List  `env:"OIDC_AUDIENCE" help:"what the tokens' aud claim must name, such as shiptrack; one of several, with commas between them"`
	AudienceClaim  string       `env:"OIDC_AUDIENCE_CLAIM" envDefault:"aud" help:"the claim that names the audience: aud, client_id or azp"`
	RequiredClaims requirements `env:"OIDC_REQUIRED_CLAIMS" help:"claims that must have these values, such as token_use=access; with commas between them"`
	TokenTypes     config.List  `env:"OIDC_TOKEN_TYPES" help:"the header's typ must be one of these, such as at+jwt; with commas between them"`
	Algorithms     config.List  `env:"OIDC_ALGORITHMS" help:"the algorithms accepted, of RS, PS and ES with 256, 384, 512, and EdDSA; RS256,ES256 where it is not set"`
	TenantClaim    string       `env:"OIDC_TENANT_CLAIM" envDefault:"TenantID" help:"the claim that names the tenant, such as custom:TenantID for Amazon Cognito"`
	TenantValue    string       `env:"OIDC_TENANT_VALUE" envDefault:"text" help:"what that claim holds: text, only-entry (a list with one), or only-member (an object with one)"`
	TenantForm     string       `env:"OIDC_TENANT_FORM" envDefault:"plain" help:"plain, or encoded for an issuer whose ids have another form, such as org_aBc"`
	Tenants        config.List  `env:"OIDC_TENANTS" help:"the tenants for which the issuer may speak: names, or prefixes such as acme-*; all where it is not set"`
	AllowHTTP      bool         `env:"OIDC_ALLOW_HTTP" envDefault:"false" help:"true lets the issuer be http on a host other than loopback; never in production"`
	MaxTokenBytes  int          `env:"OIDC_MAX_TOKEN_BYTES" envDefault:"16384" help:"the size of the longest token that is looked at, 1024 to 65536 bytes"`
	KeptTokens     int          `env:"OIDC_KEPT_TOKENS" envDefault:"10000" help:"how many verified tokens are kept, about 600 bytes each, 0 to 1000000; 0 verifies each request anew"`

	providers []authn.Provider // that Validate read
}

// Validate checks what a type alone cannot, and reads the file.
func (s *Settings) Validate() error {
	var wrong []error
	if s.MaxTokenBytes < minTokenBytes || s.MaxTokenBytes > maxTokenBytes {
		wrong = append(wrong, config.Invalid(&s.MaxTokenBytes, "%d is outside %d to %d", s.MaxTokenBytes, minTokenBytes, maxTokenBytes))
	}
	if s.KeptTokens < 0 || s.KeptTokens > maxKept {
		wrong = append(wrong, config.Invalid(&s.KeptTokens, "%d is outside 0 to %d", s.KeptTokens, maxKept))
	}
	if s.File == "" {
		return errors.Join(append(wrong, s.validateOne()...)...)
	}
	return errors.Join(append(wrong, s.validateFile()...)...)
}

// validateOne checks the one provider of the environment.
func (s *Settings) validateOne() []error {
	s.providers = []authn.Provider{s.provider()}
	settings := s.byField()
	var wrong []error
	for _, fault := range authn.Check(s.providers) {
		wrong = append(wrong, config.Invalid(settings[fault.Field].pointer, "%s", fault.Reason))
	}
	return wrong
}

// validateFile reads the file, and refuses the variables of one provider beside it: they would have no effect.
func (s *Settings) validateFile() []error {
	var wrong []error
	for _, setting := range s.byField() {
		if setting.isSet {
			wrong = append(wrong, config.Invalid(setting.pointer, "is set, and so is OIDC_PROVIDERS_FILE: set one of them"))
		}
	}
	var faults []string
	var err error
	if s.providers, err = Read(s.File); err != nil {
		faults = []string{err.Error()}
	}
	for _, fault := range authn.Check(s.providers) {
		faults = append(faults, fmt.Sprintf("provider %d (%s): %s: %s", fault.Provider+1, s.providers[fault.Provider].Issuer, fault.Field, fault.Reason))
	}
	if len(faults) > 0 {
		wrong = append(wrong, config.Invalid(&s.File, "%s", strings.Join(faults, "\n    ")))
	}
	return wrong
}

func (s *Settings) provider() authn.Provider {
	p := authn.Provider{
		Issuer: s.Issuer, EntraTenants: s.EntraTenants, JWKSURI: s.JWKSURI,
		Audiences: s.Audiences, AudienceClaim: s.AudienceClaim, RequiredClaims: s.RequiredClaims, TokenTypes: s.TokenTypes, Algorithms: s.Algorithms,
		TenantClaim: []string{s.TenantClaim}, TenantValue: authn.TenantValue(s.TenantValue), TenantForm: authn.TenantForm(s.TenantForm),
		Tenants: s.Tenants, AllowHTTP: s.AllowHTTP,
	}
	if len(p.Tenants) == 0 {
		p.Tenants = []string{"*"} // there is no other issuer whose tenants they could be
	}
	return p
}

// setting is one of the variables of a single provider.
type setting struct {
	pointer any
	isSet   bool // to another value than its default
}

// byField returns the settings of a single provider by the name that the file has for them.
func (s *Settings) byField() map[string]setting {
	return map[string]setting{
		"issuer":          {&s.Issuer, s.Issuer != ""},
		"jwks_uri":        {&s.JWKSURI, s.JWKSURI != ""},
		"entra_tenants":   {&s.EntraTenants, len(s.EntraTenants) > 0},
		"audiences":       {&s.Audiences, len(s.Audiences) > 0},
		"audience_claim":  {&s.AudienceClaim, s.AudienceClaim != "aud"},
		"required_claims": {&s.RequiredClaims, len(s.RequiredClaims) > 0},
		"token_types":     {&s.TokenTypes, len(s.TokenTypes) > 0},
		"algorithms":      {&s.Algorithms, len(s.Algorithms) > 0},
		"tenant_claim":    {&s.TenantClaim, s.TenantClaim != authn.DefaultTenantClaim},
		"tenant_value":    {&s.TenantValue, s.TenantValue != string(authn.Text)},
		"tenant_form":     {&s.TenantForm, s.TenantForm != string(authn.Plain)},
		"tenants":         {&s.Tenants, len(s.Tenants) > 0},
		"allow_http":      {&s.AllowHTTP, s.AllowHTTP},
	}
}

// Config returns settings that passed Validate as those of a Verifier.
func (s *Settings) Config() authn.Config {
	return authn.Config{Providers: s.providers, MaxTokenBytes: s.MaxTokenBytes, KeptTokens: s.KeptTokens}
}

// requirements are name=value in one variable, with commas between them.
type requirements map[string]string

// UnmarshalText reads requirements.
func (r *requirements) UnmarshalText(text []byte) error {
	var entries config.List
	if err := entries.UnmarshalText(text); err != nil {
		return err
	}
	*r = requirements{}
	for _, entry := range entries {
		name, value, ok := strings.Cut(entry, "=")
		if _, twice := (*r)[name]; !ok || twice {
			return errors.New("want name=value, each name once, such as token_use=access")
		}
		(*r)[name] = value
	}
	return nil
}
