package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/shiptrack/infra/dev/devissuer"
)

// started is a demo on ports of its own.
type started struct {
	running
	ports map[string]string // by variable
}

// startDemo starts a demo of binaries; the test's end kills it.
func startDemo(t testing.TB, binaries string, args ...string) *started {
	t.Helper()
	numbers, err := freePorts(len(portVariables))
	if err != nil {
		t.Fatal(err)
	}
	d := &started{running: running{exited: make(chan error, 1), up: make(chan struct{})}, ports: map[string]string{}}
	d.cmd = exec.CommandContext(context.Background(), filepath.Join(bin, "demo"), append([]string{"--bin", binaries}, args...)...)
	d.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + t.TempDir()}
	for i, name := range portVariables {
		d.ports[name] = numbers[i]
		d.cmd.Env = append(d.cmd.Env, name+"="+numbers[i])
	}
	d.cmd.Stdout, d.cmd.Stderr = &d.running, &d.running
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { d.exited <- d.cmd.Wait() }()
	t.Cleanup(func() { _ = d.cmd.Process.Kill() })
	return d
}

// await returns once the demo's banner is out.
func (d *started) await(t testing.TB) {
	t.Helper()
	select {
	case <-d.up:
	case err := <-d.exited:
		t.Fatalf("the demo ended (%v) and said:\n%s", err, d)
	case <-time.After(patience):
		t.Fatalf("the demo is not up; it said:\n%s", d)
	}
}

// end stops the demo as Ctrl-C does.
func (d *started) end(t *testing.T) {
	t.Helper()
	if err := d.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := <-d.exited; err != nil {
		t.Errorf("the demo ended with %v and said:\n%s", err, d)
	}
}

// eta returns the status of the answer on shipment 1001 of a tenant.
func (d *started) eta(t *testing.T, tenant string) int {
	t.Helper()
	token, err := devissuer.Fetch(t.Context(), "http://127.0.0.1:"+d.ports["ISSUER_PORT"], tenant, "ana")
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:"+d.ports["SHIPMENT_PORT"]+"/shipments/1001/eta", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

// TestADroppedInFileIsATenantMore builds the tracking service with one more file in the seed's data, and changes nothing else.
func TestADroppedInFileIsATenantMore(t *testing.T) {
	const data = "../../../tracking-service/internal/seed/data"
	yellow, err := os.ReadFile(filepath.Join(data, "yellow.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	d := startDemo(t, binWithFile(t, filepath.Join(data, "purple.jsonl"), yellow))
	d.await(t)
	if !regexp.MustCompile(`seeded purple: \d+ shipments`).MatchString(d.String()) {
		t.Errorf("the demo does not say that purple was seeded:\n%s", d)
	}
	for tenant, want := range map[string]int{"purple": http.StatusOK, "green": http.StatusOK, "violet": http.StatusNotFound} {
		if got := d.eta(t, tenant); got != want {
			t.Errorf("%s's 1001 is answered %d, want %d", tenant, got, want)
		}
	}
	d.end(t)
}

// binWithFile returns a folder with the binaries, of which tracking-service was built with one file more (go help build, -overlay).
func binWithFile(t *testing.T, file string, content []byte) (dir string) {
	t.Helper()
	dir = t.TempDir()
	path, err := filepath.Abs(file)
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
	for _, name := range []string{"localaws", "devissuer", "provision", "shipment-service"} {
		if err := os.Symlink(filepath.Join(bin, name), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-ldflags=-s -w", "-overlay", filepath.Join(dir, "overlay.json"), "-o", filepath.Join(dir, "tracking-service"), "./cmd/tracking-service")
	build.Dir = "../../../tracking-service"
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return dir
}

// TestAServiceThatIsLeftOutRunsFromAShellWithWhatIsPrinted starts the service in a shell that has AWS settings of the user,
// which would give it other credentials.
func TestAServiceThatIsLeftOutRunsFromAShellWithWhatIsPrinted(t *testing.T) {
	for _, service := range []string{"tracking-service", "shipment-service"} {
		t.Run(service, func(t *testing.T) {
			binaries := filepath.Join(t.TempDir(), "it's a & b $HOME dir")
			if err := os.Symlink(bin, binaries); err != nil {
				t.Fatal(err)
			}
			d := startDemo(t, binaries, "--without", service, "--print-env")
			file := filepath.Join(binaries, service+".env")
			tick := time.NewTicker(20 * time.Millisecond)
			defer tick.Stop()
			line := regexp.MustCompile(`(?m)^  .*set -a; \. .*$`)
			for !line.MatchString(d.String()) {
				select {
				case err := <-d.exited:
					t.Fatalf("the demo ended (%v) and said:\n%s", err, d)
				case <-tick.C:
				}
			}
			lines, err := os.ReadFile(file)
			if err != nil || !strings.Contains(d.String(), string(lines)) {
				t.Errorf("%v: what is printed is not what stands in the file:\n%s", err, lines)
			}
			pasted := func(program, after string) *exec.Cmd {
				text := strings.Replace(line.FindString(d.String()), "go run ./"+service+"/cmd/"+service, program, 1)
				shell := exec.CommandContext(t.Context(), "sh", "-c", text+after, "sh", filepath.Join(bin, service))
				shell.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "AWS_PROFILE=mine", "AWS_ACCESS_KEY_ID=mine", "AWS_SECRET_ACCESS_KEY=mine"}
				return shell
			}
			if left, err := pasted(`test -n "$LISTEN_ADDR"`, ` && printf %s "$LISTEN_ADDR"`).CombinedOutput(); err != nil || len(left) != 0 {
				t.Errorf("the line leaves LISTEN_ADDR=%s in the shell, which a demo refuses (%v)", left, err)
			}
			shell := pasted(`exec "$1" serve`, "")
			shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // the subshell may be a process of its own
			if err := shell.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = syscall.Kill(-shell.Process.Pid, syscall.SIGKILL); _ = shell.Wait() })
			d.await(t)
			if got := d.eta(t, "blue"); got != http.StatusOK {
				t.Errorf("blue's 1001 is answered %d, want 200", got)
			}
			d.end(t)
			if _, err := os.Stat(file); err == nil {
				t.Errorf("%s is left behind", file)
			}
		})
	}
}

// TestSettingsOfTheServicesAreRefused takes the names from the services' own help, so that none is forgotten.
func TestSettingsOfTheServicesAreRefused(t *testing.T) {
	var names []string
	for _, service := range []string{"tracking-service", "shipment-service"} {
		help, err := exec.CommandContext(t.Context(), filepath.Join(bin, service), "--help").Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range regexp.MustCompile(`(?m)^    ([A-Z][A-Z_]+) `).FindAllSubmatch(help, -1) {
			if name := string(match[1]); !strings.HasPrefix(name, "OTEL_") { // those reach the services
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	names = slices.DeleteFunc(names, func(name string) bool { return strings.HasPrefix(name, "OTEL_") }) // these reach the services
	if names = slices.Compact(names); !slices.Contains(names, "TRACKING_TABLE") || !slices.Contains(names, "TRACKING_URL") {
		t.Fatalf("the services' help names %v, want TRACKING_TABLE and TRACKING_URL among them", names)
	}
	for _, name := range names {
		cmd := exec.CommandContext(t.Context(), filepath.Join(bin, "demo"), "--bin", t.TempDir()) // it has nothing to start
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + t.TempDir(), name + "=x"}
		out, err := cmd.CombinedOutput()
		if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 2 || !strings.Contains(string(out), name+" is a setting of a service") {
			t.Errorf("%s=x demo: %v, %s; want exit code 2 and the name", name, err, out)
		}
	}
	out, err := exec.CommandContext(t.Context(), filepath.Join(bin, "demo"), "--bin", bin, "--print-env").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "--print-env is for the service that --without names") {
		t.Errorf("--print-env alone: %v, %s", err, out)
	}
}

// keptLogs looks into the folder that a failed demo names in its output: it must hold the logs, and nothing else.
func keptLogs(t *testing.T, said string) {
	t.Helper()
	match := regexp.MustCompile(`are kept in (.*)`).FindStringSubmatch(said)
	if match == nil {
		t.Fatalf("the demo does not say where its logs are:\n%s", said)
	}
	entries, err := os.ReadDir(match[1])
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	for _, want := range []string{"decisions.jsonl", "localaws.log", "tracking-service.log", "shipment-service.log"} {
		if !slices.Contains(names, want) {
			t.Errorf("%s is not among what is kept: %v", want, names)
		}
	}
	if slices.ContainsFunc(names, func(n string) bool { return !strings.HasSuffix(n, ".log") && !strings.HasSuffix(n, ".jsonl") }) {
		t.Errorf("more than logs is kept: %v", names)
	}
}
