package upstream

import (
	"context"
	"net/http"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/s3/answer"
	"example.com/shiptrack/infra/localaws/internal/sigv4"
)

// maxDocument is what a document of S3 may have, in bytes: the names of 1,000 objects, or of 10,000 parts.
const maxDocument = 2 << 20

// operation is how requests for an operation are passed on.
type operation struct {
	forward   func(*forwarding, context.Context) (*api.Response, error)
	takesBody bool
	most      int64 // bytes of an answer that is no stream
}

// forwards are the operations that the gateway passes on. All others are authorized, and then answered as NotImplemented.
var forwards map[string]operation

func init() { // the table names functions that read it
	forwards = map[string]operation{
		"GetObject":  {forward: (*forwarding).getObject},
		"HeadObject": {forward: (*forwarding).getObject},

		"GetObjectAttributes": {forward: (*forwarding).getAttributes},

		"PutObject":     {forward: (*forwarding).putObject, takesBody: true},
		"CopyObject":    {forward: (*forwarding).copyObject},
		"DeleteObject":  {forward: (*forwarding).passOn},
		"ListBuckets":   {forward: (*forwarding).passOn},
		"HeadBucket":    {forward: (*forwarding).passOn},
		"DeleteBucket":  {forward: (*forwarding).passOn},
		"CreateBucket":  {forward: (*forwarding).createBucket, takesBody: true},
		"ListObjects":   {forward: (*forwarding).listObjects, most: answer.MostListed},
		"ListObjectsV2": {forward: (*forwarding).listObjects, most: answer.MostListed},

		"CreateMultipartUpload":   {forward: (*forwarding).beginUpload},
		"UploadPart":              {forward: (*forwarding).uploadPart, takesBody: true},
		"UploadPartCopy":          {forward: (*forwarding).uploadPartCopy},
		"CompleteMultipartUpload": {forward: (*forwarding).endUpload, takesBody: true},
		"AbortMultipartUpload":    {forward: (*forwarding).abortUpload},
		"ListParts":               {forward: (*forwarding).listParts},
		"ListMultipartUploads":    {forward: (*forwarding).listUploads, most: answer.MostListed},
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
