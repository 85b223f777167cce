package prove

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestThreatModelNamesWhatThereIs checks that each attack and each test that the threat model names exists, and that each of
// its threats names one.
func TestThreatModelNamesWhatThereIs(t *testing.T) {
	content, err := os.ReadFile("../docs/THREAT-MODEL.md")
	if err != nil {
		t.Fatal(err)
	}
	attacks, groups := map[string]bool{}, map[string]bool{}
	for _, a := range namesOf(t).Attacks() {
		group, _, _ := strings.Cut(a.Name, "/")
		attacks[a.Name], groups[group] = true, true
	}
	tests := testsOfTheProject(t)
	named := regexp.MustCompile("`([a-z0-9]+/[A-Za-z0-9*-]+|Test[A-Za-z0-9]+)`")
	threats, inTable := 0, false
	for line := range strings.Lines(string(content)) {
		if strings.HasPrefix(line, "| threat") {
			inTable = true
			continue
		}
		inTable = inTable && strings.HasPrefix(line, "|")
		evidence := 0
		for _, m := range named.FindAllStringSubmatch(line, -1) {
			group, name, isAttack := strings.Cut(m[1], "/")
			switch {
			case isAttack && !groups[group]: // a path
			case isAttack && name != "*" && !attacks[m[1]], !isAttack && !tests[m[1]]:
				t.Errorf("there is no %s: %s", m[1], line)
			default:
				evidence++
			}
		}
		if inTable && !strings.HasPrefix(line, "| ---") {
			threats++
			if evidence == 0 {
				t.Errorf("nothing shows that this holds: %s", line)
			}
		}
	}
	if threats < 40 {
		t.Errorf("%d threats were read, want 40 or more", threats)
	}
}

// testsOfTheProject are the names of all tests, of all modules and build tags.
func testsOfTheProject(t *testing.T) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Za-z0-9]+)\(`)
	err := filepath.WalkDir("../..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		content, err := os.ReadFile(path)
		for _, m := range declared.FindAllStringSubmatch(string(content), -1) {
			all[m[1]] = true
		}
		return err
	})
	if err != nil || len(all) < 300 {
		t.Fatalf("%d tests, %v", len(all), err)
	}
	return all
}
