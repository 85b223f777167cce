package es

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"example.com/shiptrack/infra/localaws/internal/es/fault"
	"example.com/shiptrack/infra/localaws/internal/es/highlight"
	"example.com/shiptrack/infra/localaws/internal/es/index"
	"example.com/shiptrack/infra/localaws/internal/es/mapping"
	"example.com/shiptrack/infra/localaws/internal/es/query"
	"example.com/shiptrack/infra/localaws/internal/es/tree"
)

// searched is the answer to a search.
type searched struct {
	Took     int64          `json:"took"` // milliseconds
	TimedOut bool           `json:"timed_out"`
	Shards   searchedShards `json:"_shards"`
	Hits     hits           `json:"hits"`
}

type searchedShards struct {
	Total      int `json:"total"`
	Successful int `json:"successful"`
	Skipped    int `json:"skipped"`
	Failed     int `json:"failed"`
}

type hits struct {
	Total    *total   `json:"total,omitempty"`
	MaxScore *float32 `json:"max_score"`
	Hits     []hit    `json:"hits"`
}

type total struct {
	Value    int    `json:"value"`
	Relation string `json:"relation"` // eq, or gte: at least
}

type hit struct {
	Index     string              `json:"_index"`
	ID        string              `json:"_id"`
	Score     *float32            `json:"_score"`
	Source    jsontext.Value      `json:"_source,omitzero"`
	Highlight map[string][]string `json:"highlight,omitempty"`
	Sort      []any               `json:"sort,omitempty"`
}

// Search answers a search of one index. An empty body asks for everything.
func (s *Store) Search(name string, body []byte) (Answer, error) {
	began := time.Now()
	request, err := query.Parse(body)
	if err != nil {
		return Answer{}, err
	}
	h, err := s.shelf(name, aliased)
	if err != nil {
		return Answer{}, err
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	result, err := h.memory.Search(request, h.meta.Mapping.Field)
	if f, ok := errors.AsType[*fault.Fault](err); ok {
		return Answer{}, f.OfShard(h.name, h.meta.UUID)
	}
	if err != nil {
		return Answer{}, err
	}
	page, err := h.page(request, result.Hits)
	return Answer{200, searched{
		Took:   time.Since(began).Milliseconds(),
		Shards: searchedShards{Total: 1, Successful: 1},
		Hits:   hits{counted(result.Total, request.TrackTotal), result.MaxScore, page},
	}}, err
}

// counted tells how many hits there are, up to the limit of the request.
func counted(n, limit int) *total {
	switch {
	case limit == 0:
		return nil
	case n > limit:
		return &total{limit, "gte"}
	default:
		return &total{n, "eq"}
	}
}

// MaxPage bounds the ids, sources, sort values and highlights of one answer, in bytes. OpenSearch itself answers so where its memory is at its end.
const MaxPage = 4 << 20

func tooLarge() error {
	f := fault.New("circuit_breaking_exception", "[request] Data too large: the hits of a search have at most %d bytes, ask for fewer", MaxPage)
	f.Status = http.StatusTooManyRequests
	return f
}

// page adds to the hits what is on disk.
func (h *shelf) page(r *query.Request, found []index.Hit) ([]hit, error) {
	out := make([]hit, len(found))
	bytes := 0
	terms := index.Terms(r.Query, h.meta.Mapping.Field)
	for i, f := range found {
		out[i] = hit{Index: h.name, ID: f.ID, Score: f.Score, Sort: f.Sort}
		if !r.Source.None || len(r.Highlight) > 0 {
			record, ok, err := h.fetch(f.ID)
			if err != nil {
				return nil, err
			}
			if !ok {
				return nil, fmt.Errorf("index %s: document %s is not on disk", h.name, f.ID)
			}
			if err := out[i].fill(r, h.meta.Mapping, terms, record.source); err != nil {
				return nil, err
			}
		}
		if bytes += out[i].size(); bytes > MaxPage {
			return nil, tooLarge()
		}
	}
	return out, nil
}

// size is about what the hit has in an answer, in bytes.
func (out *hit) size() int {
	n := len(out.ID) + len(out.Source)
	for _, value := range out.Sort {
		n += 24 // a number, at most
		if text, ok := value.(string); ok {
			n += len(text)
		}
	}
	for _, fragments := range out.Highlight {
		for _, fragment := range fragments {
			n += len(fragment)
		}
	}
	return n
}

// fill adds the source and the highlights.
func (out *hit) fill(r *query.Request, m mapping.Mapping, terms map[string]map[string]string, source []byte) error {
	if !r.Source.None && r.Source.Fields == nil {
		out.Source = source
	}
	if r.Source.Fields == nil && len(r.Highlight) == 0 {
		return nil
	}
	root, err := tree.Read(source)
	if err != nil {
		return err
	}
	if r.Source.Fields != nil {
		out.Source = root.Select(r.Source.Fields)
	}
	for _, f := range r.Highlight {
		p := m.Field(f.Field)
		if p == nil || len(terms[f.Field]) == 0 {
			continue
		}
		o := highlight.Options{Whole: p.Type == mapping.Keyword, Fragments: f.Fragments, Size: f.Size}
		if fragments := highlight.Of(root.Texts(m.SourcePath(f.Field)), terms[f.Field], o); len(fragments) > 0 {
			if out.Highlight == nil {
				out.Highlight = map[string][]string{}
			}
			out.Highlight[f.Field] = fragments
		}
	}
	return nil
}
