package tokenvending

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// ExpiryWindow is how long before its end a session is no longer handed out, so that a request signed with it
// still arrives in time.
const ExpiryWindow = 30 * time.Second

// maxSessionName is STS's limit for RoleSessionName, in characters of [\w+=,.@-].
const maxSessionName = 64

// MachineOf vends sessions of tenants of type ID. It is an aws.CredentialsProvider and safe for concurrent use.
type MachineOf[ID comparable] struct {
	config   ConfigOf[ID]
	shared   string // the ARNs of sessions of Config.RoleARN, up to their names
	sessions *cache[ID, kept]
	failures *cache[ID, failure[ID]]
	renewals *cache[ID, renewal]
	pace     *pace

	mu    sync.Mutex
	calls map[ID]*call[ID] // calls under way
}

var _ aws.CredentialsProvider = (*Machine)(nil)

// New returns a Machine, or an error that names everything that is wrong with config.
func New[ID comparable](config ConfigOf[ID]) (*MachineOf[ID], error) {
	config = config.withDefaults()
	if err := config.validate(); err != nil {
		return nil, fmt.Errorf("tokenvending: %w", err)
	}
	return &MachineOf[ID]{
		config: config, shared: sessionPrefix(config.RoleARN),
		sessions: newCache[ID, kept](config.Capacity), failures: newCache[ID, failure[ID]](config.Capacity),
		renewals: newCache[ID, renewal](config.Capacity),
		pace:     newPace(config.CallsPerSecond, config.InFlight),
		calls:    map[ID]*call[ID]{},
	}, nil
}

// checkText refuses the text of a tenant that cannot stand in a session name, or that another tenant's name could look
// like: the first @ ends the tenant.
func checkText(text string) error {
	if text == "" || len(text) > maxSessionName-1 || strings.ContainsFunc(text, isForeignToSessionNames) || strings.Contains(text, "@") {
		return fmt.Errorf(`the tenant's text is not 1 to %d of [\w+=,.-]`, maxSessionName-1)
	}
	return nil
}

// sessionName names a tenant's sessions: <tenant>@<instance>, cut to what STS takes. The text of a tenant has at most 63
// characters and no @ (checkText), so names of two tenants differ: a cut takes from the instance alone.
func (m *MachineOf[ID]) sessionName(id ID) string {
	name := m.config.Text(id) + "@" + m.config.Instance
	return name[:min(len(name), maxSessionName)]
}

func (m *MachineOf[ID]) roleARN(id ID) string {
	if m.config.RoleOf != nil {
		return m.config.RoleOf(id)
	}
	return m.config.RoleARN
}

// SessionARN returns the ARN under which id's sessions act, as CloudTrail and an AccessDenied show it:
// arn:aws:sts::<account>:assumed-role/<role>/<tenant>@<instance>.
func (m *MachineOf[ID]) SessionARN(id ID) string {
	prefix := m.shared
	if m.config.RoleOf != nil {
		prefix = sessionPrefix(m.config.RoleOf(id))
	}
	return prefix + m.sessionName(id)
}

// Retrieve returns credentials of a session for the tenant in ctx, valid for ExpiryWindow at least. It fails with the
// error of Config.FromContext where ctx has no tenant (tenant.ErrMissing), with an *Error where no session is to be had,
// and with ctx's own error where that ends first.
func (m *MachineOf[ID]) Retrieve(ctx context.Context) (aws.Credentials, error) {
	id, err := m.config.FromContext(ctx)
	if err != nil {
		return aws.Credentials{}, err
	}
	s := m.sessions.get(id)
	now := time.Now()
	if s == nil || !s.isUsable(now) {
		return m.await(ctx, id)
	}
	if s.isDue(now) {
		m.refresh(ctx, id, s)
	}
	return s.credentials, nil
}

// Discard drops id's session, so that the next Retrieve asks STS for another. It is for a caller whose session a
// service refused as unknown or expired before its end: the role was recreated. Renew is for one that was revoked. A session
// younger than a second is kept: a service that refuses every session must not cause an AssumeRole for each request.
func (m *MachineOf[ID]) Discard(id ID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s := m.sessions.get(id); s != nil && time.Since(s.asked) >= minBackoff {
		m.sessions.drop(id)
	}
}
