// Package dynamodb is localaws' DynamoDB: it says what every request of the API asks for, and answers
// the operations that applications use from bbolt.
//
// A request is parsed once. Authorization and answer use the same reading, so the policy can never see
// one request while another is carried out. A request whose keys cannot be read is refused, or its keys
// are unknown, which no condition of an Allow accepts; it is never evaluated as if it had no keys.
//
// Package request reads, package answer answers, package store keeps.
package dynamodb

import (
	"context"
	"errors"
	"time"

	"go.etcd.io/bbolt"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/answer"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/request"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/store"
)

// Config is what a Service needs.
type Config struct {
	// DB holds tables and items, in buckets whose names begin with "dynamodb/". A write is acknowledged
	// when it is on disk, as far as the DB's own settings (NoSync) allow. The caller closes it.
	DB *bbolt.DB
	// Now is the clock of creation times and of idempotency tokens; nil means time.Now.
	Now func() time.Time
}

// Service is DynamoDB and DynamoDB Streams. It is safe for concurrent use.
type Service struct{ store *store.Store }

var _ api.Service = (*Service)(nil)

// New opens the tables in cfg.DB.
func New(cfg Config) (*Service, error) {
	if cfg.DB == nil {
		return nil, errors.New("dynamodb: Config.DB is nil")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	st, err := store.Open(cfg.DB, cfg.Now)
	if err != nil {
		return nil, err
	}
	return &Service{store: st}, nil
}

// Protocol returns JSON10.
func (s *Service) Protocol() api.Protocol { return api.JSON10 }

// Read says which permissions req needs and binds its answer. Errors are those of request.Read.
func (s *Service) Read(_ context.Context, req *api.Request) (*api.Call, error) {
	permissions, asked, err := request.Read(req, s.store.Table)
	if err != nil {
		return nil, err
	}
	return &api.Call{Permissions: permissions, MostBytes: answer.MostBytes(asked), Answer: answer.To(s.store, req.Operation, asked)}, nil
}

// Operations returns the names of all operations that are authorized, in order.
func Operations() []string { return request.Operations() }

// Answered reports an operation that the Service answers; others are authorized alone.
func Answered(operation string) bool { return request.Answered(operation) }

// BodyLimit is how many bytes the body of an operation may have.
func BodyLimit(operation string) int64 { return request.BodyLimit(operation) }

// HTTPTarget is what the header X-Amz-Target of a request for an operation must say. Both DynamoDB_20120810 and
// DynamoDBStreams_20120810 are the Service's, each with operations of its own.
func HTTPTarget(operation string) string { return request.HTTPTarget(operation) }
