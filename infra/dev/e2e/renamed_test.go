package e2e

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/prove"
)

// renames are what the names of the project become in a copy of it, by where they stand. infra/prove and infra/localaws are not among
// the places: they know no name.
var renames = map[string]*strings.Replacer{
	"infra/iam/": strings.NewReplacer(
		"\"TenantID\",\n            \"ShipmentID\"", `"org_id", "order_id"`, // of rows, not of tags
		`"partition": "TenantID"`, `"partition": "org_id"`, "TenantID", "org", "ShipmentID", "order_id", "ByStatus", "by-state", "TrackingData", "Acme", "-shipments", "-orders",
		"shiptrack-<", "acme-documents-<", "alias/shiptrack-", "alias/acme-", `"domain": "test"`, `"domain": "acme-search"`,
		"TrackingServiceRole", "AcmeTask", "TrackingSeedTaskRole", "AcmeLoaderTask", "TrackingAccessRole", "AcmeReader", "TrackingWriteRole", "AcmeWriter", "TrackingSeedRole", "AcmeLoader", "Tracking", "Acme"),
	"pkg/": quoted, "tracking-service/": quoted, "shipment-service/": quoted, "infra/dev/": quoted, "infra/tenants/": quoted,
}

// quoted is for sources of Go, where names stand in quotes.
var quoted = strings.NewReplacer(
	`partitionKey = "TenantID"`, `partitionKey = "org_id"`, `"TenantID"`, `"org"`, `"ShipmentID"`, `"order_id"`, `"TrackingData"`, `"Acme"`, `"-shipments"`, `"-orders"`, `"alias/shiptrack-"`, `"alias/acme-"`)

// named is each name that the copy has no more.
var named = regexp.MustCompile(`TenantID|tenantid|ShipmentID|ByStatus|trackingdata|Tracking(Data|\w*Role|\w*Policy)|-shipments|shiptrack-|domain/test`)

// TestCopyWithEveryNameChangedProvesTheSame: the attacks take all names from the ownership file, so they are as many on a copy of the
// project with other names, and each is denied beside a control that is allowed.
func TestCopyWithEveryNameChangedProvesTheSame(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a copy of the project, and attacks it (make check)")
	}
	dir := t.TempDir()
	copyRenamed(t, filepath.Dir(bin), dir)
	build := exec.CommandContext(t.Context(), "go", "build", "-ldflags=-s -w", "-o", "bin"+string(filepath.Separator),
		"./infra/prove/cmd/prove", "./tracking-service/cmd/tracking-service", "./shipment-service/cmd/shipment-service")
	build.Dir, build.Env = dir, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(dir, "bin", "prove"), "--quick", "--out", ".")
	cmd.Dir, cmd.Env = dir, []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + t.TempDir()}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	said := string(out) + contents(t, filepath.Join(dir, "prove.xml"))
	for _, want := range []string{"sts/task-of-AcmeReader", "infra/iam/hardened"} {
		if !strings.Contains(said, want) {
			t.Errorf("the copy's proof does not speak of %s", want)
		}
	}
	if old := named.FindString(said); old != "" {
		t.Errorf("the copy's proof speaks of %s", old)
	}
	var got struct{ Attacks, Denied, Controls, Allowed int }
	if err := json.Unmarshal([]byte(contents(t, filepath.Join(dir, "prove.json"))), &got); err != nil {
		t.Fatal(err)
	}
	if want := ownAttacks(t); got.Attacks != want || got.Denied != want || got.Controls != want || got.Allowed != want {
		t.Errorf("%+v, want %d of each, as of the project itself", got, want)
	}
}

// pageOfNames tells who takes the code with other names what to change.
const pageOfNames = "infra/docs/how-to/use-your-own-names.md"

// TestPageOfNamesHasEachLineThatACopyChanges holds that the page names each file of the product that the copy changes, and no other, with what
// stands in it.
func TestPageOfNamesHasEachLineThatACopyChanges(t *testing.T) {
	root := filepath.Dir(bin)
	told := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z/-]+\\.go)` \\| `([^`]+)` \\|").FindAllStringSubmatch(contents(t, filepath.Join(root, pageOfNames)), -1) {
		told[row[1]] = true
		if !strings.Contains(contents(t, filepath.Join(root, row[1])), row[2]) {
			t.Errorf("%s has no %s", row[1], row[2])
		}
	}
	changed := map[string]bool{"infra/tenants/control.go": true} // its roles have other names in a product, and not in the copy
	for _, place := range []string{"pkg", "tracking-service", "shipment-service", "infra/tenants"} {
		err := filepath.WalkDir(filepath.Join(root, place), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text := contents(t, path)
			name, err := filepath.Rel(root, path)
			if quoted.Replace(text) != text {
				changed[filepath.ToSlash(name)] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if got, want := slices.Sorted(maps.Keys(told)), slices.Sorted(maps.Keys(changed)); !slices.Equal(got, want) {
		t.Errorf("the page has %q, and a copy changes %q", got, want)
	}
}

// ownAttacks is how many attacks there are on the project itself.
func ownAttacks(t *testing.T) (n int) {
	t.Helper()
	file, err := iam.EmbeddedOwnership()
	if err != nil {
		t.Fatal(err)
	}
	names, err := prove.ReadNames(file)
	if err != nil {
		t.Fatal(err)
	}
	roles, err := iam.Load(iam.Hardened, names.Values())
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range names.Attacks() {
		if a.Concerns(roles) {
			n++
		}
	}
	return n
}

// copyRenamed copies what the binaries are built from, and changes its names.
func copyRenamed(t *testing.T, from, to string) {
	t.Helper()
	left := []string{".git", "bin", "docs", "terraform", "e2e"}
	err := filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains(left, entry.Name()):
			return filepath.SkipDir
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		top := !strings.Contains(name, string(filepath.Separator)) && !strings.HasPrefix(name, "go.work")
		if entry.IsDir() || !entry.Type().IsRegular() || top || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for place, replacer := range renames {
			if slashed := filepath.ToSlash(name); strings.HasPrefix(slashed, place) {
				text = []byte(replacer.Replace(string(text)))
				if filepath.Ext(name) == ".json" {
					name = filepath.FromSlash(replacer.Replace(slashed))
				}
			}
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(to, name)), 0o700); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), text, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func contents(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
