//go:build upstreams

package conformance

import (
	"crypto/rand"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The random searches: indexes (LONG=yes) or shortIndexes, times searches, each with its further pages.
const (
	indexes      = 100
	shortIndexes = 5
	searches     = 200
	mostPages    = 4
)

// TestRandomSearchesAreAnsweredAsOpenSearchAnswersThem searches random shipments in the embedded index and in OpenSearch: total, hits,
// order, scores, sources and highlights must be equal. rapid prints the seed of a failure, and shrinks it.
func TestRandomSearchesAreAnsweredAsOpenSearchAnswersThem(t *testing.T) {
	checks := shortIndexes
	if os.Getenv("LONG") != "" {
		checks = indexes
	}
	if err := flag.Set("rapid.checks", fmt.Sprint(checks)); err != nil {
		t.Fatal(err)
	}
	own, other := newEmbedded(t), newOpenSearch(t)
	c := &comparison{T: t, endpoints: []endpoint{own, other}}
	rapid.Check(t, c.index)
	t.Logf("%d searches of %d indexes compared; %d found something, %d had highlights", c.compared, checks, c.found, c.highlighted)
	if c.compared < checks*searches {
		t.Errorf("%d searches were compared, want %d", c.compared, checks*searches)
	}
}

type comparison struct {
	*testing.T
	endpoints                    []endpoint
	compared, found, highlighted int
}

// index searches one index of random shipments.
func (c *comparison) index(t *rapid.T) {
	name := strings.ToLower("r" + rand.Text())
	defer func() { c.both(t, "DELETE", "/"+name, "") }()
	c.both(t, "PUT", "/"+name, mapping)
	for i := range number(t, 1, 60) {
		c.both(t, "PUT", fmt.Sprintf("/%s/_doc/%d", name, i), drawShipment(t, i))
	}
	for range searches {
		s := drawSearch(t)
		bodies := []string{text(s), text(s)}
		for page := 0; bodies != nil && page < mostPages; page++ {
			bodies = c.search(t, name, s, bodies)
		}
	}
}

// search sends a search to both, and returns the bodies that ask for the next page, or nil. Each continues behind its own last hit, as
// the last bit of a score may differ.
func (c *comparison) search(t *rapid.T, name string, s map[string]any, bodies []string) []string {
	answers := c.both(t, "GET", "/"+name+"/_search", bodies...)
	c.compared++
	if strings.Contains(string(answers[0]), `"highlight":`) {
		c.highlighted++
	}
	next := make([]string, len(answers))
	for i, answer := range answers {
		var a struct {
			Hits struct {
				Hits []struct{ Sort json.RawMessage }
			}
		}
		if err := json.Unmarshal(answer, &a); err != nil {
			t.Fatal(err)
		}
		hits := a.Hits.Hits
		if len(hits) == 0 {
			return nil
		}
		s["search_after"] = hits[len(hits)-1].Sort
		next[i] = text(s)
	}
	c.found++
	if s["from"] != nil {
		return nil
	}
	return next
}

// both sends a request to both and compares the answers.
func (c *comparison) both(t *rapid.T, method, path string, bodies ...string) [][]byte {
	var statuses []int
	var answers [][]byte
	var short []string
	for i, e := range c.endpoints {
		status, answer := e.do(c.T, method, path, bodies[min(i, len(bodies)-1)])
		statuses, answers, short = append(statuses, status), append(answers, answer), append(short, shorten(c.T, string(answer)))
	}
	if statuses[0] != statuses[1] || !equal(parse(c.T, short[0]), parse(c.T, short[1])) {
		t.Fatalf("%s %s %s\nembedded: %d %s\nopensearch: %d %s", method, path, bodies[0], statuses[0], short[0], statuses[1], short[1])
	}
	return answers
}
