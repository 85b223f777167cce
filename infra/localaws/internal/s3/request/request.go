// Package request reads requests of S3, by path, query and headers alone. It says which operation a request asks for, on which
// bucket and key, and which permissions it needs. Sub-resources are decided before methods. What it does not know, such as another
// name in the query, is refused as NotImplemented: a request is never read as a known operation with something more.
package request

import (
	"net/http"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/s3/checksum"
)

// Request is what a request says of itself before its body.
type Request struct {
	Method string
	Path   string // escaped, as it was sent: url.URL.EscapedPath
	Query  string // raw
	Header http.Header
	// KeyARN resolves a KMS key id, ARN or alias to the key's ARN, on which policies are evaluated.
	KeyARN func(given string) (string, error)
}

// Reading is a request that was read.
type Reading struct {
	Operation string // S3's name: GetObject
	Bucket    string // empty: ListBuckets
	Key       string // empty: the operation is on the bucket
	Query     Query  // what of the query is the operation's
	Source    *Source
	KMSKey    string // ARN of the key that the headers name; empty: none
	// Permissions must all be allowed. DeleteObjects has none: it names its keys in the body, and each is decided on its own.
	Permissions []api.Permission
}

// Source is the object that a copy reads.
type Source struct {
	Bucket, Key string
	VersionID   string // empty: the newest
}

// Query are the parameters of a request, by name; each is there once.
type Query map[string]string

// Has reports whether the request has a parameter, which may be empty.
func (q Query) Has(name string) bool {
	_, ok := q[name]
	return ok
}

// Read reads r. Errors are *api.Error: NotImplemented where the request asks for what localaws does not know, and 400 where no
// bucket or key could be read without doubt.
func Read(r *Request) (*Reading, error) {
	bucket, key, err := splitPath(r.Path)
	if err != nil {
		return nil, err
	}
	query, err := parseQuery(r.Query)
	if err != nil {
		return nil, err
	}
	if err := checkHeaders(r.Header); err != nil {
		return nil, err
	}
	op, err := find(r, bucket, key, query)
	if err != nil {
		return nil, err
	}
	if has(r.Header, bypass) && !bypasses[op.name] {
		return nil, notImplemented("the header " + bypass + " in " + op.name)
	}
	reading := &Reading{Operation: op.name, Bucket: bucket, Key: key, Query: query}
	return reading, op.permit(r, reading)
}

// level is what a path names.
type level string

const (
	onService level = "service"
	onBucket  level = "bucket"
	onObject  level = "object"
)

func levelOf(bucket, key string) level {
	switch {
	case bucket == "":
		return onService
	case key == "":
		return onBucket
	}
	return onObject
}

// find returns the operation that method, sub-resource and copy source name, if it takes the whole query.
func find(r *Request, bucket, key string, query Query) (*operation, error) {
	sub := ""
	for name := range query {
		if !subresources[name] {
			continue
		}
		if sub != "" {
			return nil, notImplemented("two sub-resources")
		}
		sub = name
	}
	where := place{levelOf(bucket, key), r.Method, sub, has(r.Header, copySource)}
	op, known := operations[where]
	if !known && !methods[r.Method] {
		return nil, api.Errorf(http.StatusMethodNotAllowed, "MethodNotAllowed", "The specified method is not allowed against this resource.")
	}
	if !known {
		return nil, notImplemented("this method on this resource")
	}
	for name := range query {
		if name != sub && !op.takes(name) {
			return nil, notImplemented("this query parameter in " + op.name)
		}
	}
	return op, nil
}

// methods are those that S3 has.
var methods = map[string]bool{http.MethodGet: true, http.MethodHead: true, http.MethodPut: true, http.MethodPost: true, http.MethodDelete: true}

func (op *operation) takes(name string) bool {
	for _, known := range op.query {
		if name == known {
			return true
		}
	}
	return false
}

// refusedHeaders are headers that make another request of a known one.
var refusedHeaders = []string{
	"X-Amz-Rename-Source", "X-Amz-Write-Offset-Bytes", "X-Amz-Server-Side-Encryption-Customer-", "X-Amz-Copy-Source-Server-Side-Encryption-Customer-",
	"X-Amz-Website-Redirect-Location", "X-Amz-Mfa", "X-Amz-If-Match-",
}

func checkHeaders(h http.Header) error {
	for name, values := range h {
		if len(values) > 1 && strings.HasPrefix(name, "X-Amz-") && name != "X-Amz-Object-Attributes" || len(values) > 1 && onceHeaders[name] {
			return api.Errorf(http.StatusBadRequest, "InvalidRequest", "The header %s is given more than once.", name)
		}
		if checksum.IsUnknown(name) { // ignored, it would promise a comparison
			return notImplemented("this checksum")
		}
		for _, refused := range refusedHeaders {
			if strings.HasPrefix(name, refused) {
				return notImplemented("the header " + refused)
			}
		}
	}
	return nil
}

// onceHeaders are those that say what is asked for, beside X-Amz-*.
var onceHeaders = map[string]bool{"Range": true, "If-Match": true, "If-None-Match": true, "If-Modified-Since": true, "If-Unmodified-Since": true,
	"Content-Type": true, "Content-Md5": true}

func notImplemented(what string) error {
	e := api.Errorf(http.StatusNotImplemented, "NotImplemented", "A header or a parameter that you provided implies functionality that is not implemented: localaws does not have %s.", api.Own(what))
	return e
}

func badRequest(code, message string) error {
	return api.Errorf(http.StatusBadRequest, code, "%s", api.Own(message))
}
