package sigv4_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"example.com/shiptrack/infra/localaws/internal/alloctest"
	"example.com/shiptrack/infra/localaws/internal/sigv4"
)

// fuzzed judges a request that whoever sends it made up: it must be refused by a known kind, without a
// panic, and never be accepted, since nobody but the lookup has the secret.
func fuzzed(t *testing.T, r *http.Request) {
	o := options()
	o.UnsignedPayload = true
	o.Secret = func(string, string) (*sigv4.Secret, error) {
		return sigv4.NewSecret("a secret that no input knows"), nil
	}
	size := len(r.URL.Path) + len(r.URL.RawQuery)
	for name, values := range r.Header {
		size += len(name) + len(strings.Join(values, ""))
	}
	var signed *sigv4.Signed
	var err error
	alloctest.Bound(t, size, func() { signed, err = sigv4.Verify(r, nil, o) })
	var refusal *sigv4.Error
	if !errors.As(err, &refusal) || signed != nil {
		t.Fatalf("got %+v, %v, want a refusal", signed, err)
	}
	if strings.HasPrefix(refusal.Kind.String(), "Kind(") {
		t.Fatalf("got kind %d, want one of the closed set", refusal.Kind)
	}
}

func FuzzAuthorizationHeader(f *testing.F) {
	good := getItemCall().signed(f)
	f.Add(good.Header.Get("Authorization"), "20260301T120000Z", session.SessionToken)
	f.Add("AWS4-HMAC-SHA256 Credential=,SignedHeaders=;;,Signature=", "", "")
	f.Add("AWS4-HMAC-SHA256 Credential=a/20260301/us-east-1/s3/aws4_request,SignedHeaders=host,Signature="+strings.Repeat("0", 64), "20260301T120000Z", "")
	f.Fuzz(func(t *testing.T, authorization, date, token string) {
		r := &http.Request{Method: http.MethodPost, Host: "localhost:4566", URL: &url.URL{Path: "/"}, Header: http.Header{
			"Authorization": {authorization}, "X-Amz-Date": {date}, "X-Amz-Security-Token": {token},
			"X-Amz-Target": {"DynamoDB_20120810.GetItem"}, "Content-Type": {"application/x-amz-json-1.0"}}}
		fuzzed(t, r)
	})
}

func FuzzPresignedQuery(f *testing.F) {
	c := call{method: http.MethodGet, url: "http://localhost:4566/bucket/a%2Fb", service: "s3", creds: session, at: at}
	f.Add("/bucket/a%2Fb", c.presigned(f, "UNSIGNED-PAYLOAD", 60).URL.RawQuery)
	f.Add("/./a//..", "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=1&X-Amz-Signature=")
	f.Add("/%zz", "a=%zz&;")
	f.Fuzz(func(t *testing.T, path, query string) {
		u, err := url.ParseRequestURI("/" + strings.TrimLeft(path, "/"))
		if err != nil {
			return
		}
		u.RawQuery = query
		fuzzed(t, &http.Request{Method: http.MethodGet, Host: "localhost:4566", URL: u, Header: http.Header{}})
	})
}
