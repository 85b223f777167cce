package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/shiptrack/infra/dev/provision"
	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/iam/iamtest"
	"example.com/shiptrack/infra/localaws/localawstest"
	"example.com/shiptrack/pkg/authn/authntest"
	"example.com/shiptrack/pkg/keyalias"
	"example.com/shiptrack/pkg/tenant"
	"example.com/shiptrack/tracking-service/internal/opensearch/opensearchtest"
	"example.com/shiptrack/tracking-service/internal/s3/s3test"
)

var cursorKey = base64.StdEncoding.EncodeToString(make([]byte, cursorKeySize))

// backend is what the service needs: localaws with roles and table, and an issuer of tokens.
type backend struct {
	local  *localawstest.Local
	bucket *s3test.Bucket
	domain *opensearchtest.Domain
	issuer *authntest.Issuer
}

const testBucket = "shiptrack-000000000000"

func newBackend(t *testing.T) backend {
	t.Helper()
	w := backend{local: localawstest.Start(t), bucket: s3test.Start(t, testBucket), domain: opensearchtest.Start(t), issuer: authntest.Start(t)}
	w.bucket.Refuse(otherTenants)
	w.domain.Refuse(otherIndexes)
	a, b := tenant.IsolationCheck()
	for _, id := range []tenant.ID{a, b} {
		w.domain.Put(id.String()+"-shipments", "none", "{}")
	}
	iamtest.Load(t, w.local, iam.Hardened)
	if err := provision.Table(t.Context(), w.local.Config(localawstest.Root), "TrackingData"); err != nil {
		t.Fatal(err)
	}
	isolate(t, w.local.Region)
	t.Setenv("AWS_ENDPOINT_URL", w.local.URL)
	t.Setenv("AWS_ENDPOINT_URL_S3", w.bucket.URL)
	return w
}

// otherTenants refuses what IAM and KMS must refuse to the isolation check: the bucket of these tests knows no policies. Each
// tenant stores under its own prefix, with its own key; check.a alone reads.
func otherTenants(c s3test.Call) (status int, code string) {
	a, b := tenant.IsolationCheck()
	alias := c.Header.Get("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id")
	isOf := func(id tenant.ID) bool {
		return strings.Contains(c.Target, "/"+id.String()+"/") || strings.Contains(c.Target, "prefix="+id.String()+"%2F")
	}
	if isOf(a) && alias != "" && alias != keyalias.Of(a) || isOf(b) && alias != keyalias.Of(b) {
		return http.StatusForbidden, "AccessDenied"
	}
	return 0, ""
}

// otherIndexes refuses what IAM must refuse to the isolation check: the domain of these tests knows no policies.
func otherIndexes(c opensearchtest.Call) opensearchtest.Refusal {
	if _, b := tenant.IsolationCheck(); strings.HasPrefix(c.Target, "/"+b.String()+"-") {
		return opensearchtest.Denied
	}
	return opensearchtest.Refusal{}
}

// become lets the SDK's chain find the credentials of a task role.
func (w backend) become(t *testing.T, taskRole string) {
	t.Helper()
	c := w.local.RoleCredentials(t, taskRole, "task")
	t.Setenv("AWS_ACCESS_KEY_ID", c.AccessKeyID)
	t.Setenv("AWS_SECRET_ACCESS_KEY", c.SecretAccessKey)
	t.Setenv("AWS_SESSION_TOKEN", c.SessionToken)
}

// seed runs the command and returns what it prints.
func (w backend) seed(t *testing.T) string {
	t.Helper()
	w.become(t, "TrackingSeedTaskRole")
	var stdout, stderr bytes.Buffer
	environ := []string{"TRACKING_ACCESS_ROLE_ARN=" + w.local.RoleARN("TrackingSeedRole"), "INSTANCE_ID=seed", "DOCUMENTS_BUCKET=" + testBucket, "OPENSEARCH_ENDPOINT=" + w.domain.URL}
	if code := run(t.Context(), []string{"seed"}, environ, &stdout, &stderr); code != 0 {
		t.Fatalf("seed exits %d: %s%s", code, stdout.String(), stderr.String())
	}
	return stdout.String()
}

func (w backend) environ(changes ...string) []string {
	return append([]string{
		"LISTEN_ADDR=127.0.0.1:0", "METRICS_ADDR=127.0.0.1:0", "OIDC_ISSUER=" + w.issuer.URL, "OIDC_AUDIENCE=" + authntest.Audience,
		"TRACKING_ACCESS_ROLE_ARN=" + w.local.RoleARN("TrackingAccessRole"), "CURSOR_KEY=" + cursorKey,
		"TRACKING_WRITE_ROLE_ARN=" + w.local.RoleARN("TrackingWriteRole"), "DOCUMENTS_BUCKET=" + testBucket, "OPENSEARCH_ENDPOINT=" + w.domain.URL,
		"INSTANCE_ID=test-1", "SHUTDOWN_TIMEOUT=100ms",
	}, changes...)
}

// serving is a seeded service that answers yellow's requests for path.
func serving(t *testing.T, path string, changes ...string) (backend, service) {
	t.Helper()
	w := newBackend(t)
	w.seed(t)
	w.become(t, "TrackingServiceRole")
	s := start(t, w.environ(changes...))
	s.awaitReady(t)
	s.awaitServed(t, w, path)
	return w, s
}

// awaitServed waits until yellow's request for path is answered.
func (s service) awaitServed(t *testing.T, w backend, path string) {
	t.Helper()
	poll(t, path+" is served", func() bool {
		status, _ := s.get(t, path, w.issuer.Token("yellow", "ana"))
		return status == http.StatusOK
	})
}

// logs is a writer that tests can read while the service writes.
type logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// service is one that serves until the test ends.
type service struct {
	url, metrics string
	logs         *logs
}

// start runs serve and waits until it listens.
func start(t *testing.T, environ []string) service {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, ended := &logs{}, make(chan int, 1)
	go func() { ended <- run(ctx, []string{"serve"}, environ, out, out) }()
	t.Cleanup(func() {
		cancel()
		if code := <-ended; code != 0 {
			t.Errorf("serve exits %d: %s", code, out)
		}
	})
	var s service
	poll(t, "the service listens", func() bool {
		for line := range strings.Lines(out.String()) {
			var entry struct{ Msg, Addr, Metrics_addr string }
			if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "listening" {
				s = service{url: "http://" + entry.Addr, metrics: "http://" + entry.Metrics_addr + "/metrics", logs: out}
			}
		}
		return s.url != ""
	})
	return s
}

// poll waits until done: for another goroutine, never for time to pass.
func poll(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !done(); {
		if time.Now().After(end) {
			t.Fatalf("not so after 20 s: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func (s service) get(t *testing.T, path, token string) (int, string) {
	t.Helper()
	url := s.url + path
	if strings.HasPrefix(path, "http") {
		url = path
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func (s service) awaitReady(t *testing.T) {
	t.Helper()
	poll(t, "/readyz answers 200", func() bool { status, _ := s.get(t, "/readyz", ""); return status == 200 })
}
