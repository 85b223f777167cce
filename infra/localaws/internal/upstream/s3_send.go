package upstream

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/s3/answer"
	"example.com/shiptrack/infra/localaws/internal/sigv4"
)

var (
	errReplaced    = errors.New("the object was replaced again and again while it was asked for")
	errUnprotected = errors.New("the upstream holds an object that did not come through a gateway: what protects it is not known")
)

// protectionHeader is the metadata of an object that says how it is protected. No caller sees or sets it.
const protectionHeader = "X-Amz-Meta-Localaws-Protection"

func setProtection(h http.Header, p *answer.Protection) error {
	text, err := json.Marshal(p, json.Deterministic(true))
	h.Set(protectionHeader, base64.StdEncoding.EncodeToString(text))
	return err
}

func readProtection(h http.Header) (*answer.Protection, error) {
	p := new(answer.Protection)
	text, err := base64.StdEncoding.DecodeString(h.Get(protectionHeader))
	if err == nil {
		err = json.Unmarshal(text, p)
	}
	if err != nil || len(text) == 0 {
		return nil, errUnprotected
	}
	return p, nil
}

// written are the headers of a request that writes an object and go on. Checksums are compared by the gateway too, and the tags, ACLs and
// classes that localaws' S3 does not have were refused.
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

// outgoing is the request as it was read, with the headers of these names. Of those that write it has the metadata too.
func (f *forwarding) outgoing(names ...string) *outgoing {
	q := &outgoing{method: f.req.HTTP.Method, bucket: f.Bucket, key: f.Key, header: http.Header{}}
	var query []string
	for name, value := range f.Query {
		query = append(query, escaped(name)+"="+escaped(value))
	}
	slices.Sort(query)
	q.query = strings.Join(query, "&")
	for _, name := range names {
		if value := f.req.Header.Get(name); value != "" {
			q.header.Set(name, value)
		}
	}
	if slices.Contains(names, "Cache-Control") {
		for name := range f.req.Header {
			if strings.HasPrefix(name, metadataPrefix) {
				q.header.Set(name, f.req.Header.Get(name))
			}
		}
		if encoding := answer.Encoding(f.req.Header); encoding != "" {
			q.header.Set("Content-Encoding", encoding)
		}
	}
	return q
}

func (q *outgoing) setBody(body []byte) {
	if len(body) > 0 {
		q.body, q.size = bytes.NewReader(body), int64(len(body))
	}
}

// request is q for an endpoint, with body in place of q.body.
func (q *outgoing) request(ctx context.Context, e *endpoint, body io.Reader) (*http.Request, error) {
	if q.body == nil {
		body = nil
	}
	path := q.bucket
	if q.key != "" {
		path += "/" + escapedPath(q.key)
	}
	address := e.address + path
	if q.query != "" {
		address += "?" + q.query
	}
	r, err := http.NewRequestWithContext(ctx, q.method, address, body)
	if err != nil {
		return nil, err
	}
	if q.header != nil {
		r.Header = q.header
	}
	r.Header.Set("User-Agent", "localaws")
	if r.ContentLength = q.size; q.body == nil {
		r.ContentLength, r.Body = 0, nil
	}
	return r, nil
}

// sign signs a request of S3, whose body is not read for it.
func (e *endpoint) sign(r *http.Request) error {
	return sigv4.SignUnread(r, root, e.region, e.now())
}

// escaped encodes all but the letters that no reader takes for another (RFC 3986, section 2.3).
func escaped(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		if strings.IndexByte("-._~", c) >= 0 || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// escapedPath is a key as a path has it.
func escapedPath(key string) string { return strings.ReplaceAll(escaped(key), "%2F", "/") }

func etagOf(h http.Header) string { return strings.Trim(h.Get("Etag"), `"`) }

func modifiedOf(h http.Header) time.Time {
	at, _ := http.ParseTime(h.Get("Last-Modified")) // the zero time: it has none
	return at
}

func statusError(e *endpoint, response *http.Response) error {
	return fmt.Errorf("upstream %s answers with %s", e.address, response.Status)
}

func preconditionFailed() error {
	return api.Errorf(http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
}
