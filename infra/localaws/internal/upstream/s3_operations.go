package upstream

import (
	"context"
	"net/http"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/sigv4"
)

// maxDocument is what a document of S3 may have, in bytes: the names of 1,000 objects, or of 10,000 parts.
const maxDocument = 2 << 20

// operation is how requests for an operation are passed on.
type operation struct {
	forward   func(*forwarding, context.Context) (*api.Response, error)
	takesBody bool
}

// forwards are the operations that the gateway passes on. All others are authorized, and then answered as NotImplemented.
var forwards map[string]operation

func init() { // the table names functions that read it
	forwards = map[string]operation{
		"GetObject":  {forward: (*forwarding).getObject},
		"HeadObject": {forward: (*forwarding).getObject},

		"GetObjectAttributes": {forward: (*forwarding).getAttributes},

		"PutObject":     {(*forwarding).putObject, true},
		"CopyObject":    {forward: (*forwarding).copyObject},
		"DeleteObject":  {forward: (*forwarding).passOn},
		"ListBuckets":   {forward: (*forwarding).passOn},
		"HeadBucket":    {forward: (*forwarding).passOn},
		"DeleteBucket":  {forward: (*forwarding).passOn},
		"CreateBucket":  {(*forwarding).createBucket, true},
		"ListObjects":   {forward: (*forwarding).list},
		"ListObjectsV2": {forward: (*forwarding).list},

		"CreateMultipartUpload":   {forward: (*forwarding).beginUpload},
		"UploadPart":              {(*forwarding).uploadPart, true},
		"UploadPartCopy":          {forward: (*forwarding).uploadPartCopy},
		"CompleteMultipartUpload": {(*forwarding).endUpload, true},
		"AbortMultipartUpload":    {forward: (*forwarding).abortUpload},
		"ListParts":               {forward: (*forwarding).listParts},
		"ListMultipartUploads":    {forward: (*forwarding).list},
	}
	for name, op := range settings {
		forwards[name] = op
	}
}

func (f *forwarding) notForwarded(context.Context) (*api.Response, error) {
	return nil, notImplemented(f.Operation)
}

func notImplemented(what string) error {
	return api.Errorf(http.StatusNotImplemented, "NotImplemented", "A header you provided implies functionality that is not implemented: localaws does not forward %s.", api.Own(what))
}

// passOn sends a request without a body as it was read.
func (f *forwarding) passOn(ctx context.Context) (*api.Response, error) {
	return f.whole(ctx, f.outgoing("If-Match"), nil)
}

// list passes a list on. LocalStack takes a limit of 0 for none, which a policy may have allowed for being small.
func (f *forwarding) list(ctx context.Context) (*api.Response, error) {
	for _, name := range []string{"max-keys", "max-uploads", "max-parts"} {
		if limit, has := f.Query[name]; has && strings.Trim(limit, "0") == "" {
			return nil, notImplemented("lists of nothing")
		}
	}
	return f.passOn(ctx)
}

// remove deletes one object of a DeleteObjects.
func (f *forwarding) remove(ctx context.Context) func(key, version string) (http.Header, error) {
	return func(key, version string) (http.Header, error) {
		q := &outgoing{method: http.MethodDelete, bucket: f.Bucket, key: key, header: http.Header{}}
		if version != "" {
			q.query = "versionId=" + sigv4.Encode(version)
		}
		response, err := f.send(ctx, q)
		if err != nil {
			return nil, err
		}
		if response.StatusCode != http.StatusNoContent {
			return nil, f.refused(response)
		}
		return response.Header, response.Body.Close()
	}
}
