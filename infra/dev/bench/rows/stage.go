package rows

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"

	"example.com/shiptrack/infra/dev/bench/load"
	"example.com/shiptrack/infra/dev/fleet"
)

// patience is how long a process may take to come up.
const patience = 60 * time.Second

// stage is what the contenders of one group stand on. end ends all of it.
type stage struct {
	place Place
	ends  []func()
	demos map[string]*demo  // by what their services run with
	urls  map[string]string // of programs of others, by their names
}

func (s *stage) end() {
	for i := len(s.ends) - 1; i >= 0; i-- {
		s.ends[i]()
	}
}

// start starts a contender, and says so.
func (s *stage) start(ctx context.Context, name string, c contender) (asked *load.Load, missing string, err error) {
	fmt.Fprintf(s.place.Progress, "  starting %s\n", name)
	if asked, missing, err = c(ctx, s); err != nil {
		return nil, "", fmt.Errorf("%s: %w", name, err)
	}
	return asked, missing, nil
}

// fleet starts processes that end with the stage.
func (s *stage) fleet(bin string) *fleet.Fleet {
	f := fleet.New(bin, s.place.Work)
	s.ends = append(s.ends, f.Stop)
	return f
}

// freePorts are n ports of loopback that nobody listens on at this moment.
func freePorts(n int) ([]string, error) {
	var ports []string
	for range n {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer listener.Close()
		_, port, err := net.SplitHostPort(listener.Addr().String())
		if err != nil {
			return nil, err
		}
		ports = append(ports, port)
	}
	return ports, nil
}

// demo is a running bin/demo.
type demo struct {
	ports map[string]string
	first float64 // milliseconds to the first ETA
}

var (
	portVariables = []string{"SHIPMENT_PORT", "TRACKING_PORT", "ISSUER_PORT", "LOCALAWS_PORT", "CREDENTIALS_PORT", "SHIPMENT_METRICS_PORT", "TRACKING_METRICS_PORT"}
	firstETA      = regexp.MustCompile(`the first ETA was answered (\d+) ms`)
)

// demoWith starts the demo once for each folder of binaries, and returns the running one after that.
func (s *stage) demoWith(ctx context.Context, bin string, args ...string) (*demo, error) {
	if d := s.demos[bin]; d != nil {
		return d, nil
	}
	d, stop, err := startDemo(ctx, s.place, bin, args...)
	if err != nil {
		return nil, err
	}
	if s.demos == nil {
		s.demos = map[string]*demo{}
	}
	s.demos[bin], s.ends = d, append(s.ends, stop)
	return d, nil
}

// startDemo returns when the demo has printed its banner.
func startDemo(ctx context.Context, p Place, bin string, args ...string) (*demo, func(), error) {
	numbers, err := freePorts(len(portVariables))
	if err != nil {
		return nil, nil, err
	}
	d := &demo{ports: map[string]string{}}
	said := &banner{up: make(chan struct{})}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), filepath.Join(p.Bin, "demo"), append([]string{"--bin", bin}, args...)...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + p.Work}
	for i, name := range portVariables {
		d.ports[name] = numbers[i]
		cmd.Env = append(cmd.Env, name+"="+numbers[i])
	}
	cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = said, said, ownGroup()
	if err := cmd.Start(); err != nil {
		return nil, nil, fmt.Errorf("the demo does not start (make build makes it): %w", err)
	}
	exited := make(chan struct{})
	go func() { _ = cmd.Wait(); close(exited) }()
	stop := func() { _ = cmd.Process.Signal(os.Interrupt); <-exited }
	select {
	case <-said.up:
		d.first = said.milliseconds()
		return d, stop, nil
	case <-exited:
		return nil, nil, fmt.Errorf("the demo ended and said:\n%s", said)
	case <-time.After(patience):
		err = errors.New("the demo is not up")
	case <-ctx.Done():
		err = ctx.Err()
	}
	stop()
	return nil, nil, err
}

// banner is what a demo prints. up is closed when it is complete.
type banner struct {
	mu   sync.Mutex
	text bytes.Buffer
	up   chan struct{}
	done bool
}

func (b *banner) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n, err := b.text.Write(p)
	if !b.done && bytes.Contains(b.text.Bytes(), []byte("Ctrl-C stops everything.")) {
		b.done = true
		close(b.up)
	}
	return n, err
}

func (b *banner) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func (b *banner) milliseconds() float64 {
	found := firstETA.FindStringSubmatch(b.String())
	if found == nil {
		return 0
	}
	number, _ := strconv.ParseFloat(found[1], 64) // digits
	return number
}

// build has a command of go make the binary name of a package, once, and returns its file.
func (s *stage) build(ctx context.Context, name, folder string, command ...string) (string, error) {
	built := filepath.Join(s.place.Work, name)
	if _, err := os.Stat(built); err == nil {
		return built, nil
	}
	args := append(slices.Clone(command), "-ldflags=-s -w", "-o", built, folder)
	if out, err := exec.CommandContext(ctx, "go", args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", name, err, out)
	}
	return built, nil
}

// serve builds a program that takes an address, starts it, and returns where it listens.
func (s *stage) serve(ctx context.Context, name, folder string) (string, error) {
	if _, err := s.build(ctx, name, folder, "build"); err != nil {
		return "", err
	}
	ports, err := freePorts(1)
	if err != nil {
		return "", err
	}
	addr := "127.0.0.1:" + ports[0]
	if err := s.fleet(s.place.Work).Start(name, name, []string{"PATH=" + os.Getenv("PATH")}, addr); err != nil {
		return "", err
	}
	return addr, await(ctx, "http://"+addr+"/")
}
