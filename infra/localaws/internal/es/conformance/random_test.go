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
	shortIndexes = 10
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
		for range mostPages {
			last := c.both(t, "GET", "/"+name+"/_search", text(s))
			if last == nil || s["sort"] == nil {
				break
			}
			s["search_after"] = last
		}
	}
}

// both sends a request to both and compares the answers. It returns what the last hit was sorted by.
func (c *comparison) both(t *rapid.T, method, path, body string) any {
	var statuses [2]int
	var answers [2]string
	var raw []byte
	for i, e := range c.endpoints {
		status, answer := e.do(c.T, method, path, body)
		statuses[i], answers[i] = status, shorten(c.T, string(answer))
		if i == 0 {
			raw = answer
		}
	}
	if statuses[0] != statuses[1] || !equal(parse(c.T, answers[0]), parse(c.T, answers[1])) {
		t.Fatalf("%s %s %s\nembedded: %d %s\nopensearch: %d %s", method, path, body, statuses[0], answers[0], statuses[1], answers[1])
	}
	if method != "GET" {
		return nil
	}
	c.compared++
	var own struct {
		Hits struct {
			Hits []struct{ Sort json.RawMessage }
		}
	}
	if err := json.Unmarshal(raw, &own); err != nil {
		t.Fatal(err)
	}
	hits := own.Hits.Hits
	if len(hits) == 0 {
		return nil
	}
	c.found++
	if strings.Contains(answers[0], `"highlight":`) {
		c.highlighted++
	}
	return hits[len(hits)-1].Sort
}
