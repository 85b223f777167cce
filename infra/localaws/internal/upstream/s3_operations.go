package upstream

import (
	"context"
	"encoding/xml"
	"io"
	"net/http"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/s3/answer"
)

// maxDocument is what a document of S3 may have, in bytes: the names of 1,000 objects, or of 10,000 parts.
const maxDocument = 2 << 20

// forwards are the operations that the gateway passes on. All others are authorized, and then answered as NotImplemented.
var forwards map[string]func(*forwarding, context.Context) (*api.Response, error)

func init() { // the table names functions that read it
	forwards = map[string]func(*forwarding, context.Context) (*api.Response, error){
		"GetObject": (*forwarding).getObject, "HeadObject": (*forwarding).getObject, "PutObject": (*forwarding).putObject,
		"CopyObject": (*forwarding).copyObject, "DeleteObject": (*forwarding).passOn,
		"CreateMultipartUpload": (*forwarding).beginUpload, "UploadPart": (*forwarding).uploadPart, "UploadPartCopy": (*forwarding).uploadPartCopy,
		"CompleteMultipartUpload": (*forwarding).endUpload, "AbortMultipartUpload": (*forwarding).abortUpload,
	}
	for _, name := range []string{
		"ListBuckets", "CreateBucket", "HeadBucket", "DeleteBucket", "ListObjects", "ListObjectsV2", "ListParts", "ListMultipartUploads",
		"GetBucketLocation", "GetBucketVersioning", "GetBucketEncryption", "GetPublicAccessBlock", "PutPublicAccessBlock", "DeletePublicAccessBlock",
		"GetBucketTagging", "PutBucketTagging", "DeleteBucketTagging", "GetBucketOwnershipControls", "PutBucketOwnershipControls", "DeleteBucketOwnershipControls",
	} {
		forwards[name] = (*forwarding).passOn
	}
	forwards["PutBucketEncryption"] = (*forwarding).putEncryption
}

func (f *forwarding) notForwarded(context.Context) (*api.Response, error) {
	return nil, api.Errorf(http.StatusNotImplemented, "NotImplemented", "A header you provided implies functionality that is not implemented: localaws does not forward %s.", api.Own(f.Operation))
}

// putEncryption passes on a default that needs no key of KMS: the upstream knows none of localaws' keys.
func (f *forwarding) putEncryption(ctx context.Context) (*api.Response, error) {
	body, err := f.req.HTTP.Body.All(maxDocument)
	if err != nil {
		return nil, err
	}
	var c struct {
		Rules []struct {
			Algorithm string `xml:"ApplyServerSideEncryptionByDefault>SSEAlgorithm"`
		} `xml:"Rule"`
	}
	if err := xml.Unmarshal(body, &c); err != nil || len(c.Rules) != 1 {
		return nil, api.Errorf(http.StatusBadRequest, "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
	}
	if c.Rules[0].Algorithm != "AES256" {
		return nil, api.Errorf(http.StatusNotImplemented, "NotImplemented", "localaws forwards no default encryption but AES256: name the key of each object.")
	}
	q := f.outgoing("Content-Type")
	q.setBody(body)
	response, err := f.send(ctx, q)
	if err != nil {
		return nil, err
	}
	return f.answer(response, nil), nil
}

func (f *forwarding) upload() upload { return upload{f.Bucket, f.Key, f.Query["uploadId"]} }

// beginUpload begins an upload, and keeps what will protect its object: parts ask for it.
func (f *forwarding) beginUpload(ctx context.Context) (*api.Response, error) {
	if f.open() >= maxUploads {
		return nil, api.Errorf(http.StatusServiceUnavailable, "SlowDown", "Please reduce your request rate: localaws forwards 1000 open uploads in parts at most.")
	}
	p, err := f.Protect()
	if err != nil {
		return nil, err
	}
	q := f.outgoing(written...)
	if err := setProtection(q.header, p); err != nil {
		return nil, err
	}
	response, err := f.whole(ctx, q, p)
	if err != nil || response.Status != http.StatusOK {
		return response, err
	}
	body, err := readAll(response)
	if err != nil {
		return nil, err
	}
	var begun struct{ UploadId string }
	if err := xml.Unmarshal(body, &begun); err != nil || begun.UploadId == "" {
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

// began returns what protects the object of an upload. One that was not begun here, under this key, is none.
func (f *forwarding) began() (*answer.Protection, error) {
	f.mu.Lock()
	p := f.uploads[f.upload()]
	f.mu.Unlock()
	if p == nil {
		return nil, api.Errorf(http.StatusNotFound, "NoSuchUpload", "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.")
	}
	return p, f.Unprotect(f.Bucket, f.Key, p)
}

func (f *forwarding) uploadPart(ctx context.Context) (*api.Response, error) {
	p, err := f.began()
	if err != nil {
		return nil, err
	}
	return f.sendBody(ctx, f.outgoing(checksums...), p)
}

func (f *forwarding) uploadPartCopy(ctx context.Context) (*api.Response, error) {
	p, err := f.began()
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
	p, err := f.began()
	if err != nil {
		return nil, err
	}
	body, err := f.req.HTTP.Body.All(maxDocument)
	if err != nil {
		return nil, err
	}
	q := f.outgoing(append([]string{"Content-Type", "If-Match", "If-None-Match", "X-Amz-Mp-Object-Size"}, checksums...)...)
	q.setBody(body)
	response, err := f.send(ctx, q)
	if err != nil {
		return nil, err
	}
	return f.ended(f.answer(response, p)), nil
}

func (f *forwarding) abortUpload(ctx context.Context) (*api.Response, error) {
	response, err := f.passOn(ctx)
	if err != nil {
		return nil, err
	}
	return f.ended(response), nil
}

// ended forgets an upload that has ended.
func (f *forwarding) ended(response *api.Response) *api.Response {
	if response.Status < http.StatusMultipleChoices {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.uploads, f.upload())
	}
	return response
}

// remove deletes one object of a DeleteObjects.
func (f *forwarding) remove(ctx context.Context) func(key, version string) (http.Header, error) {
	return func(key, version string) (http.Header, error) {
		q := &outgoing{method: http.MethodDelete, bucket: f.Bucket, key: key, header: http.Header{}}
		if version != "" {
			q.query = "versionId=" + escaped(version)
		}
		response, err := f.send(ctx, q)
		if err != nil {
			return nil, err
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusNoContent {
			return nil, unavailable(statusError(f.endpoint, response))
		}
		return response.Header, nil
	}
}

var checksums = func() (names []string) {
	for _, name := range written {
		if strings.HasPrefix(name, "X-Amz-Checksum-") {
			names = append(names, name)
		}
	}
	return names
}()

// readAll reads the document of an answer, and puts it back as its body.
func readAll(response *api.Response) ([]byte, error) {
	defer response.Stream.Close()
	body, err := io.ReadAll(io.LimitReader(response.Stream, maxDocument))
	response.Stream, response.Body = nil, body
	return body, err
}
