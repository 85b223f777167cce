//go:build clients

package terraform_test

import (
	"path/filepath"
	"testing"
)

func TestTerraformFormat(t *testing.T) {
	newRoot(t, localawsRoot).run("fmt", "-check", "-diff", "-recursive", "../..")
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
