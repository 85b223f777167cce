package config

import (
	"errors"
	"net"
	"strconv"
	"time"

	"example.com/shiptrack/pkg/authn"
	"example.com/shiptrack/pkg/telemetry"
)

// The longest timeouts that make sense for a request that a user waits for, and for a stop that an
// orchestrator waits for (Amazon ECS kills a task at most 120 s after it asked it to stop).
const (
	maxRequestTimeout  = time.Minute
	maxShutdownTimeout = 2 * time.Minute
)

// Service is what both services have in common; embed it. ListenAddr and MetricsAddr have no default of
// their own: the embedding struct's Defaults method sets them.
type Service struct {
	ListenAddr      string        `env:"LISTEN_ADDR" help:"host:port to serve on"`
	MetricsAddr     string        `env:"METRICS_ADDR" help:"host:port to serve /metrics on, for the operator alone"`
	LogLevel        string        `env:"LOG_LEVEL" envDefault:"info" help:"debug, info, warn or error"`
	OIDCIssuer      string        `env:"OIDC_ISSUER,required" help:"the URL of the tokens' issuer, exactly as in their iss claim, such as https://issuer.example.com"`
	OIDCAudience    string        `env:"OIDC_AUDIENCE,required" help:"what the tokens' aud claim must name, such as shiptrack"`
	OIDCTenantClaim string        `env:"OIDC_TENANT_CLAIM" envDefault:"TenantID" help:"the claim that names the tenant, such as custom:TenantID for Amazon Cognito"`
	OIDCAllowHTTP   bool          `env:"OIDC_ALLOW_HTTP" envDefault:"false" help:"true lets the issuer be http on a host other than loopback; never in production"`
	RequestTimeout  time.Duration `env:"REQUEST_TIMEOUT" envDefault:"5s" help:"deadline of a request, 1ms to 1m"`
	ShutdownTimeout time.Duration `env:"SHUTDOWN_TIMEOUT" envDefault:"10s" help:"how long a stop may take, 1ms to 2m"`
}

// Validate checks what a type alone cannot.
func (s *Service) Validate() error {
	errs := []error{checkAddr("LISTEN_ADDR", s.ListenAddr), checkAddr("METRICS_ADDR", s.MetricsAddr)}
	if s.ListenAddr == s.MetricsAddr && !hasPortZero(s.ListenAddr) {
		errs = append(errs, Invalid("METRICS_ADDR", "must differ from LISTEN_ADDR, %s", s.ListenAddr))
	}
	if _, err := telemetry.ParseLevel(s.LogLevel); err != nil {
		errs = append(errs, Invalid("LOG_LEVEL", "%v, not %q", err, s.LogLevel))
	}
	if err := authn.CheckIssuer(s.OIDCIssuer, s.OIDCAllowHTTP); err != nil {
		errs = append(errs, Invalid("OIDC_ISSUER", "%v", err))
	}
	if err := authn.CheckTenantClaim(s.OIDCTenantClaim); err != nil {
		errs = append(errs, Invalid("OIDC_TENANT_CLAIM", "%v", err))
	}
	return errors.Join(append(errs,
		checkDuration("REQUEST_TIMEOUT", s.RequestTimeout, maxRequestTimeout),
		checkDuration("SHUTDOWN_TIMEOUT", s.ShutdownTimeout, maxShutdownTimeout))...)
}

// Authn returns the settings of the token verifier.
func (s *Service) Authn() authn.Config {
	return authn.Config{
		Issuer: s.OIDCIssuer, Audience: s.OIDCAudience, TenantClaim: s.OIDCTenantClaim, AllowHTTP: s.OIDCAllowHTTP,
	}
}

func checkAddr(variable, addr string) error {
	_, port, err := net.SplitHostPort(addr)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return Invalid(variable, "%q is not host:port with a port of 0 to 65535, such as 127.0.0.1:8080", addr)
	}
	return nil
}

func hasPortZero(addr string) bool {
	_, port, err := net.SplitHostPort(addr)
	return err == nil && port == "0"
}

func checkDuration(variable string, d, most time.Duration) error {
	if d < time.Millisecond || d > most {
		return Invalid(variable, "%v is outside 1ms to %v", d, most)
	}
	return nil
}
