// Package answer answers a request that package request has read, from the store, as S3 does. It asks for the permissions that only the store can
// name: on the KMS key of an object, and on a bucket whose object is not there. It refuses what localaws does not have only once the request is
// authorized.
package answer

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"example.com/shiptrack/infra/localaws/internal/api"
	awsidentity "example.com/shiptrack/infra/localaws/internal/identity"
	"example.com/shiptrack/infra/localaws/internal/kms"
	"example.com/shiptrack/infra/localaws/internal/s3/request"
	"example.com/shiptrack/infra/localaws/internal/s3/store"
)

// Answers is what requests are answered from. It is safe for concurrent use.
type Answers struct {
	Store *store.Store
	Keys  *kms.Service
	Roles *awsidentity.Directory // whom policies of buckets name
	Now   func() time.Time

	policies sync.Map // compiled, by the bucket's name
}

// asked is one request that was read.
type asked struct {
	*Answers
	*request.Reading
	req  *api.Request
	seen map[identity]map[string]string // the tags of objects that the policies see
}

// operation is how requests for an operation are answered.
type operation struct {
	answer    func(*asked) (*api.Response, error)
	takesBody bool
	most      int64 // bytes of an answer that may be large
	// read, where it is set, reads the body before anything is decided: the answer asks for permissions on what it names. It returns the answer.
	read func(*asked) (func(*asked) (*api.Response, error), error)
}

// Call binds the answer to a request. Errors are *api.Error or of the body.
func (s *Answers) Call(req *api.Request, reading *request.Reading) (*api.Call, error) {
	a := &asked{s, reading, req, nil}
	op, known := operations[reading.Operation]
	if !known {
		op = operation{answer: notImplemented, takesBody: true}
	}
	if err := a.setExistingTags(); err != nil {
		return nil, err
	}
	for i := range reading.Permissions {
		if err := a.guard(&reading.Permissions[i]); err != nil {
			return nil, err
		}
	}
	if op.read != nil {
		var err error
		if op.answer, err = op.read(a); err != nil {
			return nil, err
		}
	}
	return &api.Call{
		Operation: reading.Operation, Permissions: reading.Permissions, Apart: op.read != nil, MostBytes: op.most,
		Answer: func(ctx context.Context) (*api.Response, error) {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			return a.perform(op)
		},
	}, nil
}

func (a *asked) perform(op operation) (*api.Response, error) {
	if err := a.begin(op.takesBody || op.read != nil); err != nil {
		return nil, err
	}
	response, err := op.answer(a)
	return response, errorOf(err)
}

// begin refuses what is refused whatever the operation is.
func (a *asked) begin(takesBody bool) error {
	for _, name := range []string{"X-Amz-Expected-Bucket-Owner", "X-Amz-Source-Expected-Bucket-Owner"} {
		if owner := a.header(name); owner != "" && owner != a.req.Account {
			return api.Errorf(http.StatusForbidden, "AccessDenied", "Access Denied")
		}
	}
	if err := a.checkRead(); err != nil || takesBody {
		return err
	}
	_, err := a.req.HTTP.Body.All(0)
	return err
}

// checkRead refuses reads that say how an object is to be encrypted (S3 API Reference, GetObject and HeadObject).
func (a *asked) checkRead() error {
	if a.Operation != "GetObject" && a.Operation != "HeadObject" {
		return nil
	}
	for _, name := range []string{"X-Amz-Server-Side-Encryption", "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id"} {
		if a.header(name) != "" {
			return invalidArgument(strings.ToLower(name) + " header is not supported for this operation.")
		}
	}
	return nil
}

func (a *asked) header(name string) string { return a.req.Header.Get(name) }

func notImplemented(a *asked) (*api.Response, error) {
	return nil, api.Errorf(http.StatusNotImplemented, "NotImplemented", "A header you provided implies functionality that is not implemented: %s", api.Own(api.NotServed(a.Operation)))
}

// storeErrors are the store's errors of the caller's, as S3 words them (S3 API Reference, "Error responses").
var storeErrors = map[error]*api.Error{
	store.ErrNoSuchBucket:   api.Errorf(http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist"),
	store.ErrBucketNotEmpty: api.Errorf(http.StatusConflict, "BucketNotEmpty", "The bucket you tried to delete is not empty"),
	store.ErrNoSuchUpload: api.Errorf(http.StatusNotFound, "NoSuchUpload",
		"The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed."),
	store.ErrNoSuchKey:     api.Errorf(http.StatusNotFound, "NoSuchKey", "The specified key does not exist."),
	store.ErrNoSuchVersion: api.Errorf(http.StatusNotFound, "NoSuchVersion", "The specified version does not exist."),
}

func errorOf(err error) error {
	for known, e := range storeErrors {
		if errors.Is(err, known) {
			return e
		}
	}
	return err
}

func invalidArgument(message string) error {
	return api.Errorf(http.StatusBadRequest, "InvalidArgument", "%s", api.Own(message))
}

func invalidRequest(message string) error {
	return api.Errorf(http.StatusBadRequest, "InvalidRequest", "%s", api.Own(message))
}
