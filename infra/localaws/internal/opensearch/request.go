package opensearch

import (
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/sigv4"
)

// actions are the permissions of the methods (Service Authorization Reference, "Amazon OpenSearch Service").
var actions = map[string]string{
	http.MethodGet: "ESHttpGet", http.MethodHead: "ESHttpHead", http.MethodPost: "ESHttpPost",
	http.MethodPut: "ESHttpPut", http.MethodDelete: "ESHttpDelete", http.MethodPatch: "ESHttpPatch",
}

// IsMethod reports whether OpenSearch Service has a permission for a method.
func IsMethod(method string) bool { return actions[method] != "" }

// Reading is what a request asks for.
type Reading struct {
	Action     string // without its service: ESHttpGet
	Permission api.Permission
	// Segments are those of the path, without an empty last one; the last of INDEX/_doc/ID is decoded. Readers who decode see the
	// same in all others.
	Segments []string
	Form     *api.Form // the query
}

// Read says what a request to a domain asks for. Action and resource come from the method and the path, and from nothing else:
// neither the query nor the body plays a part (OpenSearch Service Developer Guide, "Identity and Access Management"). The resource
// is the path exactly as it was sent, so a path that OpenSearch may read in another way is refused. Errors are an *api.Error, 400.
func Read(req *api.Request, domain string) (*Reading, error) {
	segments, err := splitPath(req.HTTP.Path)
	if err != nil {
		return nil, err
	}
	form, err := readQuery(req.HTTP)
	if err != nil {
		return nil, err
	}
	action := actions[req.HTTP.Method]
	return &Reading{
		Action: action, Segments: segments, Form: form,
		Permission: api.Permission{
			Action:   "es:" + action,
			Resource: "arn:aws:es:" + req.Region + ":" + req.Account + ":domain/" + domain + req.HTTP.Path,
		},
	}, nil
}

func refuse(format string, args ...any) error {
	return api.Errorf(http.StatusBadRequest, "ValidationException", format, args...)
}

const (
	unreserved = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"
	// inPath are the characters of a segment that nobody decodes.
	inPath = unreserved + "!$&'()*+,=:@"
	// inQuery are those of a query string, which is read in one way only.
	inQuery = unreserved + "!$'()*+,/:@%=&"
)

func consistsOf(text, characters string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return !strings.ContainsRune(characters, r) }) < 0
}

// splitPath reads a path in its one canonical form.
func splitPath(path string) ([]string, error) {
	if !strings.HasPrefix(path, "/") {
		return nil, refuse("The request target must be a path.")
	}
	segments := strings.Split(path[1:], "/")
	if segments[len(segments)-1] == "" {
		segments = segments[:len(segments)-1] // a slash at the end is none to OpenSearch
	}
	for i, segment := range segments {
		if i == 2 && len(segments) == 3 && segments[1] == "_doc" {
			id, err := documentID(segment)
			if err != nil {
				return nil, err
			}
			segments[i] = id
			continue
		}
		if segment == "" || segment == "." || segment == ".." || !consistsOf(segment, inPath) {
			return nil, refuse("The path is not canonical: outside the id of a document it has letters, digits and -._~!$&'()*+,=:@ alone, and no empty or dot segment.")
		}
	}
	return segments, nil
}

// documentID decodes the id of a document. Each id has one spelling, so that a policy that names one document names all of its paths.
func documentID(segment string) (string, error) {
	id, err := url.PathUnescape(segment)
	if err != nil || !utf8.ValidString(id) || segment == "." || segment == ".." || sigv4.Encode(id) != segment {
		return "", refuse("The id of the document is not canonical: all but letters, digits and -._~ must be percent-encoded, in capitals, as UTF-8.")
	}
	return id, nil
}

// readQuery refuses a query that is not OpenSearch's alone. A POST has none: the service "ignores parameters passed in URLs for HTTP
// POST requests" that are signed (OpenSearch Service Developer Guide), and OpenSearch itself does not.
func readQuery(r *api.HTTP) (*api.Form, error) {
	if !consistsOf(r.Query, inQuery) {
		return nil, refuse("The query string is not canonical: percent-encode its names and values.")
	}
	if r.Query != "" && r.Method == http.MethodPost {
		return nil, refuse("A POST has no query string: OpenSearch Service ignores its parameters.")
	}
	return api.ParseForm(r.Query)
}
