package conformance

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A script is a list of steps, each a request and the answer that AWS documents:
//
//	# why, or where AWS says so
//	> GetItem {"TableName":"$T","Key":{"P":{"S":"a"}}}
//	< 200 {"Item":{"P":{"S":"a"}}}
//
// JSON may go on in the lines below. $T is a table name of the script's own, «ab*3» stands for ababab. An
// error is `< STATUS CODE`, with its message as a JSON string behind it where it is compared (behind a ~ it
// is AWS's wording, which DynamoDB Local has not), or an object of the body's further members. Bodies are compared whole, but for these in what is wanted: "<any>"
// matches any value, a member "..." allows further members, and a list that begins with "<unordered>" is
// compared without regard to order, as sets are. `<local STATUS ...` is what DynamoDB Local answers in place of
// that, alone and inside LocalStack, `<localstack` what LocalStack alone answers; each is part of a row of infra/docs/DYNAMODB-COMPARISON.md.
type step struct {
	line      int
	operation string
	request   string
	want      map[string]expectation // by endpoint; "local" for both that are DynamoDB Local, "" for all else
}

type expectation struct {
	status     int
	code, json string
}

var expectationPattern = regexp.MustCompile(`(?s)^(\d{3})(?: ([A-Z][A-Za-z]+))?(?:\s+(.+))?$`)

func readScript(t testing.TB, file string) []step {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var steps []step
	var last *string
	for i, line := range strings.Split(string(content), "\n") {
		switch {
		case strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "> "):
			operation, request, _ := strings.Cut(line[2:], " ")
			steps = append(steps, step{line: i + 1, operation: operation, request: request, want: map[string]expectation{}})
			last = &steps[len(steps)-1].request
		case strings.HasPrefix(line, "<"):
			name, wanted, _ := strings.Cut(line[1:], " ")
			m := expectationPattern.FindStringSubmatch(wanted)
			if m == nil || len(steps) == 0 {
				t.Fatalf("%s:%d: %q is no expectation", file, i+1, line)
			}
			status, _ := strconv.Atoi(m[1])
			e := &expectation{status, m[2], m[3]}
			s := &steps[len(steps)-1]
			last = &e.json
			defer func() { s.want[name] = *e }()
		case last != nil:
			*last += "\n" + line
		}
	}
	return slices.Clip(steps)
}

var repeated = regexp.MustCompile(`«([^*»]+)\*(\d+)»`)

func expand(text, table string) string {
	text = repeated.ReplaceAllStringFunc(text, func(s string) string {
		m := repeated.FindStringSubmatch(s)
		n, _ := strconv.Atoi(m[2])
		return strings.Repeat(m[1], n)
	})
	return strings.ReplaceAll(text, "$T", table)
}

// runScripts runs every script of testdata against e.
func runScripts(t *testing.T, e endpoint) {
	files, err := filepath.Glob("testdata/*.script")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	steps := 0
	for _, file := range files {
		script := readScript(t, file)
		steps += len(script)
		t.Run(strings.TrimSuffix(filepath.Base(file), ".script"), func(t *testing.T) {
			table := "T" + rand.Text()[:12]
			defer e.forget(t, table)
			for _, s := range script {
				e.step(t, file, table, s)
			}
		})
	}
	t.Logf("%d requests in %d scripts", steps, len(files))
}

// forget deletes the tables of a script.
func (e endpoint) forget(t *testing.T, table string) {
	for _, suffix := range []string{"", "2"} {
		if _, err := e.call(t.Context(), "DeleteTable", `{"TableName":"`+table+suffix+`"}`); err != nil {
			t.Error(err)
		}
	}
}

// of returns what is wanted of e.
func (s step) of(e endpoint) expectation {
	for _, name := range []string{e.name, "local"} {
		if own, ok := s.want[name]; ok && e.name != embeddedName {
			return own
		}
	}
	return s.want[""]
}

func (e endpoint) step(t *testing.T, file, table string, s step) {
	t.Helper()
	want := s.of(e)
	wording, ofAWS := strings.CutPrefix(want.json, "~")
	if want.json = wording; ofAWS && e.name != embeddedName {
		want.json = ""
	}
	got, err := e.call(t.Context(), s.operation, expand(s.request, table))
	if err != nil {
		t.Errorf("%s:%d: %s: %v", file, s.line, s.operation, err)
		return
	}
	if got.status != want.status || got.code != want.code {
		t.Errorf("%s:%d: %s %.300s\n got %d %s %q %.1000s\nwant %d %s %.1000s", file, s.line, s.operation, s.request, got.status, got.code, got.message, got.body, want.status, want.code, want.json)
		return
	}
	wanted := parse(t, expand(cmpOr(want.json, "{}"), table))
	if message, ok := wanted.(string); ok {
		if got.message != message {
			t.Errorf("%s:%d: %s %.300s\n got %s %q\nwant %q", file, s.line, s.operation, s.request, got.code, got.message, message)
		}
		return
	}
	if want.code != "" {
		wanted.(map[string]any)["..."] = true
	}
	if why := differs("", parse(t, string(got.body)), wanted); why != "" {
		t.Errorf("%s:%d: %s %.300s\n%s\n got %.2000s\nwant %.2000s", file, s.line, s.operation, s.request, why, got.body, want.json)
	}
}

func cmpOr(a, b string) string {
	if strings.TrimSpace(a) == "" {
		return b
	}
	return a
}

func parse(t testing.TB, text string) any {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		t.Fatalf("%v in %.500s", err, text)
	}
	return v
}

// differs says where got is not what is wanted; empty: nowhere.
func differs(path string, got, want any) string {
	if want == "<any>" {
		return ""
	}
	switch want := want.(type) {
	case map[string]any:
		got, ok := got.(map[string]any)
		if !ok {
			return path + ": not an object"
		}
		return differsObject(path, got, want)
	case []any:
		got, ok := got.([]any)
		if !ok {
			return path + ": not a list"
		}
		unordered := len(want) > 0 && want[0] == "<unordered>"
		if unordered {
			want = want[1:]
		}
		if len(got) != len(want) {
			return fmt.Sprintf("%s: %d entries, want %d", path, len(got), len(want))
		}
		if unordered || strings.HasSuffix(path, "SS") || strings.HasSuffix(path, "NS") || strings.HasSuffix(path, "BS") {
			got, want = sorted(got), sorted(want)
		}
		for i := range want {
			if why := differs(fmt.Sprintf("%s[%d]", path, i), got[i], want[i]); why != "" {
				return why
			}
		}
		return ""
	case json.Number:
		g, ok := got.(json.Number)
		a, _ := want.Float64()
		b, _ := g.Float64()
		if !ok || a != b {
			return fmt.Sprintf("%s: %v, want %v", path, got, want)
		}
		return ""
	}
	if !reflect.DeepEqual(got, want) {
		return fmt.Sprintf("%s: %v, want %v", path, got, want)
	}
	return ""
}

func differsObject(path string, got, want map[string]any) string {
	_, open := want["..."]
	for name, w := range want {
		if name == "..." {
			continue
		}
		g, ok := got[name]
		if !ok {
			return path + "." + name + " is missing"
		}
		if why := differs(path+"."+name, g, w); why != "" {
			return why
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok && !open {
			return path + "." + name + " is not wanted"
		}
	}
	return ""
}

func sorted(list []any) []any {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b any) int { return strings.Compare(text(a), text(b)) })
	return list
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // it was parsed from JSON
	}
	return string(b)
}

func TestEmbeddedStoreConforms(t *testing.T) { runScripts(t, embedded(t)) }
