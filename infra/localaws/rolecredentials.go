package localaws

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/identity"
	"example.com/shiptrack/infra/localaws/policy"
)

const roleCredentialsPath = "/_localaws/role-credentials"

// The compute service that starts a task, and for how long it hands out credentials.
const (
	computeService  = "ecs-tasks.amazonaws.com"
	computeDuration = time.Hour
)

var sessionNamePattern = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)

// roleCredentials answers GET /_localaws/role-credentials?role=NAME&session=NAME. It plays the compute
// service that starts a task in a role on AWS. Only the account's root may ask, and the role's trust
// policy decides whether ecs-tasks.amazonaws.com may assume the role.
type roleCredentials struct {
	directory *identity.Directory
	sessions  *identity.Sessions
}

func (*roleCredentials) Protocol() api.Protocol { return api.Local }

func (c *roleCredentials) Read(_ context.Context, r *api.Request) (*api.Call, error) {
	if r.Caller.Kind != identity.Root {
		return nil, api.Errorf(403, "AccessDenied", "Only the account's root may ask for the credentials of a role.")
	}
	name, session := r.Form.Get("role"), r.Form.Get("session")
	if err := r.Form.CheckRead(); err != nil {
		return nil, err
	}
	if !sessionNamePattern.MatchString(session) {
		return nil, api.Errorf(400, "ValidationError", "session must have 2 to 64 characters: letters, digits and +=,.@_-")
	}
	role := c.directory.Snapshot().Role(name)
	if role == nil {
		return nil, api.Errorf(404, "NoSuchEntity", "The role with name %s cannot be found.", name)
	}
	keys := new(policy.Context)
	keys.Set("sts:RoleSessionName", session)
	// As ECS sets them for a task: ECS Developer Guide, "Amazon ECS task IAM role".
	keys.Set("aws:SourceAccount", r.Account)
	keys.Set("aws:SourceArn", "arn:aws:ecs:"+r.Region+":"+r.Account+":task/localaws/"+session)
	return &api.Call{
		Permissions: []api.Permission{{
			Action: "sts:AssumeRole", Resource: role.ARN, Context: keys, Trust: role.TrustPolicy(),
			As: &identity.Principal{Kind: identity.Service, ARN: computeService},
		}},
		Answer: func(context.Context) (*api.Response, error) { return c.answer(r, role, session) },
	}, nil
}

func (c *roleCredentials) answer(r *api.Request, role *identity.Role, session string) (*api.Response, error) {
	credentials, err := c.sessions.Issue(identity.Grant{
		Role: role, SessionName: session, IssuedAt: r.Now, Expires: r.Now.Add(computeDuration),
	})
	if err != nil {
		return nil, fmt.Errorf("issue credentials of role %s: %w", role.Name, err)
	}
	return &api.Response{Body: mustMarshal(struct {
		AccessKeyID     string    `json:"AccessKeyId"`
		SecretAccessKey string    `json:"SecretAccessKey"`
		Token           string    `json:"Token"`
		Expiration      time.Time `json:"Expiration"`
		RoleARN         string    `json:"RoleArn"`
	}{credentials.AccessKeyID, credentials.SecretAccessKey, credentials.SessionToken, credentials.Expires, role.ARN})}, nil
}
