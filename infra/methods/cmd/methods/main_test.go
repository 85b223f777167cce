package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"testing"
)

// It says so at once, and not after minutes of measuring.
func TestAFolderWithoutTheDrawnFigureIsRefused(t *testing.T) {
	docs := t.TempDir()
	if err := (cli{Docs: docs}).Run(t.Context(), io.Discard); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v, want that %s is missing", err, drawn)
	}
	if left, err := os.ReadDir(docs); err != nil || len(left) > 0 {
		t.Errorf("it wrote %v %v", left, err)
	}
}
