package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// suiteTable says which tests of a suite do not pass, and why.
type suiteTable struct {
	all     int // how many tests the suite has
	reasons []reason
}

type reason struct {
	text  string
	tests []string
}

func (s *suiteTable) names() []string {
	var all []string
	for _, r := range s.reasons {
		all = append(all, r.tests...)
	}
	return all
}

// readTable reads testdata/suites/SUITE.txt: the number of tests, and reasons, each with the names of its tests behind blanks.
func readTable(t *testing.T, suite string) *suiteTable {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata/suites", suite+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	table := new(suiteTable)
	for line := range strings.Lines(string(text)) {
		name := strings.TrimSpace(line)
		switch {
		case name == "" || strings.HasPrefix(name, "#"):
		case table.all == 0:
			if table.all, err = strconv.Atoi(strings.TrimSuffix(name, " tests")); err != nil {
				t.Fatalf("%s: the first line does not say how many tests there are: %v", suite, err)
			}
		case strings.HasPrefix(line, " ") && len(table.reasons) > 0:
			last := &table.reasons[len(table.reasons)-1]
			last.tests = append(last.tests, name)
		default:
			table.reasons = append(table.reasons, reason{text: name})
		}
	}
	return table
}

// TestDocumentsSayWhatTheSuitesSay: S3-COMPARISON.md has the sums of the tables.
func TestDocumentsSayWhatTheSuitesSay(t *testing.T) {
	text, err := os.ReadFile("../../docs/S3-COMPARISON.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, suite := range []string{"ceph", "minio-go", "minio-py"} {
		table := readTable(t, suite)
		want := []string{fmt.Sprintf("%d of %d", table.all-len(table.names()), table.all)}
		for _, r := range table.reasons {
			want = append(want, fmt.Sprintf("| %s | %s | %d |", suite, r.text, len(r.tests)))
		}
		for _, line := range want {
			if !strings.Contains(string(text), line) {
				t.Errorf("S3-COMPARISON.md lacks %q", line)
			}
		}
	}
}
