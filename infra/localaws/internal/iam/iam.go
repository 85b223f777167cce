// Package iam is the part of the IAM API that keeps roles, users and managed policies: what folders of roles, Terraform and the AWS
// CLI's common commands need. Each operation is authorized by its IAM action on the ARN of the role, user or
// policy. Any other operation is authorized too, and then answered as unknown.
package iam

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/identity"
	"example.com/shiptrack/infra/localaws/policy"
)

// Config configures a Service.
type Config struct {
	Directory *identity.Directory
	Sessions  *identity.Sessions // issues the access keys of users
}

// Service implements api.Service.
type Service struct {
	directory *identity.Directory
	sessions  *identity.Sessions
}

// New returns a Service.
func New(c Config) *Service { return &Service{directory: c.Directory, sessions: c.Sessions} }

// MaxBody is how long the body of a request may be, in bytes: the policy simulator takes policies of 131,072 characters, of which each
// may take six bytes.
const MaxBody = 1 << 20

// Protocol returns api.Query.
func (*Service) Protocol() api.Protocol { return api.Query }

// operations is every operation that is answered. Each reads its parameters into a plan.
var operations = map[string]func(*query) (*plan, error){
	"CreateRole":                  createRole,
	"GetRole":                     getRole,
	"ListRoles":                   listRoles,
	"UpdateRole":                  updateRole,
	"UpdateRoleDescription":       updateRoleDescription,
	"DeleteRole":                  deleteRole,
	"UpdateAssumeRolePolicy":      updateAssumeRolePolicy,
	"ListInstanceProfilesForRole": listInstanceProfilesForRole,

	"PutRolePolicy":                 roles.putPolicy,
	"GetRolePolicy":                 roles.getPolicy,
	"ListRolePolicies":              roles.listPolicies,
	"DeleteRolePolicy":              roles.deletePolicy,
	"AttachRolePolicy":              roles.attachPolicy,
	"DetachRolePolicy":              roles.detachPolicy,
	"ListAttachedRolePolicies":      roles.listAttachedPolicies,
	"PutRolePermissionsBoundary":    roles.putBoundary,
	"DeleteRolePermissionsBoundary": roles.deleteBoundary,
	"TagRole":                       roles.tag,
	"UntagRole":                     roles.untag,
	"ListRoleTags":                  roles.listTags,

	"CreateUser": createUser,
	"GetUser":    getUser,
	"ListUsers":  listUsers,
	"UpdateUser": updateUser,
	"DeleteUser": deleteUser,

	"PutUserPolicy":                 users.putPolicy,
	"GetUserPolicy":                 users.getPolicy,
	"ListUserPolicies":              users.listPolicies,
	"DeleteUserPolicy":              users.deletePolicy,
	"AttachUserPolicy":              users.attachPolicy,
	"DetachUserPolicy":              users.detachPolicy,
	"ListAttachedUserPolicies":      users.listAttachedPolicies,
	"PutUserPermissionsBoundary":    users.putBoundary,
	"DeleteUserPermissionsBoundary": users.deleteBoundary,
	"TagUser":                       users.tag,
	"UntagUser":                     users.untag,
	"ListUserTags":                  users.listTags,

	"CreateAccessKey":      createAccessKey,
	"ListAccessKeys":       listAccessKeys,
	"UpdateAccessKey":      updateAccessKey,
	"DeleteAccessKey":      deleteAccessKey,
	"GetAccessKeyLastUsed": getAccessKeyLastUsed,

	// Users have nothing else: Terraform asks for it before it deletes a user.
	"ListGroupsForUser":              noneOf("Groups"),
	"ListMFADevices":                 noneOf("MFADevices"),
	"ListVirtualMFADevices":          noVirtualMFADevices,
	"ListSSHPublicKeys":              noneOf("SSHPublicKeys"),
	"ListSigningCertificates":        noneOf("Certificates"),
	"ListServiceSpecificCredentials": noneOf("ServiceSpecificCredentials"),
	"GetLoginProfile":                noLoginProfile,
	"DeleteLoginProfile":             noLoginProfile,

	"CreatePolicy":            createPolicy,
	"GetPolicy":               getPolicy,
	"ListPolicies":            listPolicies,
	"DeletePolicy":            deletePolicy,
	"CreatePolicyVersion":     createPolicyVersion,
	"GetPolicyVersion":        getPolicyVersion,
	"ListPolicyVersions":      listPolicyVersions,
	"SetDefaultPolicyVersion": setDefaultPolicyVersion,
	"DeletePolicyVersion":     deletePolicyVersion,
	"ListEntitiesForPolicy":   listEntitiesForPolicy,
	"TagPolicy":               tagPolicy,
	"UntagPolicy":             untagPolicy,
	"ListPolicyTags":          listPolicyTags,

	"GetAccountAuthorizationDetails":   accountDetails,
	"SimulateCustomPolicy":             simulateCustomPolicy,
	"SimulatePrincipalPolicy":          simulatePrincipalPolicy,
	"GetContextKeysForCustomPolicy":    getContextKeysForCustomPolicy,
	"GetContextKeysForPrincipalPolicy": getContextKeysForPrincipalPolicy,
}

// Operations returns the names of all operations that are answered, in order.
func Operations() []string { return slices.Sorted(maps.Keys(operations)) }

// query is one request being read.
type query struct {
	*api.Request
	ctx       context.Context // ends when the caller has gone
	directory *identity.Directory
	sessions  *identity.Sessions
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
	q := &query{Request: r, ctx: ctx, directory: s.directory, sessions: s.sessions, snapshot: s.directory.Snapshot()}
	p, err := read(q)
	if err != nil {
		return nil, err
	}
	if err := checkRead(r); err != nil {
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

// checkRead refuses parameters that nobody knows, but where the operation changes and allows nothing: there an SDK may be newer than localaws.
func checkRead(r *api.Request) error {
	if strings.HasPrefix(r.Operation, "Get") || strings.HasPrefix(r.Operation, "List") {
		return nil
	}
	return r.Form.CheckRead()
}

func unknownOperation(r *api.Request) *api.Call {
	return &api.Call{
		Permissions: []api.Permission{{Action: "iam:" + r.Operation, Resource: "*"}},
		Answer: func(context.Context) (*api.Response, error) {
			return nil, api.Errorf(400, "InvalidAction", "Could not find operation %s for version 2010-05-08: %s", r.Operation, api.NotServed(r.Operation))
		},
	}
}

// awsError turns a document that does not parse, or that names who is not there, into AWS's error.
func awsError(err error) error {
	if malformed, ok := errors.AsType[*policy.MalformedError](err); ok {
		return api.MalformedPolicy(malformed)
	}
	if unknown, ok := errors.AsType[*identity.UnknownPrincipalError](err); ok {
		return api.Errorf(400, "MalformedPolicyDocument", "%s", unknown.Error())
	}
	return err
}

// on asks for the request's own action on resource.
func (q *query) on(resource string, keys *policy.Context, answer func() (any, error)) *plan {
	permission := api.Permission{Action: "iam:" + q.Operation, Resource: resource, Context: keys}
	return &plan{permissions: []api.Permission{permission}, answer: answer}
}

// arn forms the ARN of a role, a user or a policy.
func (q *query) arn(kind, path, name string) string {
	return "arn:aws:iam::" + q.Account + ":" + kind + path + name
}

func noSuchPolicy(arn string) error {
	return api.Errorf(404, "NoSuchEntity", "Policy %s was not found.", arn)
}

func noSuchPrincipal(arn string) error {
	return api.Errorf(404, "NoSuchEntity", "The principal with ARN %s cannot be found.", arn)
}

func timestamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
