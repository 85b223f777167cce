// Package identity finds the principal of an access key: the account's root, or a session of a role with
// its tags. It refuses keys that it did not issue, expired sessions, and sessions of roles that were
// deleted.
package identity

import (
	"time"

	"example.com/shiptrack/infra/localaws/policy"
)

// Kind says what sort of principal it is.
type Kind int

// The kinds.
const (
	Root    Kind = iota // the account's root: allowed everything but AssumeRole
	Session             // an assumed role's session
	Service             // an AWS service that IAM trusts to start a role, such as ecs-tasks.amazonaws.com
)

// Principal is who makes a request. It is read-only and shared between requests.
type Principal struct {
	Kind        Kind
	ARN         string // arn:aws:iam::ACCOUNT:root, or arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION
	Account     string
	UserID      string // as GetCallerIdentity prints it
	AccessKeyID string
	// The rest is set for sessions only.
	RoleName       string
	RoleARN        string
	SessionName    string
	SourceIdentity string
	Tags           map[string]string // session tags over role tags of the same key, keys as they were given
	TransitiveKeys []string          // keys of those tags that stay on through role chaining
	Chained        bool              // assumed by another session
	IssuedAt       time.Time
	Expires        time.Time
	Policies       policy.Policies // what it may do
}

// PolicyCaller is p as policies that name principals see it.
func (p *Principal) PolicyCaller() policy.Caller {
	if p.Kind == Service {
		return policy.Caller{Service: p.ARN}
	}
	return policy.Caller{ARN: p.ARN, RoleARN: p.RoleARN, Account: p.Account}
}
