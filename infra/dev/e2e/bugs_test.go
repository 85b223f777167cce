package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// replacement is a bug: text of one file is another.
type replacement struct{ file, from, to string }

// TestOurOwnBugs removes one layer at a time from a service (go build -overlay: the product has no switches for faults) and
// runs the attacks on the rest. Each row says which layer still denies the attack. In some rows no layer does: nothing
// stands behind the layer that they remove, and infra/docs/THREAT-MODEL.md says so.
func TestOurOwnBugs(t *testing.T) {
	authn := replacement{"../../../pkg/authn/published.go", "t.signature, k.public) != nil {", "t.signature, k.public) != nil && false {"}
	kept := func(from, to string) replacement { return replacement{"../../../pkg/authn/kept.go", from, to} }
	for _, tc := range []struct {
		name, service string
		bug           replacement
		attack        string
		says          []string // in the attack's row
	}{
		{"shipment-service verifies no token", "shipment-service", authn, "token/own-key", []string{"denied", "401"}},
		{"tracking-service verifies no token: nothing stands behind", "tracking-service", authn, "token/tracking-own-key", []string{"LEAK"}},
		{"tracking-service takes the tenant from a header: nothing stands behind", "tracking-service",
			replacement{"../../../pkg/httpserver/authenticate.go", "\t\t\tc.SetRequest(", "\t\t\tif id, err := tenant.Parse(r.Header.Get(\"X-Tenant-ID\")); err == nil {\n\t\t\t\tprincipal.Tenant = id\n\t\t\t}\n\t\t\tc.SetRequest("},
			"http/tracking-header", []string{"LEAK"}},
		{"shipment-service keeps tokens past their time: tracking-service", "shipment-service",
			kept("found.times.check(now) != nil", "false"), "token/kept-expired", []string{"WRONG DENIAL", "401"}},
		{"tracking-service keeps tokens past their time: nothing stands behind", "tracking-service",
			kept("found.times.check(now) != nil", "false"), "token/tracking-kept-expired", []string{"LEAK"}},
		{"tracking-service keeps tokens past a rotation: nothing stands behind", "tracking-service",
			kept("!found.keys.holds(found.generation)", "false"), "token/tracking-kept-rotated", []string{"LEAK"}},
		{"tracking-service finds kept tokens without their signature (86 characters): nothing stands behind", "tracking-service",
			kept("Sum256([]byte(rawToken))", "Sum256([]byte(rawToken[:max(0, len(rawToken)-86)]))"), "token/tracking-kept-other-signature", []string{"LEAK"}},
		{"tracking-service finds kept tokens by their signature: nothing stands behind", "tracking-service",
			kept("Sum256([]byte(rawToken))", "Sum256([]byte(rawToken[max(0, len(rawToken)-86):]))"), "token/tracking-kept-other-payload", []string{"LEAK"}},
		{"keys of the wrong tenant: IAM", "tracking-service",
			replacement{"../../../tracking-service/internal/dynamo/store.go", "Key: own.key(id)})", `Key: map[string]types.AttributeValue{partitionKey: &types.AttributeValueMemberS{Value: "blue"}, sortKey: own.key(id)[sortKey]}})`},
			"http/tracking-id", []string{"WRONG DENIAL", "403"}},
		{"another tenant's session from the cache: IAM", "tracking-service",
			replacement{"../../../pkg/tokenvending/machine.go", "\ts, ok := m.sessions.get(id)\n\tnow := time.Now()", "\tif t := any(id).(tenant.ID); m.config.RoleARN[len(m.config.RoleARN)-10:] == \"AccessRole\" && !t.IsReserved() {\n\t\tfirst.CompareAndSwap(nil, &t)\n\t\tid = any(*first.Load()).(ID)\n\t}\n\ts, ok := m.sessions.get(id)\n\tnow := time.Now()"},
			"http/tracking-id", []string{"REFUSED", "404"}},
		{"a cursor that is bound to no tenant: keys of the own tenant", "tracking-service",
			replacement{"../../../tracking-service/internal/rest/cursor.go", "[]byte(cursorPurpose + owner.String())", "[]byte(cursorPurpose + owner.String()[:0])"},
			"http/tracking-cursor", []string{"WRONG DENIAL", "own shipments alone"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			row := rowOf(t, brokenBin(t, tc.service, tc.bug), tc.attack)
			for _, want := range tc.says {
				if !strings.Contains(row, want) {
					t.Errorf("%s, want %q in it", row, want)
				}
			}
			if leaks := tc.says[0] == "LEAK"; strings.Contains(row, "LEAK") != leaks {
				t.Errorf("%s, a leak: want %t", row, leaks)
			}
		})
	}
}

// rowOf carries out one attack against the services in binaries, and returns its row.
func rowOf(t *testing.T, binaries, attack string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(bin, "prove"), "--quick", "--only", attack, "--bin", binaries)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + t.TempDir()}
	var said strings.Builder
	cmd.Stderr = &said
	out, _ := cmd.Output() // it fails where the attack gets through
	for line := range strings.Lines(string(out)) {
		if fields := strings.Fields(line); len(fields) > 0 && fields[0] == attack {
			return strings.TrimSpace(line)
		}
	}
	t.Fatalf("no row of %s in\n%s%s", attack, out, &said)
	return ""
}

// brokenBin returns a folder with both services, of which service was built with the bug.
func brokenBin(t *testing.T, service string, bug replacement) string {
	t.Helper()
	dir := t.TempDir()
	path, err := filepath.Abs(bug.file)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), bug.from) {
		t.Fatalf("%s has no %q", bug.file, bug.from)
	}
	changed := strings.Replace(string(text), bug.from, bug.to, 1)
	if strings.Contains(bug.to, "first.Load") {
		changed += "\nvar first atomic.Pointer[tenant.ID]\n"
		changed = strings.Replace(changed, "import (", "import (\n\t\"sync/atomic\"", 1)
	}
	if strings.Contains(bug.to, "tenant.") {
		changed = strings.Replace(changed, "import (", "import (\n\t\"example.com/shiptrack/pkg/tenant\"", 1)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{path: filepath.Join(dir, "changed.go")}})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"changed.go": []byte(changed), "overlay.json": overlay} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"tracking-service", "shipment-service"} {
		if name == service {
			build := exec.CommandContext(t.Context(), "go", "build", "-ldflags=-s -w", "-overlay", filepath.Join(dir, "overlay.json"), "-o", filepath.Join(dir, name), "./cmd/"+name)
			build.Dir = "../../../" + name
			if out, err := build.CombinedOutput(); err != nil {
				t.Fatalf("build: %v\n%s", err, out)
			}
		} else if err := os.Symlink(filepath.Join(bin, name), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
