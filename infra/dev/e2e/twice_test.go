package e2e

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// localaws is a module of its own that requires none of ours, so what guards its listeners stands there once more.
func TestCopiesOfSharedPackagesAreTheSame(t *testing.T) {
	for _, name := range []string{"allowedhosts", "alloctest", "connlimit", "framing"} {
		files, err := filepath.Glob("../../../pkg/" + name + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatalf("pkg/%s: %d files, %v", name, len(files), err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			ours, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			theirs, err := os.ReadFile("../../localaws/internal/" + name + "/" + filepath.Base(file))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(ours, theirs) {
				t.Errorf("%s differs between pkg/%s and infra/localaws/internal/%s: change both", filepath.Base(file), name, name)
			}
		}
	}
}
