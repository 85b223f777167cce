package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const accessPolicy = "infra/iam/hardened/TrackingAccessRole/TrackingAccessPolicyDynamoDB.json"

type statements = []map[string]any

// withoutLeadingKeys is the hole: a key of any tenant fits.
func withoutLeadingKeys(s statements) statements {
	delete(s[0]["Condition"].(map[string]any), "ForAllValues:StringEquals")
	return s
}

func unchanged(s statements) statements { return s }

// The binaries are those that every other test runs: nothing is built anew. The demo's ordinary run, in
// testdata/demo.txtar, is the control.
func TestDemoNoticesAHoleInThePolicy(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(statements) statements
		says   string
	}{
		{"LeadingKeys removed", withoutLeadingKeys,
			"ISOLATION DOES NOT HOLD: yellow's session read blue's shipment 1001:\n  allowed by TrackingAccessRole/TrackingAccessPolicyDynamoDB ReadOwnPartition"},
		{"allow removed", func(s statements) statements { return s[1:] },
			"isolation is not shown: yellow's session cannot read yellow's own shipment 1001"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			out, err := runDemo(t, checkoutWith(t, tc.change))
			exit, failed := errors.AsType[*exec.ExitError](err)
			if !failed || exit.ExitCode() != 1 || !strings.Contains(out, tc.says) || strings.Contains(out, bannerEnd) {
				t.Fatalf("the demo ends with %v and says:\n%s\nwant exit code 1, %q, and no banner", err, out, tc.says)
			}
			keptLogs(t, out)
		})
	}
}

// TestDemoEndsWhereTheServiceServesNothing: the demo's own check passes under these policies; tracking-service's does not. With report
// it serves, as it does under the article's set without being asked.
func TestDemoEndsWhereTheServiceServesNothing(t *testing.T) {
	root := checkoutWith(t, unchanged)
	rewrite(t, filepath.Join(root, "infra/iam/hardened/TrackingAccessRole/trust.json"), func(s statements) statements {
		return append(s, map[string]any{"Sid": "TooMuch", "Effect": "Allow", "Action": "sts:AssumeRole",
			"Principal": map[string]any{"AWS": "arn:aws:iam::<account-id>:role/TrackingServiceRole"}})
	})
	out, err := runDemo(t, root)
	exit, failed := errors.AsType[*exec.ExitError](err)
	says := "ISOLATION DOES NOT HOLD: tracking-service's isolation check says so, and it serves nothing:\n  no-tag: AWS allowed it, and must refuse it\n"
	if !failed || exit.ExitCode() != 1 || !strings.Contains(out, says) || strings.Contains(out, bannerEnd) {
		t.Fatalf("the demo ends with %v and says:\n%s\nwant exit code 1, %q, and no banner", err, out, says)
	}
	keptLogs(t, out)
	for _, args := range [][]string{{"--policies", filepath.Join(root, "infra/iam/hardened"), "--isolation-check=report"}, {"--policies", "article"}} {
		d := startDemo(t, bin, args...)
		d.await(t)
		if !strings.Contains(d.String(), "isolation check: report") || d.eta(t, "yellow") != http.StatusOK {
			t.Errorf("%v: yellow is not served, or the banner does not say report:\n%s", args, d)
		}
		d.end(t)
	}
}

func TestProveNoticesAHoleInThePolicy(t *testing.T) {
	const source = "prove: policies infra/iam/hardened (sha256 "
	without := "lies in no checkout of Shiptrack, so the policies are those that this binary was built with"
	for _, tc := range []struct {
		name, dir string
		code      int
		says      []string
	}{
		{"LeadingKeys removed", checkoutWith(t, withoutLeadingKeys), 1, []string{source, "dynamodb/get-item (LEAK)"}},
		{"control: the same checkout, as it was", checkoutWith(t, unchanged), 0, []string{source, "attacks were denied"}},
		{"no checkout", t.TempDir(), 0, []string{without, "attacks were denied", "under infra/iam/hardened as embedded in this binary (sha256 "}},
	} {
		cmd := exec.CommandContext(t.Context(), filepath.Join(bin, "prove"), "--quick", "--only", "dynamodb/get-item")
		cmd.Env, cmd.Dir = []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + t.TempDir()}, tc.dir
		out, err := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != tc.code {
			t.Errorf("%s: exit code %d (%v), want %d", tc.name, code, err, tc.code)
		}
		for _, want := range tc.says {
			if !strings.Contains(string(out), want) {
				t.Errorf("%s: no %q in\n%s", tc.name, want, out)
			}
		}
	}
}

// checkoutWith makes a folder with the part of a checkout that the binaries read, with other statements in the access policy.
func checkoutWith(t *testing.T, change func(statements) statements) (root string) {
	t.Helper()
	root = t.TempDir()
	if err := os.CopyFS(filepath.Join(root, "infra", "iam"), os.DirFS("../../iam")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "go.work"), []byte("go 1.26.0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	rewrite(t, filepath.Join(root, accessPolicy), change)
	return root
}

// rewrite changes the statements of a policy file.
func rewrite(t *testing.T, file string, change func(statements) statements) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Version   string
		Statement statements
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	document.Statement = change(document.Statement)
	var changed bytes.Buffer
	encoder := json.NewEncoder(&changed)
	encoder.SetEscapeHTML(false) // the placeholders are <in angle brackets>
	if err := encoder.Encode(document); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, changed.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// runDemo runs a demo that is expected to end by itself, in the working directory dir and on ports of its own.
func runDemo(t *testing.T, dir string) (said string, err error) {
	t.Helper()
	ports, err := freePorts(len(portVariables))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	cmd := exec.CommandContext(t.Context(), filepath.Join(bin, "demo"), "--bin", bin)
	cmd.Env, cmd.Dir = []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + t.TempDir()}, dir
	for i, name := range portVariables {
		cmd.Env = append(cmd.Env, name+"="+ports[i])
	}
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	return out.String(), err
}
