package policyset

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/shiptrack/infra/prove/theorem"
)

func ownedBy(t testing.TB, file string) *theorem.Ownership {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	o, err := theorem.ReadOwnership(text)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return o
}

// check is the report on a set, with the ownership file beside it.
func check(t testing.TB, set string) *Report {
	t.Helper()
	s, err := Read(set)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(filepath.Dir(set), "ownership.json")
	r, err := Check(t.Context(), s, file, ownedBy(t, file), func(int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// checkFirst is the report on s with the first ownership file that is guessed for it, and that file with its notes.
func checkFirst(t testing.TB, s *Set) (r *Report, text []byte, notes []string) {
	t.Helper()
	text, notes, err := Guess(s)
	if err != nil {
		t.Fatal(err)
	}
	o, err := theorem.ReadOwnership(text)
	if err != nil {
		t.Fatal(err)
	}
	if r, err = Check(t.Context(), s, "guessed", o, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	return r, text, notes
}

// set writes roles, texts of NAME/FILE and their statements, and returns their folder.
func set(t testing.TB, files map[string]string) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "roles")
	for name, statements := range files {
		write(t, filepath.Join(folder, name+".json"), `{"Version": "2012-10-17", "Statement": [`+statements+`]}`)
	}
	return folder
}

func write(t testing.TB, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func contains(t testing.TB, got string, want ...string) {
	t.Helper()
	for _, text := range want {
		if !strings.Contains(got, text) {
			t.Errorf("no %q in:\n%s", text, got)
		}
	}
}

// source is a file of testdata/sources.
func source(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "sources", name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}
