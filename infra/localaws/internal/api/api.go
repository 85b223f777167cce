// Package api is the contract between localaws' server and the services behind it (sts, iam, dynamodb, kms, s3,
// opensearch).
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
	Operation string // as the protocol names it: "GetItem"; restXml and OpenSearch: empty
	Body      []byte // the bytes whose hash was signed; restXml: nil
	HTTP      *HTTP  // restXml and OpenSearch: the rest of the request; else nil
	Form      *Form  // Query protocol: the parameters, Action and Version taken out
	Header    http.Header
	Caller    *identity.Principal
	Now       time.Time
	// Possible reports whether the caller's policies could allow action on resource at all. Where they could not, a service
	// need not ask anybody else about the resource: the request is denied.
	Possible func(action, resource string) bool
	// Decide decides and logs a permission that only the answer can name: on what the store holds, or on one of many keys whose denials
	// are answered apart. among is how many of them the answer asks for: it bounds the log. Its error is the denial, as the server words
	// it. A service asks it in Call.Answer alone.
	Decide  func(p *Permission, among int) error
	Account string // twelve digits
	Region  string
}

// HTTP is what a request in restXml or of OpenSearch says by its method, path and query. The rest is set in restXml alone.
type HTTP struct {
	Method string
	Path   string // escaped, as it was sent; OpenSearch: the very bytes
	Query  string // raw

	// What is signed of the body, and how.
	Body      Body
	Presigned bool
	Signed    time.Time
	Payload   string // what the signature covers of the body: its hash or a word such as UNSIGNED-PAYLOAD
}

// Body is the body of a request whose signature is verified, and which nobody has read yet. It is not safe for concurrent use.
type Body interface {
	// Read returns decoded bytes of the body. Its error is io.EOF only where the body is the one that was signed, and *Error where it is
	// another, is cut off or comes too slowly: nothing that was read may be kept then.
	Read(p []byte) (int, error)
	// Size is how many bytes Read will return; -1: unknown.
	Size() int64
	// Trailer returns a header behind the body, once Read has returned io.EOF; empty: it is not there.
	Trailer(name string) string
	// All reads a body of limit bytes at most. It waits for a share of what the server holds of large bodies, until the answer is sent.
	All(limit int64) ([]byte, error)
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
	// ResourcePolicy, where set, is the policy of what Resource is, of the account's own: it or the caller's own policies must allow
	// (policy.DecideResource).
	ResourcePolicy *policy.Named
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
	// Apart marks the operations whose answer asks Request.Decide for each of the things that the request names, and answers each apart.
	Apart bool
	// Operation, where set, is the name of the operation for the log, which the protocol does not say.
	Operation string
	// MostBytes is the most that the body of the answer may have, where it may be large and is no Stream. It is 0 where Answer reads the body of
	// the request: a slow client would hold what it is given of the memory for answers.
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
