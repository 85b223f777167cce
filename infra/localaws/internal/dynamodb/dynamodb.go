// Package dynamodb is localaws' DynamoDB: it says what every request of the API asks for, and answers
// the operations that applications use from bbolt.
//
// A request is parsed once. What is authorized and what is answered come from the same reading, so
// nothing can be named to the policy and something else be done. A request whose keys cannot be read is
// refused, or carries keys that no condition accepts; it is never evaluated with the keys left out.
package dynamodb

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
	"go.etcd.io/bbolt"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
)

// Config is what a Service stands on.
type Config struct {
	// DB holds tables and items, in buckets whose names begin with "dynamodb/". A write is acknowledged
	// when it is on disk, as far as the DB's own settings (NoSync) allow. The caller closes it.
	DB *bbolt.DB
	// Now is the clock of creation times and of idempotency tokens; nil means time.Now.
	Now func() time.Time
}

// Service is DynamoDB and DynamoDB Streams. It is safe for concurrent use.
type Service struct{ store *store }

var _ api.Service = (*Service)(nil)

// New opens the tables in cfg.DB.
func New(cfg Config) (*Service, error) {
	if cfg.DB == nil {
		return nil, errors.New("dynamodb: Config.DB is nil")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	st, err := openStore(cfg.DB, cfg.Now)
	if err != nil {
		return nil, err
	}
	return &Service{store: st}, nil
}

// Protocol returns JSON10. Both target prefixes, DynamoDB_20120810 and DynamoDBStreams_20120810, are its.
func (s *Service) Protocol() api.Protocol { return api.JSON10 }

// Read says which permissions req needs and binds its answer. Errors are *api.Error: a
// SerializationException where the body is not the operation's JSON, a ValidationException where it is
// readable and wrong whatever the tables hold, UnknownOperationException where AWS has no such operation.
func (s *Service) Read(_ context.Context, req *api.Request) (*api.Call, error) {
	op, ok := operations[req.Operation]
	if !ok {
		return nil, exception.UnknownOperation()
	}
	r := &reading{req: req, place: place{account: req.Account, region: req.Region}, store: s.store, tables: s.store.find}
	answer, err := op.apply(r)
	if err != nil {
		return nil, exception.Of(err)
	}
	return &api.Call{Permissions: r.permissions, Answer: respond(answer)}, nil
}

// answer performs what was read. It returns what is to be marshalled as the response's body, or a
// *api.Response where the body of an error says more than code and message.
type answer func(context.Context) (any, error)

// respond turns an answer into that of a Call.
func respond(answer answer) func(context.Context) (*api.Response, error) {
	if answer == nil {
		return func(context.Context) (*api.Response, error) { return nil, exception.UnknownOperation() }
	}
	return func(ctx context.Context) (*api.Response, error) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		out, err := answer(ctx)
		if err != nil {
			return nil, exception.Of(err)
		}
		if resp, ok := out.(*api.Response); ok {
			return resp, nil
		}
		body, err := json.Marshal(out)
		if err != nil {
			return nil, err
		}
		return &api.Response{Status: http.StatusOK, Body: body}, nil
	}
}
