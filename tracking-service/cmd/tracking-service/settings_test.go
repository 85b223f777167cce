package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/shiptrack/pkg/config"
)

func valid(changes ...string) []string {
	return append([]string{
		"OIDC_ISSUER=https://issuer.example.com", "OIDC_AUDIENCE=shiptrack", "CURSOR_KEY=" + cursorKey, "INSTANCE_ID=i-1",
		"TRACKING_ACCESS_ROLE_ARN=arn:aws:iam::000000000000:role/TrackingAccessRole",
		"TRACKING_WRITE_ROLE_ARN=arn:aws:iam::000000000000:role/TrackingWriteRole", "DOCUMENTS_BUCKET=shiptrack-000000000000",
		"OPENSEARCH_ENDPOINT=https://search-test-1a2b.us-east-1.es.amazonaws.com",
	}, changes...)
}

// isolate keeps what the SDK finds on this machine out of a test.
func isolate(t *testing.T, region string) {
	t.Helper()
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_CONFIG_FILE", "/dev/null")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
	t.Setenv("AWS_REGION", region)
	t.Setenv("AWS_DEFAULT_REGION", "")
	t.Setenv("AWS_CA_BUNDLE", "")
	t.Setenv("AWS_ENDPOINT_URL", "")
	t.Setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "")
}

func TestAllThatIsWrongIsListedAtOnce(t *testing.T) {
	isolate(t, "")
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", "nonsense")
	t.Setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/none")
	t.Setenv("OTEL_TRACES_SAMPLER", "nonsense")
	var stdout, stderr bytes.Buffer
	environ := []string{
		"OIDC_ISSUER=ftp://x", "OIDC_ISSUR=https://x", "SESSION_DURATION=5m", "SESSION_CACHE_SIZE=0", "CURSOR_KEY=c2VjcmV0",
		"TRACKING_TABLE=a", "TRACKING_ACCESS_ROLE_ARN=TrackingAccessRole", "INSTANCE_ID=a/b", "LISTEN_ADDR=here",
		"ISOLATION_CHECK=off", "ISOLATION_CHECK_INTERVAL=0s", "TRACKING_WRITE_ROLE_ARN=x", "DOCUMENT_MAX_BYTES=0",
	}
	if code := run(t.Context(), []string{"serve"}, environ, &stdout, &stderr); code != 2 {
		t.Errorf("exit code %d, want 2", code)
	}
	for _, variable := range []string{
		"OIDC_ISSUER", "OIDC_AUDIENCE", "SESSION_DURATION", "SESSION_CACHE_SIZE", "CURSOR_KEY", "TRACKING_TABLE",
		"TRACKING_ACCESS_ROLE_ARN", "INSTANCE_ID", "LISTEN_ADDR", "AWS_REGION", "ISOLATION_CHECK", "ISOLATION_CHECK_INTERVAL",
		"DOCUMENTS_BUCKET", "OPENSEARCH_ENDPOINT", "TRACKING_WRITE_ROLE_ARN", "DOCUMENT_MAX_BYTES", "OIDC_ISSUR", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "OTEL_TRACES_SAMPLER",
	} {
		if !strings.Contains(stderr.String(), "  "+variable+": ") {
			t.Errorf("%s is not named in\n%s", variable, stderr.String())
		}
	}
	if strings.Contains(stderr.String(), "c2VjcmV0") || stdout.Len() > 0 {
		t.Errorf("the key or something else is printed:\n%s%s", stderr.String(), stdout.String())
	}
}

func TestCursorKeyStandsInTheVariableOrInAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(cursorKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name    string
		environ []string
		want    string // in the error; empty: none
	}{
		{"the variable", valid(), ""},
		{"the file", valid("CURSOR_KEY=", "CURSOR_KEY_FILE="+file), ""},
		{"neither", valid("CURSOR_KEY="), "CURSOR_KEY: is required but not set"},
		{"both", valid("CURSOR_KEY_FILE=" + file), "set one of them"},
		{"no such file", valid("CURSOR_KEY=", "CURSOR_KEY_FILE="+file+"x"), "CURSOR_KEY_FILE: cannot be read"},
		{"a file with something else", valid("CURSOR_KEY=", "CURSOR_KEY_FILE="+os.DevNull), "CURSOR_KEY_FILE: is not the base64 of 32 bytes"},
	} {
		s, err := config.Load[settings](tc.environ)
		if tc.want != "" {
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
			}
			continue
		}
		if key, keyErr := s.cursorKey(); err != nil || keyErr != nil || len(key) != cursorKeySize {
			t.Errorf("%s: %d bytes, %v, %v", tc.name, len(key), err, keyErr)
		}
	}
}

func TestMissingRegionAloneIsAConfigurationError(t *testing.T) {
	isolate(t, "")
	var stderr bytes.Buffer
	if code := run(t.Context(), nil, valid(), &stderr, &stderr); code != 2 || strings.Count(stderr.String(), "\n") != 2 {
		t.Errorf("exit code %d, want 2 and one problem:\n%s", code, stderr.String())
	}
}

func TestAWSSettingsThatNoRequestCouldUseAreRefused(t *testing.T) {
	dir := t.TempDir()
	token, line := filepath.Join(dir, "token"), filepath.Join(dir, "line")
	for file, content := range map[string]string{token: "secret", line: "secret\n"} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct{ variable, wrong, right string }{
		{"AWS_REGION", "us-east-1 ", "us-east-1"},
		{"AWS_REGION", "us_east/1", "eu-central-2"},
		{"AWS_ENDPOINT_URL", "127.0.0.1:4566", "http://127.0.0.1:4566"},
		{"AWS_ENDPOINT_URL", "http://127.0.0.1:99999", "https://localhost"},
		{"AWS_ENDPOINT_URL_DYNAMODB", "nonsense", "http://127.0.0.1:8000"},
		{"AWS_ENDPOINT_URL_STS", "ftp://x", "https://sts.example.com"},
		{"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/none", token},
		{"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", line, token},
		{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://192.0.2.1/credentials", "http://127.0.0.1/credentials"},
		{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "nonsense", ""},
		{"AWS_CA_BUNDLE", "/none", ""},
		{"AWS_CA_BUNDLE", token, ""},
		{"AWS_PROFILE", "nobody", ""},
		{"AWS_RETRY_MODE", "often", "standard"},
		{"AWS_MAX_ATTEMPTS", "many", "3"},
	} {
		isolate(t, "us-east-1")
		t.Setenv(tc.variable, tc.right)
		if _, _, err := load[settings](t.Context(), valid()); err != nil {
			t.Errorf("%s=%s is refused: %v", tc.variable, tc.right, err)
		}
		t.Setenv(tc.variable, tc.wrong)
		_, _, err := load[settings](t.Context(), valid())
		if err == nil || !strings.Contains(err.Error(), "  "+tc.variable+": ") || strings.Count(err.Error(), "\n") != 1 {
			t.Errorf("%s=%s: error %v, want one problem that names the variable", tc.variable, tc.wrong, err)
		}
		t.Setenv(tc.variable, "")
	}
}

func TestDefaultsAndLimits(t *testing.T) {
	s, err := config.Load[settings](valid())
	if err != nil {
		t.Fatal(err)
	}
	if s.Server.ListenAddr != "127.0.0.1:8081" || s.Server.MetricsAddr != "127.0.0.1:9081" || s.Access.Table != "TrackingData" ||
		s.SessionDuration.Hours() != 1 || s.SessionCacheSize != 10000 || s.Isolation.Mode != enforce || s.Isolation.Interval.Minutes() != 5 || s.DocumentMaxBytes != 64<<20 {
		t.Errorf("defaults are %+v", s)
	}
	if s, err = config.Load[settings](valid("INSTANCE_ID=")); err != nil || s.Access.InstanceID == "" {
		t.Errorf("InstanceID = %q, %v, want the host name", s.Access.InstanceID, err)
	}
	for _, change := range []string{
		"SESSION_DURATION=14m59s", "SESSION_DURATION=1h1s", "SESSION_DURATION=900500ms", "SESSION_CACHE_SIZE=1000001", "STS_CALLS_PER_SECOND=0", "STS_CALLS_PER_SECOND=1001",
		"CURSOR_KEY=AAAA", "TRACKING_TABLE=no/table", "TRACKING_TABLE=arn:aws:dynamodb:us-east-1:000000000000:table/T",
		"TRACKING_TABLE=TrackingData ", "INSTANCE_ID=no space", "INSTANCE_ID=i-1\n", "INSTANCE_ID=a@é",
		"TRACKING_ACCESS_ROLE_ARN=arn:aws:iam::1:user/u", "TRACKING_ACCESS_ROLE_ARN=arn:aws:iam::000000000000:role/",
		"TRACKING_ACCESS_ROLE_ARN=arn:aws:iam::0000:role/R", "TRACKING_ACCESS_ROLE_ARN=arn:aws:iam:us-east-1:000000000000:role/R",
		"TRACKING_ACCESS_ROLE_ARN=arn:aws:iam::000000000000:role/R*", "TRACKING_ACCESS_ROLE_ARN= arn:aws:iam::000000000000:role/R",
		"DOCUMENTS_BUCKET=", "DOCUMENTS_BUCKET=Shiptrack", "DOCUMENTS_BUCKET=a/b", "DOCUMENTS_BUCKET=ab", "DOCUMENTS_BUCKET=arn:aws:s3:::bucket",
		"OPENSEARCH_ENDPOINT=", "OPENSEARCH_ENDPOINT=search-test-1a2b.us-east-1.es.amazonaws.com", "OPENSEARCH_ENDPOINT=https://user:secret@domain",
		"TRACKING_WRITE_ROLE_ARN=", "TRACKING_WRITE_ROLE_ARN=arn:aws:iam::1:user/u", "DOCUMENT_MAX_BYTES=0", "DOCUMENT_MAX_BYTES=5368709121",
		"OIDC_AUDIENCE=shiptrack ", "METRICS_ADDR=:8081", "ISOLATION_CHECK=Enforce", "ISOLATION_CHECK=true",
		"ISOLATION_CHECK_INTERVAL=999ms", "ISOLATION_CHECK_INTERVAL=1h1s", "OTEL_EXPORTER_OTLP_ENDPOINT=collector:4318",
	} {
		variable, _, _ := strings.Cut(change, "=")
		if _, err := config.Load[settings](valid(change)); err == nil || !strings.Contains(err.Error(), variable+": ") {
			t.Errorf("%s: error %v, want one that names the variable", change, err)
		}
	}
	for _, change := range []string{"SESSION_DURATION=15m", "SESSION_CACHE_SIZE=1", "STS_CALLS_PER_SECOND=1", "STS_CALLS_PER_SECOND=1000", "TRACKING_TABLE=a.b_c-d", "ISOLATION_CHECK=report", "ISOLATION_CHECK_INTERVAL=1s", "ISOLATION_CHECK_INTERVAL=1h", "DOCUMENT_MAX_BYTES=1", "DOCUMENT_MAX_BYTES=5368709120", "DOCUMENTS_BUCKET=a.b-c", "OPENSEARCH_ENDPOINT=http://127.0.0.1:4566"} {
		if _, err := config.Load[settings](valid(change)); err != nil {
			t.Errorf("%s is refused: %v", change, err)
		}
	}
}

func TestHelpTeaches(t *testing.T) {
	var out bytes.Buffer
	if code := run(t.Context(), []string{"--help"}, nil, &out, &out); code != 0 {
		t.Errorf("--help exits %d", code)
	}
	if !strings.Contains(out.String(), "\n    LISTEN_ADDR ") || !strings.Contains(out.String(), "\n    CURSOR_KEY ") {
		t.Errorf("--help does not give each variable a line:\n%s", out.String())
	}
	for _, text := range []string{"TRACKING_ACCESS_ROLE_ARN", "CURSOR_KEY", "serve", "seed", "health", "TrackingAccessRole"} {
		if !strings.Contains(out.String(), text) {
			t.Errorf("--help does not mention %s", text)
		}
	}
}
