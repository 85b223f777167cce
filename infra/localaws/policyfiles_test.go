package localaws

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// copied copies files into a new folder.
func copied(t *testing.T, files fs.FS) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "policies")
	if err := os.CopyFS(dir, files); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestWhatIsNoPolicyIsPassedOverOnlyWhereItsNameSaysSo(t *testing.T) {
	roles, err := LoadRoles(folder("README.md", "x", ".DS_Store", "x", "Reader/README.md", "x", "Reader/.DS_Store", "x", "Reader/.P.json.swp", "x", ".git/HEAD", "x"), values)
	if err != nil || len(roles) != 1 || roles[0].Name != "Reader" || len(roles[0].Policies) != 0 {
		t.Errorf("%+v, %v, want the role Reader without policies", roles, err)
	}
}

func TestWhatWouldBeLeftOutIsRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		file, text, want string
	}{
		"a file beside the roles":           {"P.json", "{}", "P.json is not a folder of a role"},
		"another ending":                    {"Reader/P.jsn", "{}", "Reader/P.jsn is not a policy: its name is not one of a policy, NAME.json"},
		"a copy that an editor left":        {"Reader/P.json~", "{}", "Reader/P.json~ is not a policy"},
		"a hidden policy":                   {"Reader/.P.json", "{}", "Reader/.P.json is not a policy: it is hidden"},
		"a name that IAM does not take":     {"Reader/P Q.json", "{}", "Reader/P Q.json is not a policy"},
		"a role's name that IAM refuses":    {"My Role/trust.json", tasksMay, `"My Role" is not a name of a role`},
		"a hidden role":                     {".Writer/trust.json", tasksMay, ".Writer is not a folder of a role: it is hidden"},
		"a role called like a file":         {"README.md/trust.json", tasksMay, "README.md is not a folder of a role: it is a folder"},
		"a folder called like a file":       {"Reader/README.md/P.json", "{}", "Reader/README.md is not a policy: it is a folder"},
		"a folder in a role's":              {"Reader/more/P.json", "{}", "Reader/more is not a policy: it is a folder"},
		"a role without a trust policy":     {"Writer/P.json", "{}", "Writer has no trust.json"},
		"a file that is no document at all": {"Reader/P.json", strings.Repeat(" ", maxDocument+1), "Reader/P.json has more than 262144 bytes"},
	} {
		if roles, err := LoadRoles(folder(tc.file, tc.text), values); err == nil || !strings.HasPrefix(err.Error(), tc.want) {
			t.Errorf("%s: %+v, %v; want %q", name, roles, err, tc.want)
		}
	}
	pipe := folder()
	pipe["Reader/P.json"] = &fstest.MapFile{Mode: fs.ModeNamedPipe}
	if _, err := LoadRoles(pipe, values); err == nil || !strings.HasPrefix(err.Error(), "Reader/P.json is not a policy: it is not a file") {
		t.Errorf("a pipe: %v", err)
	}
}

func TestSymbolicLinksAreRefused(t *testing.T) {
	elsewhere := copied(t, folder("Writer/trust.json", tasksMay, "P.json", "{}"))
	for link, target := range map[string]string{"Writer": "Writer", "Reader/P.json": "P.json"} {
		dir := copied(t, folder())
		if err := os.Symlink(filepath.Join(elsewhere, target), filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
		if roles, err := LoadRoles(os.DirFS(dir), values); err == nil || !strings.HasPrefix(err.Error(), link) || !strings.Contains(err.Error(), "it is a symbolic link, in whose place a copy should stand") {
			t.Errorf("%s: %+v, %v", link, roles, err)
		}
	}
}

func TestFolderThatMayNotBeReadSaysWhatToDo(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may read everything")
	}
	dir := copied(t, folder())
	if err := os.Chmod(filepath.Join(dir, "Reader/trust.json"), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadRoles(os.DirFS(dir), values); err == nil || !strings.Contains(err.Error(), "chmod -R a+rX") {
		t.Error(err)
	}
}
