package terraform_test

import (
	"archive/zip"
	"bytes"
	"flag"
	"io"
	"os"
	"testing"
)

const (
	source  = "pre-token-generation.mjs"
	trigger = "modules/cognito/pre-token-generation"
)

var update = flag.Bool("update", false, "write the archive of the trigger anew")

// The provider of archives would be a second one to pin, for one file. So the archive is kept, and this compares it.
func TestTriggersArchiveHoldsItsSource(t *testing.T) {
	text, err := os.ReadFile(trigger + ".mjs")
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		writeArchive(t, text)
	}
	archive, err := zip.OpenReader(trigger + ".zip")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = archive.Close() }()
	if len(archive.File) != 1 || archive.File[0].Name != source {
		t.Fatalf("the archive holds %d files, want %s alone", len(archive.File), source)
	}
	file, err := archive.Open(source)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := io.ReadAll(file)
	if err != nil || !bytes.Equal(kept, text) {
		t.Errorf("the archive holds another %s (%v): go test ./infra/terraform -run Trigger -update", source, err)
	}
}

func writeArchive(t *testing.T, text []byte) {
	t.Helper()
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	file, err := w.Create(source) // without a time: the same bytes each time
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(trigger+".zip", archive.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}
