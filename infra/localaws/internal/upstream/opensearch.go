package upstream

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"slices"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/opensearch"
)

// OpenSearch is a domain of OpenSearch Service that an OpenSearch answers. It is safe for concurrent use.
//
// Path, query and body go on byte for byte: the path is canonical, and the body was signed. What a body may say of other indexes is
// seen by the guard alone.
type OpenSearch struct {
	endpoint *endpoint
	domain   string
	guard    bool
}

var _ api.Service = (*OpenSearch)(nil)

// NewOpenSearch returns a domain at c. With guard it refuses what may name another index than the path (opensearch.Guard). It
// does not connect.
func NewOpenSearch(c Config, domain string, guard bool) (*OpenSearch, error) {
	e, err := newEndpoint("es", c)
	if err != nil {
		return nil, err
	}
	return &OpenSearch{endpoint: e, domain: domain, guard: guard}, opensearch.CheckDomain(domain)
}

// Protocol returns OpenSearch.
func (*OpenSearch) Protocol() api.Protocol { return api.OpenSearch }

// Read says which permission req needs, as the embedded domain does.
func (o *OpenSearch) Read(_ context.Context, req *api.Request) (*api.Call, error) {
	reading, err := opensearch.Read(req, o.domain)
	if err != nil {
		return nil, err
	}
	return &api.Call{
		Operation: reading.Action, Permissions: []api.Permission{reading.Permission},
		Answer: func(ctx context.Context) (*api.Response, error) {
			if o.guard {
				if err := opensearch.Guard(reading, req.Header.Get("Content-Type"), req.Body); err != nil {
					return nil, err
				}
			}
			return o.forward(ctx, req)
		},
	}, nil
}

// searchHeaders are the headers of a request that go on.
var searchHeaders = []string{"Content-Type", "Accept", "Accept-Encoding"}

func (o *OpenSearch) forward(ctx context.Context, req *api.Request) (*api.Response, error) {
	header := http.Header{"User-Agent": {"localaws"}}
	for _, name := range searchHeaders {
		if values := req.Header.Values(name); len(values) > 0 {
			header[name] = slices.Clone(values)
		}
	}
	target := req.HTTP.Path[1:] // the address has the slash
	if req.HTTP.Query != "" {
		target += "?" + req.HTTP.Query
	}
	response, err := o.send(ctx, req.HTTP.Method, target, header, req.Body) //nolint:bodyclose // it is the Stream, which is closed where it is passed on
	if err != nil {
		return nil, inOpenSearch(err)
	}
	return &api.Response{Status: response.StatusCode, Header: answeredHeaders(response.Header), Stream: response.Body}, nil
}

// send sends a request and returns the answer, whose body must be closed. Its errors are failures.
func (o *OpenSearch) send(ctx context.Context, method, target string, header http.Header, body []byte) (*http.Response, error) {
	e := o.endpoint
	response, err := e.exchange(ctx, func(ctx context.Context, _ *deadline) (*http.Request, error) {
		r, err := http.NewRequestWithContext(ctx, method, e.address+target, bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		r.Header = header
		return r, root.Sign(r, body, e.region, e.service, e.now())
	})
	if err != nil {
		return nil, err
	}
	return bounded(response)
}

// Ready returns nil where the upstream answers.
func (o *OpenSearch) Ready(ctx context.Context) error {
	response, err := o.send(ctx, http.MethodGet, "_cluster/health", http.Header{"User-Agent": {"localaws"}}, nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return statusError(o.endpoint, response)
	}
	return nil
}

// inOpenSearch is err with a failure of the upstream as OpenSearch Service words it. Clients try all of them again.
func inOpenSearch(err error) error {
	f, ok := errors.AsType[*failure](err)
	switch {
	case !ok:
		return err
	case f.answer.Status == http.StatusServiceUnavailable:
		return &failure{api.Errorf(http.StatusServiceUnavailable, "ServiceUnavailable", "Service Unavailable"), f.cause}
	case errors.Is(f.cause, errLate):
		return &failure{api.Errorf(http.StatusGatewayTimeout, "GatewayTimeout", "Gateway Timeout"), f.cause}
	}
	return &failure{api.Errorf(http.StatusInternalServerError, "InternalServerError", "Internal Server Error"), f.cause}
}
