package upstream

import (
	"context"
	"encoding/xml"
	"net/http"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/s3/answer"
)

// upload is an upload in parts.
type upload struct{ bucket, key, id string }

// maxUploads is how many uploads in parts may be open at one time.
const maxUploads = 1000

func (f *forwarding) upload() upload { return upload{f.Bucket, f.Key, f.Query["uploadId"]} }

// beginUpload begins an upload, and keeps what will protect its object: parts ask for it.
func (f *forwarding) beginUpload(ctx context.Context) (*api.Response, error) {
	if f.open() >= maxUploads {
		return nil, api.Errorf(http.StatusServiceUnavailable, "SlowDown", "Please reduce your request rate: localaws forwards %d open uploads in parts at most.", maxUploads)
	}
	p, err := f.Protect()
	if err != nil {
		return nil, err
	}
	q, err := f.writing(p)
	if err != nil {
		return nil, err
	}
	response, err := f.whole(ctx, q, p)
	if err != nil {
		return nil, err
	}
	var begun struct{ UploadId string }
	if err := readAnswer(response, maxAnswer); err != nil {
		return nil, failed(err)
	}
	if err := xml.Unmarshal(response.Body, &begun); err != nil || begun.UploadId == "" {
		return nil, failed(errNotAsked)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.uploads[upload{f.Bucket, f.Key, begun.UploadId}] = p
	return response, nil
}

func (s *S3) open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.uploads)
}

// begun returns what protects the object of an upload. One that was not begun here, under this key, is none.
func (f *forwarding) begun() (*answer.Protection, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if p := f.uploads[f.upload()]; p != nil {
		return p, nil
	}
	return nil, api.Errorf(http.StatusNotFound, "NoSuchUpload", "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.")
}

// unprotected is begun for a caller that adds to the object: it must be able to read it (S3 API Reference, UploadPart).
func (f *forwarding) unprotected() (*answer.Protection, error) {
	if err := f.CheckPart(); err != nil {
		return nil, err
	}
	p, err := f.begun()
	if err != nil {
		return nil, err
	}
	return p, f.Unprotect(f.Bucket, f.Key, p)
}

func (f *forwarding) uploadPart(ctx context.Context) (*api.Response, error) {
	p, err := f.unprotected()
	if err != nil {
		return nil, err
	}
	return f.sendBody(ctx, f.outgoing(checksums...), p)
}

func (f *forwarding) uploadPartCopy(ctx context.Context) (*api.Response, error) {
	p, err := f.unprotected()
	if err != nil {
		return nil, err
	}
	source, err := f.source(ctx)
	if err != nil {
		return nil, err
	}
	q := f.outgoing()
	f.setSource(q, source)
	return f.whole(ctx, q, p)
}

func (f *forwarding) endUpload(ctx context.Context) (*api.Response, error) {
	p, err := f.unprotected()
	if err != nil {
		return nil, err
	}
	body, err := f.req.HTTP.Body.All(maxDocument)
	if err != nil {
		return nil, err
	}
	q := f.outgoing(append([]string{"If-Match", "If-None-Match", "X-Amz-Mp-Object-Size"}, checksums...)...)
	q.setBody(body)
	return f.ended(f.whole(ctx, q, p))
}

func (f *forwarding) abortUpload(ctx context.Context) (*api.Response, error) {
	if _, err := f.begun(); err != nil {
		return nil, err
	}
	return f.ended(f.passOn(ctx))
}

func (f *forwarding) listParts(ctx context.Context) (*api.Response, error) {
	if _, err := f.begun(); err != nil {
		return nil, err
	}
	if limit, has := f.Query["max-parts"]; has && strings.Trim(limit, "0") == "" {
		return nil, notImplemented("lists of no parts") // LocalStack takes 0 for no limit
	}
	return f.passOn(ctx)
}

// ended forgets an upload that has ended.
func (f *forwarding) ended(response *api.Response, err error) (*api.Response, error) {
	if err == nil {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.uploads, f.upload())
	}
	return response, err
}

// checksums are the headers that say what the bytes of a part, or of an object, are.
var checksums = func() (names []string) {
	for _, name := range written {
		if strings.HasPrefix(name, "X-Amz-Checksum-") {
			names = append(names, name)
		}
	}
	return names
}()
