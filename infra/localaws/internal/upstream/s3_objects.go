package upstream

import (
	"context"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/s3/answer"
	"example.com/shiptrack/infra/localaws/internal/s3/checksum"
	"example.com/shiptrack/infra/localaws/internal/s3/conditional"
)

// forwarding is one request that is passed on.
type forwarding struct {
	*S3
	*answer.Forwarded
	req *api.Request
}

// stored is what the upstream says of an object.
type stored struct {
	header     http.Header
	protection *answer.Protection
}

// object asks the upstream for an object, and the caller's permission on its key for it. Where there is none, who may not list the
// bucket does not learn so.
func (f *forwarding) object(ctx context.Context, bucket, key, version string, missing func() error) (*stored, error) {
	q := &outgoing{method: http.MethodHead, bucket: bucket, key: key, header: http.Header{"X-Amz-Checksum-Mode": {"ENABLED"}}}
	if version != "" {
		q.query = "versionId=" + escaped(version)
	}
	response, err := f.send(ctx, q)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	switch {
	case response.StatusCode == http.StatusNotFound:
		return nil, missing()
	case response.StatusCode != http.StatusOK:
		return nil, unavailable(statusError(f.endpoint, response))
	}
	p, err := readProtection(response.Header)
	if err != nil {
		return nil, failed(err)
	}
	return &stored{response.Header, p}, nil
}

// attempts bound how often an object is looked up again because it was replaced between two requests to the upstream.
const attempts = 3

func (f *forwarding) getObject(ctx context.Context) (*api.Response, error) {
	for range attempts {
		o, err := f.object(ctx, f.Bucket, f.Key, f.Query["versionId"], f.Missing)
		if err != nil {
			return nil, err
		}
		switch conditional.Read(f.req.Header, etagOf(o.header), modifiedOf(o.header)) {
		case conditional.NotModified:
			return &api.Response{Status: http.StatusNotModified, Header: identityHeaders(o.header)}, nil
		case conditional.Failed:
			return nil, preconditionFailed()
		}
		if f.Operation == "GetObject" || f.req.Header.Get("X-Amz-Checksum-Mode") == "ENABLED" {
			if err := f.Unprotect(f.Bucket, f.Key, o.protection); err != nil {
				return nil, err
			}
		}
		q := f.outgoing("Range", "X-Amz-Checksum-Mode")
		q.header.Set("If-Match", o.header.Get("Etag")) // the object that was asked for above
		response, err := f.send(ctx, q)
		if err != nil {
			return nil, err
		}
		if response.StatusCode == http.StatusPreconditionFailed {
			response.Body.Close()
			continue
		}
		return f.answer(response, o.protection), nil
	}
	return nil, unavailable(errReplaced)
}

func (f *forwarding) putObject(ctx context.Context) (*api.Response, error) {
	p, err := f.Protect()
	if err != nil {
		return nil, err
	}
	q := f.outgoing(written...)
	if err := setProtection(q.header, p); err != nil {
		return nil, err
	}
	return f.sendBody(ctx, q, p)
}

// sendBody sends q with the caller's body, which is compared with what the caller demands of it before its end is sent.
func (f *forwarding) sendBody(ctx context.Context, q *outgoing, p *answer.Protection) (*api.Response, error) {
	sums, err := checksum.Demanded(f.req.Header, false)
	if err != nil {
		return nil, err
	}
	body := f.req.HTTP.Body
	if q.size = body.Size(); q.size < 0 {
		return nil, api.Errorf(http.StatusLengthRequired, "MissingContentLength", "You must provide the Content-Length HTTP header.")
	}
	q.body = &verified{body, sums}
	if q.size == 0 { // nothing of it could be kept back
		if _, err := io.Copy(io.Discard, q.body); err != nil {
			return nil, err
		}
		q.body = nil
	}
	response, err := f.send(ctx, q)
	if err != nil {
		return nil, err
	}
	return f.answer(response, p), nil
}

// verified is a body whose checksums are compared at its end.
type verified struct {
	body api.Body
	sums *checksum.Sums
}

func (v *verified) Read(p []byte) (int, error) {
	n, err := v.body.Read(p)
	_, _ = v.sums.Write(p[:n]) // hashes never fail
	if err == io.EOF {
		if wrong := v.sums.Check(v.body.Trailer); wrong != nil {
			return n, wrong
		}
	}
	return n, err
}

func (f *forwarding) copyObject(ctx context.Context) (*api.Response, error) {
	source, err := f.source(ctx)
	if err != nil {
		return nil, err
	}
	p, err := f.Protect()
	if err != nil {
		return nil, err
	}
	q := f.outgoing(written...)
	if !strings.EqualFold(f.req.Header.Get("X-Amz-Metadata-Directive"), "REPLACE") {
		for name := range q.header {
			if isMetadata(name) {
				q.header.Del(name)
			}
		}
		for name, values := range source.header {
			if isMetadata(name) {
				q.header[name] = values
			}
		}
	}
	// The source's own metadata say how the source is protected: the copy has another protection, so all are given anew.
	q.header.Set("X-Amz-Metadata-Directive", "REPLACE")
	f.setSource(q, source)
	if err := setProtection(q.header, p); err != nil {
		return nil, err
	}
	return f.whole(ctx, q, p)
}

// source is the object that a copy reads.
func (f *forwarding) source(ctx context.Context) (*stored, error) {
	s := f.Source
	source, err := f.object(ctx, s.Bucket, s.Key, s.VersionID, f.MissingSource)
	if err != nil {
		return nil, err
	}
	if conditional.Read(ofSource(f.req.Header), etagOf(source.header), modifiedOf(source.header)) != conditional.Go {
		return nil, preconditionFailed()
	}
	return source, f.Unprotect(s.Bucket, s.Key, source.protection)
}

// ofSource are the conditions that a copy makes on its source, as a GET has them.
func ofSource(h http.Header) http.Header {
	conditions := http.Header{}
	for name, values := range h {
		if rest, ok := strings.CutPrefix(name, "X-Amz-Copy-Source-If-"); ok {
			conditions["If-"+rest] = values
		}
	}
	return conditions
}

// setSource names the source in the words that were authorized, and as the object that was asked for.
func (f *forwarding) setSource(q *outgoing, source *stored) {
	name := f.Source.Bucket + "/" + escapedPath(f.Source.Key)
	if f.Source.VersionID != "" {
		name += "?versionId=" + escaped(f.Source.VersionID)
	}
	q.header.Set("X-Amz-Copy-Source", name)
	q.header.Set("X-Amz-Copy-Source-If-Match", source.header.Get("Etag"))
	if f.req.Header.Get("X-Amz-Copy-Source-Range") != "" {
		q.header.Set("X-Amz-Copy-Source-Range", f.req.Header.Get("X-Amz-Copy-Source-Range"))
	}
}

// whole sends q, which has no body of the caller's.
func (f *forwarding) whole(ctx context.Context, q *outgoing, p *answer.Protection) (*api.Response, error) {
	if _, err := f.req.HTTP.Body.All(0); err != nil {
		return nil, err
	}
	response, err := f.send(ctx, q)
	if err != nil {
		return nil, err
	}
	return f.answer(response, p), nil
}

// passOn sends the request as it was read, with a body that the caller may have.
func (f *forwarding) passOn(ctx context.Context) (*api.Response, error) {
	body, err := f.req.HTTP.Body.All(maxDocument)
	if err != nil {
		return nil, err
	}
	q := f.outgoing("Content-Type", "If-Match", "If-None-Match", "X-Amz-Object-Attributes", "X-Amz-Max-Parts", "X-Amz-Optional-Object-Attributes")
	q.setBody(body)
	response, err := f.send(ctx, q)
	if err != nil {
		return nil, err
	}
	return f.answer(response, nil), nil
}

// answer passes an answer back, without what is the gateway's own.
func (f *forwarding) answer(response *http.Response, p *answer.Protection) *api.Response {
	header := answeredHeaders(response.Header)
	for name := range header {
		if name == protectionHeader || strings.HasPrefix(name, "X-Amz-Server-Side-Encryption") || strings.HasPrefix(name, "Access-Control-") || name == "Server" || name == "Date" {
			header.Del(name)
		}
	}
	if p != nil && response.StatusCode < http.StatusMultipleChoices {
		answer.SetEncryption(header, p.KMSKey)
	}
	if response.ContentLength >= 0 {
		header.Set("Content-Length", strconv.FormatInt(response.ContentLength, 10))
	}
	return &api.Response{Status: response.StatusCode, Header: header, Stream: response.Body}
}

func identityHeaders(from http.Header) http.Header {
	to := http.Header{}
	maps.Copy(to, http.Header{"Etag": from.Values("Etag"), "Last-Modified": from.Values("Last-Modified")})
	return to
}
