package localaws

import (
	"net/http"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/opensearch"
)

// CheckSearchDomain refuses a name that no domain of OpenSearch Service can have.
func CheckSearchDomain(name string) error { return opensearch.CheckDomain(name) }

// isOpenSearch reports whether a request says to be signed for OpenSearch Service.
func isOpenSearch(r *http.Request) bool {
	const scope = "/es/aws4_request"
	return strings.Contains(r.Header.Get("Authorization"), scope) ||
		r.URL.RawQuery != "" && strings.HasSuffix(r.URL.Query().Get("X-Amz-Credential"), scope)
}

// checkOpenSearch refuses what no domain takes, whatever is asked for.
func checkOpenSearch(x *exchange, r *http.Request) error {
	switch {
	case !opensearch.IsMethod(r.Method):
		return refusal(wrongMethod, "OpenSearch Service has no permission for the method of this request: use GET, HEAD, POST, PUT, DELETE or PATCH.")
	case x.link:
		return refusal(malformed, "Sign the request in the header Authorization: the query string of a presigned request would go on to OpenSearch.")
	}
	return nil
}

// sentPath is the path of a request, byte for byte. net/http decodes and encodes it anew; an address in place of a path stays one.
func sentPath(r *http.Request) string {
	path, _, _ := strings.Cut(r.RequestURI, "?")
	return path
}

// openSearchError is the form of OpenSearch Service in front of OpenSearch itself. It spells Message with a capital in denials and in small
// letters elsewhere. The wording is undocumented.
func openSearchError(e *api.Error) []byte {
	if e.Code == spellings[accessDenied].query {
		return mustMarshal(struct{ Message string }{e.Message})
	}
	return mustMarshal(struct {
		Message string `json:"message"`
	}{e.Message})
}
