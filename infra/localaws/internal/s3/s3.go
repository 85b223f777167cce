// Package s3 is localaws' S3: it says what every request of the API asks for, and answers those of object storage from files and bbolt. It
// refuses what it does not know: a request is never answered as a known one with something more.
//
// Package request reads, package answer answers, package store keeps. A body is authorized before it is read, and an object is there once its
// body has proved to be the one that was signed.
package s3

import (
	"context"
	"errors"
	"time"

	"go.etcd.io/bbolt"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/identity"
	"example.com/shiptrack/infra/localaws/internal/kms"
	"example.com/shiptrack/infra/localaws/internal/s3/answer"
	"example.com/shiptrack/infra/localaws/internal/s3/store"
)

// Config is what a Service needs.
type Config struct {
	// DB holds what is known of buckets and objects, in buckets whose names begin with "s3/". The caller closes it.
	DB        *bbolt.DB
	Directory string              // of the objects' bytes; made where it is missing
	Keys      *kms.Service        // whose keys encrypt objects
	Roles     *identity.Directory // whom policies of buckets name
	Now       func() time.Time    // nil: time.Now
}

// Service is S3. It is safe for concurrent use.
type Service struct{ answers *answer.Answers }

var _ api.Service = (*Service)(nil)

// New opens the objects in cfg.
func New(cfg Config) (*Service, error) {
	if cfg.DB == nil || cfg.Directory == "" || cfg.Keys == nil || cfg.Roles == nil {
		return nil, errors.New("s3: Config lacks DB, Directory, Keys or Roles")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	st, err := store.Open(cfg.DB, cfg.Directory)
	if err != nil {
		return nil, err
	}
	return &Service{&answer.Answers{Store: st, Keys: cfg.Keys, Roles: cfg.Roles, Now: cfg.Now}}, nil
}

// Operations returns the names of all operations that are answered, in order.
func Operations() []string { return answer.Operations() }

// Protocol returns RestXML.
func (*Service) Protocol() api.Protocol { return api.RestXML }

// Read says which permissions req needs and binds its answer. Errors are those of answer.Read, and of the body where an operation names in it
// what it is about.
func (s *Service) Read(_ context.Context, req *api.Request) (*api.Call, error) {
	reading, err := s.answers.Read(req)
	if err != nil {
		return nil, err
	}
	return s.answers.Call(req, reading)
}
