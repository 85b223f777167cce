package policyset

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"example.com/shiptrack/infra/prove/theorem"
)

const publicPage = "../../docs/PUBLIC-POLICIES.md"

// publicRow is a line of the page: set, source, verdict.
var publicRow = regexp.MustCompile("(?m)^\\| `([0-9]{2}-[a-z-]+)` \\| (.+?) \\| (proven|refuted|undecided) \\|")

var verdictNames = map[theorem.Verdict]string{theorem.Proven: "proven", theorem.Refuted: "refuted", theorem.Undecided: "undecided"}

// TestPublicPolicies holds the page to the procedure: each public set of the list has its verdict there, none is left out, each refutation
// was allowed by localaws, and four of five are decided.
func TestPublicPolicies(t *testing.T) {
	page, err := os.ReadFile(publicPage)
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for _, row := range publicRow.FindAllStringSubmatch(string(page), -1) {
		said[row[1]] = row[3]
	}
	listed, err := os.ReadFile("testdata/public/README.md")
	if err != nil {
		t.Fatal(err)
	}
	folders, err := filepath.Glob("testdata/public/*/policies")
	if err != nil || len(folders) < 25 || len(said) != len(folders) {
		t.Fatalf("%d folders, %d on the page, %v", len(folders), len(said), err)
	}
	decided := 0
	for _, folder := range folders {
		name := filepath.Base(filepath.Dir(folder))
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(string(listed), "| `"+name+"` |") {
				t.Error("the list does not have it")
			}
			r := check(t, folder)
			if got := verdictNames[r.Verdict]; got != said[name] {
				t.Errorf("%s, and %s says %s", got, publicPage, said[name])
			}
			if r.Verdict != theorem.Undecided {
				decided++
			}
			for _, f := range r.Findings {
				for _, x := range f.Refutations {
					if !x.Allowed {
						t.Errorf("%s: %s", x.Story, x.Replay)
					}
				}
			}
		})
	}
	if 5*decided < 4*len(folders) {
		t.Errorf("%d of %d are decided", decided, len(folders))
	}
}
