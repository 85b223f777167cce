package main

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

func (d *demo) awsConfig(provider aws.CredentialsProvider) aws.Config {
	return aws.Config{Region: d.Region, BaseEndpoint: aws.String(endpoint(d.LocalawsPort)), Credentials: provider}
}

func (d *demo) tokenFile() string     { return filepath.Join(d.dir, "container-token") }
func (d *demo) cursorKeyFile() string { return filepath.Join(d.dir, "cursor-key") }
func (d *demo) limitsFile() string    { return filepath.Join(d.dir, "limits.json") }
func (d *demo) decisionLog() string   { return filepath.Join(d.dir, "decisions.jsonl") }

func (d *demo) credentialsURL() string { return endpoint(d.CredentialsPort) + "/credentials" }

// baseEnv is the part of the user's environment that a process gets: where to find programs, and where to send traces.
func (d *demo) baseEnv() []string {
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + d.dir, "TMPDIR=" + d.dir}
	for _, variable := range os.Environ() {
		if strings.HasPrefix(variable, "OTEL_") {
			env = append(env, variable)
		}
	}
	return env
}

// awsSettings point an AWS client at localaws.
func (d *demo) awsSettings() []string {
	return []string{"AWS_REGION=" + d.Region, "AWS_ENDPOINT_URL=" + endpoint(d.LocalawsPort), "AWS_EC2_METADATA_DISABLED=true"}
}

func (d *demo) awsEnv() []string { return append(d.baseEnv(), d.awsSettings()...) }

func (d *demo) oidcSettings(metricsPort, port Port) []string {
	return []string{
		"LISTEN_ADDR=" + address(port), "METRICS_ADDR=" + address(metricsPort), "ALLOWED_HOSTS=localhost",
		"OIDC_ISSUER=" + endpoint(d.IssuerPort), "OIDC_AUDIENCE=" + audience,
		"TENANT_LIMITS_FILE=" + d.limitsFile(),
	}
}

func (d *demo) shipmentSettings() []string {
	return append(d.oidcSettings(d.ShipmentMetricsPort, d.ShipmentPort), collector, "GOMEMLIMIT=112MiB", "TRACKING_URL="+endpoint(d.TrackingPort))
}

// collector has Go collect garbage when the heap is five times what lives, not two times: a service keeps little from one request to
// the next, and made garbage for a collection every hundred requests. GOMEMLIMIT bounds the heap. docker-compose.yml has the same.
const collector = "GOGC=400"

// trackingSettings give the tracking service its role as ECS gives a task its role. They switch off the user's own
// credentials, which the SDK would prefer: a shell or an IDE may have some.
func (d *demo) trackingSettings() []string {
	return append(append(d.awsSettings(), d.oidcSettings(d.TrackingMetricsPort, d.TrackingPort)...),
		collector, "GOMEMLIMIT=168MiB",
		"AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY=", "AWS_PROFILE=", "AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull,
		"AWS_CONTAINER_CREDENTIALS_FULL_URI="+d.credentialsURL(),
		"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE="+d.tokenFile(),
		"TRACKING_TABLE="+table, "TRACKING_ACCESS_ROLE_ARN="+roleARN("TrackingAccessRole"),
		"OPENSEARCH_ENDPOINT="+endpoint(d.LocalawsPort), "DOCUMENTS_BUCKET="+bucket, "TRACKING_WRITE_ROLE_ARN="+roleARN("TrackingWriteRole"),
		"CURSOR_KEY_FILE="+d.cursorKeyFile(), "INSTANCE_ID=tracking-demo",
		"ISOLATION_CHECK="+d.isolationCheck())
}

func roleARN(role string) string { return "arn:aws:iam::" + account + ":role/" + role }
