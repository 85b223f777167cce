package tenant

// The reserved ids. A dot is outside both forms (Parse, Encode) and legal in a session tag, a session name, an index
// name and an S3 key.
var (
	checkA = ID{value: "check.a"}
	checkB = ID{value: "check.b"}
)

// IsolationCheck returns the two reserved tenants, check.a and check.b, with which a service proves that one tenant's
// session cannot read another's data. They own no rows. No text becomes one of them: Parse and UnmarshalText refuse
// them, Encode never makes them.
func IsolationCheck() (a, b ID) { return checkA, checkB }

// IsReserved reports whether id is one of IsolationCheck's: what it does is the service's own doing, no customer's.
func (id ID) IsReserved() bool { return id == checkA || id == checkB }
