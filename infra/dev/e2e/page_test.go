//go:build browser

package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"example.com/shiptrack/infra/dev/devissuer"
)

// foreign is the host of a page that is not ours. Its owner pointed it at 127.0.0.1 after the page was loaded.
const foreign = "evil.example"

// attempt is a request that a page tries at its own origin.
type attempt struct {
	Name   string            `json:"name"`
	Method string            `json:"method"`
	Path   string            `json:"path"`
	Header map[string]string `json:"header"`
	Body   string            `json:"body"`
	loot   string            // a part of the answer that shows that the page got it
}

// TestAWebPageGetsNothing drives a real browser, which has to be installed; make test-browser runs it. The page is of the
// same origin as each server of a demo in turn, as after DNS rebinding. It gets nothing. Without the checks of package
// allowedhosts the same page gets everything. By a name that is the server's own, a page gets what the service answers to
// browsers, and nothing of localaws and devissuer.
func TestAWebPageGetsNothing(t *testing.T) {
	browser := findBrowser(t)
	checked := startDemo(t, bin)
	checked.await(t)
	for origin, got := range checked.visit(t, browser, foreign) {
		for _, a := range got {
			if a.status != http.StatusMisdirectedRequest || a.got {
				t.Errorf("the page of %s: %s at %s: got %d %.300s, want 421", foreign, a.name, origin, a.status, a.body)
			}
		}
	}
	own := checked.visit(t, browser, "localhost")
	for _, origin := range []string{"LOCALAWS_PORT", "ISSUER_PORT"} {
		for _, a := range own[origin] {
			if a.got || !strings.Contains(a.body, "does not answer browsers") {
				t.Errorf("a page of localhost: %s at %s: got %d %.300s, want that browsers are refused", a.name, origin, a.status, a.body)
			}
		}
	}
	for _, a := range own["SHIPMENT_PORT"] {
		if !a.got {
			t.Errorf("a page of the shipment service's own name: %s: got %d %.300s, want its answer", a.name, a.status, a.body)
		}
	}
	checked.end(t)

	open := startDemo(t, binWithoutTheCheck(t))
	open.await(t)
	for origin, got := range open.visit(t, browser, foreign) {
		for _, a := range got {
			t.Logf("control, without the check: %s at %s: %d", a.name, origin, a.status)
			if a.status != http.StatusOK || !a.got {
				t.Errorf("control: without the check the page of %s gets for %s at %s: %d %.300s, want that it gets all", foreign, a.name, origin, a.status, a.body)
			}
		}
	}
	open.end(t)
}

// attempts returns what a page tries at an origin: the port's variable, and its host as the page's requests have it.
func (d *started) attempts(t *testing.T, variable, host string) []attempt {
	t.Helper()
	bearer := func() map[string]string {
		token, err := devissuer.Fetch(t.Context(), "http://127.0.0.1:"+d.ports["ISSUER_PORT"], "blue", "ana")
		if err != nil {
			t.Fatal(err)
		}
		return map[string]string{"Authorization": "Bearer " + token}
	}
	switch variable {
	case "LOCALAWS_PORT":
		return signedAttempts(t, host)
	case "ISSUER_PORT":
		form := map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
		return []attempt{
			{"token", "POST", "/token", form, "tenant=blue&subject=ana", "access_token"},
			{"keys", "GET", "/jwks", nil, "", `"keys"`},
		}
	case "SHIPMENT_PORT", "TRACKING_PORT":
		return []attempt{
			{"rows", "GET", "/shipments", bearer(), "", `"shipmentId"`},
			{"eta", "GET", "/shipments/2002/eta", bearer(), "", `"eta"`},
			{"document", "GET", "/openapi.yaml", nil, "", "openapi:"},
		}
	case "CREDENTIALS_PORT":
		return []attempt{{"credentials", "GET", "/credentials", map[string]string{"Authorization": d.containerToken(t)}, "", "SecretAccessKey"}}
	default: // metrics
		return []attempt{{"metrics", "GET", "/metrics", nil, "", "shiptrack_http_requests_total"}}
	}
}

// containerToken is more than a page can know: the token that the credentials endpoint wants.
func (d *started) containerToken(t *testing.T) string {
	t.Helper()
	for _, variable := range d.cmd.Env {
		if dir, ok := strings.CutPrefix(variable, "TMPDIR="); ok {
			files, err := filepath.Glob(filepath.Join(dir, "shiptrack-demo-*", "container-token"))
			if err != nil || len(files) != 1 {
				t.Fatalf("the demo's token is in %v (%v), want one file", files, err)
			}
			token, err := os.ReadFile(files[0])
			if err != nil {
				t.Fatal(err)
			}
			return string(token)
		}
	}
	t.Fatal("the demo has no TMPDIR")
	return ""
}

// signedAttempts are signed as root, whose key everybody knows, by the server that the page came from.
func signedAttempts(t *testing.T, host string) []attempt {
	const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	const all = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	link := func(name, service, path, loot string, parameters ...string) attempt {
		r := newRequest(t, http.MethodGet, "http://"+host+path, "")
		query := r.URL.Query()
		query.Set("X-Amz-Expires", "300")
		for i := 0; i < len(parameters); i += 2 {
			query.Set(parameters[i], parameters[i+1])
		}
		r.URL.RawQuery = query.Encode()
		url, _, err := v4.NewSigner().PresignHTTP(t.Context(), root, r, hashOf(""), service, "us-east-1", time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return attempt{name, http.MethodGet, strings.TrimPrefix(url, "http://"+host), nil, "", loot}
	}
	iam := func(operation, loot string, parameters ...string) attempt {
		return link(operation, "iam", "/", loot, append(parameters, "Action", operation, "Version", "2010-05-08")...)
	}
	return []attempt{
		iam("ListRoles", "TrackingAccessRole"),
		iam("CreateRole", "EvilRole", "RoleName", "EvilRole", "AssumeRolePolicyDocument", trust),
		iam("PutRolePolicy", "PutRolePolicyResponse", "RoleName", "EvilRole", "PolicyName", "All", "PolicyDocument", all),
		link("role-credentials", "localaws", "/_localaws/role-credentials", "SecretAccessKey", "role", "TrackingServiceRole", "session", "page"),
		scan(t, host),
	}
}

func scan(t *testing.T, host string) attempt {
	const body = `{"TableName":"TrackingData"}`
	r := newRequest(t, http.MethodPost, "http://"+host+"/", body)
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810.Scan")
	if err := v4.NewSigner().SignHTTP(t.Context(), root, r, hashOf(body), "dynamodb", "us-east-1", time.Now()); err != nil {
		t.Fatal(err)
	}
	header := map[string]string{}
	for name := range r.Header {
		header[name] = r.Header.Get(name)
	}
	return attempt{"Scan", http.MethodPost, "/", header, body, `"TenantID":{"S":"blue"}`}
}

var root = aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}

func hashOf(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

func newRequest(t *testing.T, method, url, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}
