// Package pkg_test holds what is true of all of pkg.
package pkg_test

import (
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// foreign are the third-party modules that each package needs, directly or through its imports. A product that
// takes over the package gets them too, so a package should import only what its purpose needs. Before you add a
// line here, see whether the import can be made in another package.
var foreign = map[string][]string{
	"tenant":       nil,
	"keyalias":     nil,
	"config":       nil,
	"allowedhosts": nil,
	"authn": {
		"github.com/MicahParks/jwkset", "github.com/go-json-experiment/json",
		"github.com/golang-jwt/jwt/v5", "github.com/hashicorp/golang-lru/v2", "golang.org/x/time",
	},
	// The SDK: its core, STS, and what these two are made of.
	"tokenvending": {
		"github.com/aws/aws-sdk-go-v2", "github.com/aws/aws-sdk-go-v2/internal/configsources",
		"github.com/aws/aws-sdk-go-v2/internal/endpoints/v2", "github.com/aws/aws-sdk-go-v2/internal/v4a",
		"github.com/aws/aws-sdk-go-v2/service/internal/accept-encoding",
		"github.com/aws/aws-sdk-go-v2/service/internal/presigned-url", "github.com/aws/aws-sdk-go-v2/service/sts",
		"github.com/aws/smithy-go",
	},
	// authn's, for the caller's token, and the runtime of the generated code.
	"trackingapi/trackingclient": {
		"github.com/MicahParks/jwkset", "github.com/apapsch/go-jsonmerge/v2",
		"github.com/go-json-experiment/json", "github.com/golang-jwt/jwt/v5", "github.com/google/uuid",
		"github.com/hashicorp/golang-lru/v2",
		"github.com/oapi-codegen/runtime", "golang.org/x/time",
	},
}

// ours are the packages of this module that the packages in foreign import.
var ours = map[string][]string{
	"tenant":       nil,
	"keyalias":     {"tenant"},
	"config":       nil,
	"allowedhosts": nil,
	"tokenvending": {"tenant"},
}

const module = "example.com/shiptrack/pkg"

func TestPackagesBringAlongOnlyTheModulesListed(t *testing.T) {
	for name, want := range foreign {
		got := list(t, name, "{{with .Module}}{{.Path}}{{end}}")
		got = slices.DeleteFunc(got, func(path string) bool { return path == module })
		if !slices.Equal(got, want) {
			t.Errorf("pkg/%s brings along the modules\n  %s\nwant\n  %s", name, strings.Join(got, "\n  "), strings.Join(want, "\n  "))
		}
	}
}

func TestPackagesToCarryAwayImportOnlyThoseListed(t *testing.T) {
	for name, want := range ours {
		var got []string
		for _, path := range list(t, name, "{{.ImportPath}}") {
			if other, ok := strings.CutPrefix(path, module+"/"); ok && other != name {
				got = append(got, other)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("pkg/%s imports of pkg %v, want %v", name, got, want)
		}
	}
}

// list returns what format gives for the package and for all that it imports, sorted, without its tests.
func list(t *testing.T, name, format string) []string {
	t.Helper()
	// go test uses its cached result while the files that this process read are unchanged. It does not see what
	// go list reads. So the test reads the folders itself.
	err := filepath.WalkDir(".", func(_ string, _ fs.DirEntry, err error) error { return err })
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", format, "./"+name).Output()
	if err != nil {
		t.Fatalf("go list ./%s: %v", name, err)
	}
	lines := strings.Fields(string(out))
	slices.Sort(lines)
	return slices.Compact(lines)
}
