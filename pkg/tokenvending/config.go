package tokenvending

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/sts"

	"example.com/shiptrack/pkg/tenant"
)

// TagKey is the key of the session tag that holds the tenant, where Config.TagKey does not say otherwise.
const TagKey = "TenantID"

// Bounds of Config.Duration. STS gives no session shorter than 15 minutes, and with role chaining (the service is
// itself a role's session) none longer than an hour: STS API reference, AssumeRole, DurationSeconds.
const (
	MinDuration = 15 * time.Minute
	MaxDuration = time.Hour
)

// MaxCallsPerSecond bounds Config.CallsPerSecond.
const MaxCallsPerSecond = 1000

// What a Machine allows itself of STS where its Config does not say otherwise. AWS allows 600 calls a second for an
// account and region: IAM User Guide, "IAM and AWS STS quotas".
const (
	DefaultCallsPerSecond = 50
	DefaultInFlight       = 25
)

// AssumeRoler is the one operation of STS that a Machine needs; *sts.Client has it.
type AssumeRoler interface {
	AssumeRole(ctx context.Context, in *sts.AssumeRoleInput, opts ...func(*sts.Options)) (*sts.AssumeRoleOutput, error)
}

// The types for this project's tenants. Another product names its own: MachineOf[uuid.UUID], for example.
type (
	Machine = MachineOf[tenant.ID]
	Config  = ConfigOf[tenant.ID]
	Event   = EventOf[tenant.ID]
	Error   = ErrorOf[tenant.ID]
)

// ConfigOf describes a MachineOf tenants of type ID. STS, Instance, Capacity, and RoleARN or RoleOf must be set. All
// functions may be called concurrently. RoleOf and Text must be quick and give the same answer each time; Terms may
// take the time that a call of STS may take.
type ConfigOf[ID comparable] struct {
	STS      AssumeRoler
	Instance string        // which instance of the service it is, in [\w+=,.@-]; cut where the session name gets too long
	Duration time.Duration // of a session, MinDuration to MaxDuration, in whole seconds; 0: MaxDuration
	Capacity int           // tenants whose sessions are kept, about 2 KB each

	// RoleARN is the access role that all tenants share. RoleOf, in its place, gives each tenant or tier a role.
	RoleARN string
	RoleOf  func(ID) string

	// FromContext returns the tenant of a call, or an error where the context has none. It may be nil for tenant.ID
	// alone: tenant.FromContext.
	FromContext func(context.Context) (ID, error)
	// Text returns a tenant's text, as it stands in the tag and in the session name: 1 to 63 of [\w+=,.-]. Two tenants
	// never have one text. nil: the tenant's String method, or how package fmt prints it.
	Text func(ID) string
	// TagKey is the key of the session tag that holds Text; empty: TagKey, the constant.
	TagKey string
	// Terms, where set, returns what a tenant's sessions have beside that tag. It is asked before each call of STS.
	// After an error no session is vended (Unavailable).
	Terms func(context.Context, ID) (Terms, error)

	CallsPerSecond int // calls of STS, at most: 1 to MaxCallsPerSecond; 0: DefaultCallsPerSecond. Fewer after STS throttled
	InFlight       int // calls of STS under way at a time, at most; 0: DefaultInFlight

	// Observe, where set, is told of each call of AssumeRole after it ended. It is called from a goroutine of the call,
	// concurrently for different tenants, and must be quick: requests wait for it. Where it panics, the session is not
	// handed out: what is not recorded is not done.
	Observe func(ctx context.Context, event EventOf[ID])
}

// Terms are what a tenant's sessions have beside the tag that names the tenant. STS checks them, and an error of STS
// names what is wrong. The zero Terms adds nothing. The fields are those of the STS API reference, AssumeRole.
type Terms struct {
	Tags           map[string]string // further session tags, transitive like the tenant's; the trust policy must allow their keys
	Policy         string            // an inline session policy (JSON): it can only take permissions away
	PolicyARNs     []string          // managed policies as session policies, up to 10
	ExternalID     string            // what the role's trust policy asks for as sts:ExternalId
	SourceIdentity string            // stays through role chaining; the trust policy must allow sts:SetSourceIdentity
}

// EventOf is one call of AssumeRole. It holds no credentials.
type EventOf[ID comparable] struct {
	Tenant       ID
	SessionARN   string        // of the session asked for
	AWSRequestID string        // of the call, as in CloudTrail; empty where STS did not answer
	Refresh      bool          // made ahead of expiry, no request waits for it
	Took         time.Duration // of the call, with the wait for its turn
	Err          *ErrorOf[ID]  // nil where a session was vended
}

// withDefaults returns c with every field set that has a default.
func (c ConfigOf[ID]) withDefaults() ConfigOf[ID] {
	if c.FromContext == nil {
		c.FromContext, _ = any(tenant.FromContext).(func(context.Context) (ID, error))
	}
	if c.Text == nil {
		c.Text = textOf[ID]
	}
	if c.TagKey == "" {
		c.TagKey = TagKey
	}
	if c.Duration == 0 {
		c.Duration = MaxDuration
	}
	if c.CallsPerSecond == 0 {
		c.CallsPerSecond = DefaultCallsPerSecond
	}
	if c.InFlight == 0 {
		c.InFlight = DefaultInFlight
	}
	return c
}

func textOf[ID comparable](id ID) string {
	if s, ok := any(id).(fmt.Stringer); ok {
		return s.String()
	}
	return fmt.Sprint(id)
}

func (c ConfigOf[ID]) validate() error {
	var wrong []error
	refuse := func(isWrong bool, format string, args ...any) {
		if isWrong {
			wrong = append(wrong, fmt.Errorf(format, args...))
		}
	}
	refuse(c.STS == nil, "no STS client")
	if c.RoleOf == nil {
		wrong = append(wrong, CheckRoleARN(c.RoleARN))
	}
	refuse(c.RoleOf != nil && c.RoleARN != "", "a role ARN and RoleOf: set one of them")
	refuse(c.FromContext == nil, "no FromContext, which reads a tenant of this type from a context")
	refuse(!tagKey.MatchString(c.TagKey) || utf8.RuneCountInString(c.TagKey) > 128 || strings.HasPrefix(strings.ToLower(c.TagKey), "aws:"),
		"tag key %q is not 1 to 128 letters, digits, blanks or _.:/=+-@, or begins with aws:", c.TagKey)
	wrong = append(wrong, CheckInstance(c.Instance))
	refuse(c.Duration < MinDuration || c.Duration > MaxDuration || c.Duration%time.Second != 0,
		"duration %v is not whole seconds in %v to %v", c.Duration, MinDuration, MaxDuration)
	refuse(c.Capacity < 1, "capacity %d is below 1", c.Capacity)
	refuse(c.CallsPerSecond < 1 || c.CallsPerSecond > MaxCallsPerSecond, "%d calls per second are not in 1 to %d", c.CallsPerSecond, MaxCallsPerSecond)
	refuse(c.InFlight < 1, "%d calls in flight are below 1", c.InFlight)
	return errors.Join(wrong...)
}

// tagKey is STS API reference, Tag, but for the length: of {1,128} the regexp makes 128 copies of these letters, 2.7 MB that live on.
var tagKey = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$`)

// CheckInstance returns nil where text can stand in a session name (see Config.Instance), else what is wrong with it.
func CheckInstance(text string) error {
	if text == "" || strings.ContainsFunc(text, isForeignToSessionNames) {
		return fmt.Errorf(`instance %q is not one or more of [\w+=,.@-]`, text)
	}
	return nil
}

func isForeignToSessionNames(r rune) bool {
	isWord := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_'
	return !isWord && !strings.ContainsRune("+=,.@-", r)
}
