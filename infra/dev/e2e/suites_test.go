//go:build suites

package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// The tests of this file run suites for S3 that others have written; make test-suites runs them. Which of their tests do not pass, and
// why, stands in testdata/suites: any other one must pass.

// verdict is what a suite says of one of its tests.
type verdict struct{ name, status, why string }

const passed = "PASS"

// settle compares what does not pass with the suite's table. A name that stands twice is that of two tests.
func settle(t *testing.T, suite string, all []verdict) {
	t.Helper()
	var got []string
	for _, v := range all {
		if v.status != passed {
			got = append(got, v.name)
		}
	}
	if len(all) == 0 {
		t.Fatal("the suite ran no test")
	}
	table := readTable(t, suite)
	if table.all != len(all) {
		t.Errorf("%d tests ran, and the table is of %d", len(all), table.all)
	}
	t.Logf("%s: %d of %d tests pass", suite, len(all)-len(got), len(all))
	expected := table.names()
	for _, v := range all {
		if v.status == passed {
			continue
		}
		if at := slices.Index(expected, v.name); at >= 0 {
			expected = slices.Delete(expected, at, at+1)
		} else {
			t.Errorf("%s: %s: %s", v.name, v.status, v.why)
		}
	}
	for _, name := range expected {
		t.Errorf("%s stands in the table, and passes or did not run", name)
	}
}

// minted is what MinIO's suites are told, as its collection mint tells them. They leave files where they run, and in the temporary folder.
func (s *server) minted(cmd *exec.Cmd, dir string) {
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TMPDIR="+dir, "SERVER_ENDPOINT=127.0.0.1:"+s.port, "ACCESS_KEY=test", "SECRET_KEY=test", "ENABLE_HTTPS=0", "MINT_MODE=full",
		"RUN_ON_FAIL=1", "AWS_EC2_METADATA_DISABLED=true")
}

// TestSuiteOfMinioGo builds the functional tests of minio-go, as they lie in its module.
func TestSuiteOfMinioGo(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join("testdata/suites/minio-go", name))
		if err != nil {
			t.Fatal(err)
		}
		place(t, filepath.Join(dir, name), text)
	}
	goTool := func(args ...string) string {
		cmd := exec.CommandContext(t.Context(), "go", args...)
		cmd.Dir, cmd.Env, cmd.Stderr = dir, append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0"), os.Stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("go %s: %v", strings.Join(args, " "), err)
		}
		return strings.TrimSpace(string(out))
	}
	goTool("mod", "download", "github.com/minio/minio-go/v7")
	text, err := os.ReadFile(filepath.Join(goTool("list", "-m", "-f", "{{.Dir}}", "github.com/minio/minio-go/v7"), "functional_tests.go"))
	if err != nil {
		t.Fatal(err)
	}
	place(t, filepath.Join(dir, "main.go"), text)
	goTool("build", "-o", "suite", "main.go") // named, it is built whatever its build tag
	cmd := exec.CommandContext(t.Context(), filepath.Join(dir, "suite"))
	startServer(t).minted(cmd, dir)
	settle(t, "minio-go", verdictsOfMint(t, cmd))
}

// TestSuiteOfMinioPy runs the functional tests of minio-py, which .ci/minio-py fetches.
func TestSuiteOfMinioPy(t *testing.T) {
	home := os.Getenv("MINIO_PY")
	if home == "" {
		t.Fatal("MINIO_PY does not name the folder of a minio-py: make test-suites runs this test")
	}
	runner, err := filepath.Abs("testdata/suites/minio-py.py")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "python3", runner, home)
	startServer(t).minted(cmd, t.TempDir())
	settle(t, "minio-py", verdictsOfMint(t, cmd))
}

func place(t *testing.T, file string, text []byte) {
	t.Helper()
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// verdictsOfMint reads what a suite of mint says: an object of JSON for each test.
func verdictsOfMint(t *testing.T, cmd *exec.Cmd) (all []verdict) {
	t.Helper()
	out, err := cmd.Output()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var said struct{ Name, Status, Alert, Message, Error string }
		if json.Unmarshal(lines.Bytes(), &said) != nil {
			t.Log(lines.Text())
			continue
		}
		_, name, _ := strings.Cut(said.Name, ":")
		all = append(all, verdict{strings.TrimSpace(name), said.Status, strings.Join([]string{said.Alert, said.Message, said.Error}, " ")})
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// cephCommit is the one that the table speaks of.
const cephCommit = "8f0ae7b404a3a2fcf7038bf1e6bf29544fe9b6a3"

// TestSuiteOfCeph runs the tests of github.com/ceph/s3-tests for S3, from a checkout in S3_TESTS. No package registry has them, and CI reaches
// nothing else.
func TestSuiteOfCeph(t *testing.T) {
	checkout := os.Getenv("S3_TESTS")
	if checkout == "" {
		t.Skip("S3_TESTS names no checkout of github.com/ceph/s3-tests, which no package registry has")
	}
	head, err := exec.CommandContext(t.Context(), "git", "-C", checkout, "rev-parse", "HEAD").Output()
	if err != nil || strings.TrimSpace(string(head)) != cephCommit {
		t.Fatalf("S3_TESTS is at %s, %v, and the table is of %s", head, err, cephCommit)
	}
	s := startServer(t)
	dir := t.TempDir()
	place(t, filepath.Join(dir, "conf"), []byte(s.cephSettings(t)))
	cmd := exec.CommandContext(t.Context(), "python3", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=line", "--junitxml", filepath.Join(dir, "said.xml"),
		"s3tests/functional/test_s3.py", "s3tests/functional/test_headers.py")
	cmd.Dir, cmd.Env = checkout, append(os.Environ(), "S3TEST_CONF="+filepath.Join(dir, "conf"), "AWS_DEFAULT_REGION=us-east-1", "AWS_EC2_METADATA_DISABLED=true",
		"PYTHONDONTWRITEBYTECODE=1")
	said, _ := cmd.CombinedOutput() // it fails where any of its tests does
	text, err := os.ReadFile(filepath.Join(dir, "said.xml"))
	if err != nil {
		t.Fatalf("pytest: %v\n%s", err, said)
	}
	settle(t, "ceph", verdictsOfPytest(t, text))
}

// cephSettings has root in the place of each user: localaws has no other.
func (s *server) cephSettings(t *testing.T) string {
	t.Helper()
	var keys []string
	for range 2 {
		out, err := kms.NewFromConfig(s.aws).CreateKey(t.Context(), &kms.CreateKeyInput{})
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, *out.KeyMetadata.Arn) // as S3 answers it
	}
	buckets, err := s3.NewFromConfig(s.aws).ListBuckets(t.Context(), &s3.ListBucketsInput{})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "[DEFAULT]\nhost = 127.0.0.1\nport = %s\nis_secure = False\nssl_verify = False\n", s.port)
	b.WriteString("[fixtures]\nbucket prefix = suite-{random}-\n")
	for _, section := range []string{"s3 main", "s3 alt", "s3 tenant", "iam", "iam root", "iam alt root"} {
		fmt.Fprintf(&b, "[%s]\naccess_key = test\nsecret_key = test\ndisplay_name = root\nuser_id = %s\nemail = root@example.com\ntenant = t\n", section, *buckets.Owner.ID)
		if section == "s3 main" {
			fmt.Fprintf(&b, "kms_keyid = %s\nkms_keyid2 = %s\n", keys[0], keys[1])
		}
	}
	return b.String()
}

func verdictsOfPytest(t *testing.T, text []byte) (all []verdict) {
	t.Helper()
	type note struct {
		Message string `xml:"message,attr"`
	}
	var suites struct {
		Cases []struct {
			Name    string `xml:"name,attr"`
			Failed  []note `xml:"failure"`
			Broken  []note `xml:"error"`
			Skipped []note `xml:"skipped"`
		} `xml:"testsuite>testcase"`
	}
	if err := xml.Unmarshal(text, &suites); err != nil {
		t.Fatal(err)
	}
	for _, c := range suites.Cases {
		v := verdict{name: c.Name, status: passed}
		for status, notes := range map[string][]note{"FAIL": append(c.Failed, c.Broken...), "SKIP": c.Skipped} {
			if len(notes) > 0 {
				v.status, v.why = status, notes[0].Message
			}
		}
		all = append(all, v)
	}
	return all
}
