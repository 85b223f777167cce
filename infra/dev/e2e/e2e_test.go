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

// bin is the folder of the binaries under test, built anew for each run of the tests.
var bin string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "shiptrack-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	bin = dir
	for module, packages := range map[string][]string{
		"../../localaws":            {"./cmd/localaws"},
		"../..":                     {"./dev/devissuer/cmd/devissuer", "./dev/provision/cmd/provision", "./dev/demo", "./prove/cmd/prove"},
		"../../../tracking-service": {"./cmd/tracking-service"},
		"../../../shipment-service": {"./cmd/shipment-service"},
	} {
		build := exec.CommandContext(context.Background(), "go", append([]string{"build", "-o", bin + string(filepath.Separator)}, packages...)...)
		build.Dir = module
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "e2e: build %v in %s: %v\n%s", packages, module, err, out)
			return 1
		}
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
