package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

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

// upload is an upload in parts.
type upload struct{ bucket, key, id string }

// maxUploads is how many uploads in parts may be open at one time.
const maxUploads = 1000

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
	forward, known := forwards[reading.Operation]
	if !known {
		forward = (*forwarding).notForwarded
	}
	apart := reading.Operation == "DeleteObjects" // whose body says what needs a permission
	if apart {
		answer, err := f.ReadDelete()
		if err != nil {
			return nil, err
		}
		forward = func(f *forwarding, ctx context.Context) (*api.Response, error) { return answer(f.remove(ctx)) }
	}
	return &api.Call{
		Operation: reading.Operation, Permissions: reading.Permissions, Apart: apart,
		Answer: func(ctx context.Context) (*api.Response, error) { return forward(f, ctx) },
	}, nil
}

// Ready returns nil where the upstream answers.
func (s *S3) Ready(ctx context.Context) error {
	response, err := s.send(ctx, &outgoing{method: http.MethodGet})
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("upstream %s answers ListBuckets with %s", s.endpoint.address, response.Status)
	}
	return nil
}

// outgoing is a request to the upstream, built anew of what was read.
type outgoing struct {
	method, bucket, key string
	query               string
	header              http.Header
	body                io.Reader // nil: none
	size                int64     // of body
}

// send sends q and returns the answer, whose body must be closed. Its errors are failures, or that of q.body.
func (s *S3) send(ctx context.Context, q *outgoing) (*http.Response, error) {
	e := s.endpoint
	bounded, cancel := context.WithCancelCause(ctx)
	late := time.AfterFunc(headerTime, func() { cancel(errLate) })
	body := &sending{from: q.body, late: late}
	r, err := q.request(bounded, e, body)
	if err == nil {
		err = e.sign(r)
	}
	if err != nil {
		cancel(nil)
		return nil, err
	}
	response, err := e.transport.RoundTrip(r)
	late.Stop()
	switch {
	case body.err != nil: // the caller's body is not what was signed: the upstream has not got it whole
		err = body.err
	case err != nil:
		err = e.failure(bounded, err)
	case response.StatusCode < http.StatusOK:
		err = failed(errNotHTTP)
	default:
		response.Body = newStream(response.Body, bounded, cancel)
		return response, nil
	}
	cancel(nil)
	if response != nil {
		response.Body.Close()
	}
	return nil, err
}

// sending is the body of a request to the upstream. Its last bytes are kept back until the caller's body has proved to be the one
// that was signed: a request whose body is cut off is not carried out.
type sending struct {
	from io.Reader
	late *time.Timer
	held []byte
	err  error // of from, but io.EOF
	done bool
}

func (b *sending) Read(p []byte) (int, error) {
	b.late.Reset(headerTime)
	for !b.done && len(b.held) <= 1 {
		piece := make([]byte, 32<<10)
		n, err := b.from.Read(piece)
		b.held = append(b.held, piece[:n]...)
		if errors.Is(err, io.EOF) {
			b.done = true
		} else if err != nil {
			b.err = err
			return 0, err
		}
	}
	ready := len(b.held)
	if !b.done {
		ready--
	}
	n := copy(p, b.held[:ready])
	b.held = b.held[n:]
	if b.done && len(b.held) == 0 {
		return n, io.EOF
	}
	return n, nil
}
