package main

import (
	"os"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/aws"
)

func (d *demo) awsConfig(provider aws.CredentialsProvider) aws.Config {
	return aws.Config{Region: region, BaseEndpoint: aws.String(endpoint(d.LocalawsPort)), Credentials: provider}
}

func (d *demo) tokenFile() string   { return filepath.Join(d.dir, "container-token") }
func (d *demo) decisionLog() string { return filepath.Join(d.dir, "decisions.jsonl") }

func (d *demo) credentialsURL() string { return endpoint(d.CredentialsPort) + "/credentials" }

// baseEnv is all that a process gets of the user's environment.
func (d *demo) baseEnv() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + d.dir, "TMPDIR=" + d.dir}
}

// awsEnv points an AWS client at localaws, and away from every credential source of the machine.
func (d *demo) awsEnv() []string {
	return append(d.baseEnv(), "AWS_REGION="+region, "AWS_ENDPOINT_URL="+endpoint(d.LocalawsPort), "AWS_EC2_METADATA_DISABLED=true")
}

func (d *demo) oidcEnv(metricsPort, port int) []string {
	return []string{
		"LISTEN_ADDR=" + address(port), "METRICS_ADDR=" + address(metricsPort),
		"OIDC_ISSUER=" + endpoint(d.IssuerPort), "OIDC_AUDIENCE=" + audience,
	}
}

func (d *demo) shipmentEnv() []string {
	return append(append(d.baseEnv(), d.oidcEnv(d.ShipmentMetricsPort, d.ShipmentPort)...), "TRACKING_URL="+endpoint(d.TrackingPort))
}

// trackingEnv gives the tracking service its role as ECS gives a task its role.
func (d *demo) trackingEnv(cursorKey string) []string {
	return append(append(d.awsEnv(), d.oidcEnv(d.TrackingMetricsPort, d.TrackingPort)...),
		"AWS_CONTAINER_CREDENTIALS_FULL_URI="+d.credentialsURL(),
		"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE="+d.tokenFile(),
		"TRACKING_TABLE="+table, "TRACKING_ACCESS_ROLE_ARN="+roleARN("TrackingAccessRole"),
		"CURSOR_KEY="+cursorKey, "INSTANCE_ID=tracking-demo")
}

func roleARN(role string) string { return "arn:aws:iam::" + account + ":role/" + role }
