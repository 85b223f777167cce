package main

import (
	"fmt"
	"slices"
	"strings"

	"example.com/shiptrack/pkg/command"
)

// foreign are the settings of the services, which the demo sets itself. A test in infra/dev/e2e checks that none is missing.
var foreign = []string{
	"LISTEN_ADDR", "METRICS_ADDR", "ALLOWED_HOSTS", "CORS_ALLOWED_ORIGINS", "LOG_LEVEL", "REQUEST_TIMEOUT", "TENANT_LIMITS_FILE", "SHUTDOWN_TIMEOUT",
	"OIDC_PROVIDERS_FILE", "OIDC_ISSUER", "OIDC_JWKS_URI", "OIDC_ENTRA_TENANTS", "OIDC_AUDIENCE", "OIDC_AUDIENCE_CLAIM", "OIDC_REQUIRED_CLAIMS",
	"OIDC_TOKEN_TYPES", "OIDC_ALGORITHMS", "OIDC_TENANT_CLAIM", "OIDC_TENANT_VALUE", "OIDC_TENANT_FORM", "OIDC_TENANTS", "OIDC_ALLOW_HTTP",
	"OIDC_MAX_TOKEN_BYTES", "OIDC_KEPT_TOKENS", "TRACKING_URL", "TRACKING_TABLE", "TRACKING_ACCESS_ROLE_ARN", "TRACKING_WRITE_ROLE_ARN", "DOCUMENTS_BUCKET", "OPENSEARCH_ENDPOINT", "DOCUMENT_MAX_BYTES", "INSTANCE_ID", "SESSION_DURATION", "SESSION_CACHE_SIZE", "STS_CALLS_PER_SECOND",
	"CURSOR_KEY", "CURSOR_KEY_FILE", "ISOLATION_CHECK", "ISOLATION_CHECK_INTERVAL",
}

// refuseForeign refuses a setting that would have no effect. To ignore it would mislead the user.
func refuseForeign(environ []string) error {
	for _, variable := range environ {
		// An empty variable counts as not set, as it does in the services.
		if name, value, _ := strings.Cut(variable, "="); value != "" && slices.Contains(foreign, name) {
			return command.Misconfigured(fmt.Errorf("%s is a setting of a service, and the demo sets those itself: unset it; "+
				"to run a service with settings of your own, see --without and --print-env", name))
		}
	}
	return nil
}
