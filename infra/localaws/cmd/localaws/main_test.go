package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdkcreds "github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

const (
	trustsTasks = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	trustsOther = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
)

// TestMain keeps the SDK away from the machine it runs on.
func TestMain(m *testing.M) {
	_ = os.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	os.Exit(m.Run())
}

// lines is a writer that other goroutines may read.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{}
}

func newLines() *lines { return &lines{more: make(chan struct{}, 1)} }

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case l.more <- struct{}{}:
	default:
	}
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// running is a command that was started in this process.
type running struct {
	address        string
	stdout, stderr *lines
	stop           context.CancelFunc
	code           chan int
}

var addressPattern = regexp.MustCompile(`http://(127\.0\.0\.1:\d+)`)

// start runs a command that listens, and returns once it says where.
func start(t *testing.T, env map[string]string, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{stdout: newLines(), stderr: newLines(), stop: cancel, code: make(chan int, 1)}
	go func() { r.code <- run(ctx, args, func(k string) string { return env[k] }, r.stdout, r.stderr) }()
	t.Cleanup(func() { cancel(); r.code <- <-r.code })
	for {
		if m := addressPattern.FindStringSubmatch(r.stderr.String()); m != nil {
			r.address = m[1]
			return r
		}
		select {
		case <-r.stderr.more:
		case code := <-r.code:
			r.code <- code
			t.Fatalf("%v ended with %d: %s", args, code, r.stderr)
		}
	}
}

// end interrupts the command and returns its exit code.
func (r *running) end() int {
	r.stop()
	code := <-r.code
	r.code <- code
	return code
}

func (r *running) env() map[string]string {
	return map[string]string{"AWS_ENDPOINT_URL": "http://" + r.address}
}

// once runs a command that ends by itself.
func once(t *testing.T, env map[string]string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(t.Context(), args, func(k string) string { return env[k] }, &out, &err)
	return code, out.String(), err.String()
}

func serveOnAnyPort(t *testing.T, args ...string) *running {
	t.Helper()
	return start(t, nil, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
}

func (r *running) sdk(p aws.CredentialsProvider) aws.Config {
	return aws.Config{Region: "us-east-1", BaseEndpoint: aws.String("http://" + r.address), Credentials: p}
}

func (r *running) makeRole(t *testing.T, name, trust string) {
	t.Helper()
	client := iam.NewFromConfig(r.sdk(sdkcreds.NewStaticCredentialsProvider("test", "test", "")))
	if _, err := client.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &trust}); err != nil {
		t.Fatal(err)
	}
}

func (r *running) whoIs(t *testing.T, p aws.CredentialsProvider) string {
	t.Helper()
	out, err := sts.NewFromConfig(r.sdk(p)).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil {
		t.Fatal(err)
	}
	return *out.Arn
}

func TestCredentialsPrintsWhatACredentialProcessPrints(t *testing.T) {
	server := serveOnAnyPort(t)
	server.makeRole(t, "TaskRole", trustsTasks)
	code, stdout, stderr := once(t, server.env(), "credentials", "--role", "TaskRole", "--session-name", "laptop")
	var got struct {
		Version                                              int
		AccessKeyId, SecretAccessKey, SessionToken, RoleName string
		Expiration                                           time.Time
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != 0 || got.Version != 1 || stderr != "" {
		t.Fatalf("exit %d, %v, stdout %s, stderr %s", code, err, stdout, stderr)
	}
	if left := time.Until(got.Expiration); left < 50*time.Minute || left > time.Hour {
		t.Errorf("the session lives %s, want an hour", left)
	}
	who := server.whoIs(t, sdkcreds.NewStaticCredentialsProvider(got.AccessKeyId, got.SecretAccessKey, got.SessionToken))
	if want := "arn:aws:sts::000000000000:assumed-role/TaskRole/laptop"; who != want {
		t.Errorf("got %s, want %s", who, want)
	}
}

func TestRoleThatDoesNotTrustTasksIsDenied(t *testing.T) {
	server := serveOnAnyPort(t)
	server.makeRole(t, "TaskRole", trustsTasks)
	server.makeRole(t, "OtherRole", trustsOther)
	for role, want := range map[string]string{"TaskRole": "", "OtherRole": "localaws: AccessDenied: ", "NoRole": "localaws: NoSuchEntity: "} {
		code, stdout, stderr := once(t, server.env(), "credentials", "--role", role)
		if want == "" {
			if code != 0 {
				t.Errorf("%s: exit %d, %s", role, code, stderr)
			}
			continue
		}
		if code != 1 || stdout != "" || !strings.HasPrefix(stderr, want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: exit %d, stdout %q, stderr %q, want 1 and one line with %s", role, code, stdout, stderr, want)
		}
	}
}

func TestServedCredentialsOutliveLocalaws(t *testing.T) {
	server := serveOnAnyPort(t)
	server.makeRole(t, "TaskRole", trustsTasks)
	file := filepath.Join(t.TempDir(), "token")
	endpoint := start(t, server.env(), "credentials", "serve", "--role", "TaskRole", "--listen", "127.0.0.1:0", "--token-file", file)
	token, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	provider := endpointcreds.New("http://"+endpoint.address+"/credentials", func(o *endpointcreds.Options) { o.AuthorizationToken = string(token) })
	if who := server.whoIs(t, provider); !strings.HasPrefix(who, "arn:aws:sts::000000000000:assumed-role/TaskRole/task-") {
		t.Errorf("got %s, want a task's session of TaskRole", who)
	}
	if code := server.end(); code != 0 {
		t.Fatalf("serve ended with %d: %s", code, server.stderr)
	}
	if _, err := provider.Retrieve(t.Context()); err != nil {
		t.Errorf("while localaws is away: %v", err)
	}
	if code := endpoint.end(); code != 0 {
		t.Fatalf("credentials serve ended with %d: %s", code, endpoint.stderr)
	}
}

func TestCredentialsAreAskedForInTheRegionOfTheServer(t *testing.T) {
	server := start(t, map[string]string{"AWS_REGION": "eu-west-1"}, "serve", "--listen", "127.0.0.1:0")
	server.makeRole(t, "TaskRole", trustsTasks)
	env := server.env()
	env["AWS_REGION"] = "eu-west-1"
	if code, _, stderr := once(t, env, "credentials", "--role", "TaskRole"); code != 0 {
		t.Errorf("the server's region: exit %d, %s", code, stderr)
	}
	env["AWS_REGION"] = "eu-west-2"
	if code, _, stderr := once(t, env, "credentials", "--role", "TaskRole"); code != 1 || !strings.Contains(stderr, "SignatureDoesNotMatch: Credential should be scoped to a valid region") {
		t.Errorf("another region: exit %d, %s, want 1 and SignatureDoesNotMatch", code, stderr)
	}
}

func TestServeSaysWhereItIsAndWhatItKeeps(t *testing.T) {
	temporary := start(t, map[string]string{"AWS_REGION": "eu-west-1"}, "serve", "--listen", "127.0.0.1:0")
	if want := fmt.Sprintf("localaws: http://%s, account 000000000000, region eu-west-1, root key test/test\n", temporary.address); !strings.HasPrefix(temporary.stderr.String(), want) {
		t.Errorf("got %q, want %q first", temporary.stderr, want)
	}
	if temporary.end(); !strings.Contains(temporary.stderr.String(), "data is temporary") {
		t.Errorf("got %q, want a line on temporary data", temporary.stderr)
	}
	kept := serveOnAnyPort(t, "--data", t.TempDir())
	if kept.end(); strings.Contains(kept.stderr.String(), "temporary") {
		t.Errorf("got %q, want nothing on temporary data with --data", kept.stderr)
	}
}

func TestTemporaryDataIsGoneAtTheEnd(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	server := serveOnAnyPort(t)
	if got, err := os.ReadDir(dir); err != nil || len(got) != 1 {
		t.Fatalf("got %d directories, %v, want the data of the running server", len(got), err)
	}
	server.end()
	if got, err := os.ReadDir(dir); err != nil || len(got) != 0 {
		t.Fatalf("got %d directories, %v, want none after the end", len(got), err)
	}
}

func TestDataAndLogStayAfterARestart(t *testing.T) {
	data, log := t.TempDir(), filepath.Join(t.TempDir(), "decisions.jsonl")
	first := serveOnAnyPort(t, "--data", data, "--log", log)
	first.makeRole(t, "TaskRole", trustsTasks)
	if code := first.end(); code != 0 || first.stdout.String() != "" {
		t.Fatalf("exit %d, stdout %q: decisions belong into the file", code, first.stdout)
	}
	second := serveOnAnyPort(t, "--data", data, "--log", log)
	if code, _, stderr := once(t, second.env(), "credentials", "--role", "TaskRole"); code != 0 {
		t.Fatalf("the role is gone: %s", stderr)
	}
	second.end()
	content, err := os.ReadFile(log)
	if err != nil || !strings.Contains(string(content), `"iam:CreateRole"`) || !strings.Contains(string(content), `"sts:AssumeRole"`) {
		t.Fatalf("got %s, %v, want the decisions of both runs", content, err)
	}
}

func TestDecisionsArePrintedWithoutALogFile(t *testing.T) {
	server := serveOnAnyPort(t)
	server.makeRole(t, "TaskRole", trustsTasks)
	server.end()
	for line := range strings.Lines(server.stdout.String()) {
		if !json.Valid([]byte(line)) {
			t.Errorf("got line %q, want JSON", line)
		}
	}
	if !strings.Contains(server.stdout.String(), `"iam:CreateRole"`) {
		t.Errorf("got %q, want the decision on iam:CreateRole", server.stdout)
	}
}

func TestPortInUseIsOneLineThatNamesPortAndFlag(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	address := taken.Addr().String()
	_, port, _ := net.SplitHostPort(address)
	file := filepath.Join(t.TempDir(), "token")
	for _, args := range [][]string{
		{"serve", "--listen", address},
		{"credentials", "serve", "--role", "r", "--token-file", file, "--listen", address},
	} {
		code, _, stderr := once(t, nil, args...)
		want := fmt.Sprintf("localaws: port %s is in use (%s): stop what listens there, or choose another with --listen\n", port, address)
		if code != 1 || stderr != want {
			t.Errorf("%v: exit %d, stderr %q, want 1 and %q", args, code, stderr, want)
		}
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("a token file was made for an endpoint that cannot listen")
	}
}

func TestHealthIsTheExitCode(t *testing.T) {
	server := serveOnAnyPort(t)
	if code, _, stderr := once(t, server.env(), "health"); code != 0 {
		t.Errorf("running: exit %d, %s", code, stderr)
	}
	server.end()
	if code, _, stderr := once(t, server.env(), "credentials", "--role", "r"); code != 1 || !strings.Contains(stderr, "localaws serve starts it") {
		t.Errorf("credentials of a stopped localaws: exit %d, %q, want 1 and what starts it", code, stderr)
	}
	if code, _, stderr := once(t, server.env(), "health"); code != 1 || !strings.HasPrefix(stderr, "localaws: ") || !strings.Contains(stderr, "localaws serve starts it") {
		t.Errorf("stopped: exit %d, %q, want 1 and what starts it", code, stderr)
	}
	other := &http.Server{Handler: http.NotFoundHandler()}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = other.Serve(l) }()
	t.Cleanup(func() { _ = other.Close() })
	if code, _, stderr := once(t, map[string]string{"AWS_ENDPOINT_URL": "http://" + l.Addr().String() + "/"}, "health"); code != 1 || !strings.Contains(stderr, "404") {
		t.Errorf("another server: exit %d, %q, want 1 and its status", code, stderr)
	}
}

func TestWrongCommandLines(t *testing.T) {
	file := filepath.Join(t.TempDir(), "short")
	if err := os.WriteFile(file, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	echoed := filepath.Join(t.TempDir(), "echoed")
	if err := os.WriteFile(echoed, []byte("0123456789abcdef\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name string
		args []string
		env  map[string]string
		code int
		want string
	}{
		{"no command", nil, nil, 2, "expected one of"},
		{"no role", []string{"credentials"}, nil, 2, "--role"},
		{"no token file", []string{"credentials", "serve", "--role", "r"}, nil, 2, "--token-file"},
		{"short token", []string{"credentials", "serve", "--role", "r", "--token-file", file, "--listen", "127.0.0.1:0"}, nil, 1, "5 characters"},
		{"token with a line break", []string{"credentials", "serve", "--role", "r", "--token-file", echoed, "--listen", "127.0.0.1:0"}, nil, 1, "printf %s"},
		{"health with a line break", []string{"credentials", "health", "--token-file", echoed}, nil, 1, "printf %s"},
		{"beyond loopback", []string{"credentials", "serve", "--role", "r", "--token-file", file, "--listen", "0.0.0.0:0"}, nil, 1, "loopback"},
		{"operations of another service", []string{"operations", "ec2"}, nil, 2, "dynamodb, iam, kms, s3 and sts"},
		{"no endpoint", []string{"credentials", "--role", "r"}, map[string]string{"AWS_ENDPOINT_URL": "127.0.0.1:4566"}, 2, "not the URL of a server"},
		{"no region", []string{"serve", "--listen", "127.0.0.1:0"}, map[string]string{"AWS_REGION": "US EAST"}, 1, "US EAST"},
		{"no address", []string{"serve", "--listen", "4566"}, nil, 2, `--listen "4566" is not an address`},
		{"log is a directory", []string{"serve", "--listen", "127.0.0.1:0", "--log", t.TempDir()}, nil, 1, "is a directory"},
		{"data is a file", []string{"serve", "--listen", "127.0.0.1:0", "--data", file}, nil, 1, "not a directory"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			code, stdout, stderr := once(t, tc.env, tc.args...)
			if code != tc.code || stdout != "" || !strings.Contains(stderr, tc.want) {
				t.Errorf("exit %d, stdout %q, stderr %q, want %d and %q", code, stdout, stderr, tc.code, tc.want)
			}
		})
	}
}

func TestHelpTeachesEveryCommand(t *testing.T) {
	for args, want := range map[string]string{
		"--help":                   "AWS_ENDPOINT_URL=http://127.0.0.1:4566",
		"serve --help":             "localaws serve --policies ./iam",
		"credentials --help":       "localaws credentials serve --role",
		"credentials print --help": "credential_process = localaws credentials --role",
		"credentials serve --help": "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=FILE",
		"health --help":            "/_localaws/ready",
		"operations sts":           "sts AssumeRole\n",
		"operations":               "s3 GetObject\n",
		"version":                  "localaws ",
	} {
		code, stdout, stderr := once(t, nil, strings.Fields(args)...)
		if code != 0 || stderr != "" || !strings.Contains(stdout, want) {
			t.Errorf("%s: exit %d, stderr %q, stdout %q, want %q in it", args, code, stderr, stdout, want)
		}
	}
}
