package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/shiptrack/infra/dev/provision"
)

// lagging stands in front of localaws as an IAM that takes a time until a change is known everywhere, as AWS's does: a role that was just made
// is no principal yet and takes no policies, and a role that was just changed cannot be assumed.
type lagging struct {
	http.Handler
	lag time.Duration

	mu      sync.Mutex
	made    map[string]time.Time // by the name of a role
	changed map[string]time.Time
	refused map[string]int // by code
}

// lag is what AWS was seen to take: 5 seconds, and in the long form a minute.
func lag() time.Duration {
	if os.Getenv("LONG") != "" {
		return time.Minute
	}
	return 5 * time.Second
}

func startLagging(t *testing.T, endpoint string) (*lagging, string) {
	t.Helper()
	to, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	l := &lagging{
		// The Host stays as it was signed.
		Handler: &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.Out.URL.Scheme, r.Out.URL.Host = to.Scheme, to.Host }},
		lag:     lag(), made: map[string]time.Time{}, changed: map[string]time.Time{}, refused: map[string]int{},
	}
	server := httptest.NewServer(l)
	t.Cleanup(server.Close)
	return l, server.URL
}

var roleOfARN = regexp.MustCompile(`:role/([\w+=,.@-]+)"`)

func (l *lagging) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client has gone
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	form, err := url.ParseQuery(string(body))
	if action := form.Get("Action"); err == nil && action != "" {
		if status, code, message := l.refusal(action, form); code != "" {
			w.Header().Set("Content-Type", "text/xml")
			w.WriteHeader(status)
			fmt.Fprintf(w, "<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>", code, message)
			return
		}
	}
	l.Handler.ServeHTTP(w, r)
}

// refusal is what a lagging IAM answers; it takes note of a change.
func (l *lagging) refusal(action string, form url.Values) (status int, code, message string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer func() {
		if code != "" {
			l.refused[code]++
		}
	}()
	young := func(since map[string]time.Time, role string) bool {
		at, ok := since[role]
		return ok && time.Since(at) < l.lag
	}
	role := form.Get("RoleName")
	switch action {
	case "CreateRole", "UpdateAssumeRolePolicy":
		for _, named := range roleOfARN.FindAllStringSubmatch(form.Get("AssumeRolePolicyDocument")+form.Get("PolicyDocument"), -1) {
			if young(l.made, named[1]) {
				return 400, "MalformedPolicyDocument", "Invalid principal in policy: " + named[1]
			}
		}
		if _, known := l.made[role]; !known {
			l.made[role] = time.Now()
		}
		l.changed[role] = time.Now()
	case "PutRolePolicy":
		if young(l.made, role) {
			return 404, "NoSuchEntity", "The role with name " + role + " cannot be found."
		}
		l.changed[role] = time.Now()
	case "AssumeRole":
		arn := form.Get("RoleArn")
		if young(l.changed, arn[strings.LastIndexByte(arn, '/')+1:]) {
			return 403, "AccessDenied", "not authorized to perform: sts:AssumeRole"
		}
	}
	return 0, "", ""
}

func (l *lagging) wantRefused(t *testing.T, codes ...string) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, code := range codes {
		if l.refused[code] == 0 {
			t.Errorf("IAM did not lag: no %s among %v", code, l.refused)
		}
	}
}

func TestAnAccountWhoseIAMLagsIsAttacked(t *testing.T) {
	t.Parallel()
	p := newProver(t)
	l, endpoint := startLagging(t, *p.config.BaseEndpoint)
	p.environ = append(p.environ, "AWS_ENDPOINT_URL="+endpoint)
	out, err := p.command(t, "--account", proverAccount, "--only", "dynamodb/get-item").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "IAM may not know yet what was just made; trying again for 2m0s: role ") {
		t.Fatalf("%v\n%s", err, out)
	}
	l.wantRefused(t, "NoSuchEntity", "AccessDenied") // its first trust policies name no role
	p.wantThere(t, proverRole)
}

func TestRolesAreProvisionedWhereIAMLags(t *testing.T) {
	t.Parallel()
	ports, err := freePorts(1)
	if err != nil {
		t.Fatal(err)
	}
	startLocalaws(t, ports[0], t.TempDir(), "AWS_REGION=us-east-1")
	l, endpoint := startLagging(t, "http://127.0.0.1:"+ports[0])
	put := exec.CommandContext(t.Context(), filepath.Join(bin, "provision"), "put", "--seed", filepath.Join(bin, "tracking-service"), "--patience", "3m")
	put.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "AWS_REGION=us-east-1", "AWS_ENDPOINT_URL=" + endpoint}
	out, err := put.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	l.wantRefused(t, "MalformedPolicyDocument", "NoSuchEntity", "AccessDenied")
	d := provision.Demonstration{Endpoint: endpoint, Region: "us-east-1"}
	if there, err := d.InPlace(t.Context()); err != nil || !there {
		t.Errorf("in place: %v, %v", there, err)
	}
}
