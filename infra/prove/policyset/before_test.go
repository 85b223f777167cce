package policyset

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// checkouts makes a checkout of a product at two commits, with roles in the folders that are named, and a product within it that is another.
func checkouts(t *testing.T, before, after []string) (root string) {
	t.Helper()
	root = filepath.Join(t.TempDir(), "it's a & b")
	for checkout, folders := range map[string][]string{"before": before, ".": after, "other": {"theirs"}} {
		write(t, filepath.Join(root, checkout, ".git", "HEAD"), "")
		for _, folder := range folders {
			from := set(t, map[string]string{"Vendor/trust": vendorTrust, "Vendor/Own": vendorOwn, "Access/trust": accessTrust, "Access/Own": ownObjects})
			if err := os.CopyFS(filepath.Join(root, checkout, folder), os.DirFS(from)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return root
}

// TestFirstPoliciesHaveNoneBefore holds that a folder which the change made is compared with nothing, and that a folder which is missing by a
// mistake, or has another name, is never taken for one.
func TestFirstPoliciesHaveNoneBefore(t *testing.T) {
	for name, test := range map[string]struct {
		before, after []string
		old           string
		refused       string // empty: none before
	}{
		"the first policies":                   {nil, []string{"roles"}, "before/roles", ""},
		"another product has some":             {[]string{"a"}, []string{"a", "roles"}, "before/roles", ""},
		"a folder that was renamed":            {[]string{"was"}, []string{"roles"}, "before/roles", "policies stood in ROOT/before/was, which this change takes away: name that folder"},
		"the checkout's name misspelled":       {nil, []string{"roles"}, "befor/roles", "in no checkout of the commit before the change"},
		"the folder's name misspelled":         {[]string{"roles"}, []string{"roles"}, "before/rolls", "and there is ROOT/before/roles: name that folder"},
		"the folder's name missing altogether": {[]string{"roles"}, []string{"roles"}, "roles-before", "in no checkout of the commit before"},
	} {
		t.Run(name, func(t *testing.T) {
			root := checkouts(t, test.before, test.after)
			changed, err := Read(filepath.Join(root, "roles"))
			if err != nil {
				t.Fatal(err)
			}
			old, none, err := ReadBefore(filepath.Join(root, test.old), changed)
			if test.refused != "" {
				if err == nil || !strings.Contains(err.Error(), strings.ReplaceAll(test.refused, "ROOT", root)) {
					t.Fatalf("%v, want %s", err, test.refused)
				}
				return
			}
			if err != nil || !none || len(old.Roles) > 0 {
				t.Fatalf("%+v, %v, %v", old, none, err)
			}
			d, err := Compare(t.Context(), old, changed)
			if err != nil || d.ExitCode() != 1 {
				t.Fatalf("not told that there were none: %+v, %v", d, err)
			}
			d.WithoutBefore()
			for format, want := range map[string]string{"text": "no policies before", "github": "::notice file=", "junit": `failures="0"`, "json": `"noPoliciesBefore": true`} {
				var out bytes.Buffer
				if err := d.Write(&out, format); err != nil || d.ExitCode() != 0 || !strings.Contains(out.String(), want) || strings.Contains(out.String(), "::error") {
					t.Errorf("%s: %v, %d\n%s", format, err, d.ExitCode(), &out)
				}
			}
		})
	}
}

// TestFolderBeforeIsReadWhereItIsThere is the control: it is compared with, and a file is never taken for a set without roles.
func TestFolderBeforeIsReadWhereItIsThere(t *testing.T) {
	root := checkouts(t, []string{"roles"}, []string{"roles"})
	changed, err := Read(filepath.Join(root, "roles"))
	if err != nil {
		t.Fatal(err)
	}
	old, none, err := ReadBefore(filepath.Join(root, "before/roles"), changed)
	if err != nil || none || len(old.Roles) != 2 {
		t.Errorf("%+v, %v, %v", old, none, err)
	}
	plan, err := Read("testdata/sources/plan.json")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := ReadBefore(filepath.Join(root, "before/plan.json"), plan); err == nil || !strings.Contains(err.Error(), "only a folder of roles may be missing") {
		t.Errorf("a plan that is missing: %v", err)
	}
}

// TestFolderThatIsGoneIsNoSet holds that a change that takes the policies away is told so, and where they went.
func TestFolderThatIsGoneIsNoSet(t *testing.T) {
	for name, test := range map[string]struct {
		after []string
		want  string
	}{
		"removed": {nil, "nothing is left to prove: name the folder that the policies went to, or take the check out of the workflow"},
		"renamed": {[]string{"now"}, "policies came to ROOT/now: name that folder as the one after"},
		"kept":    {[]string{"roles"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			root := checkouts(t, []string{"roles"}, test.after)
			_, err := ReadAfter(filepath.Join(root, "roles"), filepath.Join(root, "before/roles"))
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), strings.ReplaceAll(test.want, "ROOT", root)) {
				t.Errorf("%v, want %s", err, test.want)
			}
		})
	}
}
