package iam

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const accessPolicy = "TrackingAccessRole/TrackingAccessPolicyDynamoDB.json"

// newCheckout is a folder that looks like a checkout, with the shipped policies.
func newCheckout(t *testing.T) (root string) {
	t.Helper()
	root = t.TempDir()
	if err := os.CopyFS(filepath.Join(root, "infra", "iam"), files); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(root, "go.work"), "go 1.26.0\n")
	return root
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, where, dir string) Source {
	t.Helper()
	s, err := Open(where, dir)
	if err != nil {
		t.Fatalf("Open(%q, %q): %v", where, dir, err)
	}
	return s
}

func TestNameIsTheFolderOfTheCheckoutThatTheWorkingDirectoryLiesIn(t *testing.T) {
	root := newCheckout(t)
	deep := filepath.Join(root, "infra", "prove", "cmd")
	write(t, filepath.Join(deep, "hardened", "go.work"), "") // neither a go.work alone nor a folder of the name is a checkout
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(deep, link); err != nil {
		t.Fatal(err)
	}
	embedded, err := Embedded(Hardened)
	if err != nil {
		t.Fatal(err)
	}
	edited := filepath.Join(root, "infra/iam/hardened", accessPolicy)
	write(t, edited, "{}")
	for _, dir := range []string{root, deep, filepath.Join(deep, "hardened"), link} {
		s := open(t, "hardened", dir)
		if s.Embedded || s.Name != "infra/iam/hardened" || s.SHA256 == embedded.SHA256 {
			t.Errorf("from %s: %+v, want the edited files of the checkout", dir, s)
		}
	}
	if s := open(t, "article", deep); s.Embedded || s.Name != "infra/iam/article" {
		t.Errorf("article: %+v", s)
	}
}

func TestEmbeddedCopyIsUsedOnlyWithoutACheckoutAndSaysSo(t *testing.T) {
	s := open(t, "hardened", t.TempDir())
	if !s.Embedded || !strings.Contains(s.String(), "infra/iam/hardened as embedded in this binary (sha256 ") {
		t.Errorf("without a checkout: %s", s)
	}
	root := newCheckout(t)
	if inCheckout := open(t, "hardened", root); inCheckout.Embedded || inCheckout.SHA256 != s.SHA256 {
		t.Errorf("in a checkout: %s, want the same files, read from it", inCheckout)
	}
	if err := os.RemoveAll(filepath.Join(root, "infra/iam/hardened")); err != nil {
		t.Fatal(err)
	}
	if s, err := Open("hardened", root); err == nil {
		t.Errorf("a checkout without the folder: %s, want an error, not the embedded copy", s)
	}
}

func TestFolderIsNamedAsItWasGiven(t *testing.T) {
	root := newCheckout(t)
	dir := filepath.Join(root, "infra", "iam")
	for _, where := range []string{"./hardened", "../iam/hardened/", filepath.Join(dir, "hardened")} {
		if s := open(t, where, dir); s.Name != filepath.Clean(where) || s.Embedded {
			t.Errorf("%s: %+v", where, s)
		}
	}
}

func TestSumIsWhatTheShellSays(t *testing.T) {
	root := newCheckout(t)
	shell := exec.CommandContext(t.Context(), "sh", "-c", "find * -name '*.json' | LC_ALL=C sort | xargs sha256sum | sha256sum")
	shell.Dir = filepath.Join(root, "infra/iam/hardened")
	out, err := shell.Output()
	if err != nil {
		t.Skipf("no sha256sum here: %v", err)
	}
	if s := open(t, "hardened", root); !bytes.HasPrefix(out, []byte(s.SHA256+" ")) {
		t.Errorf("got %s, the shell says %s", s.SHA256, out)
	}
}

func TestSumChangesWithEachPathAndEachByte(t *testing.T) {
	seen := map[string]string{}
	for name, change := range map[string]func(folder string){
		"as shipped":                            func(string) {},
		"a blank at the end of a file":          func(folder string) { appendTo(t, filepath.Join(folder, accessPolicy), " ") },
		"the blank at the end of another file":  func(folder string) { appendTo(t, filepath.Join(folder, "TrackingAccessRole/trust.json"), " ") },
		"a policy that is called otherwise":     func(folder string) { rename(t, filepath.Join(folder, accessPolicy), "Other.json") },
		"a policy that is not there":            func(folder string) { remove(t, filepath.Join(folder, accessPolicy)) },
		"a role that is called otherwise":       func(folder string) { rename(t, filepath.Join(folder, "TrackingAccessRole"), "Other") },
		"an empty policy more":                  func(folder string) { write(t, filepath.Join(folder, "TrackingAccessRole/A.json"), "") },
		"the content of two files is exchanged": func(folder string) { exchange(t, filepath.Join(folder, "TrackingAccessRole")) },
	} {
		folder := filepath.Join(newCheckout(t), "infra/iam/hardened")
		change(folder)
		sum := open(t, folder, "/").SHA256
		if other, known := seen[sum]; known {
			t.Errorf("%s has the sum of %s", name, other)
		}
		seen[sum] = name
	}
}

func appendTo(t *testing.T, file, text string) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	write(t, file, string(content)+text)
}

func rename(t *testing.T, file, name string) {
	t.Helper()
	if err := os.Rename(file, filepath.Join(filepath.Dir(file), name)); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, file string) {
	t.Helper()
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
}

func exchange(t *testing.T, folder string) {
	t.Helper()
	a, b := filepath.Join(folder, "TrackingAccessPolicyS3.json"), filepath.Join(folder, "TrackingAccessPolicyOpenSearch.json")
	rename(t, a, "a")
	rename(t, b, filepath.Base(a))
	rename(t, filepath.Join(folder, "a"), filepath.Base(b))
}

// The files in memory do not change, so the sum is that of the policies in use.
func TestSourceDoesNotFollowTheDisk(t *testing.T) {
	root := newCheckout(t)
	s := open(t, "hardened", root)
	before, err := s.Load(values)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(root, "infra/iam/hardened", accessPolicy), "{}")
	after, err := s.Load(values)
	if err != nil || len(after) != len(before) {
		t.Fatal(len(after), err)
	}
	for i := range before {
		for j, p := range before[i].Policies {
			if !bytes.Equal(p.Document, after[i].Policies[j].Document) {
				t.Errorf("%s/%s follows the disk", before[i].Name, p.Name)
			}
		}
	}
	copied := filepath.Join(t.TempDir(), "copy")
	if err := s.Copy(copied); err != nil {
		t.Fatal(err)
	}
	if got := open(t, copied, "/"); got.SHA256 != s.SHA256 {
		t.Errorf("the copy has the sum %s, want %s", got.SHA256, s.SHA256)
	}
}

func TestFileThatDoesNotParseIsNamedByThePathFromTheWorkingDirectory(t *testing.T) {
	root := newCheckout(t)
	write(t, filepath.Join(root, "infra/iam/hardened", accessPolicy), "{\n  \"Version\": \"2012-10-17\"\n")
	for where, dirs := range map[string]map[string]string{
		"hardened":                  {"": "infra/iam/hardened/", "infra/prove": "../iam/hardened/"},
		"infra/iam/../iam/hardened": {"": "infra/iam/hardened/"},
	} {
		for dir, want := range dirs {
			_, err := open(t, where, filepath.Join(root, dir)).Load(values)
			if err == nil || !strings.HasPrefix(err.Error(), want+accessPolicy+":") {
				t.Errorf("%s from %q: %v, want an error that begins with %s", where, dir, err, want+accessPolicy+":")
			}
		}
	}
}

func TestEachLineOfAnErrorNamesAFileThatCanBeOpened(t *testing.T) {
	root := newCheckout(t)
	file := filepath.Join(root, "infra/iam/hardened", accessPolicy)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	write(t, file, strings.ReplaceAll(string(text), "<region>", "<regoin>"))
	_, err = open(t, "hardened", root).Load(values)
	lines := strings.Split(err.Error(), "\n")
	if len(lines) < 2 {
		t.Fatalf("%v, want a line for each of two placeholders", err)
	}
	for _, line := range lines {
		name, _, _ := strings.Cut(line, ":")
		if _, err := os.Stat(filepath.Join(root, name)); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
}
