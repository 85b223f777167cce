package upstream

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/s3/answer"
	"example.com/shiptrack/infra/localaws/internal/s3/checksum"
	"example.com/shiptrack/infra/localaws/internal/s3/conditional"
	"example.com/shiptrack/infra/localaws/internal/sigv4"
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

// object asks the upstream for an object, as root. Where there is none, who may not list the bucket does not learn so.
func (f *forwarding) object(ctx context.Context, bucket, key, version string, missing func() error) (*stored, error) {
	q := &outgoing{method: http.MethodHead, bucket: bucket, key: key, header: http.Header{}}
	if version != "" {
		q.query = "versionId=" + sigv4.Encode(version)
	}
	response, err := f.send(ctx, q)
	if err != nil {
		return nil, err
	}
	switch {
	case response.StatusCode == http.StatusNotFound, response.StatusCode == http.StatusBadRequest && version != "": // it can be no version's name
		response.Body.Close()
		return nil, f.missing(ctx, bucket, missing)
	case response.StatusCode != http.StatusOK:
		return nil, f.refused(response)
	}
	defer response.Body.Close()
	p, err := readProtection(response.Header, bucket, key)
	if err != nil {
		return nil, failed(err)
	}
	return &stored{response.Header, p}, nil
}

// missing is the answer where an object is not there, or its bucket.
func (f *forwarding) missing(ctx context.Context, bucket string, missing func() error) error {
	response, err := f.send(ctx, &outgoing{method: http.MethodHead, bucket: bucket})
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusNotFound {
		return answer.NoSuchBucket()
	}
	return missing()
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
		if response.StatusCode == http.StatusPreconditionFailed || response.StatusCode == http.StatusNotFound {
			response.Body.Close()
			continue
		}
		return f.answer(response, o.protection)
	}
	return nil, unavailable(errReplaced)
}

// getAttributes asks for the attributes between two look-ups of the object: S3 takes no condition for them.
func (f *forwarding) getAttributes(ctx context.Context) (*api.Response, error) {
	checksums, err := f.NamesChecksums()
	if err != nil {
		return nil, err
	}
	before, err := f.object(ctx, f.Bucket, f.Key, f.Query["versionId"], f.Missing)
	for range attempts {
		if err == nil && checksums {
			err = f.Unprotect(f.Bucket, f.Key, before.protection)
		}
		if err != nil {
			return nil, err
		}
		q := f.outgoing("X-Amz-Max-Parts", "X-Amz-Part-Number-Marker")
		q.header.Set("X-Amz-Object-Attributes", strings.Join(f.req.Header["X-Amz-Object-Attributes"], ","))
		response, err := f.whole(ctx, q, nil)
		if err != nil {
			return nil, err
		}
		if err := readAnswer(response, maxDocument); err != nil {
			return nil, failed(err)
		}
		after, err := f.object(ctx, f.Bucket, f.Key, f.Query["versionId"], f.Missing)
		if err != nil {
			return nil, err
		}
		if before.header.Get(protectionHeader) == after.header.Get(protectionHeader) && etagOf(before.header) == etagOf(after.header) {
			return response, nil
		}
		before = after
	}
	return nil, unavailable(errReplaced)
}

func (f *forwarding) putObject(ctx context.Context) (*api.Response, error) {
	p, err := f.Protect()
	if err != nil {
		return nil, err
	}
	q, err := f.writing(p)
	if err != nil {
		return nil, err
	}
	return f.sendBody(ctx, q, p)
}

// writing is the request that writes an object under p.
func (f *forwarding) writing(p *answer.Protection) (*outgoing, error) {
	if err := checkMetadata(f.req.Header); err != nil {
		return nil, err
	}
	if f.req.Header.Get("X-Amz-Tagging") != "" {
		return nil, notImplemented("tags of objects")
	}
	q := f.outgoing(written...)
	f.setMetadata(q)
	return q, setProtection(q.header, f.Bucket, f.Key, p)
}

// sendBody sends q with the caller's body, which is compared with what the caller demands of it before its end is sent.
func (f *forwarding) sendBody(ctx context.Context, q *outgoing, p *answer.Protection) (*api.Response, error) {
	if err := f.CheckSize(); err != nil {
		return nil, err
	}
	sums, err := checksum.Demanded(f.req.Header, false)
	if err != nil {
		return nil, err
	}
	body := f.req.HTTP.Body
	q.body, q.size = &verified{body, sums}, body.Size()
	if q.size == 0 { // nothing of it could be kept back
		if _, err := io.Copy(io.Discard, q.body); err != nil {
			return nil, err
		}
		q.body = nil
	}
	return f.whole(ctx, q, p)
}

func (f *forwarding) copyObject(ctx context.Context) (*api.Response, error) {
	inherits, err := f.InheritsMetadata()
	if err != nil {
		return nil, err
	}
	source, err := f.source(ctx)
	if err != nil {
		return nil, err
	}
	p, err := f.Protect()
	if err != nil {
		return nil, err
	}
	q, err := f.writing(p)
	if err != nil {
		return nil, err
	}
	if inherits {
		copyMetadata(q.header, source.header)
		if err := setProtection(q.header, f.Bucket, f.Key, p); err != nil {
			return nil, err
		}
	}
	// The source's own metadata say how the source is protected: the copy has another protection, so all are given anew.
	q.header.Set("X-Amz-Metadata-Directive", "REPLACE")
	f.setSource(q, source)
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
		name += "?versionId=" + sigv4.Encode(f.Source.VersionID)
	}
	q.header.Set("X-Amz-Copy-Source", name)
	q.header.Set("X-Amz-Copy-Source-If-Match", source.header.Get("Etag"))
	if part := f.req.Header.Get("X-Amz-Copy-Source-Range"); part != "" {
		q.header.Set("X-Amz-Copy-Source-Range", part)
	}
}

// whole sends q and passes the answer back; p protects the object that q is about.
func (f *forwarding) whole(ctx context.Context, q *outgoing, p *answer.Protection) (*api.Response, error) {
	response, err := f.send(ctx, q) //nolint:bodyclose // it is the Stream, which is closed where it is passed on
	if err != nil {
		return nil, err
	}
	return f.answer(response, p)
}

// answer passes an answer back, without what is the gateway's own. Errors are those of the upstream.
func (f *forwarding) answer(response *http.Response, p *answer.Protection) (*api.Response, error) {
	if response.StatusCode >= http.StatusMultipleChoices {
		return nil, f.refused(response)
	}
	header := objectHeaders(response.Header)
	if p != nil {
		answer.SetEncryption(header, p.KMSKey)
	}
	if response.ContentLength >= 0 && response.StatusCode != http.StatusNoContent {
		header.Set("Content-Length", strconv.FormatInt(response.ContentLength, 10))
	}
	return &api.Response{Status: response.StatusCode, Header: header, Stream: response.Body}, nil
}
