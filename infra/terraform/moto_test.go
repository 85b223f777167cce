//go:build clients

package terraform_test

import (
	"bufio"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

const motoRoot = "testdata/moto"

// TestTerraformOnMoto applies what moto serves of the example, and destroys it: moto has services that localaws has not. It forgets some of
// what it is told of a user pool, so a plan afterwards leaves that one out.
func TestTerraformOnMoto(t *testing.T) {
	r := newRoot(t, motoRoot, "AWS_ENDPOINT_URL="+startMoto(t))
	said := r.run("apply", "-auto-approve")
	t.Log(lastLine(said))
	r.run("plan", "-detailed-exitcode", "-target=module.isolation", "-target=module.network", "-target=module.stores", "-target=module.service")
	said = r.run("destroy", "-auto-approve")
	t.Log(lastLine(said))
	if left := r.run("show"); !strings.Contains(left, "The state file is empty") {
		t.Errorf("left in the state:\n%s", left)
	}
}

var complete = regexp.MustCompile(`(?m)^(Apply|Destroy) complete!.*$`)

func lastLine(said string) string { return complete.FindString(said) }

// startMoto starts moto's server, which has to be installed, on a free port.
func startMoto(t *testing.T) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), "python3", "-u", "-m", "moto.server", "--host=127.0.0.1", "--port=0")
	c.Env = append(os.Environ(), "AWS_EC2_METADATA_DISABLED=true")
	out, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatalf("moto does not start: %v: pip install 'moto[server]'", err)
	}
	t.Cleanup(func() { _ = c.Wait() }) // which the end of the context ends
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, url, ok := strings.Cut(lines.Text(), "Running on "); ok {
			go func() {
				for lines.Scan() {
				}
			}()
			return strings.TrimSpace(url)
		}
	}
	t.Fatal("moto's server says nothing: pip install 'moto[server]'")
	return ""
}
