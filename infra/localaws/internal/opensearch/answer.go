package opensearch

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/es"
	"example.com/shiptrack/infra/localaws/internal/es/fault"
)

// asked is a request to an endpoint.
type asked struct {
	*Service
	index, id string
	body      []byte
	refresh   bool // the answer says that it was refreshed
}

// endpoint answers the requests to paths of one form.
type endpoint struct {
	methods    []string // in OpenSearch's order
	parameters []string // of the query, that a write may have
	answer     map[string]func(asked) (es.Answer, error)
}

// endpoints are known by what a path has behind its index. {id} stands for any id.
var endpoints = map[string]endpoint{
	"": {[]string{"PUT", "DELETE", "HEAD", "GET"}, nil, map[string]func(asked) (es.Answer, error){
		"PUT":    func(a asked) (es.Answer, error) { return a.indexes.CreateIndex(a.index, a.body) },
		"DELETE": func(a asked) (es.Answer, error) { return a.indexes.DeleteIndex(a.index) },
		"HEAD":   func(a asked) (es.Answer, error) { return a.indexes.GetIndex(a.index) },
		"GET":    func(a asked) (es.Answer, error) { return a.indexes.GetIndex(a.index) },
	}},
	"_mapping": {[]string{"GET"}, nil, map[string]func(asked) (es.Answer, error){
		"GET": func(a asked) (es.Answer, error) { return a.indexes.GetMapping(a.index) },
	}},
	"_search": {[]string{"GET", "POST"}, nil, map[string]func(asked) (es.Answer, error){
		"GET":  func(a asked) (es.Answer, error) { return a.indexes.Search(a.index, a.body) },
		"POST": func(a asked) (es.Answer, error) { return a.indexes.Search(a.index, a.body) },
	}},
	"_doc/{id}": {[]string{"PUT", "DELETE", "HEAD", "POST", "GET"}, []string{"refresh"}, map[string]func(asked) (es.Answer, error){
		"PUT":    asked.put,
		"DELETE": asked.remove,
		"HEAD":   func(a asked) (es.Answer, error) { return a.indexes.Get(a.index, a.id) },
		"POST":   asked.put,
		"GET":    func(a asked) (es.Answer, error) { return a.indexes.Get(a.index, a.id) },
	}},
}

// health is the endpoint that says whether the domain answers. It is no index's.
var health = endpoint{[]string{"GET"}, nil, map[string]func(asked) (es.Answer, error){
	"GET": func(asked) (es.Answer, error) {
		return es.Answer{Status: http.StatusOK, Body: map[string]any{"cluster_name": "localaws", "status": "green", "timed_out": false, "number_of_nodes": 1}}, nil
	},
}}

func (a asked) put() (es.Answer, error) { return a.refreshed(a.indexes.Put(a.index, a.id, a.body)) }

func (a asked) remove() (es.Answer, error) { return a.refreshed(a.indexes.Delete(a.index, a.id)) }

func (a asked) refreshed(answer es.Answer, err error) (es.Answer, error) {
	if a.refresh {
		answer = answer.Refreshed()
	}
	return answer, err
}

// find returns the endpoint of a request. A path without an index has none: it would be about all of them.
func find(method string, segments []string) (endpoint, bool) {
	switch {
	case slices.Equal(segments, []string{"_cluster", "health"}):
		return health, true
	case len(segments) == 1 && method == http.MethodPut:
		return endpoints[""], true // which refuses the name
	case len(segments) == 0 || strings.HasPrefix(segments[0], "_"):
		return endpoint{}, false
	case len(segments) == 3 && segments[1] == "_doc":
		return endpoints["_doc/{id}"], true
	}
	e, ok := endpoints[strings.Join(segments[1:], "/")]
	return e, ok
}

// answer answers a request that was allowed.
func (s *Service) answer(req *api.Request, r *Reading) (*api.Response, error) {
	e, known := find(req.HTTP.Method, r.Segments)
	answer := e.answer[req.HTTP.Method]
	switch {
	case !known:
		return write(http.StatusBadRequest, map[string]any{
			"error": fmt.Sprintf("no handler found for uri [%s] and method [%s]", req.HTTP.Path, req.HTTP.Method),
		}), nil
	case answer == nil:
		return e.wrongMethod(req.HTTP), nil
	case len(req.Body) > 0 && !IsJSON(req.Header.Get("Content-Type")):
		return write(http.StatusNotAcceptable, map[string]any{
			"error": fmt.Sprintf("Content-Type header [%s] is not supported", req.Header.Get("Content-Type")), "status": http.StatusNotAcceptable,
		}), nil
	}
	a := asked{Service: s, body: req.Body}
	if len(r.Segments) > 0 {
		a.index, a.id = r.Segments[0], r.Segments[len(r.Segments)-1]
	}
	var answered es.Answer
	var err error
	if a.refresh, err = readParameters(e, req.HTTP, r.Form); err == nil {
		answered, err = answer(a)
	}
	if f, ok := errors.AsType[*fault.Fault](err); ok {
		return write(f.Status, f.Body()), nil
	}
	if err != nil {
		return nil, err
	}
	return write(answered.Status, answered.Body), nil
}

// target is what was asked for, as OpenSearch repeats it.
func target(r *api.HTTP) string {
	if r.Query != "" {
		return r.Path + "?" + r.Query
	}
	return r.Path
}

func (e endpoint) wrongMethod(r *api.HTTP) *api.Response {
	response := write(http.StatusMethodNotAllowed, map[string]any{
		"error":  fmt.Sprintf("Incorrect HTTP method for uri [%s] and method [%s], allowed: [%s]", target(r), r.Method, strings.Join(e.methods, ", ")),
		"status": http.StatusMethodNotAllowed,
	})
	response.Header.Set("Allow", strings.Join(e.methods, ","))
	return response
}

// IsJSON reports whether a Content-Type is that of JSON, whatever its parameters say: JSON has one encoding here.
func IsJSON(contentType string) bool {
	mediaType, _, _ := strings.Cut(contentType, ";")
	return strings.EqualFold(strings.TrimSpace(mediaType), "application/json")
}

// readParameters reads the query. A document is found by the next search, so that refresh changes the answer alone.
func readParameters(e endpoint, r *api.HTTP, form *api.Form) (refresh bool, err error) {
	if slices.Contains(e.parameters, "refresh") && r.Method != http.MethodGet && r.Method != http.MethodHead {
		value, given := form.Take("refresh")
		switch value {
		case "", "true":
			refresh = given
		case "false", "wait_for":
		default:
			return false, fault.Illegal("Unknown value for refresh: [%s].", value)
		}
	}
	switch unknown := form.Unread(); len(unknown) {
	case 0:
		return refresh, nil
	case 1:
		return false, fault.Illegal("request [%s] contains unrecognized parameter: [%s]", r.Path, unknown[0])
	default:
		return false, fault.Illegal("request [%s] contains unrecognized parameters: [%s]", r.Path, strings.Join(unknown, "], ["))
	}
}

const contentType = "application/json; charset=UTF-8"

func write(status int, body any) *api.Response {
	text, err := json.Marshal(body, json.Deterministic(true))
	if err != nil {
		panic(err) // what was read was checked to be text
	}
	return &api.Response{Status: status, Header: http.Header{"Content-Type": {contentType}}, Body: text}
}
