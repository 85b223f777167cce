package iam_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"example.com/shiptrack/infra/iam"
)

func TestOwnershipBesideThePolicies(t *testing.T) {
	own, err := os.ReadFile(iam.OwnershipFile)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	theirs := []byte(`{"tag": "org"}`)
	for path, text := range map[string][]byte{filepath.Join("with", iam.OwnershipFile): theirs, "elsewhere.json": theirs} {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(path)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, path), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, test := range map[string]struct {
		where, policies string
		want            []byte
	}{
		"beside the folder":        {"", "with/policies", theirs},
		"none beside the folder":   {"", "without/policies", own},
		"a set without a checkout": {"", "hardened", own},
		"a file that is named":     {"elsewhere.json", "hardened", theirs},
	} {
		got, err := iam.OpenOwnership(test.where, test.policies, dir)
		if err != nil || !bytes.Equal(got.Text, test.want) || got.Name == "" || len(got.SHA256) != 64 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if _, err := iam.OpenOwnership("none.json", "hardened", dir); err == nil {
		t.Error("a file that is named and not there was passed over")
	}
}
