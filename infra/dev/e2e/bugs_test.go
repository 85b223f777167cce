package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// edit puts bugs into a package: text of one file becomes another, which says with(bug, faulty, right).
type edit struct {
	file, from, to string
	functions      string // what `to` calls
	imports        []string
}

// with is in each edited package. One build has all bugs, and each row switches on its own: linking takes longer than an attack.
const with = `
func with[T any](bug string, faulty, right T) T {
	if os.Getenv("BUG") == bug {
		return faulty
	}
	return right
}
`

var edits = []edit{
	{file: "pkg/authn/published.go", from: "t.signature, k.public) != nil {", to: `t.signature, k.public) != nil && with("signature", false, true) {`},
	{file: "pkg/authn/kept.go", from: "found.times.check(now) != nil", to: `with("kept-expired", nil, found.times.check(now)) != nil`},
	{file: "pkg/authn/kept.go", from: "!found.keys.holds(found.generation)", to: `!with("kept-rotated", true, found.keys.holds(found.generation))`},
	// A signature of ES256 has 86 characters.
	{file: "pkg/authn/kept.go", from: "1<<10), rawToken...",
		to: `1<<10), rawToken[with("by-signature", max(0, len(rawToken)-86), 0):with("without-signature", max(0, len(rawToken)-86), len(rawToken))]...`},
	{file: "pkg/httpserver/authenticate.go", from: "\t\t\tc.SetRequest(", to: `principal.Tenant = with("header", named(r, principal.Tenant), principal.Tenant); c.SetRequest(`,
		functions: `
func named(r *http.Request, otherwise tenant.ID) tenant.ID {
	if id, err := tenant.Parse(r.Header.Get("X-Tenant-ID")); err == nil {
		return id
	}
	return otherwise
}
`, imports: []string{"net/http", "example.com/shiptrack/pkg/tenant"}},
	{file: "pkg/tokenvending/machine.go", from: "\ts := m.sessions.get(id)\n\tnow := time.Now()", to: `id = with("session", another(m.config.RoleARN, id), id); s := m.sessions.get(id); now := time.Now()`,
		functions: `
var first atomic.Pointer[tenant.ID]

func another[ID comparable](role string, id ID) ID {
	t := any(id).(tenant.ID)
	if !strings.HasSuffix(role, "AccessRole") || t.IsReserved() {
		return id
	}
	first.CompareAndSwap(nil, &t)
	return any(*first.Load()).(ID)
}
`, imports: []string{"strings", "sync/atomic", "example.com/shiptrack/pkg/tenant"}},
	{file: "tracking-service/internal/dynamo/store.go", from: "Key: own.key(id)})", to: `Key: with("keys", blues(own.key(id)), own.key(id))})`,
		functions: `
func blues(key map[string]types.AttributeValue) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{partitionKey: &types.AttributeValueMemberS{Value: "blue"}, sortKey: key[sortKey]}
}
`, imports: []string{"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"}},
	{file: "tracking-service/internal/rest/cursor.go", from: "[]byte(cursorPurpose + owner.String())", to: `[]byte(cursorPurpose + with("cursor", "", owner.String()))`},
}

// TestOurOwnBugs removes one layer at a time from a service (go build -overlay: the product has no switches for faults) and
// runs the attacks on the rest. Each row says which layer still denies the attack. In some rows no layer does: nothing
// stands behind the layer that they remove, and infra/docs/THREAT-MODEL.md says so.
func TestOurOwnBugs(t *testing.T) {
	faulty := faultyServices(t)
	for _, tc := range []struct {
		name, service, bug, attack string
		says                       []string // in the attack's row
	}{
		{"control: tracking-service without a bug", "tracking-service", "none", "token/tracking-own-key", []string{"denied", "401"}},
		{"shipment-service verifies no token", "shipment-service", "signature", "token/own-key", []string{"denied", "401"}},
		{"tracking-service verifies no token: nothing stands behind", "tracking-service", "signature", "token/tracking-own-key", []string{"LEAK"}},
		{"tracking-service takes the tenant from a header: nothing stands behind", "tracking-service", "header", "http/tracking-header", []string{"LEAK"}},
		{"shipment-service keeps tokens past their time: tracking-service", "shipment-service", "kept-expired", "token/kept-expired", []string{"WRONG DENIAL", "401"}},
		{"tracking-service keeps tokens past their time: nothing stands behind", "tracking-service", "kept-expired", "token/tracking-kept-expired", []string{"LEAK"}},
		{"tracking-service keeps tokens past a rotation: nothing stands behind", "tracking-service", "kept-rotated", "token/tracking-kept-rotated", []string{"LEAK"}},
		{"tracking-service finds kept tokens without their signature: nothing stands behind", "tracking-service",
			"without-signature", "token/tracking-kept-other-signature", []string{"LEAK"}},
		{"tracking-service finds kept tokens by their signature: nothing stands behind", "tracking-service",
			"by-signature", "token/tracking-kept-other-payload", []string{"LEAK"}},
		{"keys of the wrong tenant: IAM", "tracking-service", "keys", "http/tracking-id", []string{"WRONG DENIAL", "403"}},
		{"another tenant's session from the cache: IAM", "tracking-service", "session", "http/tracking-id", []string{"REFUSED", "404"}},
		{"a cursor that is bound to no tenant: keys of the own tenant", "tracking-service", "cursor", "http/tracking-cursor", []string{"WRONG DENIAL", "own shipments alone"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			row := rowOf(t, binWithBug(t, faulty, tc.service, tc.bug), tc.attack)
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

// faultyServices returns a folder with both services, built with all edits.
func faultyServices(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	root := filepath.Dir(bin)
	changed := map[string]string{} // by path
	for _, e := range edits {
		path := filepath.Join(root, e.file)
		if changed[path] == "" {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			changed[path] = string(text)
		}
		if !strings.Contains(changed[path], e.from) {
			t.Fatalf("%s has no %q", e.file, e.from)
		}
		changed[path] = strings.Replace(changed[path], e.from, e.to, 1)
		if beside := filepath.Join(filepath.Dir(path), "bugs.go"); changed[beside] == "" {
			imports := ""
			for _, name := range append(e.imports, "os") {
				imports += "import \"" + name + "\"\n"
			}
			changed[beside] = "package " + filepath.Base(filepath.Dir(path)) + "\n" + imports + with + e.functions
		}
	}
	replaced := map[string]string{}
	for path, text := range changed {
		replaced[path] = filepath.Join(dir, fmt.Sprintf("%d.go", len(replaced)))
		if err := os.WriteFile(replaced[path], []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-ldflags=-s -w", "-overlay", file, "-o", dir+string(filepath.Separator),
		"./tracking-service/cmd/tracking-service", "./shipment-service/cmd/shipment-service")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return dir
}

// binWithBug returns a folder with both services, of which service is that of faulty and has the bug.
func binWithBug(t *testing.T, faulty, service, bug string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"tracking-service", "shipment-service"} {
		var err error
		if name == service {
			script := fmt.Sprintf("#!/bin/sh\nBUG=%s exec '%s' \"$@\"\n", bug, filepath.Join(faulty, name))
			err = os.WriteFile(filepath.Join(dir, name), []byte(script), 0o700)
		} else {
			err = os.Symlink(filepath.Join(bin, name), filepath.Join(dir, name))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
