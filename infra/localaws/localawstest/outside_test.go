package localawstest_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"example.com/shiptrack/infra/localaws/internal/alloctest"
)

// TestModuleOutsideTheWorkspaceTestsItsOwnPolicy runs the tests of testdata/outside in a module of their own, as
// somebody else's project would: they pass with its policy, and fail with one that lets a team into every table.
func TestModuleOutsideTheWorkspaceTestsItsOwnPolicy(t *testing.T) {
	if testing.Short() && alloctest.Race {
		t.Skip("what it builds is built without the race detector")
	}
	project := t.TempDir()
	if err := os.CopyFS(project, os.DirFS("testdata/outside")); err != nil {
		t.Fatal(err)
	}
	localaws, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile("../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(project, "go.sum"), sums)
	goCommand(t, project, true, "mod", "init", "example.org/albums")
	goCommand(t, project, true, "mod", "edit", "-go=1.26.0", "-require=example.com/shiptrack/infra/localaws@v0.0.0",
		"-replace=example.com/shiptrack/infra/localaws="+localaws)
	goCommand(t, project, true, "test", "-count=1", ".")

	policy := filepath.Join(project, "iam", "Photographer", "OwnAlbums.json")
	text, err := os.ReadFile(policy)
	if err != nil {
		t.Fatal(err)
	}
	write(t, policy, bytes.ReplaceAll(text, []byte("${aws:PrincipalTag/team}"), []byte("*")))
	if out := goCommand(t, project, false, "test", "-count=1", "."); !strings.Contains(out, `want "AccessDeniedException" with status 400`) {
		t.Errorf("with a policy that allows every table it says:\n%s", out)
	}
}

func write(t *testing.T, file string, content []byte) {
	t.Helper()
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// goCommand runs the go command in dir, outside every workspace, and returns what it says.
func goCommand(t *testing.T, dir string, wantSuccess bool, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod", "PWD="+dir)
	out, err := cmd.CombinedOutput()
	if (err == nil) != wantSuccess {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}
