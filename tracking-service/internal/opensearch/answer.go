package opensearch

import (
	"errors"
	"fmt"
	"html"
	"strings"

	"github.com/go-json-experiment/json"

	"example.com/shiptrack/tracking-service/internal/search"
)

// answer is that of a search, as far as it is read.
type answer struct {
	TimedOut bool `json:"timed_out"`
	Shards   struct {
		Failed int `json:"failed"`
	} `json:"_shards"`
	Hits *struct {
		Total struct {
			Value    int    `json:"value"`
			Relation string `json:"relation"`
		} `json:"total"`
		Hits []hit `json:"hits"`
	} `json:"hits"`
}

type hit struct {
	Index     string              `json:"_index"`
	ID        string              `json:"_id"`
	Source    document            `json:"_source"`
	Highlight map[string][]string `json:"highlight"`
	Sort      []any               `json:"sort"`
}

// errPartial is the error of an answer without what some shard holds: OpenSearch answers 200 all the same.
var errPartial = errors.New("opensearch: a part of the index did not answer")

// parse reads body, which must be the answer to a search.
func parse(body []byte) (*answer, error) {
	a := new(answer)
	if err := json.Unmarshal(body, a); err != nil || a.Hits == nil {
		return nil, errMalformed // the error may quote what is stored
	}
	return a, nil
}

// read returns the page that body, the answer to a search for one hit more than limit, holds.
func (s scope) read(body []byte, limit int) (search.Page, error) {
	a, err := parse(body)
	if err != nil {
		return search.Page{}, err
	}
	switch {
	case a.TimedOut || a.Shards.Failed > 0:
		return search.Page{}, errPartial
	case len(a.Hits.Hits) > limit+1 || a.Hits.Total.Value < len(a.Hits.Hits) || a.Hits.Total.Relation != "eq":
		return search.Page{}, fmt.Errorf("%w: %d hits of %d", errNotAsked, len(a.Hits.Hits), a.Hits.Total.Value)
	}
	page := search.Page{Total: a.Hits.Total.Value, Hits: []search.Hit{}}
	var last search.Position
	for i, h := range a.Hits.Hits {
		if err := s.holds(h.Index); err != nil {
			return search.Page{}, err
		}
		if i == limit {
			page.Next = &last
			break
		}
		found, position, err := h.read()
		if err != nil {
			return search.Page{}, err
		}
		page.Hits, last = append(page.Hits, found), position
	}
	return page, nil
}

func (h hit) read() (search.Hit, search.Position, error) {
	summary, err := h.Source.summary()
	if err != nil || summary.ID.String() != h.ID {
		return search.Hit{}, search.Position{}, fmt.Errorf("%w: the document %q is no shipment", errMalformed, h.ID)
	}
	position := search.Position{ID: summary.ID}
	if len(h.Sort) == 2 {
		position.Key, _ = h.Sort[0].(float64)
	}
	if len(h.Sort) != 2 || h.Sort[1] != h.ID || !position.IsValid() {
		return search.Hit{}, search.Position{}, fmt.Errorf("%w: a hit without its place in the order", errMalformed)
	}
	found := search.Hit{Summary: summary, Highlights: map[search.Field][]string{}}
	for _, field := range search.Fields() {
		for _, text := range h.Highlight[string(field)] {
			found.Highlights[field] = append(found.Highlights[field], marked(text))
		}
	}
	return found, position, nil
}

var marks = strings.NewReplacer(html.EscapeString("<em>"), "<em>", html.EscapeString("</em>"), "</em>")

// marked escapes a text that OpenSearch has marked, but for the marks. A shipment's own text that looks like one becomes one:
// that does no harm.
func marked(text string) string { return marks.Replace(html.EscapeString(text)) }
