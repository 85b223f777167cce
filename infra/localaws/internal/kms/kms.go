// Package kms is localaws' KMS: symmetric keys with key policies, tags and aliases, and what encrypts and decrypts under
// them. It refuses what would widen a permission without a policy that says so: grants, imported material, other kinds of
// keys and keys of other accounts.
//
// A request is read once, into permissions and an answer. A key is resolved from its id, its ARN or an alias while the
// request is read, and policies are evaluated on the key's ARN (KMS Developer Guide, "ABAC for AWS KMS").
package kms

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
	"go.etcd.io/bbolt"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/identity"
)

// Config is what a Service needs.
type Config struct {
	// DB holds keys and aliases, in buckets whose names begin with "kms/". Key material stands in it as it is: who reads the
	// file reads the keys. The caller closes it.
	DB *bbolt.DB
	// Directory has the roles and users that key policies may name.
	Directory *identity.Directory
	Now       func() time.Time // nil: time.Now
}

// Service is KMS. It is safe for concurrent use.
type Service struct {
	store     *store
	directory *identity.Directory
}

var _ api.Service = (*Service)(nil)

// New opens the keys in cfg.DB.
func New(cfg Config) (*Service, error) {
	if cfg.DB == nil {
		return nil, errors.New("kms: Config.DB is nil")
	}
	if cfg.Directory == nil {
		return nil, errors.New("kms: Config.Directory is nil")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	st, err := openStore(cfg.DB, cfg.Now, cfg.Directory.Snapshot())
	if err != nil {
		return nil, err
	}
	return &Service{store: st, directory: cfg.Directory}, nil
}

// Protocol returns JSON11.
func (*Service) Protocol() api.Protocol { return api.JSON11 }

// HTTPTarget is what the header X-Amz-Target of a request for an operation must say.
func HTTPTarget(operation string) string { return "TrentService." + operation }

// Limits of a body, in bytes. A key policy has 32 KB; a ciphertext of 6,144 bytes, two encryption contexts and ten grant
// tokens (API reference of each operation) have less than the other limit.
const (
	maxPolicyBody = 256 << 10
	maxBody       = 64 << 10
)

// BodyLimit is how many bytes the body of an operation may have.
func BodyLimit(operation string) int64 {
	switch operation {
	case "CreateKey", "PutKeyPolicy":
		return maxPolicyBody
	}
	return maxBody
}

// Read says which permissions req needs, and binds its answer. Errors are *api.Error: a SerializationException where the body
// is not the JSON of the operation, a ValidationException where it is wrong whatever keys there are, a NotFoundException where
// it names a key or an alias that does not exist.
func (s *Service) Read(_ context.Context, req *api.Request) (*api.Call, error) {
	read, known := operations[req.Operation]
	if !known {
		return nil, api.Errorf(http.StatusBadRequest, "UnknownOperationException", "An unknown operation was requested.")
	}
	r := &reading{req: req, store: s.store, directory: s.directory}
	perform, err := read(r)
	if err != nil {
		return nil, err
	}
	return &api.Call{Permissions: r.permissions, Answer: func(ctx context.Context) (*api.Response, error) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		return respond(perform)
	}}, nil
}

// respond marshals what perform returns; an operation without output has an empty body.
func respond(perform answer) (*api.Response, error) {
	out, err := perform()
	if err != nil || out == nil {
		return &api.Response{}, err
	}
	body, err := json.Marshal(out)
	if err != nil {
		return nil, err
	}
	return &api.Response{Body: body}, nil
}
