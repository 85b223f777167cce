package telemetry_test

import (
	"strings"
	"testing"

	"example.com/shiptrack/pkg/config"
	"example.com/shiptrack/pkg/telemetry"
)

func TestEachWrongSettingIsRefusedAndItsNeighbourIsNot(t *testing.T) {
	for _, tt := range []struct{ variable, wrong, reason, right string }{
		{"LOG_LEVEL", "verbose", "debug, info", "debug"},
		{"LOG_LEVEL", "info ", "blank", "INFO"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318", "absolute URL", "http://collector:4318"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:99999", "port", "http://127.0.0.1:4318/base"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://user:pass@h", "no user", "https://h"},
	} {
		if _, err := config.Load[telemetry.Settings]([]string{tt.variable + "=" + tt.right}); err != nil {
			t.Errorf("%s=%s is refused: %v", tt.variable, tt.right, err)
		}
		_, err := config.Load[telemetry.Settings]([]string{tt.variable + "=" + tt.wrong})
		if err == nil || strings.Count(err.Error(), "\n") != 1 || !strings.Contains(err.Error(), "  "+tt.variable+": ") || !strings.Contains(err.Error(), tt.reason) {
			t.Errorf("%s=%s: got %v, want one problem with %q", tt.variable, tt.wrong, err, tt.reason)
		}
	}
}
