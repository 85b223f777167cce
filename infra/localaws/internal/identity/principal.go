// Package identity finds the principal of an access key: the account's root, a user, or a session of a role with
// its tags. It refuses keys that it did not issue, keys that are not active, expired sessions, and sessions of roles that were
// deleted. It keeps the account's roles, users and managed policies.
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
	IAMUser             // a user, by one of its access keys
	Service             // an AWS service that IAM trusts to start a role, such as ecs-tasks.amazonaws.com
)

// Principal is who makes a request. It is read-only and shared between requests.
type Principal struct {
	Kind        Kind
	ARN         string // arn:aws:iam::ACCOUNT:root, arn:aws:iam::ACCOUNT:user/NAME, or arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION
	Account     string
	UserID      string // as GetCallerIdentity prints it
	AccessKeyID string
	Tags        map[string]string // a session's: session tags over role tags of the same key; keys as they were given
	Policies    policy.Policies   // what it may do
	// Of a user.
	UserName string
	// The rest is set for sessions only.
	RoleName       string
	RoleARN        string
	RoleID         string
	SessionName    string
	SourceIdentity string
	TransitiveKeys []string // keys of those tags that stay on through role chaining
	Chained        bool     // assumed by another session
	IssuedAt       time.Time
	Expires        time.Time
}

// PolicyCaller is p as policies that name principals see it.
func (p *Principal) PolicyCaller() policy.Caller {
	if p.Kind == Service {
		return policy.Caller{Service: p.ARN}
	}
	return policy.Caller{ARN: p.ARN, RoleARN: p.RoleARN, ID: p.UserID, RoleID: p.RoleID, Account: p.Account, Bounded: p.Policies.Boundary != nil}
}
