package conformance

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"example.com/shiptrack/infra/localaws/internal/sigv4"
	"example.com/shiptrack/infra/localaws/localawstest"
)

// endpoint is one S3, and the KMS beside it.
type endpoint struct {
	name, url string
	sign      func(r *http.Request, body []byte, service string) error
}

// embedded is localaws' own.
func embedded(t testing.TB) endpoint { return through(t, "embedded", nil) }

// through is localaws in front of upstreams, by service.
func through(t testing.TB, name string, upstreams map[string]*url.URL) endpoint {
	t.Helper()
	l := localawstest.StartGateway(t, upstreams)
	return endpoint{name, l.URL, func(r *http.Request, body []byte, service string) error {
		return l.Sign(r, body, localawstest.Root, service)
	}}
}

// direct is another endpoint of AWS' API.
func direct(name, url string) endpoint {
	return endpoint{name, url, func(r *http.Request, body []byte, service string) error {
		return sigv4.Sign(r, body, sigv4.Credentials(localawstest.Root), "us-east-1", service, time.Now())
	}}
}

// client leaves bodies as they come.
var client = &http.Transport{DisableCompression: true}

// answer is an answer as it came.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// send sends a request for a target as it is written: a path and a query.
func (e endpoint) send(t testing.TB, service, method, target string, header http.Header, body string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, e.url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	path, query, _ := strings.Cut(target, "?")
	if r.URL.Path, err = url.PathUnescape(path); err != nil {
		t.Fatal(err)
	}
	r.URL.RawPath, r.URL.RawQuery, r.Header = path, query, header
	if body == "" {
		r.Body, r.ContentLength = http.NoBody, 0
	}
	if err := e.sign(r, []byte(body), service); err != nil {
		t.Fatal(err)
	}
	response, err := client.RoundTrip(r)
	if err != nil {
		t.Fatalf("%s: %s %s: %v", e.name, method, target, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("%s: %s %s: %v", e.name, method, target, err)
	}
	return answer{response.StatusCode, response.Header, text}
}

// kms performs an operation of KMS.
func (e endpoint) kms(t testing.TB, operation, body string) answer {
	t.Helper()
	return e.send(t, "kms", http.MethodPost, "/", http.Header{
		"Content-Type": {"application/x-amz-json-1.1"}, "X-Amz-Target": {"TrentService." + operation},
	}, body)
}

// newKey makes a key and returns its ARN.
func (e endpoint) newKey(t testing.TB) string {
	t.Helper()
	var made struct{ KeyMetadata struct{ Arn string } }
	if a := e.kms(t, "CreateKey", "{}"); a.status != http.StatusOK || json.Unmarshal(a.body, &made) != nil {
		t.Fatalf("%s: CreateKey: %d %s", e.name, a.status, a.body)
	}
	return made.KeyMetadata.Arn
}

func (a answer) String() string { return fmt.Sprintf("%d %v %.500s", a.status, a.header, a.body) }
