package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"example.com/shiptrack/infra/dev/devissuer"
	"github.com/rogpeppe/go-internal/testscript"
)

// portVariables are the demo's settings; see infra/dev/demo/settings.go.
var portVariables = []string{
	"SHIPMENT_PORT", "TRACKING_PORT", "ISSUER_PORT", "LOCALAWS_PORT", "CREDENTIALS_PORT", "SHIPMENT_METRICS_PORT", "TRACKING_METRICS_PORT",
}

// standardPorts are the same without settings, in the same order.
var standardPorts = []string{"8080", "8081", "8082", "4566", "4567", "9080", "9081"}

// patience bounds each wait of a script; it is far longer than any of them takes.
const patience = time.Minute

// freePorts returns n ports of loopback that nobody listens on at this moment.
func freePorts(n int) ([]string, error) {
	ports := make([]string, n)
	for i := range ports {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer listener.Close()
		if _, ports[i], err = net.SplitHostPort(listener.Addr().String()); err != nil {
			return nil, err
		}
	}
	return ports, nil
}

// running is the demo of a script.
type running struct {
	cmd    *exec.Cmd
	exited chan error

	mu  sync.Mutex
	out bytes.Buffer
	up  chan struct{} // closed once the banner is out
}

func (r *running) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	before := bytes.Contains(r.out.Bytes(), []byte(bannerEnd))
	n, err := r.out.Write(p)
	if !before && bytes.Contains(r.out.Bytes(), []byte(bannerEnd)) {
		close(r.up)
	}
	return n, err
}

func (r *running) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.out.String()
}

const bannerEnd = "Ctrl-C stops everything."

// cmdDemo starts the demo, waits for its banner, and prints all that it said.
func cmdDemo(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: demo")
	}
	r := &running{cmd: exec.CommandContext(context.Background(), bin+"/demo", "--bin", bin), exited: make(chan error, 1), up: make(chan struct{})}
	r.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + ts.Getenv("TMPDIR")}
	for _, name := range portVariables {
		r.cmd.Env = append(r.cmd.Env, name+"="+ts.Getenv(name))
	}
	r.cmd.Stdout, r.cmd.Stderr = r, r
	ts.Check(r.cmd.Start())
	go func() { r.exited <- r.cmd.Wait() }()
	ts.Defer(func() { _ = r.cmd.Process.Kill() })
	select {
	case <-r.up:
	case err := <-r.exited:
		ts.Fatalf("the demo ended (%v) and said:\n%s", err, r)
	case <-time.After(patience):
		ts.Fatalf("the demo is not up; it said:\n%s", r)
	}
	fmt.Fprint(ts.Stdout(), r.String())
	demos.Store(ts, r)
}

// cmdStack is cmdDemo, or nothing where the scripts use the stack of Docker Compose.
func cmdStack(ts *testscript.TestScript, neg bool, args []string) {
	if !onCompose() {
		cmdDemo(ts, neg, args)
	}
}

// demos holds the demo of each script.
var demos sync.Map

// cmdEnd interrupts the demo as Ctrl-C does (or, with the argument hangup, as a terminal that is closed), and fails
// unless it ends with code 0, frees every port and leaves no folder.
func cmdEnd(ts *testscript.TestScript, neg bool, args []string) {
	if onCompose() {
		return
	}
	value, ok := demos.Load(ts)
	by := map[string]os.Signal{"": os.Interrupt, "hangup": syscall.SIGHUP}[strings.Join(args, " ")]
	if neg || by == nil || !ok {
		ts.Fatalf("usage: end [hangup], after demo")
	}
	r := value.(*running)
	ts.Check(r.cmd.Process.Signal(by))
	select {
	case err := <-r.exited:
		ts.Check(err)
	case <-time.After(patience):
		ts.Fatalf("the demo does not stop")
	}
	for _, name := range portVariables {
		listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", ts.Getenv(name)))
		if err != nil {
			ts.Fatalf("%s is still in use: %v", name, err)
		}
		listener.Close()
	}
	if left, err := filepath.Glob(filepath.Join(ts.Getenv("TMPDIR"), "shiptrack-demo-*")); err != nil || len(left) > 0 {
		ts.Fatalf("left behind: %v (%v)", left, err)
	}
	fmt.Fprint(ts.Stdout(), r.String())
}

// cmdGet asks the shipment service: get [-tenant NAME] [-method M] [-header K:V]... PATH. It prints the status and the
// body, and fails only where no answer comes.
func cmdGet(ts *testscript.TestScript, neg bool, args []string) {
	method, header, path := http.MethodGet, http.Header{}, ""
	for len(args) > 0 {
		switch {
		case args[0] == "-tenant" && len(args) > 1:
			token, err := devissuer.Fetch(context.Background(), "http://127.0.0.1:"+ts.Getenv("ISSUER_PORT"), args[1], "ana")
			ts.Check(err)
			header.Set("Authorization", "Bearer "+token)
			args = args[1:]
		case args[0] == "-method" && len(args) > 1:
			method, args = args[1], args[1:]
		case args[0] == "-header" && len(args) > 1:
			key, value, _ := strings.Cut(args[1], ":")
			header.Add(key, value)
			args = args[1:]
		default:
			path = args[0]
		}
		args = args[1:]
	}
	if neg || path == "" {
		ts.Fatalf("usage: get [-tenant NAME] [-method M] [-header K:V]... PATH")
	}
	req, err := http.NewRequestWithContext(context.Background(), method, "http://127.0.0.1:"+ts.Getenv("SHIPMENT_PORT")+path, nil)
	ts.Check(err)
	req.Header = header
	resp, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%d %s\n%s", resp.StatusCode, resp.Header.Get("Content-Type"), body)
}

// cmdOccupy listens on the port that a variable names, for the rest of the script.
func cmdOccupy(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: occupy VARIABLE")
	}
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", ts.Getenv(args[0])))
	ts.Check(err)
	ts.Defer(func() {
		if err := listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			ts.Fatalf("%v", err)
		}
	})
}
