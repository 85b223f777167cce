//go:build compose

package e2e

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/shiptrack/infra/dev/devissuer"
)

// These tests look at the stack that `make up` started, on its own ports, and restart parts of it. They need the Docker
// command and fail without it.

// port is the address of a published port, which the variable moves.
func port(variable, otherwise string) string {
	return "127.0.0.1:" + cmp.Or(os.Getenv(variable), otherwise)
}

// docker runs the command at the root of the repository, where docker-compose.yml is, and returns what it prints.
func docker(t *testing.T, args ...string) string {
	t.Helper()
	out, err := dockerSays(t, args...)
	if err != nil {
		t.Fatalf("docker %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func dockerSays(t *testing.T, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "docker", args...)
	cmd.Dir = "../../.."
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// container is what `docker inspect` tells of one.
type container struct {
	ID, Name string
	State    struct {
		Status    string
		Pid       int
		OOMKilled bool
		Health    *struct{ Status string }
	}
	Config struct {
		User   string
		Image  string
		Env    []string
		Labels map[string]string
	}
	HostConfig struct {
		ReadonlyRootfs bool
		Privileged     bool
		CapDrop        []string
		CapAdd         []string
		SecurityOpt    []string
		Memory         int64
		RestartPolicy  struct{ Name string }
	}
	NetworkSettings struct {
		Ports    map[string][]struct{ HostIP, HostPort string }
		Networks map[string]struct{ IPAddress string }
	}
}

func (c container) service() string { return c.Config.Labels["com.docker.compose.service"] }

// containers returns those of the stack, by service.
func containers(t *testing.T) map[string]container {
	t.Helper()
	ids := strings.Fields(docker(t, "compose", "ps", "--quiet"))
	if len(ids) == 0 {
		t.Fatal("the stack does not run: make up starts it")
	}
	var all []container
	if err := json.Unmarshal([]byte(docker(t, append([]string{"inspect"}, ids...)...)), &all); err != nil {
		t.Fatal(err)
	}
	byService := map[string]container{}
	for _, c := range all {
		byService[c.service()] = c
	}
	return byService
}

// emulator is what the stack has behind localaws.
func emulator(t *testing.T) container {
	t.Helper()
	all := containers(t)
	for _, name := range []string{"localstack", "dynamodb-local"} {
		if c, ok := all[name]; ok {
			return c
		}
	}
	t.Fatalf("there is no emulator behind localaws: %v", all)
	return container{}
}

func TestContainersHoldNoMoreThanTheyNeed(t *testing.T) {
	for name, c := range containers(t) {
		h := c.HostConfig
		if user, _, _ := strings.Cut(c.Config.User, ":"); user == "" || user == "0" || user == "root" {
			t.Errorf("%s runs as %q, want a user other than root", name, c.Config.User)
		}
		if !h.ReadonlyRootfs || h.Privileged || len(h.CapAdd) > 0 || !slices.Equal(h.CapDrop, []string{"ALL"}) {
			t.Errorf("%s: read-only %t, privileged %t, capabilities +%v -%v", name, h.ReadonlyRootfs, h.Privileged, h.CapAdd, h.CapDrop)
		}
		if !slices.Contains(h.SecurityOpt, "no-new-privileges:true") || h.Memory == 0 || h.RestartPolicy.Name != "unless-stopped" {
			t.Errorf("%s: security %v, memory %d, restart %q", name, h.SecurityOpt, h.Memory, h.RestartPolicy.Name)
		}
		if c.State.Health == nil || c.State.Health.Status != "healthy" {
			t.Errorf("%s: health %+v, want healthy", name, c.State.Health)
		}
		for _, variable := range c.Config.Env {
			key, value, _ := strings.Cut(variable, "=")
			for _, secret := range []string{"SECRET", "PASSWORD", "ACCESS_KEY", "SESSION_TOKEN", "AUTHORIZATION_TOKEN"} {
				if strings.Contains(key, secret) && !strings.HasSuffix(key, "_FILE") {
					t.Errorf("%s has %s in its environment", name, key)
				}
			}
			if u, err := url.Parse(value); err == nil && net.ParseIP(u.Hostname()).IsLinkLocalUnicast() {
				t.Errorf("%s: %s is link-local", name, variable)
			}
		}
		for port, bound := range c.NetworkSettings.Ports {
			for _, b := range bound {
				if b.HostIP != "127.0.0.1" {
					t.Errorf("%s publishes %s on %s", name, port, b.HostIP)
				}
			}
		}
	}
}

// TestNothingButLocalawsReachesTheEmulator asks the emulator for its tables from the network of the services, and from
// inside the tracking service's network namespace. The control asks from the network that localaws shares with the emulator.
func TestNothingButLocalawsReachesTheEmulator(t *testing.T) {
	e := emulator(t)
	for port, bound := range e.NetworkSettings.Ports {
		if len(bound) > 0 {
			t.Errorf("port %s of the emulator is published: %v", port, bound)
		}
	}
	all := containers(t)
	network, own := "", ""
	for name, n := range e.NetworkSettings.Networks {
		network, own = name, n.IPAddress
	}
	if len(e.NetworkSettings.Networks) != 1 {
		t.Fatalf("the emulator is in the networks %v, want one", e.NetworkSettings.Networks)
	}
	for name, c := range all {
		if _, in := c.NetworkSettings.Networks[network]; in != (name == "localaws" || name == "opensearch" || c.ID == e.ID) { // OpenSearch stands behind localaws too, where it is there
			t.Errorf("%s is in the emulator's network: %t", name, in)
		}
	}
	// The message of health tells what happened: an emulator that can be reached answers that it has no such path.
	probe := func(from, host string) string {
		said, err := dockerSays(t, "run", "--rm", "--network", from, "--env", "AWS_ENDPOINT_URL=http://"+host+":4566", all["localaws"].Config.Image, "health")
		if err == nil {
			return "localaws"
		}
		return said
	}
	reached := regexp.MustCompile(`answers [45]\d\d`).MatchString
	services := ""
	for name := range all["shipment-service"].NetworkSettings.Networks {
		services = name
	}
	for _, host := range []string{own, "upstream", e.service()} {
		if said := probe(network, host); !reached(said) {
			t.Errorf("control: from localaws' side %s answers %q, want that it is reached", host, said)
		}
		for _, from := range []string{services, "container:" + all["tracking-task"].ID} {
			said := probe(from, host)
			if reached(said) || !strings.Contains(said, "no localaws answers") {
				t.Errorf("from %s, %s: %q, want that it is not reached", from, host, said)
			}
			if said := probe(from, "localaws"); said != "localaws" {
				t.Errorf("control: from %s localaws answers %q", from, said)
			}
		}
	}
}

// eta asks for yellow's shipment 1001 as a user does, and returns the status.
func eta(t *testing.T) (int, string) {
	t.Helper()
	token, err := devissuer.Fetch(t.Context(), "http://"+port("ISSUER_PORT", "8082"), "yellow", "ana")
	if err != nil {
		return 0, err.Error()
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+port("SHIPMENT_PORT", "8080")+"/shipments/1001/eta", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := (&http.Client{Timeout: 10 * time.Second}).Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(body)
}

// heals waits until the ETA is answered again, and says how long that took.
func heals(t *testing.T, after string) {
	t.Helper()
	began := time.Now()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	seen := map[int]bool{}
	for last := ""; ; {
		status, body := eta(t)
		if status == http.StatusOK {
			t.Logf("%s: healed after %s; in between %v", after, time.Since(began).Round(100*time.Millisecond), seen)
			return
		}
		seen[status], last = true, fmt.Sprintf("%d %s", status, body)
		if time.Since(began) > 2*patience {
			t.Fatalf("%s: not healed after %s, it answers %s", after, 2*patience, last)
		}
		<-tick.C
	}
}

func TestRestartOfAnyOneServiceHealsByItself(t *testing.T) {
	heals(t, "nothing")
	for _, service := range strings.Fields(docker(t, "compose", "ps", "--services")) {
		docker(t, "compose", "restart", "--timeout", "5", service)
		heals(t, "restart of "+service)
	}
}

// TestEmulatorThatIsKilledIsAnOutageAndHeals: LocalStack and DynamoDB Local keep their tables in memory. After docker
// compose kill the user starts the container again; a process that dies by itself is started again by the engine.
func TestEmulatorThatIsKilledIsAnOutageAndHeals(t *testing.T) {
	heals(t, "nothing")
	name := emulator(t).service()
	docker(t, "compose", "kill", name)
	if status, body := eta(t); status != http.StatusServiceUnavailable && status != http.StatusGatewayTimeout {
		t.Errorf("while %s is away: %d %s, want 503 or 504", name, status, body)
	}
	docker(t, "compose", "up", "--detach", "--no-build", "--no-recreate", name)
	heals(t, "kill and up of "+name)

	pid := emulator(t).State.Pid
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skipf("the process of a container cannot be ended from here (%v): the engine runs elsewhere", err)
	}
	heals(t, "death of "+name)
}
