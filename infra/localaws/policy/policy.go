// Package policy parses, compiles and evaluates IAM policy documents. It is pure: no I/O, no clock, no
// global state, so it can be lifted out and used alone. A document that it does not wholly understand is
// refused when it is parsed, so that nothing unknown can turn into an allow when a request is decided.
package policy

// Kind says which grammar a document has to satisfy.
type Kind int

// The kinds.
const (
	Identity Kind = iota // identity policies, permissions boundaries and session policies
	Trust                // a role's trust policy: has Principal, has no Resource
)

// Policy is a compiled document: immutable, safe for concurrent use.
type Policy struct{}

// MalformedError says why a document was refused; AWS calls it MalformedPolicyDocument.
type MalformedError struct{ Reason string }

func (e *MalformedError) Error() string { return e.Reason }

// Parse compiles document, or returns a *MalformedError.
func Parse(document []byte, kind Kind) (*Policy, error) { panic("policy: being written") }

// Named is a policy with the name by which decisions, logs and messages call it, such as
// "TrackingAccessRole/TrackingAccessPolicy".
type Named struct {
	Name   string
	Policy *Policy
}

// Policies are all the policies that say what a principal may do. Effective permissions are the
// intersection of the three layers; an explicit Deny in any of them wins.
type Policies struct {
	Identity []Named
	Boundary *Named  // nil: none
	Session  []Named // nil: none
}

// Caller is the principal as a trust policy sees it.
type Caller struct {
	ARN     string // the session's or the root's ARN
	RoleARN string // of a session: its role
	Account string
	Service string // of an AWS service: its name, such as ecs-tasks.amazonaws.com; then the rest is empty
}

// Request is what is to be decided.
type Request struct {
	Action   string
	Resource string
	Caller   Caller // read by trust policies only
	Context  *Context
}

// Effect is the outcome of a decision. The zero Effect denies.
type Effect int

// The outcomes.
const (
	ImplicitDeny Effect = iota // no statement allows it
	Allow
	ExplicitDeny // a Deny statement matches
)

// Statement names one statement of one policy.
type Statement struct {
	Policy string // Named.Name
	Sid    string // may be empty
	Index  int    // from 0
}

// Decision is an outcome with the statement that decided it; on an implicit deny Statement is zero and
// Layer says which layer did not allow it: "identity", "boundary", "session" or "trust".
type Decision struct {
	Effect    Effect
	Statement Statement
	Layer     string
}

// Decide evaluates r as IAM does for a request to a service without resource policies.
func (p Policies) Decide(r *Request) Decision { panic("policy: being written") }

// DecideTrust evaluates r, an sts action on a role, by the role's trust policy and the caller's own
// policies.
func DecideTrust(trust Named, caller Policies, r *Request) Decision { panic("policy: being written") }

// Miss says why a statement that speaks of r's action did not apply.
type Miss struct {
	Statement Statement
	Effect    Effect
	Element   string // "Resource", "Principal", or "Condition ForAllValues:StringEquals dynamodb:LeadingKeys"
	Want      []string
	Got       []string // nil: the key is absent
}

// Explain returns a Miss for every statement that names r's action and did not match r.
func (p Policies) Explain(r *Request) []Miss { panic("policy: being written") }

// ExplainTrust is Explain for DecideTrust.
func ExplainTrust(trust Named, caller Policies, r *Request) []Miss {
	panic("policy: being written")
}
