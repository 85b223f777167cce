// Package evaluators puts one rule, that of the pooled policy in infra/iam/hardened, to localaws and to other policy engines, in
// one process. It is a module of its own, so that the project does not depend on those engines.
package evaluators

// Request is what is decided: who, what, on which partition keys. An empty Tenant is a session without the tag.
type Request struct {
	Tenant, Action, Resource string
	Keys                     []string
}

// Engine is a policy engine that holds the rule.
type Engine struct {
	Name string
	// Prepare brings a request into the engine's own form. What it returns decides it again and again.
	Prepare func(Request) func() (allowed bool, err error)
}

const table = "arn:aws:dynamodb:us-east-1:000000000000:table/TrackingData"
