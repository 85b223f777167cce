//go:build clients

package terraform_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The roots and modules that tests run in.
const (
	localawsRoot = "testdata/localaws"
	exampleRoot  = "example"
)

// root is a folder in which Terraform runs: a copy, with the modules and policies beside it, so that the checkout stays as it is.
type root struct {
	*testing.T
	dir string
	env []string
}

// newRoot copies the folder, relative to this package, and initializes it with the versions of the lock file where it has one.
func newRoot(t *testing.T, folder string, env ...string) *root {
	t.Helper()
	base := t.TempDir()
	for _, part := range []string{"terraform", "iam"} {
		if err := os.CopyFS(filepath.Join(base, "infra", part), os.DirFS(filepath.Join("..", part))); err != nil {
			t.Fatal(err)
		}
	}
	r := &root{T: t, dir: filepath.Join(base, "infra", "terraform", folder), env: append(os.Environ(), env...)}
	r.env = append(r.env, "TF_IN_AUTOMATION=yes", "TF_INPUT=0", "CHECKPOINT_DISABLE=yes", "AWS_EC2_METADATA_DISABLED=true", "GOGC=400") // the provider makes its schemas three times a plan: a third less work
	if _, err := os.Stat(filepath.Join(r.dir, ".terraform.lock.hcl")); err == nil {
		r.run("init", "-lockfile=readonly")
	} else {
		r.run("init")
	}
	return r
}

// try runs a command of Terraform. A plan with -detailed-exitcode fails where there is a difference.
func (r *root) try(command string, options ...string) (string, error) {
	r.Helper()
	c := exec.CommandContext(r.Context(), "terraform", append([]string{command, "-no-color"}, options...)...)
	c.Dir, c.Env = r.dir, r.env
	out, err := c.CombinedOutput()
	return string(out), err
}

// run runs a command that must succeed.
func (r *root) run(command string, options ...string) string {
	r.Helper()
	out, err := r.try(command, options...)
	if err != nil {
		r.Fatalf("terraform %s %s: %v\n%s", command, strings.Join(options, " "), err, out)
	}
	return out
}

// refused runs a command that must fail and say each of the words. Terraform wraps lines: white space counts as one blank.
func (r *root) refused(words []string, command string, options ...string) {
	r.Helper()
	out, err := r.try(command, options...)
	if err == nil {
		r.Fatalf("terraform %s %s succeeded, want it refused\n%s", command, strings.Join(options, " "), out)
	}
	said := strings.Join(strings.Fields(strings.ReplaceAll(out, "│", " ")), " ")
	for _, want := range words {
		if !strings.Contains(said, want) {
			r.Errorf("terraform %s %s: want %q in\n%s", command, strings.Join(options, " "), want, out)
		}
	}
}

// apply applies, and wants that a plan finds no difference afterwards.
func (r *root) apply(options ...string) {
	r.Helper()
	r.run("apply", append([]string{"-auto-approve"}, options...)...)
	r.run("plan", append([]string{"-detailed-exitcode"}, options...)...)
}

// differs wants that a plan finds a difference, and names each of the addresses.
func (r *root) differs(addresses ...string) {
	r.Helper()
	r.refused(addresses, "plan", "-detailed-exitcode")
}
