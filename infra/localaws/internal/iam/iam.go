// Package iam is the part of the IAM API that loads roles and policies: what folders of roles and the AWS
// CLI's common commands need. Each operation is authorized by its IAM action on the role's or
// policy's ARN. Any other operation is authorized too, and then answered as unknown.
package iam

import (
	"context"
	"errors"
	"time"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/identity"
	"example.com/shiptrack/infra/localaws/policy"
)

// Config configures a Service.
type Config struct{ Directory *identity.Directory }

// Service implements api.Service.
type Service struct{ directory *identity.Directory }

// New returns a Service.
func New(c Config) *Service { return &Service{directory: c.Directory} }

// Protocol returns api.Query.
func (*Service) Protocol() api.Protocol { return api.Query }

// operations is every operation that is answered. Each reads its parameters into a plan.
var operations = map[string]func(*query) (*plan, error){
	"CreateRole":                    createRole,
	"GetRole":                       getRole,
	"ListRoles":                     listRoles,
	"UpdateRole":                    updateRole,
	"DeleteRole":                    deleteRole,
	"UpdateAssumeRolePolicy":        updateAssumeRolePolicy,
	"PutRolePermissionsBoundary":    putRolePermissionsBoundary,
	"DeleteRolePermissionsBoundary": deleteRolePermissionsBoundary,
	"ListInstanceProfilesForRole":   listInstanceProfilesForRole,
	"PutRolePolicy":                 putRolePolicy,
	"GetRolePolicy":                 getRolePolicy,
	"ListRolePolicies":              listRolePolicies,
	"DeleteRolePolicy":              deleteRolePolicy,
	"AttachRolePolicy":              attachRolePolicy,
	"DetachRolePolicy":              detachRolePolicy,
	"ListAttachedRolePolicies":      listAttachedRolePolicies,
	"TagRole":                       tagRole,
	"UntagRole":                     untagRole,
	"ListRoleTags":                  listRoleTags,
	"CreatePolicy":                  createPolicy,
	"GetPolicy":                     getPolicy,
	"GetPolicyVersion":              getPolicyVersion,
	"ListPolicyVersions":            listPolicyVersions,
	"ListPolicies":                  listPolicies,
	"DeletePolicy":                  deletePolicy,

	"SimulateCustomPolicy":             simulateCustomPolicy,
	"SimulatePrincipalPolicy":          simulatePrincipalPolicy,
	"GetContextKeysForCustomPolicy":    getContextKeysForCustomPolicy,
	"GetContextKeysForPrincipalPolicy": getContextKeysForPrincipalPolicy,
}

// query is one request being read.
type query struct {
	*api.Request
	ctx       context.Context // ends when the caller has gone
	directory *identity.Directory
	snapshot  *identity.Snapshot
}

// plan is one reading: what has to be allowed, and how it is answered.
type plan struct {
	permissions []api.Permission
	answer      func() (result any, err error) // a nil result: the answer has none
}

// Read says what r asks for.
func (s *Service) Read(ctx context.Context, r *api.Request) (*api.Call, error) {
	read, ok := operations[r.Operation]
	if !ok {
		return unknownOperation(r), nil
	}
	q := &query{Request: r, ctx: ctx, directory: s.directory, snapshot: s.directory.Snapshot()}
	p, err := read(q)
	if err != nil {
		return nil, err
	}
	if err := r.Form.CheckRead(); err != nil {
		return nil, err
	}
	return &api.Call{Permissions: p.permissions, Answer: func(context.Context) (*api.Response, error) {
		result, err := p.answer()
		if err != nil {
			return nil, awsError(err)
		}
		return api.QueryResponse(api.IAMNamespace, r.ID, r.Operation, result)
	}}, nil
}

func unknownOperation(r *api.Request) *api.Call {
	return &api.Call{
		Permissions: []api.Permission{{Action: "iam:" + r.Operation, Resource: "*"}},
		Answer: func(context.Context) (*api.Response, error) {
			return nil, api.Errorf(400, "InvalidAction", "Could not find operation %s for version 2010-05-08", r.Operation)
		},
	}
}

// awsError turns a document that does not parse into AWS's error.
func awsError(err error) error {
	if malformed, ok := errors.AsType[*policy.MalformedError](err); ok {
		return api.MalformedPolicy(malformed)
	}
	return err
}

// on asks for the request's own action on resource.
func (q *query) on(resource string, keys *policy.Context, answer func() (any, error)) *plan {
	permission := api.Permission{Action: "iam:" + q.Operation, Resource: resource, Context: keys}
	return &plan{permissions: []api.Permission{permission}, answer: answer}
}

// onRole asks for the request's own action on the role called name, even if no such role exists: a denial
// is the same in both cases.
func (q *query) onRole(name string, keys *policy.Context, answer func() (any, error)) *plan {
	if keys == nil {
		keys = new(policy.Context)
	}
	asked := q.arn("role", "/", name)
	role := q.snapshot.Role(name)
	if role == nil {
		return q.on(asked, keys, answer)
	}
	for _, tag := range role.Tags {
		keys.Set("aws:ResourceTag/"+tag.Key, tag.Value)
		keys.Set("iam:ResourceTag/"+tag.Key, tag.Value)
	}
	p := q.on(role.ARN, keys, answer)
	p.permissions[0].Asked = asked
	return p
}

// arn forms the ARN of a role or policy.
func (q *query) arn(kind, path, name string) string {
	return "arn:aws:iam::" + q.Account + ":" + kind + path + name
}

// changeRole stores what change makes of the role called name.
func (q *query) changeRole(name string, change func(*identity.Edit, *identity.Role) error) error {
	return q.directory.Update(func(e *identity.Edit) error {
		role := e.Role(name)
		if role == nil {
			return noSuchRole(name)
		}
		changed := role.Clone()
		if err := change(e, changed); err != nil {
			return err
		}
		e.PutRole(changed)
		return nil
	})
}

// role returns the role called name, as it is now.
func (q *query) role(name string) (*identity.Role, error) {
	if role := q.directory.Snapshot().Role(name); role != nil {
		return role, nil
	}
	return nil, noSuchRole(name)
}

func noSuchRole(name string) error {
	return api.Errorf(404, "NoSuchEntity", "The role with name %s cannot be found.", name)
}

func noSuchPolicy(arn string) error {
	return api.Errorf(404, "NoSuchEntity", "Policy %s was not found.", arn)
}

func noSuchPrincipal(arn string) error {
	return api.Errorf(404, "NoSuchEntity", "The principal with ARN %s cannot be found.", arn)
}

func timestamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
