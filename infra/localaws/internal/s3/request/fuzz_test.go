package request

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"example.com/shiptrack/infra/localaws/internal/alloctest"
)

// FuzzRead: whatever is read names its bucket and key in its permissions, and nothing is resolved on the way.
func FuzzRead(f *testing.F) {
	f.Add("GET", "/bkt/yellow/../blue/1", "versionId=null", "")
	f.Add("PUT", "/bkt/a%2Fb", "partNumber=1&uploadId=u", "bkt/b?versionId=1")
	f.Add("GET", "/bkt", "list-type=2&prefix=a%2F&max-keys=1", "")
	f.Add("POST", "/bkt", "delete", "")
	f.Fuzz(func(t *testing.T, method, path, query, source string) {
		r := &Request{Method: method, Path: path, Query: query, Header: http.Header{}}
		if source != "" {
			r.Header.Set(copySource, source)
		}
		var got *Reading
		var err error
		alloctest.Bound(t, len(method)+len(path)+len(query)+len(source), func() { got, err = Read(r) })
		if err != nil {
			return
		}
		if len(got.Permissions) == 0 && got.Operation != "DeleteObjects" {
			t.Fatalf("%s %s?%s: no permission", method, path, query)
		}
		raw := strings.TrimPrefix(path, "/"+got.Bucket)
		if decoded, err := url.PathUnescape(strings.TrimPrefix(raw, "/")); err != nil || decoded != got.Key {
			t.Errorf("%s has the key %q, want %q", path, got.Key, decoded)
		}
		last := got.Permissions
		if len(last) == 0 {
			return
		}
		if p := last[len(last)-1]; got.Bucket != "" && !strings.HasPrefix(p.Resource, BucketARN(got.Bucket)) || got.Key != "" && p.Resource != ObjectARN(got.Bucket, got.Key) {
			t.Errorf("%s %s?%s: the permission is on %s", method, path, query, p.Resource)
		}
		if (got.Source != nil) != (source != "") {
			t.Errorf("%s %s?%s: the copy source %q was read as %v", method, path, query, source, got.Source)
		}
	})
}
