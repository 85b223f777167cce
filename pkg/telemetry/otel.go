package telemetry

import (
	"os"
	"regexp"
	"strings"

	"example.com/shiptrack/pkg/config"
)

// variable is a rule for variables that OpenTelemetry reads itself. It passes over a value that it cannot use, at most with
// a message in the log, so each is checked before the start.
type variable struct {
	names *regexp.Regexp
	takes func(value string) bool
	want  string
}

// OpenTelemetry specification, "Environment Variable Specification" and "OpenTelemetry Protocol Exporter".
var variables = []variable{
	rule(`EXPORTER_OTLP_TRACES_ENDPOINT`, nothing, "is not read: set OTEL_EXPORTER_OTLP_ENDPOINT, to which /v1/traces is added"),
	rule(`EXPORTER_OTLP_(TRACES_)?PROTOCOL`, like(`http/protobuf`), "want http/protobuf: spans are sent in no other protocol"),
	rule(`TRACES_EXPORTER`, like(`otlp`), "want otlp, the only exporter here; without OTEL_EXPORTER_OTLP_ENDPOINT nothing is exported"),
	rule(`SDK_DISABLED`, like(`(?i:false)`), "want false; without OTEL_EXPORTER_OTLP_ENDPOINT nothing is exported"),
	rule(`EXPORTER_OTLP_(TRACES_)?COMPRESSION`, like(`gzip|none`), "want gzip or none"),
	rule(`EXPORTER_OTLP_(TRACES_)?INSECURE`, like(`(?i:true|false)`), "want true or false"),
	rule(`EXPORTER_OTLP_(TRACES_)?TIMEOUT|BSP_(SCHEDULE_DELAY|EXPORT_TIMEOUT)`, like(`[1-9][0-9]{0,8}`), "want a whole number of milliseconds, without a unit"),
	rule(`BSP_MAX_(QUEUE|EXPORT_BATCH)_SIZE`, like(`[1-9][0-9]{0,8}`), "want a whole number"),
	rule(`(SPAN_)?(ATTRIBUTE|ATTRIBUTE_VALUE_LENGTH|EVENT|LINK)(_ATTRIBUTE)?(_COUNT)?_LIMIT`, like(`-1|[0-9]{1,9}`), "want a whole number, or -1 for no limit"),
	rule(`EXPORTER_OTLP_(TRACES_)?HEADERS|RESOURCE_ATTRIBUTES`, like(`[^=,]+=[^,]*(,[^=,]+=[^,]*)*`), "want name=value, several with commas between them"),
	rule(`TRACES_SAMPLER`, like(`(?i:(parentbased_)?(always_on|always_off|traceidratio))`), "want always_on, always_off or traceidratio, each also with parentbased_ before it"),
	rule(`TRACES_SAMPLER_ARG`, like(`0|1|[01]?\.[0-9]+`), "want a share of the traces, from 0 to 1"),
	rule(`EXPORTER_OTLP_(TRACES_)?(CERTIFICATE|CLIENT_CERTIFICATE|CLIENT_KEY)`, isFile, "want the name of a file that can be read"),
}

func rule(names string, takes func(string) bool, want string) variable {
	return variable{regexp.MustCompile(`^OTEL_(` + names + `)$`), takes, want}
}

func like(values string) func(string) bool {
	return regexp.MustCompile(`^(` + values + `)$`).MatchString
}

func nothing(string) bool { return false }

func isFile(name string) bool {
	_, err := os.ReadFile(name)
	return err == nil
}

// checkOpenTelemetry returns a config.Problem for each variable of environ that OpenTelemetry would pass over. No value is
// repeated: headers hold secrets. Other OTEL_* are left alone, since they are about signals and languages that are not ours.
func checkOpenTelemetry(environ []string) (wrong []error) {
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if value = strings.TrimSpace(value); value == "" {
			continue
		}
		for _, v := range variables {
			if v.names.MatchString(name) && !v.takes(value) {
				wrong = append(wrong, config.Problem{Variable: name, Reason: v.want})
			}
		}
	}
	return wrong
}
