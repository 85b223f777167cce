package telemetry

import (
	"errors"
	"os"

	"example.com/shiptrack/pkg/config"
)

// Settings are the operator's settings for a service's telemetry, for package config.
type Settings struct {
	LogLevel string `env:"LOG_LEVEL" envDefault:"info" help:"debug, info, warn or error"`
	// The other OTEL_* variables are read by the exporter itself, from the process; Validate checks them.
	TraceEndpoint string `env:"OTEL_EXPORTER_OTLP_ENDPOINT" help:"base URL of the OpenTelemetry collector that takes the spans, such as http://127.0.0.1:4318; none are exported where it is not set"`
}

// Validate checks what a type alone cannot.
func (s *Settings) Validate() error {
	var wrong []error
	if _, err := ParseLevel(s.LogLevel); err != nil {
		wrong = append(wrong, config.Invalid(&s.LogLevel, "%v, not %q", err, s.LogLevel))
	}
	if s.TraceEndpoint != "" {
		if err := config.CheckURL(s.TraceEndpoint); err != nil {
			wrong = append(wrong, config.Invalid(&s.TraceEndpoint, "%v", err))
		}
	}
	return errors.Join(append(wrong, checkOpenTelemetry(os.Environ())...)...)
}
