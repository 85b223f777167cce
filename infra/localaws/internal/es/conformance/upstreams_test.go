//go:build upstreams

package conformance

import (
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"example.com/shiptrack/infra/localaws/localawstest"
)

// opensearch is the real one behind localaws. Its URL stands in an environment variable, without which the test fails.
type opensearch struct {
	domain
	url     string          // to prepare indexes for a comparison
	written map[string]bool // indexes that were written to since they were searched
}

const variable = "OPENSEARCH_URL"

func newOpenSearch(t testing.TB) opensearch {
	t.Helper()
	address := os.Getenv(variable)
	u, err := url.Parse(address)
	if err != nil || address == "" {
		t.Fatalf("%s is not the URL of OpenSearch: %q", variable, address)
	}
	o := opensearch{domain{localawstest.StartGateway(t, map[string]*url.URL{"es": u})}, strings.TrimSuffix(address, "/"), map[string]bool{}}
	// A disk that is nearly full makes its indexes read-only.
	o.prepare(t, http.MethodPut, "/_cluster/settings", `{"persistent":{"cluster.routing.allocation.disk.threshold_enabled":false}}`)
	return o
}

func (opensearch) name() string { return "opensearch" }

// do merges an index before it is searched, so that documents of equal rank stand in the order in which they were written.
func (o opensearch) do(t testing.TB, method, path, body string) (int, []byte) {
	t.Helper()
	index, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if !strings.HasSuffix(strings.TrimSuffix(path, "/"), "/_search") {
		o.written[index] = true
	} else if o.written[index] {
		o.prepare(t, http.MethodPost, "/"+index+"/_forcemerge?max_num_segments=1", "")
		o.prepare(t, http.MethodPost, "/"+index+"/_refresh", "")
		delete(o.written, index)
	}
	status, answer := o.domain.do(t, method, path, body)
	if method == http.MethodPut && path == "/"+index && status == http.StatusOK {
		o.prepare(t, method, path+"/_settings", `{"index":{"refresh_interval":"-1","translog.durability":"async"}}`) // it is faster
	}
	return status, answer
}

// prepare sends a request to OpenSearch itself. An index may be missing.
func (o opensearch) prepare(t testing.TB, method, path, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, o.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	localawstest.Send(t, request)
}

func TestOpenSearchAnswersAsTheScriptsSay(t *testing.T) { runScripts(t, newOpenSearch(t)) }
