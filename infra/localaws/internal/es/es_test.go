package es

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/go-json-experiment/json"
	"pgregory.net/rapid"

	"example.com/shiptrack/infra/localaws/internal/es/fault"
)

// ask searches and returns the answer but for the time that it took.
func ask(t rapid.TB, s *Store, name, body string) string {
	t.Helper()
	a, err := s.Search(name, []byte(body))
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	text, err := json.Marshal(a.Body.(searched).Hits, json.Deterministic(true))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestAnIndexThatChangedAnswersAsOneThatIsNew writes, replaces and deletes documents. The index must then answer, also after it was
// read from disk, as one that only ever had the documents that are left.
func TestAnIndexThatChangedAnswersAsOneThatIsNew(t *testing.T) {
	directory, runs := t.TempDir(), 0
	rapid.Check(t, func(t *rapid.T) {
		runs++
		path := filepath.Join(directory, fmt.Sprint(runs))
		s, db := open(t, path)
		for _, name := range []string{"changed", "fresh"} {
			if _, err := s.CreateIndex(name, []byte(`{"mappings":{"properties":{"t":{"type":"text"},"k":{"type":"keyword"},"n":{"type":"long"}}}}`)); err != nil {
				t.Fatal(err)
			}
		}
		left := change(t, s)
		for _, d := range left {
			put(t, s, "fresh", d[0], d[1])
		}
		before := compare(t, s)
		_ = db.Close()
		s, db = open(t, path)
		defer func() { _ = db.Close() }()
		if after := compare(t, s); after != before {
			t.Fatalf("read from disk\n got %s\nwant %s", after, before)
		}
	})
}

// change writes and deletes documents, and returns what is left, id and source, in the order of the last writing.
func change(t *rapid.T, s *Store) (left [][2]string) {
	for range rapid.IntRange(0, 40).Draw(t, "writes") {
		id := fmt.Sprint(rapid.IntRange(0, 9).Draw(t, "id"))
		left = slices.DeleteFunc(left, func(d [2]string) bool { return d[0] == id })
		if rapid.IntRange(0, 3).Draw(t, "delete") == 0 {
			if _, err := s.Delete("changed", id); err != nil {
				t.Fatal(err)
			}
			continue
		}
		words := rapid.SliceOfN(rapid.SampledFrom([]string{"red", "blue", "green red.", "..."}), 0, 5).Draw(t, "words")
		source := fmt.Sprintf(`{"t":["%s"],"k":["%s","%s"],"n":%d}`, strings.Join(words, `","`), id, strings.Join(words, ""), len(words))
		put(t, s, "changed", id, source)
		left = append(left, [2]string{id, source})
	}
	return left
}

func put(t rapid.TB, s *Store, name, id, source string) {
	t.Helper()
	if _, err := s.Put(name, id, []byte(source)); err != nil {
		t.Fatalf("%s: %v", source, err)
	}
}

// compare returns the answers of both indexes, which must be equal.
func compare(t *rapid.T, s *Store) (all string) {
	t.Helper()
	for _, body := range []string{
		`{"query":{"match":{"t":"red blue"}},"size":50,"highlight":{"fields":{"t":{}}}}`,
		`{"query":{"multi_match":{"query":"red blue","fields":["t","k"],"type":"cross_fields"}},"size":50}`,
		`{"query":{"range":{"n":{"gte":1}}},"sort":["n",{"k":"desc"}],"size":50}`,
		`{"query":{"range":{"k":{"gte":"3"}}},"size":50}`,
	} {
		got, want := ask(t, s, "changed", body), ask(t, s, "fresh", body)
		if got = strings.ReplaceAll(got, `"changed"`, `"fresh"`); got != want {
			t.Fatalf("%s\n got %s\nwant %s", body, got, want)
		}
		all += got
	}
	return all
}

func TestAnIndexWithManyReplacedDocumentsIsBuiltAnew(t *testing.T) {
	s, db := open(t, filepath.Join(t.TempDir(), "es.db"))
	defer func() { _ = db.Close() }()
	put(t, s, "i", "first", `{"t":"red"}`)
	before := s.used["i"].memory
	for i := range 1100 {
		put(t, s, "i", "1", fmt.Sprintf(`{"t":"blue","n":%d}`, i))
	}
	if s.used["i"].memory == before {
		t.Error("1100 times replaced, and still the index that it was")
	}
	if got := ask(t, s, "i", `{"query":{"match":{"t":"blue red"}},"_source":["n"],"sort":["n"]}`); !strings.Contains(got, `"_source":{"n":1099}`) || !strings.Contains(got, `"value":2,`) {
		t.Errorf("after it was built anew: %s", got)
	}
}

// TestSearchesAndWritesMayRunAtOnce is for the race detector too.
func TestSearchesAndWritesMayRunAtOnce(t *testing.T) {
	s, db := open(t, filepath.Join(t.TempDir(), "es.db"))
	defer func() { _ = db.Close() }()
	put(t, s, "i", "0", `{"t":"red"}`)
	var wait sync.WaitGroup
	for worker := range 4 {
		wait.Go(func() {
			for i := range 50 {
				put(t, s, "i", fmt.Sprint(worker, i%5), `{"t":"red blue"}`)
				ask(t, s, "i", `{"query":{"match":{"t":"red"}},"highlight":{"fields":{"t":{}}}}`)
				if i%10 == 9 {
					_, _ = s.Delete("i", fmt.Sprint(worker, 1))
				}
			}
		})
	}
	wait.Wait()
	if got := ask(t, s, "i", `{"size":0}`); got != `{"total":{"value":17,"relation":"eq"},"max_score":null,"hits":[]}` {
		t.Errorf("after all: %s", got)
	}
}

// TestAnIndexThatWasMadeAnewIsEmpty deletes an index that is in memory.
func TestAnIndexThatWasMadeAnewIsEmpty(t *testing.T) {
	s, db := open(t, filepath.Join(t.TempDir(), "es.db"))
	defer func() { _ = db.Close() }()
	put(t, s, "i", "1", `{"t":"red"}`)
	old := s.used["i"]
	if _, err := s.DeleteIndex("i"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Search("i", nil); status(err) != 404 {
		t.Errorf("a search of a deleted index: %v", err)
	}
	if _, err := s.CreateIndex("i", nil); err != nil {
		t.Fatal(err)
	}
	if got := ask(t, s, "i", ""); got != `{"total":{"value":0,"relation":"eq"},"max_score":null,"hits":[]}` {
		t.Errorf("the new index has what the old one had: %s", got)
	}
	// A write that began before the deletion must not reach the new index.
	if _, err := old.write("2", []byte(`{}`), nil, nil); status(err) != 404 {
		t.Errorf("a write to the deleted index: %v", err)
	}
}

func status(err error) int {
	if f, ok := errors.AsType[*fault.Fault](err); ok {
		return f.Status
	}
	return 0
}

// TestASearchIsBounded asks for more than OpenSearch allows, and for as much as it allows.
func TestASearchIsBounded(t *testing.T) {
	s, db := open(t, filepath.Join(t.TempDir(), "es.db"))
	defer func() { _ = db.Close() }()
	put(t, s, "i", "1", `{"t":"red","n":1}`)
	repeat := func(text string, n int) string { return strings.TrimSuffix(strings.Repeat(text+",", n), ",") }
	for name, body := range map[string]func(n int) string{
		"clauses":     func(n int) string { return `{"query":{"bool":{"should":[` + repeat(`{"match_all":{}}`, n) + `]}}}` },
		"empty bools": func(n int) string { return `{"query":{"bool":{"should":[` + repeat(`{"bool":{}}`, n) + `]}}}` },
		"ranges": func(n int) string {
			return `{"query":{"bool":{"filter":[` + repeat(`{"range":{"n":{"gte":0}}}`, n) + `]}}}`
		},
		"words": func(n int) string { return `{"query":{"match":{"t":"` + strings.Repeat("red ", n) + `"}}}` },
		"words in fields": func(n int) string {
			return `{"query":{"multi_match":{"type":"cross_fields","fields":["t","t"],"query":"` + strings.Repeat("red ", n/2) + strings.Repeat("x ", n%2) + `"}}}`
		},
		"terms": func(n int) string { return `{"query":{"terms":{"t":[` + repeat(`"red"`, 64*n) + `]}}}` },
	} {
		if _, err := s.Search("i", []byte(body(1024))); err != nil {
			t.Errorf("1024 %s: %v", name, err)
		}
		if _, err := s.Search("i", []byte(body(1025))); status(err) != 400 {
			t.Errorf("1025 %s: %v, want a fault of status 400", name, err)
		}
	}
	for name, body := range map[string]func(n int) string{
		"sort keys": func(n int) string { return `{"sort":[` + repeat(`"n"`, n) + `]}` },
		"shown":     func(n int) string { return `{"_source":[` + repeat(`"t"`, n) + `]}` },
		"highlights": func(n int) string {
			names := make([]string, n)
			for i := range names {
				names[i] = fmt.Sprintf(`"f%d":{}`, i)
			}
			return `{"highlight":{"fields":{` + strings.Join(names, ",") + `}}}`
		},
	} {
		if _, err := s.Search("i", []byte(body(100))); err != nil {
			t.Errorf("100 %s: %v", name, err)
		}
		if _, err := s.Search("i", []byte(body(101))); status(err) != 400 {
			t.Errorf("101 %s: %v, want a fault of status 400", name, err)
		}
	}
	deep := func(n int) []byte {
		return []byte(`{"query":` + strings.Repeat(`{"bool":{"must":`, n) + `{"match_all":{}}` + strings.Repeat("}}", n) + "}")
	}
	if _, err := s.Search("i", deep(40)); err != nil {
		t.Errorf("40 bools deep: %v", err)
	}
	if _, err := s.Search("i", deep(60)); status(err) != 400 {
		t.Errorf("60 bools deep: %v, want a fault of status 400", err)
	}
	fields := make([]string, 1000)
	for i := range fields {
		fields[i] = fmt.Sprintf(`"f%d":%d`, i, i)
	}
	if _, err := s.Put("wide", "1", []byte(`{`+strings.Join(fields, ",")+`}`)); err != nil {
		t.Errorf("1000 fields: %v", err)
	}
	if _, err := s.Put("wide", "1", []byte(`{"one":1}`)); status(err) != 400 {
		t.Errorf("1001 fields: %v, want a fault of status 400", err)
	}
}

// TestHitsOfOneAnswerAreBounded: five documents of a megabyte are more than one answer may have.
func TestHitsOfOneAnswerAreBounded(t *testing.T) {
	s, db := open(t, filepath.Join(t.TempDir(), "es.db"))
	defer func() { _ = db.Close() }()
	for i := range 5 {
		put(t, s, "i", strconv.Itoa(i), `{"t":"`+strings.Repeat("a", MaxPage/4)+`"}`)
	}
	if _, err := s.Search("i", []byte(`{"size":3}`)); err != nil {
		t.Errorf("three: %v", err)
	}
	if _, err := s.Search("i", []byte(`{"size":5}`)); status(err) != 429 {
		t.Errorf("five: %v, want a fault of status 429", err)
	}
	if _, err := s.Search("i", []byte(`{"size":5,"_source":false}`)); err != nil {
		t.Errorf("five without what they hold: %v", err)
	}
}

// FuzzSearch reads any body. It must answer or refuse, and never fail.
func FuzzSearch(f *testing.F) {
	s, db := open(f, filepath.Join(f.TempDir(), "es.db"))
	defer func() { _ = db.Close() }()
	if _, err := s.CreateIndex("i", []byte(shipmentMapping)); err != nil {
		f.Fatal(err)
	}
	put(f, s, "i", "1", `{"shipmentId":"1","places":["Rotterdam. Port of call."],"status":"delayed","updatedAt":"2026-01-01"}`)
	for _, body := range []string{
		string(search("rotterdam", `,"filter":[{"term":{"status.keyword":"delayed"}}]`)), `{"query":{"terms":{"status":["a",1,true]}},"size":0}`,
		`{"sort":[{"updatedAt":{"order":"desc","missing":"_first"}},"_score"],"search_after":["2026",1.5],"_source":["places","a.b"]}`,
		`{"query":{"range":{"updatedAt":{"gt":"2025","lte":"2026-01-01T10:00Z"}}},"highlight":{"fields":{"places":{"fragment_size":3}}}}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if _, err := s.Search("i", body); err != nil && status(err) == 0 {
			t.Fatalf("%s: %v", body, err)
		}
	})
}

// FuzzPut takes any document. It must be kept or refused, and be read again from disk.
func FuzzPut(f *testing.F) {
	for _, body := range []string{`{"a":"x","b":[1,null,"2026-01-01"],"o":{"p":[{"q":"r"},{"q":1}]}}`, `{"a":1.5}`, `{"a.b":1}`, `{"":1}`, `{"d":"2026-02-30"}`} {
		f.Add([]byte(body))
	}
	path := filepath.Join(f.TempDir(), "es.db")
	f.Fuzz(func(t *testing.T, body []byte) {
		s, db := open(t, path)
		_, err := s.Put("i", "1", body)
		if err != nil && status(err) == 0 {
			t.Fatalf("%s: %v", body, err)
		}
		_ = db.Close()
		s, db = open(t, path)
		defer func() { _ = db.Close() }()
		if _, again := s.Search("i", nil); again != nil && (err == nil || status(again) != 404) {
			t.Fatalf("%s: after opening again: %v", body, again)
		}
		_, _ = s.DeleteIndex("i")
	})
}
