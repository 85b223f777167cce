package upstream

import (
	"context"
	"net/http"
	"sync"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/kms"
	"example.com/shiptrack/infra/localaws/internal/s3/answer"
)

// S3 is an S3 that another endpoint answers. It is safe for concurrent use.
//
// KMS stays with localaws. The upstream gets the bytes as they are, and no word of keys. Which key an object is under, and a data key
// that only this key opens, under the object's ARN, stand in the object's own metadata, which callers neither see nor set
// (protectionHeader). So they come and go with the object, whoever restarts. An object without them did not come through a gateway;
// it is not answered.
type S3 struct {
	endpoint *endpoint
	answers  *answer.Answers

	mu      sync.Mutex
	uploads map[upload]*answer.Protection // that were begun through this gateway, and have not ended
}

var _ api.Service = (*S3)(nil)

// NewS3 returns an S3 at c whose objects are protected by keys. It does not connect.
func NewS3(c Config, keys *kms.Service) (*S3, error) {
	e, err := newEndpoint("s3", c)
	if err != nil {
		return nil, err
	}
	return &S3{endpoint: e, answers: &answer.Answers{Keys: keys, Now: e.now}, uploads: map[upload]*answer.Protection{}}, nil
}

// Protocol returns RestXML.
func (*S3) Protocol() api.Protocol { return api.RestXML }

// Read says which permissions req needs, as the embedded S3 does.
func (s *S3) Read(_ context.Context, req *api.Request) (*api.Call, error) {
	reading, err := s.answers.Read(req)
	if err != nil {
		return nil, err
	}
	f := &forwarding{S3: s, Forwarded: s.answers.Forward(req, reading), req: req}
	call := &api.Call{Operation: reading.Operation, Permissions: reading.Permissions}
	if reading.Operation == "DeleteObjects" { // whose body says what needs a permission
		answer, err := f.ReadDelete()
		if err != nil {
			return nil, err
		}
		call.Apart = true
		call.Answer = f.performed(func(f *forwarding, ctx context.Context) (*api.Response, error) { return answer(f.remove(ctx)) }, true)
		return call, nil
	}
	op, known := forwards[reading.Operation]
	if !known {
		op = operation{forward: (*forwarding).notForwarded, takesBody: true}
	}
	call.MostBytes, call.Answer = op.most, f.performed(op.forward, op.takesBody)
	return call, nil
}

// performed is an answer that refuses what the embedded S3 refuses of every request. Failures are in S3's words.
func (f *forwarding) performed(forward func(*forwarding, context.Context) (*api.Response, error), takesBody bool) func(context.Context) (*api.Response, error) {
	return func(ctx context.Context) (*api.Response, error) {
		if err := f.Begin(takesBody); err != nil {
			return nil, err
		}
		response, err := forward(f, ctx)
		return response, inS3(err)
	}
}

// Ready returns nil where the upstream answers.
func (s *S3) Ready(ctx context.Context) error {
	response, err := s.send(ctx, &outgoing{method: http.MethodGet})
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return statusError(s.endpoint, response)
	}
	return nil
}

// send sends q and returns the answer, whose body must be closed. Its errors are failures, or that of q.body.
func (s *S3) send(ctx context.Context, q *outgoing) (*http.Response, error) {
	var body *sending
	response, err := s.endpoint.exchange(ctx, func(ctx context.Context, late *deadline) (*http.Request, error) {
		r, err := q.request(ctx, s.endpoint)
		if err != nil || q.body == nil {
			return r, err
		}
		body = newSending(q.body, late)
		r.Body = body
		return r, nil
	})
	if body != nil {
		response, err = body.settle(response, err)
	}
	if err != nil {
		return nil, err
	}
	return bounded(response)
}
