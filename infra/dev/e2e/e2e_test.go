// Package e2e runs the real binaries, as a user does: txtar scripts that read like a session at the terminal.
package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// bin is the checkout's bin, an absolute path. It holds the binaries under test.
var bin string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	root, err := filepath.Abs("../../..")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	bin = filepath.Join(root, "bin")
	// With the flags of `make build`: what it built, or an earlier run of these tests, is not linked again.
	build := exec.CommandContext(context.Background(), "go", "build", "-ldflags=-s -w", "-o", bin+string(filepath.Separator),
		"./infra/localaws/cmd/localaws", "./infra/dev/devissuer/cmd/devissuer", "./infra/dev/provision/cmd/provision", "./infra/dev/demo",
		"./infra/prove/cmd/prove", "./infra/dev/usage", "./infra/tenants/cmd/tenants", "./tracking-service/cmd/tracking-service", "./shipment-service/cmd/shipment-service")
	build.Dir, build.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "e2e: build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

func TestScripts(t *testing.T) { runScripts(t, "testdata") }

func TestApplication(t *testing.T) { runScripts(t, "testdata/application") }

// onCompose says that scripts which ask for a stack get the one that make up started, in place of a demo of their own.
func onCompose() bool { return os.Getenv("STACK") == "compose" }

func runScripts(t *testing.T, dir string) {
	t.Helper()
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setUp,
		// A name of testscript's own is no use here: its stop, for one, ends a script as passed.
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"demo":   cmdDemo,
			"stack":  cmdStack,
			"end":    cmdEnd,
			"get":    cmdGet,
			"occupy": cmdOccupy,
		},
	})
}

// setUp gives a script the binaries on its path, ports of its own, and nothing of the machine's AWS settings.
func setUp(env *testscript.Env) error {
	env.Setenv("PATH", bin+string(filepath.ListSeparator)+os.Getenv("PATH"))
	env.Setenv("BIN", bin)
	env.Setenv("AWS_REGION", "us-east-1")
	env.Setenv("AWS_DEFAULT_REGION", "us-east-1") // the AWS CLI of version 1 reads this one
	env.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	ports, err := freePorts(len(portVariables))
	if err != nil {
		return err
	}
	if onCompose() {
		ports = standardPorts
	}
	for i, name := range portVariables {
		env.Setenv(name, ports[i])
	}
	return nil
}
