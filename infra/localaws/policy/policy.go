package policy

// Kind says which grammar a document has to satisfy.
type Kind int

// The kinds.
const (
	Identity Kind = iota // identity policies, permissions boundaries and session policies
	Trust                // a role's trust policy: has Principal, has no Resource
	Resource             // a resource-based policy of S3 and others: has both
	Key                  // a KMS key's policy: as Resource, but may be longer
	// AWSManaged is one of AWS's managed policies: as Identity, of any length. It may have a variable in the Region or account of
	// an ARN of an Allow's Resource, as one of AWS's has; such an entry matches nothing.
	AWSManaged
	Simulated         // what the policy simulator is given: as Identity, of the length that a parameter may have
	SimulatedResource // the same for a resource-based policy: as Resource
)

// Policy is a compiled document: immutable, safe for concurrent use. A nil Policy has no statements.
type Policy struct {
	statements []statement
	index      index
}

// Named is a policy with the name by which decisions, logs and messages call it, such as
// "NotesReader/ReadNotes".
type Named struct {
	Name   string
	Policy *Policy
}

// Policies are all the policies that say what a principal may do. Effective permissions are the
// intersection of the three layers; an explicit Deny in any of them wins.
type Policies struct {
	Identity []Named
	Boundary *Named  // nil: none
	Session  []Named // nil: none; empty but not nil: a layer that allows nothing
}

// Caller is the principal as a trust policy or a resource-based policy sees it.
type Caller struct {
	ARN     string // the session's or the root's ARN
	RoleARN string // of a session: its role
	ID      string // the unique id of a user (AIDA...), or of a session (AROA...:NAME)
	RoleID  string // of a session: its role's
	Account string // twelve digits
	Service string // of an AWS service: its name, such as ecs-tasks.amazonaws.com; then the rest is empty
	// Bounded says that it has a permissions boundary. Decisions that are given its Policies see that there too.
	Bounded bool
}

// Request is what is to be decided. One without an action or a resource is denied.
type Request struct {
	Action   string   // "dynamodb:GetItem", in any case
	Resource string   // an ARN, or "*" for actions without a resource
	Caller   Caller   // read by policies that name principals only
	Context  *Context // nil: no keys
}

// Effect is the outcome of a decision. The zero Effect denies.
type Effect int

// The outcomes.
const (
	ImplicitDeny Effect = iota // no statement allows it
	Allow
	ExplicitDeny // a Deny statement matches
)

// String returns the effect as a policy or a decision log spells it; a Deny statement's effect is
// ExplicitDeny.
func (e Effect) String() string {
	switch e {
	case Allow:
		return "Allow"
	case ExplicitDeny:
		return "Deny"
	default:
		return "ImplicitDeny"
	}
}

// Statement names one statement of one policy.
type Statement struct {
	Policy string // Named.Name
	Sid    string // may be empty
	Index  int    // from 0
}

// Decision is an outcome with the statement that decided it. On an implicit deny Statement is zero and
// Layer says which layer did not allow it: "identity", "boundary", "session", "trust" or "resource". On an explicit
// deny Layer is where the statement stands; on an allow it is empty.
type Decision struct {
	Effect    Effect
	Statement Statement
	Layer     string
}

// The layers of a Decision.
const (
	layerIdentity = "identity"
	layerBoundary = "boundary"
	layerSession  = "session"
	layerTrust    = "trust"
	layerResource = "resource"
)

// layerID stands for one of them, in a byte.
type layerID uint8

const (
	_ layerID = iota
	identityLayer
	boundaryLayer
	sessionLayer
	trustLayer
	resourceLayer
)

var layerNames = [...]string{"", layerIdentity, layerBoundary, layerSession, layerTrust, layerResource}
