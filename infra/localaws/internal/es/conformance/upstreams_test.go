//go:build upstreams

package conformance

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
)

// opensearch is the real one, reached directly. Its URL stands in an environment variable, without which the test fails.
type opensearch struct {
	url     string
	written map[string]bool // indexes that were written to since they were searched
}

const variable = "OPENSEARCH_URL"

func newOpenSearch(t testing.TB) opensearch {
	t.Helper()
	url := os.Getenv(variable)
	if url == "" {
		t.Fatalf("%s is not set: it is the URL of OpenSearch", variable)
	}
	return opensearch{strings.TrimSuffix(url, "/"), map[string]bool{}}
}

func (o opensearch) name() string { return "opensearch" }

// do merges an index before it is searched, so that documents of equal rank stand in the order in which they were written.
func (o opensearch) do(t testing.TB, method, path, body string) (int, []byte) {
	t.Helper()
	index, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if !strings.HasSuffix(path, "/_search") {
		o.written[index] = true
	} else if o.written[index] {
		o.send(t, http.MethodPost, "/"+index+"/_forcemerge?max_num_segments=1", "")
		o.send(t, http.MethodPost, "/"+index+"/_refresh", "")
		delete(o.written, index)
	}
	status, answer := o.send(t, method, path, body)
	if method == http.MethodPut && path == "/"+index && status == http.StatusOK {
		o.send(t, method, path+"/_settings", `{"index":{"refresh_interval":"-1","translog.durability":"async"}}`) // it is faster
	}
	return status, answer
}

func (o opensearch) send(t testing.TB, method, path, body string) (int, []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, o.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, bytes.TrimSpace(answer)
}

func TestOpenSearchAnswersAsTheScriptsSay(t *testing.T) { runScripts(t, newOpenSearch(t)) }
