package upstream_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/internal/sigv4"
	"example.com/shiptrack/infra/localaws/localawstest"
)

// search is a gateway in front of an OpenSearch.
type search struct {
	testing.TB
	gateway *localawstest.Local
}

func searchAt(t testing.TB, at string, guard bool) search {
	t.Helper()
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	g := localawstest.StartWith(t, localaws.Config{Upstreams: map[string]*url.URL{"es": u}, SearchGuard: guard})
	g.Load(t, os.DirFS("../../localawstest/testdata/notes"))
	return search{t, g}
}

func (s search) ask(by localawstest.Credentials, method, target, text string, headers ...string) answered {
	s.Helper()
	if text != "" {
		headers = append([]string{"Content-Type", "application/json"}, headers...)
	}
	r := request(s, s.gateway, method, target, strings.NewReader(text), headers...)
	if err := s.gateway.Sign(r, []byte(text), by, "es"); err != nil {
		s.Fatal(err)
	}
	return sent(r)
}

func (s search) want(status int, said, method, target, text string, headers ...string) {
	s.Helper()
	if got := s.ask(localawstest.Root, method, target, text, headers...); got.err != nil || got.status != status || !strings.Contains(got.body, said) {
		s.Errorf("%s %s %s: got %d %s %v, want %d %s", method, target, text, got.status, got.body, got.err, status, said)
	}
}

// came is a request as it reached the upstream.
type came struct {
	target, body string
	header       http.Header
	err          error // of the signature
}

// recording answers as the handler does, and keeps what came.
type recording struct {
	mu      sync.Mutex
	all     []came
	handler http.HandlerFunc
}

func (f *recording) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err == nil {
		_, err = sigv4.Verify(r, body, sigv4.Options{Now: time.Now(), Secret: func(string, string) (*sigv4.Secret, error) { return sigv4.NewSecret("test"), nil }})
	}
	f.mu.Lock()
	f.all = append(f.all, came{r.Method + " " + r.RequestURI, string(body), r.Header.Clone(), err})
	f.mu.Unlock()
	f.handler(w, r)
}

func (f *recording) last(t testing.TB) came {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.all) == 0 {
		t.Fatal("nothing came")
	}
	return f.all[len(f.all)-1]
}

func startRecording(t testing.TB, handler http.HandlerFunc) (*recording, string) {
	t.Helper()
	f := &recording{handler: handler}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	return f, server.URL
}

func TestOpenSearchGetsTheSameBytes(t *testing.T) {
	f, at := startRecording(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/yaml")
		w.Header().Set("X-Opensearch-Version", "OpenSearch/3.3.0 (opensearch)")
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, " an answer\n")
	})
	s := searchAt(t, at, false)
	for _, sent := range []struct{ method, target, body string }{
		{"GET", "/a-notes/_search", "{\"query\" : {\"match_all\":{ }}}\n"},
		{"GET", "/a-notes,b*/_search/", "{}"},
		{"PUT", "/a-notes/_doc/..%2F%C3%A9%20x?refresh=wait_for&routing=a%2Bb+c", "{\"a\":\"\u00e9\"}"},
		{"POST", "/a-notes/_bulk", "{\"index\":{}}\n{}\n"},
		{"DELETE", "/a-notes", ""},
		{"HEAD", "/", ""},
		{"PATCH", "/x", ""},
	} {
		got := s.ask(localawstest.Root, sent.method, sent.target, sent.body, "X-Http-Method-Override", "DELETE", "Accept-Encoding", "gzip", "Cookie", "a=b")
		last := f.last(t)
		if last.target != sent.method+" "+sent.target || last.body != sent.body || last.err != nil {
			t.Errorf("%s %s %q: came %q %q %v", sent.method, sent.target, sent.body, last.target, last.body, last.err)
		}
		for name := range last.header {
			if !strings.Contains(" Accept-Encoding Authorization Content-Length Content-Type User-Agent X-Amz-Content-Sha256 X-Amz-Date ", " "+name+" ") {
				t.Errorf("the header %s came: %v", name, last.header)
			}
		}
		if got.status != 418 || sent.method != "HEAD" && got.body != " an answer\n" || got.header.Get("Content-Type") != "application/yaml" || got.header.Get("X-Opensearch-Version") == "" {
			t.Errorf("%s %s: got %d %q %v", sent.method, sent.target, got.status, got.body, got.header)
		}
	}
}

func TestNothingDeniedReachesOpenSearch(t *testing.T) {
	f, at := startRecording(t, func(http.ResponseWriter, *http.Request) {})
	s := searchAt(t, at, false)
	yellow := sessionOf(t, s.gateway, "yellow")
	for line, status := range map[string]int{"GET /blue-notes/_search": 403, "POST /yellow-notes/_search": 403, "GET /yellow-notes,blue-notes/_search": 403, "GET /yellow-notes%2Cblue-notes/_search": 400, "GET /x/../yellow-notes/_search": 400} {
		method, target, _ := strings.Cut(line, " ")
		if got := s.ask(yellow, method, target, "{}"); got.status != status || len(f.all) > 0 {
			t.Errorf("%s: got %d %s, and %d came", line, got.status, got.body, len(f.all))
		}
	}
	if got := s.ask(yellow, "GET", "/yellow-notes/_search", "{}"); got.status != 200 || len(f.all) != 1 {
		t.Errorf("control: got %d %s, and %d came", got.status, got.body, len(f.all))
	}
}

func TestOpenSearchAwayOrBrokenIsARetryableError(t *testing.T) {
	away := httptest.NewServer(http.NotFoundHandler())
	away.Close()
	ready := func(s search) int {
		response, err := http.Get(s.gateway.URL + "/_localaws/ready")
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		return response.StatusCode
	}
	s := searchAt(t, away.URL, false)
	s.want(503, `{"message":"Service Unavailable"}`, "GET", "/i/_search", "{}")
	if last := logged(t, s.gateway); last.Code != "ServiceUnavailable" || !strings.Contains(last.Reason, "connection refused") {
		t.Errorf("logged %+v, want why", last)
	}
	if got := ready(s); got != 503 {
		t.Errorf("ready: %d, want 503", got)
	}
	for name, answer := range map[string]http.HandlerFunc{
		"reset": reset, "garbage": raw("what?\r\n\r\n"), "without an end": raw("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhalf"),
		"another protocol": raw("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"),
	} {
		_, at := startRecording(t, answer)
		s := searchAt(t, at, false)
		s.want(500, `{"message":"Internal Server Error"}`, "GET", "/i/_search", "{}")
		if last := logged(t, s.gateway); last.Code != "InternalServerError" || last.Reason == "" {
			t.Errorf("%s: logged %+v, want why", name, last)
		}
	}
	_, at := startRecording(t, raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it"))
	if got := searchAt(t, at, false).ask(localawstest.Root, "GET", "/i/_search", ""); got.err == nil {
		t.Errorf("half an answer: got %d %q, want a broken connection", got.status, got.body)
	}
	whole := searchAt(t, localawstest.Start(t).URL, false)
	whole.want(404, "index_not_found_exception", "GET", "/i/_search", "{}")
	if got := ready(whole); got != 200 {
		t.Errorf("control: ready: %d, want 200", got)
	}
}

func TestBodiesForOpenSearchAreBounded(t *testing.T) {
	f, at := startRecording(t, func(http.ResponseWriter, *http.Request) {})
	s := searchAt(t, at, false)
	s.want(200, "", "PUT", "/i/_doc/1", strings.Repeat(" ", 10<<20))
	s.want(413, "", "PUT", "/i/_doc/1", strings.Repeat(" ", 10<<20+1))
	if len(f.all) != 1 {
		t.Errorf("%d came, want 1", len(f.all))
	}
}

// TestGuardRefusesBodiesThatNameAnotherIndex: each passes without the guard.
func TestGuardRefusesBodiesThatNameAnotherIndex(t *testing.T) {
	f, at := startRecording(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") })
	open, guarded := searchAt(t, at, false), searchAt(t, at, true)
	for _, sent := range [][3]string{
		{"GET", "/i/_search", `{"query":{"terms":{"f":{"index":"j","id":"1","path":"p"}}}}`},
		{"GET", "/i/_search", `{"query":{"terms":{"f":{"\u0069ndex":"j","id":"1","path":"p"}}}}`},
		{"GET", "/i/_search", `{"query":{"bool":{"must":[{"more_like_this":{"like":[{"_index":"j","_id":"1"}]}}]}}}`},
		{"GET", "/i/_search", `{"query":{"more_like_this":{"like":{"_id":"1"}}}}`},
		{"GET", "/i/_search", `{"query":{"more_like_this":{"unlike":["a",[{"_id":"1"}]]}}}`},
		{"GET", "/i/_search", `{"query":{"percolate":{"field":"q","index":"j","id":"1"}}}`},
		{"GET", "/i/_search", `{"query":{"geo_shape":{"g":{"indexed_shape":{"id":"1"}}}}}`},
		{"GET", "/i/_search", `{"indices_boost":[{"j":2}]}`},
		{"GET", "/i/_search", `{"pit":{"id":"x"}}`},
		{"GET", "/i/_search", `{"query":{"wrapper":{"query":"e30="}}}`},
		{"GET", "/i/_search", `{"collapse":{"field":"f","inner_hits":{"name":"n","sort":[{"f":{"nested":{"filter":{"terms":{"f":{"index":"j"}}}}}}]}}}`},
		{"GET", "/i/_search", `{"suggest":{"s":{"phrase":{"collate":{"query":{"source":{"terms":{"f":{"index":"j"}}}}}}}}}`},
		{"GET", "/i/_search", `{"a":1} {"b":2}`},
		{"GET", "/i/_search", `{"a":1,"a":2}`},
		{"GET", "/i/_search", `{/* */"a":1}`},
		{"GET", "/i/_search", `[]`},
		{"GET", "/i/_search", `{`},
		{"GET", "/i/_search", "{\x00}"},
		{"GET", "/i/_search?source=%7B%7D&source_content_type=application/json", ""},
		{"GET", "/_search?index=j", ""},
		{"GET", "/i/_mtermvectors", `{"docs":[{"_index":"j","_id":"1"}]}`},
		{"POST", "/i/_search/template", `{"source":"{\"query\":{\"terms\":{\"f\":{\"index\":\"j\"}}}}"}`},
		{"PUT", "/new/", `{"aliases":{"j":{}}}`},
		{"POST", "/i/_bulk", "{\"create\":{}}\n{}\n"},
	} {
		open.want(200, "", sent[0], sent[1], sent[2])
		before := len(f.all)
		guarded.want(400, `{"message":"The request may name another index than its path, which localaws was told to refuse: `, sent[0], sent[1], sent[2])
		if last := logged(t, guarded.gateway); last.Decision != "deny" || last.Code != "GuardedSearch" || last.Action != "" || len(f.all) != before {
			t.Errorf("%v: logged %+v, %d came, want a refusal", sent, last, len(f.all)-before)
		}
	}
	for _, contentType := range []string{"application/yaml", "application/x-ndjson", "application/cbor"} {
		guarded.want(400, "is not JSON", "GET", "/i/_search", "{}", "Content-Type", contentType)
	}
	for _, sent := range [][3]string{
		{"GET", "/i/_search", ""},
		{"GET", "/i/_search", `{"query":{"multi_match":{"query":"index _index pit","fields":["places"]}},"sort":[{"_score":"asc"}]}`},
		{"GET", "/i/_search", `{"query":{"more_like_this":{"fields":["t"],"like":["a text","pit"]}},"search_after":["index",1]}`},
		{"PUT", "/i/_doc/1", `{"index":"a field of a document","aliases":{"a":1}}`},
		{"PUT", "/i", `{"mappings":{"properties":{"t":{"type":"text"}}}}`},
		{"GET", "/i/_doc/1?routing=a", ""},
	} {
		guarded.want(200, "", sent[0], sent[1], sent[2])
	}
}

// TestGuardLooksAtWhatIsAllowedAlone: what IAM denies is a denial.
func TestGuardLooksAtWhatIsAllowedAlone(t *testing.T) {
	_, at := startRecording(t, func(http.ResponseWriter, *http.Request) {})
	s := searchAt(t, at, true)
	yellow := sessionOf(t, s.gateway, "yellow")
	for path, status := range map[string]int{"/blue-notes/_search": 403, "/yellow-notes/_search": 400} {
		if got := s.ask(yellow, "GET", path, `{"pit":{}}`); got.status != status {
			t.Errorf("%s: got %d %s, want %d", path, got.status, got.body, status)
		}
	}
}
