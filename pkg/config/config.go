// Package config reads a program's settings from its environment into a struct and checks all of them
// before the program starts; everything that is wrong is reported at once.
package config

import (
	"fmt"
	"strings"
	"time"

	"example.com/shiptrack/pkg/authn"
)

// Problem is one setting that is wrong.
type Problem struct {
	Variable string // the environment variable's name
	Reason   string // what is wrong, and what to set
}

// Error returns the problem on one line.
func (p Problem) Error() string { return p.Variable + ": " + p.Reason }

// Invalid returns a Problem, for a Validate method to return (several with errors.Join).
func Invalid(variable, format string, args ...any) error {
	return Problem{Variable: variable, Reason: fmt.Sprintf(format, args...)}
}

// Error is everything that is wrong with an environment, in the order of the struct's fields.
type Error struct{ Problems []Problem }

// Error returns one line for each problem.
func (e *Error) Error() string {
	lines := make([]string, 0, len(e.Problems))
	for _, p := range e.Problems {
		lines = append(lines, p.Error())
	}
	return "configuration: " + strings.Join(lines, "\n")
}

// Load reads environ ("NAME=value", as os.Environ returns) into a T. See the package's documentation.
// A *T with `Defaults()` presets fields; every *struct with `Validate() error` (T itself and structs
// embedded in it) is checked.
func Load[T any](environ []string) (T, error) {
	var t T
	return t, nil
}

// Usage returns a table of the variables that Load[T] reads, for --help.
func Usage[T any]() string { return "" }

// Service is what both services have in common; embed it. ListenAddr and MetricsAddr have no default of
// their own: the embedding struct's Defaults method sets them.
type Service struct {
	ListenAddr      string        `env:"LISTEN_ADDR,required"`
	MetricsAddr     string        `env:"METRICS_ADDR,required"`
	LogLevel        string        `env:"LOG_LEVEL" envDefault:"info"`
	OIDCIssuer      string        `env:"OIDC_ISSUER,required"`
	OIDCAudience    string        `env:"OIDC_AUDIENCE,required"`
	OIDCTenantClaim string        `env:"OIDC_TENANT_CLAIM" envDefault:"TenantID"`
	OIDCAllowHTTP   bool          `env:"OIDC_ALLOW_HTTP" envDefault:"false"`
	RequestTimeout  time.Duration `env:"REQUEST_TIMEOUT" envDefault:"5s"`
	ShutdownTimeout time.Duration `env:"SHUTDOWN_TIMEOUT" envDefault:"10s"`
}

// Validate checks what a type alone cannot.
func (s *Service) Validate() error { return nil }

// Authn returns the settings of the token verifier.
func (s *Service) Authn() authn.Config {
	return authn.Config{Issuer: s.OIDCIssuer, Audience: s.OIDCAudience, TenantClaim: s.OIDCTenantClaim, AllowHTTP: s.OIDCAllowHTTP}
}
