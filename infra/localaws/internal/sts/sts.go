// Package sts is the Security Token Service: AssumeRole with session tags, and GetCallerIdentity. Any
// other operation is authorized too, and then answered as unknown.
package sts

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/identity"
	"example.com/shiptrack/infra/localaws/policy"
)

// Config configures a Service.
type Config struct {
	Directory *identity.Directory
	Sessions  *identity.Sessions
}

// Service implements api.Service.
type Service struct {
	directory *identity.Directory
	sessions  *identity.Sessions
	nobody    policy.Named // the trust policy of roles that do not exist
}

// New returns a Service.
func New(c Config) (*Service, error) {
	nobody, err := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny",`+
		`"Principal":{"Service":"nobody.amazonaws.com"},"Action":"sts:AssumeRole"}]}`), policy.Trust)
	if err != nil {
		return nil, fmt.Errorf("trust policy of roles that do not exist: %w", err)
	}
	return &Service{
		directory: c.Directory, sessions: c.Sessions,
		nobody: policy.Named{Name: "no such role", Policy: nobody},
	}, nil
}

// Protocol returns api.Query.
func (*Service) Protocol() api.Protocol { return api.Query }

// operations is every operation that is answered.
var operations = map[string]func(*Service, *api.Request) (*api.Call, error){
	"AssumeRole":        (*Service).readAssumeRole,
	"GetCallerIdentity": (*Service).readGetCallerIdentity,
}

// Operations returns the names of all operations that are answered, in order.
func Operations() []string { return slices.Sorted(maps.Keys(operations)) }

// Read says what r asks for.
func (s *Service) Read(_ context.Context, r *api.Request) (*api.Call, error) {
	read, ok := operations[r.Operation]
	if !ok {
		return unknownOperation(r), nil
	}
	return read(s, r)
}

// unsigned are the operations whose requests nobody signs: a token or an assertion says who asks.
var unsigned = []string{"AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"}

// IsUnsigned reports an operation of STS whose requests AWS takes without a signature. localaws answers none of them.
func IsUnsigned(operation string) bool { return slices.Contains(unsigned, operation) }

// UnknownOperation is the answer to an operation that is not served.
func UnknownOperation(operation string) *api.Error {
	return api.Errorf(400, "InvalidAction", "Could not find operation %s for version 2011-06-15: %s", operation, api.NotServed(operation))
}

// readGetCallerIdentity: the operation needs no permission, and no policy can deny it (STS API Reference,
// GetCallerIdentity). It allows nothing, so that parameters which a newer SDK may send are not looked at.
func (s *Service) readGetCallerIdentity(r *api.Request) (*api.Call, error) {
	return &api.Call{Free: true, Answer: func(context.Context) (*api.Response, error) {
		return respond(r, struct{ Arn, UserId, Account string }{r.Caller.ARN, r.Caller.UserID, r.Caller.Account})
	}}, nil
}

func unknownOperation(r *api.Request) *api.Call {
	return &api.Call{
		Permissions: []api.Permission{{Action: "sts:" + r.Operation, Resource: "*"}},
		Answer: func(context.Context) (*api.Response, error) {
			return nil, UnknownOperation(r.Operation)
		},
	}
}

func respond(r *api.Request, result any) (*api.Response, error) {
	return api.QueryResponse(api.STSNamespace, r.ID, r.Operation, result)
}
