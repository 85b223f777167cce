//go:build clients

package terraform_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/shiptrack/infra/dev/devissuer"
	"example.com/shiptrack/infra/dev/fleet"
	"example.com/shiptrack/infra/dev/provision"
	"example.com/shiptrack/infra/localaws/localawstest"
	"example.com/shiptrack/pkg/tenant"
)

// patience bounds how long the service may take until its isolation check has shown that isolation holds.
const patience = time.Minute

// TestTerraformMadeStoresKeepTenantsApart: the service's own isolation check holds for table, bucket, keys and roles that
// Terraform applied. Terraform makes no index.
func TestTerraformMadeStoresKeepTenantsApart(t *testing.T) {
	r, l := onLocalaws(t)
	r.apply()
	a, b := tenant.IsolationCheck()
	if err := provision.Indexes(t.Context(), l.Config(localawstest.Root), l.URL, a, b); err != nil {
		t.Fatal(err)
	}
	service := startTracking(t, l, outputs(r))
	if got := service.ready(t); got != "ok\n" && got != "ok" {
		t.Errorf("/readyz says %q, want ok: each store is served", got)
	}
	// The control: without the condition that keeps partitions apart the same service is not ready.
	t.Run("and notice a policy that does not", func(t *testing.T) {
		widen(t, r)
		r.run("apply", "-auto-approve", isolation)
		startTracking(t, l, outputs(r)).refuses(t)
	})
}

// widen takes the condition that keeps partitions apart out of the copy of the policy that r applies.
func widen(t *testing.T, r *root) {
	t.Helper()
	widened := strings.NewReplacer("ForAllValues:StringEquals", "ForAllValues:StringLike", `"${aws:PrincipalTag/TenantID}"`, `"*"`)
	file := filepath.Join(r.dir, "../../../iam/hardened/TrackingAccessRole/TrackingAccessPolicyDynamoDB.json")
	text, err := os.ReadFile(filepath.Clean(file))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(widened.Replace(string(text))), 0o600); err != nil {
		t.Fatal(err)
	}
}

// outputs are what Terraform says of the environment of the tracking service.
func outputs(r *root) []string {
	r.Helper()
	var all struct {
		Environment struct{ Value map[string]string }
	}
	c := exec.CommandContext(r.Context(), "terraform", "output", "-json")
	c.Dir, c.Env = r.dir, r.env
	out, err := c.Output()
	if err != nil {
		r.Fatal(err)
	}
	if err := json.Unmarshal(out, &all); err != nil {
		r.Fatal(err)
	}
	var env []string
	for name, value := range all.Environment.Value {
		env = append(env, name+"="+value)
	}
	return env
}

// tracking is a tracking service that runs.
type tracking struct {
	fleet *fleet.Fleet
	url   string
}

func startTracking(t *testing.T, l *localawstest.Local, env []string) *tracking {
	t.Helper()
	dir := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", dir, "../../tracking-service/cmd/tracking-service")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	key := make([]byte, 32)
	rand.Read(key)
	c := l.RoleCredentials(t, "TrackingServiceRole", "task")
	env = append(env, "PATH="+os.Getenv("PATH"), "HOME="+dir, "AWS_EC2_METADATA_DISABLED=true", "AWS_REGION=us-east-1",
		"AWS_ENDPOINT_URL="+l.URL, "OPENSEARCH_ENDPOINT="+l.URL, "INSTANCE_ID=terraform",
		"AWS_ACCESS_KEY_ID="+c.AccessKeyID, "AWS_SECRET_ACCESS_KEY="+c.SecretAccessKey, "AWS_SESSION_TOKEN="+c.SessionToken,
		"OIDC_ISSUER="+issuer(t), "OIDC_AUDIENCE=shiptrack", "CURSOR_KEY="+base64.StdEncoding.EncodeToString(key),
		"LISTEN_ADDR=127.0.0.1:0", "METRICS_ADDR=127.0.0.1:0")
	s := &tracking{fleet: fleet.New(dir, dir)}
	t.Cleanup(s.fleet.Stop)
	if err := s.fleet.Start("tracking-service", "tracking-service", env, "serve"); err != nil {
		t.Fatal(err)
	}
	address := regexp.MustCompile(`"msg":"listening"[^\n]*"addr":"(127\.0\.0\.1:\d+)"`)
	s.until(t, func() bool {
		match := address.FindStringSubmatch(s.log(t))
		if match != nil {
			s.url = "http://" + match[1]
		}
		return match != nil
	})
	return s
}

// issuer serves the discovery document and the keys of an issuer.
func issuer(t *testing.T) string {
	t.Helper()
	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	made, err := devissuer.New(devissuer.Config{Issuer: server.URL, Audience: "shiptrack", TenantClaim: "TenantID"})
	if err != nil {
		t.Fatal(err)
	}
	handler = made
	return server.URL
}

// ready waits until /readyz is 200, and returns its body.
func (s *tracking) ready(t *testing.T) (body string) {
	t.Helper()
	s.until(t, func() bool {
		status, text := s.readyz(t)
		body = text
		return status == http.StatusOK
	})
	return body
}

// refuses waits until the isolation check has shown that isolation does not hold, and wants that the service is not ready.
func (s *tracking) refuses(t *testing.T) {
	t.Helper()
	s.until(t, func() bool { return strings.Contains(s.log(t), "ISOLATION DOES NOT HOLD") })
	if status, body := s.readyz(t); status != http.StatusServiceUnavailable {
		t.Errorf("/readyz is %d %s, want 503", status, body)
	}
}

func (s *tracking) readyz(t *testing.T) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/readyz", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

func (s *tracking) log(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(s.fleet.Log("tracking-service"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// until polls: another process is waited for.
func (s *tracking) until(t *testing.T, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("it took more than %s:\n%s", patience, s.log(t))
		}
	}
}
