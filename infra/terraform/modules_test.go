//go:build clients

package terraform_test

import (
	"os/exec"
	"path/filepath"
	"testing"
)

func TestTerraformFormat(t *testing.T) {
	newRoot(t, localawsRoot).run("fmt", "-check", "-diff", "-recursive", "../..")
}

// TestTerraformLint runs tflint, which make test-modules builds, on each module and the example.
func TestTerraformLint(t *testing.T) {
	tflint, err := filepath.Abs("../../bin/tflint")
	if err != nil {
		t.Fatal(err)
	}
	config, err := filepath.Abs(".tflint.hcl")
	if err != nil {
		t.Fatal(err)
	}
	folders, err := filepath.Glob("modules/*")
	if err != nil || len(folders) == 0 {
		t.Fatal(folders, err)
	}
	for _, folder := range append(folders, exampleRoot) {
		c := exec.CommandContext(t.Context(), tflint, "--config="+config, "--chdir="+folder, "--format=compact")
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("tflint on %s, which make test-modules runs: %v\n%s", folder, err, out)
		}
	}
}

// TestTerraformModules validates each module, and runs its tests, in which the provider is mocked.
func TestTerraformModules(t *testing.T) {
	folders, err := filepath.Glob("modules/*")
	if err != nil || len(folders) == 0 {
		t.Fatal(folders, err)
	}
	for _, folder := range append(folders, exampleRoot) {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			r := newRoot(t, folder)
			r.run("validate")
			t.Log(r.run("test"))
		})
	}
}

func TestTerraformNamesAVariableThatIsMissing(t *testing.T) {
	r := newRoot(t, exampleRoot)
	r.refused([]string{`variable "region" is not set`, `variable "issuer" is not set`, `variable "domain" is not set`}, "plan")
}
