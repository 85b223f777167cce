// Package s3test has a bucket for tests: it answers over HTTP what the store asks of S3, and keeps what it was asked. It is no
// S3: it checks neither signatures nor policies.
package s3test

import (
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// modified is when all objects were stored.
const modified = "2026-03-01T12:00:00.000Z"

// Object is what the fake keeps.
type Object struct{ Content, Type string }

// Call is one request as the fake got it.
type Call struct {
	Method, Target, AccessKey string
	Header                    http.Header
	Length                    int64 // of the body
}

// Bucket is a bucket: flat keys, lists by prefix, one range, If-Match and If-None-Match. It keeps the calls. It commits a
// put where the whole body came.
type Bucket struct {
	*httptest.Server
	name string

	mu      sync.Mutex
	refusal func(Call) (status int, code string)
	objects map[string]Object
	calls   []Call
}

// Start starts a Bucket of this name, which serves until the test ends.
func Start(t testing.TB, name string) *Bucket {
	t.Helper()
	f := &Bucket{name: name, objects: map[string]Object{}}
	f.Refuse(func(Call) (int, string) { return 0, "" })
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

// Refuse makes the bucket answer with the error that refusal returns; where its code is empty the bucket answers itself.
func (f *Bucket) Refuse(refusal func(Call) (status int, code string)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refusal = refusal
}

// Put stores an object as if by other means.
func (f *Bucket) Put(key string, o Object) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.objects[key] = o
}

// Objects returns all that is stored, by key.
func (f *Bucket) Objects() map[string]Object {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.objects)
}

// Calls returns the requests so far.
func (f *Bucket) Calls() []Call {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

var credentialKey = regexp.MustCompile(`Credential=([^/]+)/`)

// ServeHTTP is http.Handler's.
func (f *Bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := Call{Method: r.Method, Target: r.RequestURI, Header: r.Header, Length: r.ContentLength}
	if found := credentialKey.FindStringSubmatch(r.Header.Get("Authorization")); found != nil {
		c.AccessKey = found[1]
	}
	f.mu.Lock()
	f.calls = append(f.calls, c)
	w.Header().Set("X-Amz-Request-Id", fmt.Sprintf("aws-%d", len(f.calls)))
	refusal := f.refusal
	f.mu.Unlock()
	key, isObject := strings.CutPrefix(r.URL.Path, "/"+f.name+"/")
	status, code := refusal(c)
	switch {
	case code != "":
		refuse(w, status, code)
	case r.Method == http.MethodPut:
		f.put(w, r, key)
	case isObject && key != "":
		f.get(w, r, key)
	default:
		f.list(w, r)
	}
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<Error><Code>%s</Code><Message>as AWS words it</Message></Error>", code)
}

func etag(o Object) string { return fmt.Sprintf(`"%d-%.8x"`, len(o.Content), o.Content) }

func (f *Bucket) put(w http.ResponseWriter, r *http.Request, key string) {
	content, err := io.ReadAll(r.Body)
	if err != nil || int64(len(content)) != r.ContentLength {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, exists := f.objects[key]; exists && r.Header.Get("If-None-Match") == "*" {
		refuse(w, http.StatusPreconditionFailed, "PreconditionFailed")
		return
	}
	f.objects[key] = Object{string(content), r.Header.Get("Content-Type")}
	w.Header().Set("ETag", etag(f.objects[key]))
}

func (f *Bucket) get(w http.ResponseWriter, r *http.Request, key string) {
	f.mu.Lock()
	o, exists := f.objects[key]
	f.mu.Unlock()
	switch match := r.Header.Get("If-Match"); {
	case !exists:
		refuse(w, http.StatusForbidden, "AccessDenied") // as S3 answers to who may not list the bucket
		return
	case match != "" && match != etag(o):
		refuse(w, http.StatusPreconditionFailed, "PreconditionFailed")
		return
	}
	w.Header().Set("ETag", etag(o))
	w.Header().Set("Content-Type", o.Type)
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(o.Content))
}

func (f *Bucket) list(w http.ResponseWriter, r *http.Request) {
	type entry struct {
		Key, LastModified, ETag string
		Size                    int
	}
	var out struct {
		XMLName     xml.Name `xml:"ListBucketResult"`
		IsTruncated bool
		Contents    []entry
	}
	limit := 0
	_, _ = fmt.Sscan(r.URL.Query().Get("max-keys"), &limit)
	f.mu.Lock()
	defer f.mu.Unlock()
	var keys []string
	for key := range f.objects {
		if strings.HasPrefix(key, r.URL.Query().Get("prefix")) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	out.IsTruncated = len(keys) > limit
	for _, key := range keys[:min(limit, len(keys))] {
		out.Contents = append(out.Contents, entry{key, modified, etag(f.objects[key]), len(f.objects[key].Content)})
	}
	w.Header().Set("Content-Type", "application/xml")
	_ = xml.NewEncoder(w).Encode(out)
}

// Last returns the last call.
func (f *Bucket) Last(t testing.TB) Call {
	t.Helper()
	calls := f.Calls()
	if len(calls) == 0 {
		t.Fatal("S3 was not asked")
	}
	return calls[len(calls)-1]
}
