package config_test

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/shiptrack/pkg/config"
)

type settings struct {
	config.Service
	TrackingURL string `env:"TRACKING_URL,required" help:"the tracking service's URL"`
	CacheSize   int    `env:"CACHE_SIZE" envDefault:"100" help:"1 to 1000"`
	Key         secret `env:"KEY" secret:"true" help:"base64"`
	InstanceID  string `env:"INSTANCE_ID" help:"a name"`
}

type secret string

func (s *secret) UnmarshalText(b []byte) error {
	if strings.HasPrefix(string(b), "bad") {
		return errors.New("cannot decode " + string(b))
	}
	*s = secret(b)
	return nil
}

func (s *settings) Defaults() {
	s.ListenAddr, s.MetricsAddr, s.InstanceID = "127.0.0.1:8080", "127.0.0.1:9080", "here"
}

func (s *settings) Validate() error {
	if s.CacheSize < 1 || s.CacheSize > 1000 {
		return config.Invalid("CACHE_SIZE", "must be 1 to 1000")
	}
	return nil
}

func valid(changes ...string) []string {
	return append([]string{
		"OIDC_ISSUER=https://issuer.example.com", "OIDC_AUDIENCE=shiptrack", "TRACKING_URL=http://127.0.0.1:8081",
	}, changes...)
}

func TestDefaultsAreTheTagsAndTheProgramsOwn(t *testing.T) {
	s, err := config.Load[settings](valid())
	if err != nil {
		t.Fatal(err)
	}
	if s.ListenAddr != "127.0.0.1:8080" || s.LogLevel != "info" || s.RequestTimeout != 5*time.Second ||
		s.OIDCTenantClaim != "TenantID" || s.CacheSize != 100 || s.InstanceID != "here" {
		t.Fatalf("got %+v, want every default", s)
	}
	s, err = config.Load[settings](valid("LISTEN_ADDR=:1234", "REQUEST_TIMEOUT=2s", "CACHE_SIZE=7", "INSTANCE_ID="))
	if err != nil {
		t.Fatal(err)
	}
	if s.ListenAddr != ":1234" || s.RequestTimeout != 2*time.Second || s.CacheSize != 7 {
		t.Fatalf("got %+v, want what the environment says", s)
	}
	if s.InstanceID != "here" {
		t.Fatalf("INSTANCE_ID= gave %q, want an empty variable to count as one that is not set", s.InstanceID)
	}
	a := s.Authn()
	if a.Issuer != "https://issuer.example.com" || a.Audience != "shiptrack" || a.TenantClaim != "TenantID" {
		t.Fatalf("Authn() = %+v", a)
	}
}

func problems(t *testing.T, environ []string) []config.Problem {
	t.Helper()
	_, err := config.Load[settings](environ)
	var all *config.Error
	if err != nil && !errors.As(err, &all) {
		t.Fatalf("Load(%v) = %v (%T), want a *config.Error", environ, err, err)
	}
	if all == nil {
		return nil
	}
	return all.Problems
}

func TestEverythingWrongIsReportedAtOnceInTheOrderOfTheFields(t *testing.T) {
	found := problems(t, []string{
		"LISTEN_ADDR=nowhere", "LOG_LEVEL=loud", "OIDC_AUDIENCE=", "REQUEST_TIMEOUT=5", "CACHE_SIZE=0", "OIDC_ISUER=x",
	})
	var names []string
	for _, p := range found {
		names = append(names, p.Variable)
		if p.Reason == "" {
			t.Errorf("%s is reported without a reason", p.Variable)
		}
	}
	want := []string{"LISTEN_ADDR", "LOG_LEVEL", "OIDC_ISSUER", "OIDC_AUDIENCE", "REQUEST_TIMEOUT", "TRACKING_URL", "CACHE_SIZE", "OIDC_ISUER"}
	if !slices.Equal(names, want) {
		t.Fatalf("reported %v, want %v", names, want)
	}
	_, err := config.Load[settings]([]string{})
	if n := strings.Count(err.Error(), "\n"); n != 3 {
		t.Fatalf("got %d lines below the first, want one for each of 3 required variables:\n%v", n, err)
	}
}

func TestEachWrongSettingIsRefusedAndItsNeighbourIsNot(t *testing.T) {
	for _, tt := range []struct{ variable, wrong, reason, right string }{
		{"OIDC_ISSUER", "http://issuer.example.com", "must be https", "http://127.0.0.1:8082"},
		{"OIDC_ISSUER", "issuer.example.com", "absolute URL", "https://issuer.example.com"},
		{"OIDC_ISSUER", "https://issuer.example.com?x=1", "no query", "https://issuer.example.com/x"},
		{"OIDC_ISSUER", "https://user@issuer.example.com", "without a user", "https://issuer.example.com"},
		{"OIDC_ISSUER", "ftp://127.0.0.1", "must be https", "http://localhost"},
		{"OIDC_TENANT_CLAIM", "sub", "meaning of its own", "custom:TenantID"},
		{"OIDC_ALLOW_HTTP", "yes", "true or false", "true"},
		{"LISTEN_ADDR", "127.0.0.1", "host:port", "127.0.0.1:0"},
		{"LISTEN_ADDR", ":70000", "host:port", ":7000"},
		{"METRICS_ADDR", "127.0.0.1:8080", "must differ", "127.0.0.1:8081"},
		{"LOG_LEVEL", "verbose", "debug, info", "debug"},
		{"REQUEST_TIMEOUT", "5", "duration such as", "5s"},
		{"REQUEST_TIMEOUT", "0s", "outside", "1ms"},
		{"REQUEST_TIMEOUT", "61s", "outside", "60s"},
		{"SHUTDOWN_TIMEOUT", "3m", "outside", "2m"},
		{"CACHE_SIZE", "many", "whole number", "1000"},
		{"CACHE_SIZE", "1001", "1 to 1000", "1000"},
	} {
		if found := problems(t, valid(tt.variable+"="+tt.right)); found != nil {
			t.Errorf("%s=%s is refused: %v", tt.variable, tt.right, found)
		}
		found := problems(t, valid(tt.variable+"="+tt.wrong))
		if len(found) != 1 || found[0].Variable != tt.variable || !strings.Contains(found[0].Reason, tt.reason) {
			t.Errorf("%s=%s: got %v, want one problem with %q", tt.variable, tt.wrong, found, tt.reason)
		}
	}
}

func TestHTTPToAnotherHostNeedsTheSwitch(t *testing.T) {
	environ := valid("OIDC_ISSUER=http://devissuer:8082")
	if found := problems(t, environ); len(found) != 1 {
		t.Fatalf("got %v, want OIDC_ISSUER refused", found)
	}
	if found := problems(t, append(environ, "OIDC_ALLOW_HTTP=true")); found != nil {
		t.Fatalf("got %v, want none with OIDC_ALLOW_HTTP=true", found)
	}
}

func TestASecretsValueIsNotRepeated(t *testing.T) {
	found := problems(t, valid("KEY=bad-hunter2"))
	if len(found) != 1 || found[0].Variable != "KEY" || strings.Contains(found[0].Reason, "hunter2") {
		t.Fatalf("got %v, want KEY reported without its value", found)
	}
}

func TestOnlyNearMissesOfOurNamesAreTypos(t *testing.T) {
	found := problems(t, valid("TRACKING_URLS=x"))
	if len(found) != 1 || found[0].Variable != "TRACKING_URLS" || !strings.Contains(found[0].Reason, "TRACKING_URL?") {
		t.Fatalf("got %v, want TRACKING_URLS taken for a typo", found)
	}
	// Kubernetes sets the first for a service named tracking-service; the second is another program's.
	if found := problems(t, valid("TRACKING_SERVICE_PORT=x", "CACHE_SIZES=3")); found != nil {
		t.Fatalf("got %v, want foreign variables left alone", found)
	}
}

func TestUsageListsEveryVariable(t *testing.T) {
	usage := config.Usage[settings]()
	for _, line := range []string{
		`LISTEN_ADDR\s+127.0.0.1:8080\s+host:port`, `OIDC_ISSUER\s+\(required\)`, `LOG_LEVEL\s+info\s`,
		`REQUEST_TIMEOUT\s+5s`, `TRACKING_URL\s+\(required\)`, `KEY\s+base64`,
	} {
		if !regexp.MustCompile(line).MatchString(usage) {
			t.Errorf("usage lacks %q:\n%s", line, usage)
		}
	}
	if n := strings.Count(usage, "\n"); n != 13 {
		t.Errorf("usage has %d lines, want one for each of 13 variables", n)
	}
}
