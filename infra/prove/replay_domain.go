package prove

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"

	"example.com/shiptrack/infra/localaws"
)

// domainOf is the domain that an ARN names, and the path behind it.
func domainOf(resource string) (name, path string, ok bool) {
	segments := strings.SplitN(resource, ":", 6)
	if len(segments) != 6 || segments[2] != "es" {
		return "", "", false
	}
	rest, ok := strings.CutPrefix(segments[5], "domain/")
	if !ok {
		return "", "", false
	}
	name, path, ok = strings.Cut(rest, "/")
	return name, "/" + path, ok
}

// onDomain is a request for a path of the domain. What it asks for may not exist: IAM decides before that.
func (w *World) onDomain(ctx context.Context, action, resource string) (request, error) {
	method, ok := "", false
	if len(action) > len("ESHttp") && strings.EqualFold(action[:len("ESHttp")], "ESHttp") {
		method, ok = strings.ToUpper(action[len("ESHttp"):]), true
	}
	domain, path, named := domainOf(resource)
	if parsed, err := url.Parse("http://" + host + path); !ok || !named || err != nil || parsed.EscapedPath() != path || parsed.RawQuery != "" || localaws.CheckSearchDomain(domain) != nil {
		return request{}, unsendable("no request of OpenSearch has the path of " + resource)
	}
	index, _, _ := strings.Cut(path[1:], "/")
	// A name that no index can have is refused here, and of no matter: IAM decides before the domain looks for an index.
	if _, err := w.send(ctx, request{by: root, service: "es", method: http.MethodPut, path: "/" + cmp.Or(index, somebody), body: `{"mappings":{"properties":{"note":{"type":"keyword"}}}}`}); err != nil {
		return request{}, err
	}
	sent := request{service: "es", method: method, path: path}
	if method == http.MethodPut || method == http.MethodPost {
		sent.body = `{"note":"replayed"}`
	}
	return sent, nil
}
