package iam

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFolderThatHoldsNoRolesIsToldFromOneThatDoes(t *testing.T) {
	root := newCheckout(t)
	for name, tc := range map[string]struct{ where, want string }{
		"neither a name nor a folder": {"softened", `no policies at "softened": want "hardened", "article", or a folder that holds one folder per role`},
		"nothing":                     {"", `no policies at ""`},
		"a file":                      {"go.work", "go.work is a file"},
		"the folder above":            {"infra/iam", "there is no folder of a role: want one folder per role, named like it, with trust.json and one file per policy; it has article/, hardened/"},
		"a role's own":                {"infra/iam/hardened/TrackingAccessRole", "this is the folder of one role"},
		"an empty one":                {t.TempDir(), "it is empty"},
	} {
		if s, err := Open(tc.where, root); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %s, %v; want %q", name, s, err, tc.want)
		}
	}
}

// What is refused is what localaws.PolicyFiles refuses; it is named by a path that the user can open.
func TestWhatWouldBeLeftOutIsRefused(t *testing.T) {
	root := newCheckout(t)
	hidden := filepath.Join(root, "infra/iam/hardened", filepath.Dir(accessPolicy), ".P.json")
	write(t, hidden, "{}")
	const want = "infra/iam/hardened: TrackingAccessRole/.P.json is not a policy: it is hidden"
	if s, err := Open("hardened", root); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%s, %v; want %q", s, err, want)
	}
	if err := os.Remove(hidden); err != nil {
		t.Fatal(err)
	}
	open(t, "hardened", root)
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
