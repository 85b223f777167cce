package fairshare

import "example.com/shiptrack/pkg/config"

// Settings are the operator's settings for the limits, for package config.
type Settings struct {
	File string `env:"TENANT_LIMITS_FILE" help:"a JSON file with the limits of each tenant, by tier: requests a second, burst, requests in flight; read at the start; Tiers has the form; no limits where it is not set"`

	tiers *Tiers // that Validate read
}

// Validate reads the file.
func (s *Settings) Validate() error {
	if s.File == "" {
		return nil
	}
	var err error
	if s.tiers, err = Read(s.File); err != nil {
		return config.Invalid(&s.File, "%v", err)
	}
	return nil
}

// Tiers returns what the file of settings that passed Validate says; nil: no limits.
func (s *Settings) Tiers() *Tiers { return s.tiers }
