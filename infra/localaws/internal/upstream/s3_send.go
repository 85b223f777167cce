package upstream

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"example.com/shiptrack/infra/localaws/internal/s3/answer"
	"example.com/shiptrack/infra/localaws/internal/sigv4"
)

// outgoing is a request to the upstream, built anew of what was read.
type outgoing struct {
	method, bucket, key string
	query               string
	header              http.Header
	body                io.Reader // nil: none
	size                int64     // of body, in bytes
}

// written are the headers of a request that writes an object and go on. Checksums are compared by the gateway too, and the tags, ACLs and
// classes that the gateway does not forward were refused.
var written = []string{
	"Content-Type", "Cache-Control", "Content-Disposition", "Content-Language", "Expires", "If-Match", "If-None-Match",
	"X-Amz-Checksum-Algorithm", "X-Amz-Checksum-Type", "X-Amz-Checksum-Crc32", "X-Amz-Checksum-Crc32c", "X-Amz-Checksum-Crc64nvme", "X-Amz-Checksum-Sha1", "X-Amz-Checksum-Sha256",
}

const metadataPrefix = "X-Amz-Meta-"

// isMetadata reports whether a header is part of an object's own metadata.
func isMetadata(name string) bool {
	return strings.HasPrefix(name, metadataPrefix) ||
		slices.Contains([]string{"Content-Type", "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Expires"}, name)
}

// outgoing is the request as it was read, with the headers of these names.
func (f *forwarding) outgoing(names ...string) *outgoing {
	q := &outgoing{method: f.req.HTTP.Method, bucket: f.Bucket, key: f.Key, header: http.Header{}}
	var query []string
	for name, value := range f.Query {
		query = append(query, sigv4.Encode(name)+"="+sigv4.Encode(value))
	}
	slices.Sort(query)
	q.query = strings.Join(query, "&")
	for _, name := range names {
		if value := f.req.Header.Get(name); value != "" {
			q.header.Set(name, value)
		}
	}
	return q
}

// setMetadata gives q the metadata of an object that are not among written.
func (f *forwarding) setMetadata(q *outgoing) {
	for name := range f.req.Header {
		if strings.HasPrefix(name, metadataPrefix) {
			q.header.Set(name, f.req.Header.Get(name))
		}
	}
	if encoding := answer.Encoding(f.req.Header); encoding != "" {
		q.header.Set("Content-Encoding", encoding)
	}
}

// copyMetadata gives an object the metadata of another one, in place of its own.
func copyMetadata(to, from http.Header) {
	for name := range to {
		if isMetadata(name) {
			to.Del(name)
		}
	}
	for name, values := range from {
		if isMetadata(name) {
			to[name] = slices.Clone(values)
		}
	}
}

// setBody gives q a body that is there.
func (q *outgoing) setBody(body []byte) {
	if len(body) > 0 {
		q.body, q.size = bytes.NewReader(body), int64(len(body))
	}
}

// request is q without its body, signed as root.
func (q *outgoing) request(ctx context.Context, e *endpoint) (*http.Request, error) {
	path := q.bucket
	if q.key != "" {
		path += "/" + escapedPath(q.key)
	}
	address := e.address + path
	if q.query != "" {
		address += "?" + q.query
	}
	r, err := http.NewRequestWithContext(ctx, q.method, address, nil)
	if err != nil {
		return nil, err
	}
	if q.header != nil {
		r.Header = q.header
	}
	r.Header.Set("User-Agent", "localaws")
	r.ContentLength = q.size
	return r, root.SignUnread(r, e.region, e.now())
}

// escapedPath is a key as a path has it.
func escapedPath(key string) string { return strings.ReplaceAll(sigv4.Encode(key), "%2F", "/") }

func etagOf(h http.Header) string { return strings.Trim(h.Get("Etag"), `"`) }

func modifiedOf(h http.Header) time.Time {
	at, _ := http.ParseTime(h.Get("Last-Modified")) // the zero time: it has none
	return at
}

// ownHeaders are headers of an answer that localaws sets itself, by prefix.
var ownHeaders = []string{protectionHeader, "X-Amz-Server-Side-Encryption", "X-Amz-Id-2"}

// objectHeaders are the headers of an answer that S3 has, without those that localaws sets itself.
func objectHeaders(from http.Header) http.Header {
	to := http.Header{}
	for name, values := range answeredHeaders(from.Clone()) {
		own := slices.ContainsFunc(ownHeaders, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
		switch {
		case own:
		case strings.HasPrefix(name, metadataPrefix):
			to[strings.ToLower(name)] = values // boto3 takes the name as it is sent, and S3 sends small letters
		case strings.HasPrefix(name, "X-Amz-"), name == UpstreamRequestID, passedBack[name]:
			to[name] = values
		}
	}
	return to
}

// passedBack are the headers of an answer that go back beside X-Amz-*.
var passedBack = map[string]bool{
	"Etag": true, "Last-Modified": true, "Accept-Ranges": true, "Content-Range": true, "Content-Type": true, "Cache-Control": true,
	"Content-Disposition": true, "Content-Encoding": true, "Content-Language": true, "Expires": true, "Location": true,
}

func identityHeaders(from http.Header) http.Header {
	to := http.Header{}
	for _, name := range []string{"Etag", "Last-Modified", "X-Amz-Version-Id"} {
		if values := from.Values(name); len(values) > 0 {
			to[name] = values
		}
	}
	return to
}
