// Package api is the contract between localaws' server and the services behind it (sts, iam, dynamodb, kms).
// A service reads a request once, into a Call: the permissions that it needs, and a closure that answers
// exactly that reading. The server alone decides and logs. A service that cannot tell what a request asks
// for returns an error, which is the answer.
package api

import (
	"context"
	"io"
	"net/http"
	"time"

	"example.com/shiptrack/infra/localaws/internal/identity"
	"example.com/shiptrack/infra/localaws/policy"
)

// Request is one authenticated request. It is read-only.
type Request struct {
	ID        string // AWS request id, in x-amzn-RequestId and in the decision log
	Operation string // as the protocol names it: "GetItem"
	Body      []byte // the bytes whose hash was signed
	Form      *Form  // Query protocol: the parameters, Action and Version taken out
	Header    http.Header
	Caller    *identity.Principal
	Now       time.Time
	// Possible reports whether the caller's policies could allow action on resource at all. Where they could not, a service
	// need not ask anybody else about the resource: the request is denied.
	Possible func(action, resource string) bool
	// Decide decides and logs a permission that only the answer can name: on what the store holds, or on one of many keys whose denials
	// are answered apart. Its error is the denial, as the server words it. A service asks it in Call.Answer alone.
	Decide  func(*Permission) error
	Account string // twelve digits
	Region  string
}

// Permission is one action on one resource that must be allowed before a Call is answered. Context holds the
// keys that the service knows; the server adds the global ones (aws:PrincipalTag/..., aws:CurrentTime ...).
type Permission struct {
	Action   string // "dynamodb:GetItem"
	Resource string // an ARN, or "*" for actions without a resource
	// Asked, where set, is the resource as the caller named it, for the message of a denial: Resource may
	// hold more, from a look-up (a role's path, the case of its name).
	Asked   string
	Context *policy.Context
	// Via, where set, is the AWS service that asks in the caller's name, such as s3: the caller did not ask itself.
	Via string
	// Trust, where set, is the policy of the resource itself (a role's trust policy): it decides, and the
	// caller's own policies count as for AssumeRole (policy.DecideTrust).
	Trust *policy.Named
	// KeyPolicy, where set, is the policy of the KMS key that Resource is: it must allow, and the caller's own policies count as
	// it says (policy.DecideKey).
	KeyPolicy *policy.Named
	// Note, where set, is for the log of a denial: what an operator should know and a caller must not.
	Note string
	// As, where set, takes the place of the caller in the decision: the AWS service that starts a role.
	As *identity.Principal
}

// Call is one reading of a request.
type Call struct {
	// Permissions must all be allowed. None at all is refused unless Free is set.
	Permissions []Permission
	// Free marks the operations that need no permission (sts:GetCallerIdentity).
	Free bool
	// MostBytes is the most that the body of the answer may have, where it may be large.
	MostBytes int64
	// Answer performs the operation; it is called at most once, after every permission was allowed.
	Answer func(context.Context) (*Response, error)
}

// Response is an answer in the service's protocol.
type Response struct {
	Status int // 0 means 200
	Header http.Header
	Body   []byte
	// Stream, where set, is the body in place of Body: passed on as it comes, and closed. An error of Read
	// but io.EOF cuts the connection to the caller, so that half an answer is not taken for a whole one.
	Stream io.ReadCloser
}

// Service is one AWS API.
type Service interface {
	// Protocol says how its requests name their operation and how its errors are written.
	Protocol() Protocol
	// Read says what req asks for. An *Error is answered as it is.
	Read(ctx context.Context, req *Request) (*Call, error)
}
