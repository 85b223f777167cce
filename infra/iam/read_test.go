package iam

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// set writes files into a new folder.
func set(t *testing.T, files map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for name, text := range files {
		write(t, filepath.Join(folder, name), text)
	}
	return folder
}

const trusted = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}}`

func TestWhatIsNoPolicyIsPassedOverOnlyWhereItsNameSaysSo(t *testing.T) {
	folder := set(t, map[string]string{
		"Reader/trust.json": trusted, "README.md": "x", ".DS_Store": "x", "Reader/README.md": "x", "Reader/.DS_Store": "x", "Reader/.P.json.swp": "x", ".git/HEAD": "x",
	})
	bare := open(t, set(t, map[string]string{"Reader/trust.json": trusted}), "/")
	s := open(t, folder, "/")
	if roles, err := s.Load(values); err != nil || len(roles) != 1 || len(roles[0].Policies) != 0 || s.SHA256 != bare.SHA256 {
		t.Errorf("%+v, %v, want the role Reader without policies, and the sum of its trust policy alone", roles, err)
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
		"a role's name that IAM refuses":    {"My Role/trust.json", trusted, `"My Role" is not a name of a role`},
		"a hidden role":                     {".Writer/trust.json", trusted, ".Writer is not a folder of a role: it is hidden"},
		"a role called like a file":         {"README.md/trust.json", trusted, "README.md is not a folder of a role: it is a folder"},
		"a folder called like a file":       {"Reader/README.md/P.json", "{}", "Reader/README.md is not a policy: it is a folder"},
		"a folder in a role's":              {"Reader/more/P.json", "{}", "Reader/more is not a policy: it is a folder"},
		"a role without a trust policy":     {"Writer/P.json", "{}", "Writer has no trust.json"},
		"a file that is no document at all": {"Reader/P.json", strings.Repeat(" ", maxFile+1), "Reader/P.json has more than 262144 bytes"},
	} {
		folder := set(t, map[string]string{"Reader/trust.json": trusted, tc.file: tc.text})
		if s, err := Open(folder, "/"); err == nil || !strings.Contains(err.Error(), folder+": ") || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %s, %v; want %q after the folder's path", name, s, err, tc.want)
		}
	}
}

func TestSymbolicLinksAreRefused(t *testing.T) {
	elsewhere := set(t, map[string]string{"Writer/trust.json": trusted, "P.json": "{}"})
	for link, target := range map[string]string{"Writer": "Writer", "Reader/P.json": "P.json"} {
		folder := set(t, map[string]string{"Reader/trust.json": trusted})
		if err := os.Symlink(filepath.Join(elsewhere, target), filepath.Join(folder, link)); err != nil {
			t.Fatal(err)
		}
		if s, err := Open(folder, "/"); err == nil || !strings.Contains(err.Error(), link) || !strings.Contains(err.Error(), "it is a symbolic link") {
			t.Errorf("%s: %s, %v", link, s, err)
		}
	}
}

func TestFolderThatHoldsNoRolesIsToldFromOneThatDoes(t *testing.T) {
	root := newCheckout(t)
	for name, tc := range map[string]struct{ where, want string }{
		"neither a name nor a folder": {"softened", `no policies at "softened": want "hardened", "article", or a folder that holds one folder per role`},
		"nothing":                     {"", `no policies at ""`},
		"a file":                      {"go.work", "go.work is a file"},
		"the folder above":            {"infra/iam", "there is no folder of a role: want one folder per role, named like it, with trust.json and one file per policy; it has article/, hardened/"},
		"a role's own":                {"infra/iam/hardened/TrackingAccessRole", "this is the folder of one role"},
		"an empty one":                {set(t, nil), "it is empty"},
	} {
		if s, err := Open(tc.where, root); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %s, %v; want %q", name, s, err, tc.want)
		}
	}
}

func TestFolderThatMayNotBeReadSaysWhatToDo(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may read everything")
	}
	folder := set(t, map[string]string{"Reader/trust.json": trusted})
	if err := os.Chmod(filepath.Join(folder, "Reader/trust.json"), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(folder, "/"); err == nil || !strings.Contains(err.Error(), "chmod -R a+rX") {
		t.Error(err)
	}
}

func TestEveryShippedFileIsEmbedded(t *testing.T) {
	for _, name := range []Set{Hardened, Article} {
		embedded, err := Embedded(name)
		if err != nil {
			t.Fatal(err)
		}
		if onDisk := open(t, "./"+string(name), "."); onDisk.SHA256 != embedded.SHA256 {
			t.Errorf("%s: embedded %s, on disk %s", name, embedded, onDisk)
		}
	}
}
