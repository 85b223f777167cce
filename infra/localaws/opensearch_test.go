package localaws_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/localawstest"
)

// domain asks a domain in the name of one caller.
type domain struct {
	*localawstest.Local
	by localawstest.Credentials
}

// ask sends a request whose target is path as it stands.
func (d domain) ask(t testing.TB, method, path, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, d.URL, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	raw, query, _ := strings.Cut(path, "?")
	r.URL.RawPath, r.URL.RawQuery = raw, query
	if r.URL.Path, err = url.PathUnescape(raw); err != nil {
		t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	status, answer := d.Do(t, r, []byte(body), d.by, "es")
	return status, string(answer)
}

// want asks for what must be answered with status and a text that has said.
func (d domain) want(t testing.TB, status int, said, method, path, body string) {
	t.Helper()
	if got, answer := d.ask(t, method, path, body); got != status || !strings.Contains(answer, said) {
		t.Errorf("%s %s %s: got %d %s, want %d %s", method, path, body, got, answer, status, said)
	}
}

// searcher is a session of a role that may read the search and the documents of its own index.
func searcher(t testing.TB, l *localawstest.Local) domain {
	t.Helper()
	l.Load(t, notes)
	return domain{l, l.Session(t, l.RoleCredentials(t, "NotesService", "task"), "NotesReader", "acme", map[string]string{"TenantID": "acme"})}
}

func TestDomainAnswersItsOwner(t *testing.T) {
	d := domain{localawstest.Start(t), localawstest.Root}
	d.want(t, 200, `"green"`, "GET", "/_cluster/health", "")
	d.want(t, 404, "", "HEAD", "/notes", "")
	d.want(t, 200, `"acknowledged":true`, "PUT", "/notes", `{"settings":{"number_of_replicas":0},"mappings":{"properties":{"text":{"type":"text"}}}}`)
	d.want(t, 200, "", "HEAD", "/notes", "")
	d.want(t, 200, `"number_of_replicas":"0"`, "GET", "/notes/", "")
	d.want(t, 200, `{"notes":{"mappings":{"properties":{"text":{"type":"text"}}}}}`, "GET", "/notes/_mapping", "")
	d.want(t, 201, `"result":"created"`, "PUT", "/notes/_doc/a%2Fb", `{"text":"a red ship"}`)
	d.want(t, 200, `"forced_refresh":true`, "PUT", "/notes/_doc/a%2Fb?refresh=true", `{"text":"a red ship"}`)
	d.want(t, 200, `"_version":2`, "GET", "/notes/_doc/a%2Fb", "")
	d.want(t, 200, "", "HEAD", "/notes/_doc/a%2Fb", "")
	d.want(t, 200, `"_id":"a/b"`, "GET", "/notes/_search", `{"query":{"match":{"text":"RED"}}}`)
	d.want(t, 200, `"_id":"a/b"`, "POST", "/notes/_search/", `{"query":{"match":{"text":"RED"}}}`)
	d.Restart(t)
	d.want(t, 200, `"_id":"a/b"`, "GET", "/notes/_search", "")
	d.want(t, 200, `"result":"deleted"`, "DELETE", "/notes/_doc/a%2Fb?refresh=wait_for", "")
	d.want(t, 404, `"found":false`, "GET", "/notes/_doc/a%2Fb", "")
	d.want(t, 200, `"acknowledged":true`, "DELETE", "/notes", "")
	d.want(t, 404, `"index_not_found_exception"`, "GET", "/notes/_search", "")
}

// TestDomainRefusesAsOpenSearchDoes: the texts are those of OpenSearch 3.3.0.
func TestDomainRefusesAsOpenSearchDoes(t *testing.T) {
	d := domain{localawstest.Start(t), localawstest.Root}
	d.want(t, 200, "", "PUT", "/i", "")
	d.want(t, 400, `{"error":"no handler found for uri [/i/_foo] and method [GET]"}`, "GET", "/i/_foo?x=1", "")
	for _, path := range []string{"/", "/_all/_search", "/i/_bulk", "/i/_mget", "/i/_msearch", "/i/_doc", "/i/_doc/1/2", "/i/_alias/b", "/i/_settings", "/i/_search/template"} {
		d.want(t, 400, `{"error":"no handler found for uri [`+path+`] and method [PUT]"}`, "PUT", path, "{}")
	}
	for _, path := range []string{"/_search", "/_bulk", "/_all", "/_aliases"} {
		d.want(t, 400, `{"error":"no handler found for uri [`+path+`] and method [GET]"}`, "GET", path, "{}")
		d.want(t, 400, "invalid_index_name_exception", "PUT", path, "{}")
	}
	d.want(t, 405, `{"error":"Incorrect HTTP method for uri [/i/_search] and method [PUT], allowed: [GET, POST]","status":405}`, "PUT", "/i/_search", "")
	d.want(t, 405, `allowed: [PUT, DELETE, HEAD, POST, GET]`, "PATCH", "/i/_doc/1", "")
	d.want(t, 400, `request [/i/_search] contains unrecognized parameter: [x]`, "GET", "/i/_search?x=1", "")
	d.want(t, 400, `request [/i/_search] contains unrecognized parameters: [source], [source_content_type]`, "GET", "/i/_search?source_content_type=application/json&source=x", "")
	d.want(t, 400, `Unknown value for refresh: [x].`, "PUT", "/i/_doc/1?refresh=x", `{}`)
	d.want(t, 400, `unrecognized parameter: [refresh]`, "GET", "/i/_doc/1?refresh=true", "")
	d.want(t, 400, `"parsing_exception"`, "GET", "/i/_search", `{"query":{"terms":{"f":{"index":"j","id":"1","path":"p"}}}}`)
	d.want(t, 404, `no such index [i,j]`, "GET", "/i,j/_search", "")
	d.want(t, 404, `no such index [i*]`, "GET", "/i*/_search", "")
	for contentType, status := range map[string]int{"": 406, "text/plain": 406, "application/yaml": 406, "application/x-ndjson": 406, "Application/JSON; charset=utf-8": 200} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.URL+"/i/_search", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		if contentType != "" {
			r.Header.Set("Content-Type", contentType)
		}
		got, answer := d.Do(t, r, []byte("{}"), d.by, "es")
		if said := "Content-Type header [" + contentType + "] is not supported"; got != status || status == 406 && !strings.Contains(string(answer), said) {
			t.Errorf("a body with Content-Type %q: got %d %s, want %d", contentType, got, answer, status)
		}
	}
}

// TestResourceIsThePathAsItWasSent: what is decided is logged, so the log shows action and resource.
func TestResourceIsThePathAsItWasSent(t *testing.T) {
	l := localawstest.Start(t)
	d := domain{l, localawstest.Root}
	for _, sent := range []struct{ method, path, action, resource string }{
		{"GET", "/yellow-s/_search", "es:ESHttpGet", "yellow-s/_search"},
		{"GET", "/yellow-s/_search/", "es:ESHttpGet", "yellow-s/_search/"},
		{"GET", "/yellow-s,blue-s/_search", "es:ESHttpGet", "yellow-s,blue-s/_search"},
		{"GET", "/yellow*/_search", "es:ESHttpGet", "yellow*/_search"},
		{"GET", "/_search?index=blue-s", "es:ESHttpGet", "_search"},
		{"POST", "/yellow-s/_search", "es:ESHttpPost", "yellow-s/_search"},
		{"PUT", "/yellow-s/_doc/..%2F..%2Fblue-s%2F_doc%2F1", "es:ESHttpPut", "yellow-s/_doc/..%2F..%2Fblue-s%2F_doc%2F1"},
		{"DELETE", "/yellow-s", "es:ESHttpDelete", "yellow-s"},
		{"DELETE", "/yellow-s/", "es:ESHttpDelete", "yellow-s/"},
		{"HEAD", "/", "es:ESHttpHead", ""},
		{"PATCH", "/x", "es:ESHttpPatch", "x"},
	} {
		l.ResetLog()
		d.ask(t, sent.method, sent.path, "")
		entries := l.Entries(t)
		last := entries[len(entries)-1]
		if last.Action != sent.action || last.Resource != "arn:aws:es:us-east-1:000000000000:domain/test/"+sent.resource {
			t.Errorf("%s %s: logged %s on %s", sent.method, sent.path, last.Action, last.Resource)
		}
	}
}

func TestPathThatTwoReadersReadInTwoWaysIsRefused(t *testing.T) {
	l := localawstest.Start(t)
	d := domain{l, localawstest.Root}
	d.want(t, 200, "", "PUT", "/i", "")
	d.want(t, 200, "", "GET", "/i/_search", "")
	for _, path := range []string{
		"/i,j%2Ck/_search", "/i%2cj/_search", "/%69/_search", "/i/%5Fsearch", "/%3Ci%3E/_search", "/i%252Cj/_search", "//i/_search", "/i//_search",
		"/i/_search//", "/j/../i/_search", "/./i/_search", "/i/_search/.", "/i/_search/..", "/i;j/_search", "/i%20j/_search", "/é/_search", "/%C3%A9/_search", `/i\j/_search`,
		"/i/_doc/%61", "/i/_doc/%2f", "/i/_doc/a:b", "/i/_doc/a+b", "/i/_doc/..", "/i/_doc/%2E%2E", "/i/_doc/%FF", "/i/_doc%2F1", "/i/_doc/a%2Fb/c", "/i/_create/%2F",
		"/i/_search?q=é", "/i/_search?a=[1]", "/i/_doc/1?refresh=true&refresh=false", "/i/_doc/1?refresh=true&%72efresh=false",
	} {
		l.ResetLog()
		d.want(t, 400, `{"message":"`, "GET", path, "")
		refused(t, l, l.Entries(t)[0].Code)
	}
	d.want(t, 400, "A POST has no query string", "POST", "/i/_search?size=1", "")
}

// TestTargetThatIsNoPathIsRefused: net/http would read a Host and a path out of it, or encode the path.
func TestTargetThatIsNoPathIsRefused(t *testing.T) {
	server, err := localaws.New(localaws.Config{Data: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	l := localawstest.Start(t)
	for target, want := range map[string]int{"/i": 404, "/i/_doc/a%22b": 404, `/i/_doc/a"b`: 400, "http://localhost/i": 421} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
		r.Host = "localhost"
		if err := l.Sign(r, nil, localawstest.Root, "es"); err != nil {
			t.Fatal(err)
		}
		answer := httptest.NewRecorder()
		server.ServeHTTP(answer, r)
		if answer.Code != want {
			t.Errorf("%s: got %d %s, want %d", target, answer.Code, answer.Body, want)
		}
	}
}

// TestPresignedRequestIsRefused: its query would go on to OpenSearch.
func TestPresignedRequestIsRefused(t *testing.T) {
	l := localawstest.Start(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, l.URL+"/_cluster/health?X-Amz-Expires=60", nil)
	if err != nil {
		t.Fatal(err)
	}
	hash := sha256.Sum256(nil)
	link, _, err := v4.NewSigner().PresignHTTP(t.Context(), aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, r, hex.EncodeToString(hash[:]), "es", l.Region, l.Now())
	if err != nil {
		t.Fatal(err)
	}
	if r, err = http.NewRequestWithContext(t.Context(), http.MethodGet, link, nil); err != nil {
		t.Fatal(err)
	}
	if status, answer := localawstest.Send(t, r); status != 400 || !strings.Contains(string(answer), "in the header Authorization") {
		t.Errorf("got %d %s", status, answer)
	}
	domain{l, localawstest.Root}.want(t, 200, "green", "GET", "/_cluster/health", "")
}

func TestMethodWithoutAPermissionIsRefusedBeforeAnything(t *testing.T) {
	l := localawstest.Start(t)
	for _, method := range []string{"OPTIONS", "TRACE", "LINK", "get"} {
		r, err := http.NewRequestWithContext(t.Context(), method, l.URL+"/i/_search", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=nobody/20260101/us-east-1/es/aws4_request, SignedHeaders=host, Signature=0")
		if status, answer := localawstest.Send(t, r); status != 405 {
			t.Errorf("%s: got %d %s, want 405", method, status, answer)
		}
	}
}

// TestNothingButTheMethodSaysTheMethod sends headers and parameters by which some servers are told another one.
func TestNothingButTheMethodSaysTheMethod(t *testing.T) {
	l := localawstest.Start(t)
	d := domain{l, localawstest.Root}
	d.want(t, 200, "", "PUT", "/i", "")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, l.URL+"/i", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"X-Http-Method-Override", "X-Http-Method", "X-Method-Override"} {
		r.Header.Set(name, "DELETE")
	}
	if status, answer := l.Do(t, r, nil, localawstest.Root, "es"); status != 200 {
		t.Errorf("got %d %s", status, answer)
	}
	d.want(t, 400, "unrecognized parameter: [_method]", "GET", "/i?_method=DELETE", "")
	d.want(t, 200, "", "HEAD", "/i", "")
}

func TestSessionSearchesItsOwnIndexAlone(t *testing.T) {
	l := localawstest.Start(t)
	root, acme := domain{l, localawstest.Root}, searcher(t, l)
	for _, index := range []string{"acme-notes", "globex-notes", "acme2-notes"} {
		root.want(t, 201, "", "PUT", "/"+index+"/_doc/1", `{"text":"of `+index+`"}`)
	}
	acme.want(t, 200, "of acme-notes", "GET", "/acme-notes/_search", `{"query":{"match":{"text":"of"}}}`)
	for _, denied := range [][2]string{
		{"GET", "/globex-notes/_search"}, {"GET", "/acme2-notes/_search"}, {"GET", "/acme-notes,globex-notes/_search"}, {"GET", "/acme*/_search"}, {"GET", "/_all/_search"},
		{"GET", "/_search"}, {"GET", "/acme-notes"}, {"GET", "/acme-notes/_doc/1"}, {"GET", "/acme-notes/_search/"}, {"POST", "/acme-notes/_search"},
		{"PUT", "/acme-notes/_doc/2"}, {"DELETE", "/acme-notes"}, {"HEAD", "/acme-notes/_search"},
	} {
		status, answer := acme.ask(t, denied[0], denied[1], "")
		said := fmt.Sprintf(`{"Message":"User: arn:aws:sts::000000000000:assumed-role/NotesReader/acme is not authorized to perform: es:ESHttp%s because no identity-based policy allows the es:ESHttp%[1]s action"}`,
			denied[0][:1]+strings.ToLower(denied[0][1:]))
		if status != 403 || denied[0] != "HEAD" && localawstest.WithoutAuthorizationID(answer) != said {
			t.Errorf("%v: got %d %s, want 403 %s", denied, status, answer, said)
		}
	}
	root.want(t, 200, `"value":1`, "GET", "/acme-notes/_search", "")
}

func TestSignatureOfOpenSearchServiceIsVerified(t *testing.T) {
	l := localawstest.Start(t)
	domain{l, localawstest.Root}.want(t, 200, "", "PUT", "/i", "")
	for name, test := range map[string]struct {
		service string
		change  func(*http.Request)
		status  int
		said    string
	}{
		"as it is":           {"es", func(*http.Request) {}, 200, `"hits"`},
		"another path":       {"es", func(r *http.Request) { r.URL.Path = "/j/_search" }, 403, `{"message":"The request signature`},
		"another query":      {"es", func(r *http.Request) { r.URL.RawQuery = "q=x" }, 403, `{"message":"The request signature`},
		"another method":     {"es", func(r *http.Request) { r.Method = "POST" }, 403, `{"message":"The request signature`},
		"of Serverless":      {"aoss", func(*http.Request) {}, 403, "aoss"},
		"of another service": {"dynamodb", func(*http.Request) {}, 403, "Credential should be scoped to correct service"},
		"gzip":               {"es", func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }, 400, "Content-Encoding"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, l.URL+"/i/_search", nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Sign(r, nil, localawstest.Root, test.service); err != nil {
			t.Fatal(err)
		}
		test.change(r)
		if status, answer := localawstest.Send(t, r); status != test.status || !strings.Contains(string(answer), test.said) {
			t.Errorf("%s: got %d %s, want %d %s", name, status, answer, test.status, test.said)
		}
	}
}

func TestDomainHasTheNameThatIsConfigured(t *testing.T) {
	for name, wrong := range map[string]bool{"": false, "orders-2": false, "a": true, "Test": true, "a*b": true, "test/x": true, strings.Repeat("a", 29): true} {
		server, err := localaws.New(localaws.Config{Data: t.TempDir(), SearchDomain: name})
		if (err != nil) != wrong {
			t.Errorf("SearchDomain %q: %v", name, err)
		}
		if err == nil {
			_ = server.Close()
		}
	}
}

func TestBodiesOfADomainAreBounded(t *testing.T) {
	d := domain{localawstest.Start(t), localawstest.Root}
	for size, status := range map[int]int{256 << 10: 201, 256<<10 + 1: 413} {
		d.want(t, status, "", "PUT", fmt.Sprintf("/i/_doc/%d", size), `{"k":"`+string(slices.Repeat([]byte("a "), size/2-4))+strings.Repeat("b", size%2)+`"}`)
	}
}
