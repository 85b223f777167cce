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

// OpenTelemetry reads these itself, from the process.
func TestVariableThatOpenTelemetryWouldPassOverIsRefused(t *testing.T) {
	for _, tt := range []struct{ variable, wrong, right string }{
		{"OTEL_TRACES_SAMPLER", "sometimes", "parentbased_traceidratio"},
		{"OTEL_TRACES_SAMPLER_ARG", "half", "0.5"},
		{"OTEL_TRACES_SAMPLER_ARG", "1.5x", "1"},
		{"OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "http/protobuf"},
		{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:4318/v1/traces", ""},
		{"OTEL_EXPORTER_OTLP_TIMEOUT", "10s", "10000"},
		{"OTEL_EXPORTER_OTLP_COMPRESSION", "zip", "gzip"},
		{"OTEL_EXPORTER_OTLP_HEADERS", "hunter2", "authorization=hunter2,x=y"},
		{"OTEL_EXPORTER_OTLP_INSECURE", "yes", "True"},
		{"OTEL_EXPORTER_OTLP_CERTIFICATE", "/none", "settings_test.go"},
		{"OTEL_RESOURCE_ATTRIBUTES", "production", "deployment.environment=production"},
		{"OTEL_BSP_SCHEDULE_DELAY", "5s", " 5000 "},
		{"OTEL_BSP_MAX_QUEUE_SIZE", "-1", "2048"},
		{"OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "1k", "1000"},
		{"OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", "many", "-1"},
		{"OTEL_TRACES_EXPORTER", "none", "otlp"},
		{"OTEL_SDK_DISABLED", "true", "false"},
	} {
		t.Setenv(tt.variable, tt.right)
		if _, err := config.Load[telemetry.Settings](nil); err != nil {
			t.Errorf("%s=%s is refused: %v", tt.variable, tt.right, err)
		}
		t.Setenv(tt.variable, tt.wrong)
		_, err := config.Load[telemetry.Settings](nil)
		if err == nil || strings.Count(err.Error(), "\n") != 1 || !strings.Contains(err.Error(), "  "+tt.variable+": ") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s=%s: got %v, want one problem that names it", tt.variable, tt.wrong, err)
		}
		t.Setenv(tt.variable, "")
	}
	t.Setenv("OTEL_SERVICE_NAME", "any")
	t.Setenv("OTEL_METRICS_EXPORTER", "none") // of a signal that is not ours
	if _, err := config.Load[telemetry.Settings](nil); err != nil {
		t.Error(err)
	}
}
