package e2e

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestWhatMakeUpPrintsNamesThePortsInUse has a docker that says yes to everything. A line that is pasted into another shell
// finds none of the variables of this one.
func TestWhatMakeUpPrintsNamesThePortsInUse(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(folder+"/docker", []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	for ports, want := range map[string]string{
		"SHIPMENT_PORT=18080 ISSUER_PORT=18082": `$(make token TENANT=yellow ISSUER_PORT=18082)" http://127.0.0.1:18080/`,
		"SHIPMENT_PORT= ISSUER_PORT=":           `$(make token TENANT=yellow)" http://127.0.0.1:8080/`,
	} {
		up := exec.CommandContext(t.Context(), "../../compose/up")
		up.Env = append(strings.Fields(ports), "PATH="+folder+":"+os.Getenv("PATH"), "TMPDIR="+t.TempDir())
		if out, err := up.CombinedOutput(); err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%s make up: %v; want %s in\n%s", ports, err, want, out)
		}
	}
}
