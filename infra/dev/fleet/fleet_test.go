package fleet

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestProcessThatEndsByItselfIsNamedWithHowItEnded(t *testing.T) {
	for script, want := range map[string]string{
		"echo bad luck; exit 3":       "part ended by itself (exit status 3); its last words:\nbad luck",
		"echo bad luck; kill -9 $$":   "part ended by itself (signal: killed); its last words:\nbad luck",
		"echo good bye; trap - 0; :;": "part ended by itself (exit status 0); its last words:\ngood bye",
	} {
		bin := t.TempDir()
		if err := os.WriteFile(filepath.Join(bin, "part"), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		f := New(bin, t.TempDir())
		if err := f.Start("part", "part", nil); err != nil {
			t.Fatal(err)
		}
		if got := (<-f.Died).DiedError().Error(); !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", script, got, want)
		}
	}
}
