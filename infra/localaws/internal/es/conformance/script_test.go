package conformance

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A script is a list of requests, each with its answer:
//
//	# why
//	> GET /$I/_search {"query":{"match_all":{}}}
//	< 200 {"total":0,"hits":[]}
//
// $I is the name of an index of the script's own, «ab*3» stands for ababab. The answer is compared in a short form, see shorten.
// `<embedded STATUS ...` is what the embedded index answers in place of that: each is part of a row of
// infra/docs/SEARCH-COMPARISON.md. Numbers are equal within 1e-5 of their size.
type step struct {
	line               int
	method, path, body string
	want               map[string]string // by endpoint, "" for all others
}

func readScript(t testing.TB, file string) []step {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var steps []step
	for i, line := range strings.Split(string(content), "\n") {
		switch {
		case line == "" || line[0] == '#':
		case strings.HasPrefix(line, "> "):
			parts := append(strings.SplitN(line[2:], " ", 3), "")
			steps = append(steps, step{i + 1, parts[0], parts[1], parts[2], map[string]string{}})
		case line[0] == '<' && len(steps) > 0:
			endpoint, want, _ := strings.Cut(line[1:], " ")
			steps[len(steps)-1].want[endpoint] = want
		default:
			t.Fatalf("%s:%d: %q is no request and no answer", file, i+1, line)
		}
	}
	return steps
}

var repeated = regexp.MustCompile(`«([^*»]+)\*(\d+)»`)

func expand(text, index string) string {
	text = repeated.ReplaceAllStringFunc(text, func(s string) string {
		m := repeated.FindStringSubmatch(s)
		n := 0
		_, _ = fmt.Sscan(m[2], &n)
		return strings.Repeat(m[1], n)
	})
	return strings.ReplaceAll(text, "$I", index)
}

func runScripts(t *testing.T, e endpoint) {
	files, err := filepath.Glob("testdata/*.script")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".script"), func(t *testing.T) {
			index := strings.ToLower("t" + rand.Text()[:12])
			defer e.do(t, "DELETE", "/"+index, "")
			for _, s := range readScript(t, file) {
				s.run(t, e, file, index)
			}
		})
	}
}

func (s step) run(t *testing.T, e endpoint, file, index string) {
	t.Helper()
	status, answer := e.do(t, s.method, expand(s.path, index), expand(s.body, index))
	got := fmt.Sprintf("%d %s", status, shorten(t, strings.ReplaceAll(string(answer), index, "$I")))
	want, own := s.want[e.name()]
	if !own {
		want = s.want[""]
	}
	gotStatus, gotBody, _ := strings.Cut(got, " ")
	wantStatus, wantBody, _ := strings.Cut(want, " ")
	if gotStatus != wantStatus || !equal(parse(t, inOrder(gotBody)), parse(t, inOrder(wantBody))) {
		t.Errorf("%s:%d: %s %s %.300s\n got %s\nwant %s", file, s.line, s.method, s.path, s.body, got, want)
	}
}

var methods = regexp.MustCompile(`allowed: \[[A-Z, ]+\]`)

// inOrder sorts the methods that an error names: OpenSearch names them in another order after each start.
func inOrder(text string) string {
	return methods.ReplaceAllStringFunc(text, func(s string) string {
		names := strings.Split(strings.TrimSuffix(strings.TrimPrefix(s, "allowed: ["), "]"), ", ")
		slices.Sort(names)
		return "allowed: [" + strings.Join(names, ", ") + "]"
	})
}

func parse(t testing.TB, text string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %.500s", err, text)
	}
	return v
}

// equal compares what was parsed from JSON.
func equal(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for name := range a {
			if other, ok := b[name]; !ok || !equal(a[name], other) {
				return false
			}
		}
		return true
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !equal(a[i], b[i]) {
				return false
			}
		}
		return true
	case float64:
		b, ok := b.(float64)
		return ok && math.Abs(a-b) <= 1e-5*math.Max(math.Abs(a), math.Abs(b))
	default:
		return a == b
	}
}

// shorten leaves out of an answer what differs from run to run, and what the table of differences says is not compared.
func shorten(t testing.TB, answer string) string {
	full, ok := parse(t, answer).(map[string]any)
	if !ok {
		return answer
	}
	for _, value := range full {
		if index, ok := value.(map[string]any); ok {
			delete(index, "settings")
		}
	}
	short := full
	if e, ok := full["error"].(map[string]any); ok {
		short = map[string]any{"error": errorOf(e)}
		for _, cause := range e["root_cause"].([]any) {
			short["root"] = errorOf(cause.(map[string]any))
		}
	} else if hits, ok := full["hits"].(map[string]any); ok {
		short = hits
		for _, h := range hits["hits"].([]any) {
			delete(h.(map[string]any), "_index")
		}
	}
	text, err := json.Marshal(short)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func errorOf(full map[string]any) map[string]any {
	short := map[string]any{}
	for _, name := range []string{"type", "reason", "line", "col", "index", "resource.id", "resource.type"} {
		if v, ok := full[name]; ok {
			short[name] = v
		}
	}
	return short
}

func TestTheEmbeddedIndexAnswersAsTheScriptsSay(t *testing.T) { runScripts(t, newEmbedded(t)) }
