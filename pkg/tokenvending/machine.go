package tokenvending

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"example.com/shiptrack/pkg/tenant"
)

// TagKey is the key of the session tag that holds the tenant.
const TagKey = "TenantID"

// Bounds of Config.Duration. STS gives no session shorter than 15 minutes, and with role chaining (the service is
// itself a role's session) none longer than an hour: STS API reference, AssumeRole, DurationSeconds.
const (
	MinDuration = 15 * time.Minute
	MaxDuration = time.Hour
)

// ExpiryWindow is how long before its end a session is no longer handed out, so that a request signed with it
// still arrives in time.
const ExpiryWindow = 30 * time.Second

// maxSessionName is STS's limit for RoleSessionName, in characters of [\w+=,.@-].
const maxSessionName = 64

// AssumeRoler is the one operation of STS that a Machine needs; *sts.Client has it.
type AssumeRoler interface {
	AssumeRole(ctx context.Context, in *sts.AssumeRoleInput, opts ...func(*sts.Options)) (*sts.AssumeRoleOutput, error)
}

// Config describes a Machine. STS, RoleARN, Instance and Capacity must be set.
type Config struct {
	STS      AssumeRoler
	RoleARN  string        // of the access role that all tenants share
	Instance string        // which instance of the service it is, in [\w+=,.@-]; cut where the session name gets too long
	Duration time.Duration // of a session, MinDuration to MaxDuration, in whole seconds; 0: MaxDuration
	Capacity int           // tenants whose sessions are kept, about 2 KB each
	// Observe, where set, is told of each call of AssumeRole after it ended. It is called from the call's own
	// goroutine, concurrently for different tenants, and must be quick: requests wait for it.
	Observe func(ctx context.Context, event Event)
}

// Event is one call of AssumeRole. It holds no credentials.
type Event struct {
	Tenant       tenant.ID
	SessionARN   string        // of the session asked for
	AWSRequestID string        // of the call, as in CloudTrail; empty where STS did not answer
	Refresh      bool          // made ahead of expiry, no request waits for it
	Took         time.Duration // of the call
	Err          *Error        // nil where a session was vended
}

// Machine vends sessions. It is an aws.CredentialsProvider and safe for concurrent use.
type Machine struct {
	config   Config
	role     arn.ARN // of the role's sessions, without the session's name
	sessions *cache[*session]
	failures *cache[*failure]

	mu    sync.Mutex
	calls map[tenant.ID]*call // calls under way
}

var _ aws.CredentialsProvider = (*Machine)(nil)

// New returns a Machine, or an error that names everything that is wrong with config.
func New(config Config) (*Machine, error) {
	if config.Duration == 0 {
		config.Duration = MaxDuration
	}
	if err := config.validate(); err != nil {
		return nil, fmt.Errorf("tokenvending: %w", err)
	}
	return &Machine{
		config: config, role: assumedRole(config.RoleARN),
		sessions: newCache[*session](config.Capacity), failures: newCache[*failure](config.Capacity),
		calls: map[tenant.ID]*call{},
	}, nil
}

func (c Config) validate() error {
	var wrong []error
	if c.STS == nil {
		wrong = append(wrong, errors.New("no STS client"))
	}
	wrong = append(wrong, CheckRoleARN(c.RoleARN), CheckInstance(c.Instance))
	if c.Duration < MinDuration || c.Duration > MaxDuration || c.Duration%time.Second != 0 {
		wrong = append(wrong, fmt.Errorf("duration %v is not whole seconds in %v to %v", c.Duration, MinDuration, MaxDuration))
	}
	if c.Capacity < 1 {
		wrong = append(wrong, fmt.Errorf("capacity %d is below 1", c.Capacity))
	}
	return errors.Join(wrong...)
}

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

// sessionName names id's sessions: <tenant>@<instance>, cut to what STS takes. A tenant ID has at most 63
// characters and no @, so names of two tenants differ.
func (m *Machine) sessionName(id tenant.ID) string {
	name := id.String() + "@" + m.config.Instance
	return name[:min(len(name), maxSessionName)]
}

// SessionARN returns the ARN under which id's sessions act, as CloudTrail and an AccessDenied show it:
// arn:aws:sts::<account>:assumed-role/<role>/<tenant>@<instance>.
func (m *Machine) SessionARN(id tenant.ID) string {
	session := m.role
	session.Resource += m.sessionName(id)
	return session.String()
}

// Retrieve returns credentials of a session for the tenant in ctx, valid for ExpiryWindow at least. It fails with
// tenant.ErrMissing where ctx has no tenant, with an *Error where no session is to be had, and with ctx's own
// error where that ends first.
func (m *Machine) Retrieve(ctx context.Context) (aws.Credentials, error) {
	id, err := tenant.FromContext(ctx)
	if err != nil {
		return aws.Credentials{}, err
	}
	s, ok := m.sessions.get(id)
	now := time.Now()
	if !ok || !s.isUsable(now) {
		return m.await(ctx, id)
	}
	if s.isDue(now) {
		m.refresh(ctx, id, s)
	}
	return s.credentials, nil
}

// Discard drops id's session, so that the next Retrieve asks STS for another. It is for a caller whose session a
// service refused as unknown or expired before its end: the role was recreated, or the session revoked. A session
// younger than a second is kept: a service that refuses every session must not cause an AssumeRole for each request.
func (m *Machine) Discard(id tenant.ID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s, ok := m.sessions.get(id); ok && time.Since(s.asked) >= minBackoff {
		m.sessions.drop(id)
	}
}
