//go:build upstreams

package conformance

import (
	"fmt"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

// comparison is the document that settles the differences.
const comparison = "../../../../docs/S3-COMPARISON.md"

// difference is one fact that an endpoint says in another way than the embedded services.
type difference struct{ fact, where, embedded, there string }

func (d difference) String() string {
	return fmt.Sprintf("`%s` | %s | embedded %q, there %q", d.fact, d.where, d.embedded, d.there)
}

// settled is a row of the table: the facts that match, where.
type settled struct {
	patterns, where []string
	used            bool
}

func (s *settled) settles(d difference) bool {
	return slices.Contains(s.where, d.where) && slices.ContainsFunc(s.patterns, func(pattern string) bool {
		ok, err := path.Match(strings.ReplaceAll(pattern, "/", "\x00"), strings.ReplaceAll(d.fact, "/", "\x00"))
		return ok && err == nil
	})
}

// readTable reads the rows of the table whose first column names facts: `SCENARIO: STEP: FACT`, with * for any text.
func readTable(t *testing.T) []*settled {
	t.Helper()
	text, err := os.ReadFile(comparison)
	if err != nil {
		t.Fatal(err)
	}
	var rows []*settled
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if !strings.HasPrefix(line, "| `") || len(cells) != 5 {
			continue
		}
		row := &settled{}
		for i, quoted := range strings.Split(cells[0], "`") {
			if i%2 == 1 {
				row.patterns = append(row.patterns, quoted)
			}
		}
		for one := range strings.SplitSeq(cells[1], ",") {
			row.where = append(row.where, strings.TrimSpace(one))
		}
		rows = append(rows, row)
	}
	return rows
}

// TestDifferencesAreSettled compares the embedded S3 and KMS with LocalStack, asked directly and through localaws. Every difference has a
// row in the table, and every row a difference.
func TestDifferencesAreSettled(t *testing.T) {
	address := os.Getenv("LOCALSTACK_URL")
	if address == "" {
		t.Fatal("LOCALSTACK_URL is not set: it is the URL of LocalStack with the services s3 and kms")
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	e, rows, found := embedded(t), readTable(t), 0
	others := []endpoint{through(t, "gateway", map[string]*url.URL{"s3": u}), direct("localstack", address)}
	for _, s := range suite() {
		want := s.run(t, e)
		for _, other := range others {
			got := s.run(t, other)
			for _, d := range s.differences(other.name, want, got) {
				found++
				i := slices.IndexFunc(rows, func(row *settled) bool { return row.settles(d) })
				if i < 0 {
					t.Errorf("not settled: %v", d)
					continue
				}
				rows[i].used = true
			}
		}
	}
	for _, row := range rows {
		if !row.used {
			t.Errorf("no such difference: %q in %q", row.patterns, row.where)
		}
	}
	t.Logf("%d differences, settled by %d rows", found, len(rows))
}

func (s scenario) differences(where string, want, got map[string]facts) []difference {
	var all []difference
	for _, st := range s.steps {
		names := map[string]bool{}
		for name := range want[st.name] {
			names[name] = true
		}
		for name := range got[st.name] {
			names[name] = true
		}
		if want[st.name]["status"]+want[st.name]["code"] != got[st.name]["status"]+got[st.name]["code"] {
			all = append(all, difference{s.name + ": " + st.name + ": answer", where,
				want[st.name]["status"] + " " + want[st.name]["code"], got[st.name]["status"] + " " + got[st.name]["code"]})
			continue
		}
		for name := range names {
			if a, b := want[st.name][name], got[st.name][name]; a != b {
				all = append(all, difference{s.name + ": " + st.name + ": " + name, where, a, b})
			}
		}
	}
	return all
}
