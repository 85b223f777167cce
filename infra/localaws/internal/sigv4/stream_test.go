package sigv4_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"example.com/shiptrack/infra/localaws/internal/sigv4"
)

// putObject is a signed PUT whose headers declare hash.
func putObject(t *testing.T, hash string) *http.Request {
	t.Helper()
	c := call{method: http.MethodPut, url: "http://localhost:4566/bkt/key", service: "s3", creds: session, at: at}
	r := c.request(t)
	r.Header.Set("X-Amz-Content-Sha256", hash)
	if err := v4.NewSigner().SignHTTP(t.Context(), c.creds, r, hash, c.service, "us-east-1", c.at, forS3(c.service)); err != nil {
		t.Fatal(err)
	}
	return overTheWire(t, r)
}

func TestBodyIsCheckedWhileItIsRead(t *testing.T) {
	const signed = "bill of lading"
	hash := hashOf(signed)
	for name, tc := range map[string]struct {
		body, hash string
		good       bool
	}{
		"the body":        {signed, hash, true},
		"another body":    {"bill of loading", hash, false},
		"less of it":      {signed[:5], hash, false},
		"more of it":      {signed + "x", hash, false},
		"nothing":         {"", hash, false},
		"unsigned":        {"whatever", "UNSIGNED-PAYLOAD", true},
		"unsigned chunks": {"whatever", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", true},
	} {
		o := options()
		o.UnsignedPayload = true
		opened, err := sigv4.Open(putObject(t, tc.hash), o)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := opened.VerifyClaim(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := opened.Verify([]byte(tc.body)); tc.good != (err == nil) { // the body at once, as other services have it
			t.Errorf("%s: verified with its body: %v; want good %v", name, err, tc.good)
		}
		if want := strings.HasPrefix(tc.hash, "STREAMING"); opened.Chunked() != want {
			t.Errorf("%s: chunked is %v, want %v", name, !want, want)
		}
		got, err := io.ReadAll(opened.Body(strings.NewReader(tc.body)))
		wrong, isError := errors.AsType[*sigv4.Error](err)
		if tc.good != (err == nil) || !tc.good && (!isError || wrong.Kind != sigv4.Payload) {
			t.Errorf("%s: %q, %v; want good %v", name, got, err, tc.good)
		}
	}
}

func TestClaimIsVerifiedForS3Alone(t *testing.T) {
	o := options()
	o.UnsignedPayload = true
	c := getItemCall()
	c.header["X-Amz-Content-Sha256"] = hashOf(getItem)
	opened, err := sigv4.Open(c.signed(t), o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := opened.VerifyClaim(); err == nil {
		t.Error("a request to DynamoDB is verified without its body")
	}
	if _, err := opened.Verify([]byte(getItem)); err != nil {
		t.Errorf("control: %v", err)
	}
	changed := putObject(t, "UNSIGNED-PAYLOAD")
	changed.Header.Set("X-Amz-Content-Sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
	if opened, err = sigv4.Open(changed, o); err != nil {
		t.Fatal(err)
	}
	if _, err := opened.VerifyClaim(); err == nil {
		t.Error("a hash that was changed after the signature is taken")
	}
	for _, hash := range []string{"STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", "STREAMING", "x"} {
		if _, err := sigv4.Open(putObject(t, hash), o); err == nil {
			t.Errorf("%s is taken", hash)
		}
	}
	o.UnsignedPayload = false
	if _, err := sigv4.Open(putObject(t, "STREAMING-UNSIGNED-PAYLOAD-TRAILER"), o); err == nil {
		t.Error("chunks are taken where bodies must be signed")
	}
}
