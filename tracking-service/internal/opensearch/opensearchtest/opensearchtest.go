// Package opensearchtest has a domain for tests: it answers over HTTP what the store asks of OpenSearch, and keeps what it was
// asked. It is no OpenSearch: it checks neither signatures nor policies, ranks by the number of texts that have a word, and
// finds words by their beginnings.
package opensearchtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Call is one request as the fake got it.
type Call struct {
	Method, Target, AccessKey, Body string
	Header                          http.Header
}

// Refusal is what a Domain answers in place of its own answer, where Status is not 0.
type Refusal struct {
	Status int
	Body   string
}

// Denied is IAM's refusal, as OpenSearch Service words it.
var Denied = Refusal{http.StatusForbidden, `{"Message":"User: arn:aws:sts::000000000000:assumed-role/TrackingAccessRole/x is not authorized to perform: es:ESHttpGet because no identity-based policy allows the es:ESHttpGet action"}`}

// Domain is a domain. It keeps the calls. An index is there once it has a document.
type Domain struct {
	*httptest.Server

	mu      sync.Mutex
	refusal func(Call) Refusal
	indexes map[string]map[string]json.RawMessage // sources, by index and id
	calls   []Call
}

// Start starts a Domain, which serves until the test ends.
func Start(t testing.TB) *Domain {
	t.Helper()
	d := &Domain{indexes: map[string]map[string]json.RawMessage{}}
	d.Refuse(func(Call) Refusal { return Refusal{} })
	d.Server = httptest.NewServer(d)
	t.Cleanup(d.Close)
	return d
}

// Refuse makes the domain answer what refusal returns; where its status is 0 the domain answers itself.
func (d *Domain) Refuse(refusal func(Call) Refusal) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refusal = refusal
}

// Put stores a document as if by other means.
func (d *Domain) Put(index, id, source string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.indexes[index] == nil {
		d.indexes[index] = map[string]json.RawMessage{}
	}
	d.indexes[index][id] = json.RawMessage(source)
}

// Documents returns the sources of an index, by id.
func (d *Domain) Documents(index string) map[string]string {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := map[string]string{}
	for id, source := range d.indexes[index] {
		all[id] = string(source)
	}
	return all
}

// Calls returns the requests so far.
func (d *Domain) Calls() []Call {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.calls)
}

// Last returns the last request.
func (d *Domain) Last(t testing.TB) Call {
	t.Helper()
	calls := d.Calls()
	if len(calls) == 0 {
		t.Fatal("OpenSearch was not asked")
	}
	return calls[len(calls)-1]
}

var credentialKey = regexp.MustCompile(`Credential=([^/]+)/\d+/[a-z0-9-]+/es/`)

// ServeHTTP is http.Handler's.
func (d *Domain) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	c := Call{Method: r.Method, Target: r.RequestURI, Body: string(body), Header: r.Header}
	if found := credentialKey.FindStringSubmatch(r.Header.Get("Authorization")); found != nil {
		c.AccessKey = found[1]
	}
	d.mu.Lock()
	d.calls = append(d.calls, c)
	w.Header().Set("X-Amzn-Requestid", fmt.Sprintf("aws-%d", len(d.calls)))
	refusal := d.refusal
	d.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	parts := strings.Split(strings.TrimPrefix(c.Target, "/"), "/")
	switch refused := refusal(c); {
	case refused.Status != 0:
		w.WriteHeader(refused.Status)
		_, _ = io.WriteString(w, refused.Body)
	case r.Method == http.MethodPut && len(parts) == 3 && parts[1] == "_doc":
		d.Put(parts[0], parts[2], c.Body)
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"result":"created"}`)
	case r.Method == http.MethodGet && len(parts) == 2 && parts[1] == "_search":
		d.search(w, parts[0], body)
	default:
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprintf(w, `{"error":{"type":"illegal_argument_exception","reason":%q},"status":400}`, c.Target)
	}
}

// asked is the body of a search, as far as the fake reads it.
type asked struct {
	Size  int
	Query struct {
		Bool struct {
			Must struct {
				Words struct{ Query string } `json:"multi_match"`
			}
			Filter struct{ Term map[string]string }
		}
	}
	After []any `json:"search_after"`
}

type found struct {
	id        string
	source    map[string]any
	highlight map[string][]string
	key       float64
}

func (d *Domain) search(w http.ResponseWriter, index string, body []byte) {
	var q asked
	d.mu.Lock()
	defer d.mu.Unlock()
	documents, exists := d.indexes[index]
	switch err := json.Unmarshal(body, &q); {
	case err != nil:
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"error":{"type":"parsing_exception","reason":"as OpenSearch words it"},"status":400}`)
		return
	case !exists:
		w.WriteHeader(http.StatusNotFound)
		_, _ = fmt.Fprintf(w, `{"error":{"type":"index_not_found_exception","reason":"no such index [%s]"},"status":404}`, index)
		return
	}
	var all []found
	for id, source := range documents {
		if f, ok := q.find(id, source); ok {
			all = append(all, f)
		}
	}
	slices.SortFunc(all, q.compare)
	answer(w, index, all, q)
}

// find returns the document as a hit where it is one.
func (q asked) find(id string, source json.RawMessage) (found, bool) {
	f := found{id: id, highlight: map[string][]string{}}
	if json.Unmarshal(source, &f.source) != nil {
		return f, false
	}
	for field, want := range q.Query.Bool.Filter.Term {
		if f.source[field] != want {
			return f, false
		}
	}
	for word := range strings.FieldsSeq(strings.ToLower(q.Query.Bool.Must.Words.Query)) {
		before := f.key
		for _, field := range []string{"reference", "places", "carrier", "status", "milestones"} {
			texts, _ := f.source[field].([]any)
			for _, text := range texts {
				if whole := fmt.Sprint(text); strings.Contains(strings.ToLower(" "+whole), " "+word) {
					f.key++
					f.highlight[field] = append(f.highlight[field], "<em>"+whole+"</em>")
				}
			}
		}
		if f.key == before {
			return f, false
		}
	}
	return f, true
}

func (q asked) isRanked() bool { return q.Query.Bool.Must.Words.Query != "" }

// compare orders by rank, the best first, and without words by the ids alone.
func (q asked) compare(a, b found) int {
	if a.key != b.key {
		return int(b.key - a.key)
	}
	return strings.Compare(a.id, b.id)
}

func answer(w http.ResponseWriter, index string, all []found, q asked) {
	total := len(all)
	if len(q.After) == 2 {
		key, _ := q.After[0].(float64)
		after := found{id: fmt.Sprint(q.After[1])}
		if q.isRanked() {
			after.key = key
		}
		all = slices.DeleteFunc(all, func(f found) bool { return q.compare(f, after) <= 0 })
	}
	hits := []any{}
	for _, f := range all[:min(q.Size, len(all))] {
		hits = append(hits, map[string]any{
			"_index": index, "_id": f.id, "_source": f.source, "highlight": f.highlight, "sort": []any{f.key, f.id},
		})
	}
	var out bytes.Buffer
	_ = json.NewEncoder(&out).Encode(map[string]any{
		"took": 1, "timed_out": false, "_shards": map[string]int{"total": 1, "successful": 1, "failed": 0},
		"hits": map[string]any{"total": map[string]any{"value": total, "relation": "eq"}, "hits": hits},
	})
	_, _ = w.Write(out.Bytes())
}
