//go:build compose

package e2e

import (
	"cmp"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/shiptrack/infra/dev/devissuer"
)

// runTenants runs bin/tenants against the stack, and fails the test where it exits with another code or does not say the words.
func runTenants(t *testing.T, code int, words string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(bin, "tenants"), args...)
	cmd.Env = []string{"AWS_ENDPOINT_URL=http://" + port("LOCALAWS_PORT", "4566"), "AWS_REGION=" + cmp.Or(os.Getenv("AWS_REGION"), "us-east-1")}
	out, err := cmd.CombinedOutput()
	if got := cmd.ProcessState.ExitCode(); got != code || !strings.Contains(string(out), words) {
		t.Fatalf("tenants %v exits %d, %v; want %d and %q:\n%s", args, got, err, code, words, out)
	}
}

// shipments asks for a tenant's shipments as a user does, and returns the status.
func shipments(t *testing.T, tenant string) int {
	t.Helper()
	token, err := devissuer.Fetch(t.Context(), "http://"+port("ISSUER_PORT", "8082"), tenant, "ana")
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+port("SHIPMENT_PORT", "8080")+"/shipments", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	answer, err := (&http.Client{Timeout: 10 * time.Second}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	return answer.StatusCode
}

// TestEmulatorHoldsTheLifeOfATenant: bin/tenants works on the stores of an emulator as on localaws' own, and its commands are seen by users
// of the tenant, and by nobody else.
func TestEmulatorHoldsTheLifeOfATenant(t *testing.T) {
	name := "purple-" + strconv.FormatInt(time.Now().UnixNano(), 36) // an id is never given again
	twin := name + "-eu"
	runTenants(t, 0, "added 2 tenants", "add", name, twin)
	for _, step := range []struct {
		args   []string
		words  string
		status int // of the tenant's users afterwards
	}{
		{[]string{"show", name}, "active", http.StatusOK},
		{[]string{"suspend", name}, "suspended", http.StatusForbidden},
		{[]string{"resume", name}, "its sessions hold", http.StatusOK},
		{[]string{"revoke", name}, "sessions from before", http.StatusOK},
		{[]string{"remove", name, "--yes", "--key-days", "7"}, "checked: no live session", http.StatusForbidden},
	} {
		runTenants(t, 0, step.words, step.args...)
		if got := shipments(t, name); got != step.status {
			t.Errorf("after %v users of %s get %d, want %d", step.args, name, got, step.status)
		}
		if got := shipments(t, twin); got != http.StatusOK {
			t.Errorf("after %v users of %s get %d", step.args, twin, got)
		}
	}
	runTenants(t, 0, "there was nothing to remove", "remove", name, "--yes")
	runTenants(t, 1, "an id is never given to a second tenant", "add", name)
	runTenants(t, 0, "removed", "remove", twin, "--yes", "--key-days", "7")
	if got, body := eta(t); got != http.StatusOK {
		t.Errorf("yellow's user gets %d %s", got, body)
	}
}
