package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestDemoNoticesAHoleInThePolicy runs the demo with the condition of the access policy taken out, and with an allow that
// is not there: the self-check must tell the first as a breach and the second as nothing shown. The demo's ordinary
// run, in testdata/demo.txtar, is the control.
func TestDemoNoticesAHoleInThePolicy(t *testing.T) {
	const policy = "../../iam/hardened/TrackingAccessRole/TrackingAccessPolicyDynamoDB.json"
	whole, err := os.ReadFile(policy)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name   string
		change func(statements []map[string]any) []map[string]any
		says   string
	}{
		{"condition removed", func(s []map[string]any) []map[string]any { delete(s[0], "Condition"); return s },
			"ISOLATION DOES NOT HOLD: yellow's session read blue's partition key:\n  TrackingAccessRole/TrackingAccessPolicyDynamoDB ReadOwnPartition allowed it"},
		{"allow removed", func(s []map[string]any) []map[string]any { return s[1:] },
			"dynamodb:GetItem on arn:aws:dynamodb:us-east-1:000000000000:table/TrackingData as arn:aws:sts::000000000000:assumed-role/TrackingAccessRole/yellow@tracking-demo:\n  no statement allows it"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var document struct {
				Version   string
				Statement []map[string]any
			}
			if err := json.Unmarshal(whole, &document); err != nil {
				t.Fatal(err)
			}
			document.Statement = tc.change(document.Statement)
			var changed bytes.Buffer
			encoder := json.NewEncoder(&changed)
			encoder.SetEscapeHTML(false) // the placeholders are <in angle brackets>
			if err := encoder.Encode(document); err != nil {
				t.Fatal(err)
			}
			out, err := runDemo(t, binWith(t, policy, changed.Bytes()))
			exit, failed := errors.AsType[*exec.ExitError](err)
			if !failed || exit.ExitCode() != 1 || !strings.Contains(out, tc.says) || strings.Contains(out, bannerEnd) {
				t.Fatalf("the demo ends with %v and says:\n%s\nwant exit code 1, %q, and no banner", err, out, tc.says)
			}
			keptLogs(t, out)
		})
	}
}

// binWith returns a folder with the binaries, of which provision was built with other content for the file original
// (see go help build, -overlay).
func binWith(t *testing.T, original string, content []byte) (dir string) {
	t.Helper()
	dir = t.TempDir()
	path, err := filepath.Abs(original)
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{path: filepath.Join(dir, "content")}})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"content": content, "overlay.json": overlay} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"localaws", "devissuer", "tracking-service", "shipment-service"} {
		if err := os.Symlink(filepath.Join(bin, name), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-overlay", filepath.Join(dir, "overlay.json"), "-o", filepath.Join(dir, "provision"), "./dev/provision/cmd/provision")
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return dir
}

// runDemo runs a demo that is expected to end by itself, on ports of its own.
func runDemo(t *testing.T, binaries string) (said string, err error) {
	t.Helper()
	ports, err := freePorts(len(portVariables))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	cmd := exec.CommandContext(t.Context(), filepath.Join(bin, "demo"), "--bin", binaries)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + t.TempDir()}
	for i, name := range portVariables {
		cmd.Env = append(cmd.Env, name+"="+ports[i])
	}
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	return out.String(), err
}
