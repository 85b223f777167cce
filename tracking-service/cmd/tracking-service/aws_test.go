package main

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// TestPrivateCAOfTheEndpointIsTrusted: AWS_CA_BUNDLE works only with the SDK's own HTTP client.
func TestPrivateCAOfTheEndpointIsTrusted(t *testing.T) {
	isolate(t, "us-east-1")
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`<GetCallerIdentityResponse><GetCallerIdentityResult/></GetCallerIdentityResponse>`))
	}))
	defer server.Close()
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(bundle, text, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "key")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_ENDPOINT_URL", server.URL)
	for file, trusted := range map[string]bool{"": false, bundle: true} {
		t.Setenv("AWS_CA_BUNDLE", file)
		cfg, problem := awsConfig(t.Context())
		if problem != nil {
			t.Fatal(problem)
		}
		if err := (&baseCheck{client: sts.NewFromConfig(cfg)}).Ready(t.Context()); (err == nil) != trusted {
			t.Errorf("AWS_CA_BUNDLE=%q: Ready = %v, want trusted %v", file, err, trusted)
		}
	}
}

func TestReadyOnceIsReadyDuringAnOutage(t *testing.T) {
	status := http.StatusServiceUnavailable
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(`<GetCallerIdentityResponse><GetCallerIdentityResult/></GetCallerIdentityResponse>`))
	}))
	defer server.Close()
	check := &baseCheck{client: sts.New(sts.Options{
		Region: "us-east-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("key", "secret", ""),
	})}
	for i, test := range []struct {
		status int
		ready  bool
	}{{503, false}, {403, false}, {200, true}, {503, true}} {
		status = test.status
		if err := check.Ready(t.Context()); (err == nil) != test.ready {
			t.Errorf("call %d, STS answers %d: Ready = %v, want ready %v", i, test.status, err, test.ready)
		}
	}
}
