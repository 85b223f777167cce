package identity

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"example.com/shiptrack/infra/localaws/internal/sigv4"
	"example.com/shiptrack/infra/localaws/policy"
)

// The root key of local AWS tools.
const (
	RootAccessKeyID = "test"
	rootSecretKey   = "test"
)

// userKeyPrefix begins the id of each user's access key.
const userKeyPrefix = "AKIA"

// SessionPolicy is what decisions call the session policy that AssumeRole brought as a document. Its Sids are the caller's words.
const SessionPolicy = "session policy"

// Failures of Resolve.
var (
	// ErrUnknownKey means that the key was not issued here or is not active, the token is not the key's, or the session's role
	// or one of its session policies is gone (also where another of the same name took its place).
	ErrUnknownKey = errors.New("the security token included in the request is invalid")
	// ErrTooLarge is an error of Issue: policies and tags do not fit into a session token.
	ErrTooLarge = errors.New("the policies and tags do not fit into a session token")
	// ErrExpired means that the session has ended.
	ErrExpired = errors.New("the security token included in the request is expired")
)

// Sessions issues the sessions of roles and finds the principal of an access key. It needs nothing about a
// session but its sealed token, which holds everything. Of the keys of users it keeps the last use. Safe for concurrent use.
type Sessions struct {
	account   string
	directory *Directory
	sealer    *sealer
	opener    *opener
	root      *Principal
	rootKey   *sigv4.Secret
	uses      sync.Map // id of a user's key -> Use
}

// Use says when and for what a user's key was used.
type Use struct {
	Time            time.Time
	Service, Region string // of the credential scope
}

// Used notes that a request was signed with the key of a user.
func (s *Sessions) Used(accessKeyID string, use Use) { s.uses.Store(accessKeyID, use) }

// LastUse says when the key was used last since the start, if it was.
func (s *Sessions) LastUse(accessKeyID string) (Use, bool) {
	use, ok := s.uses.Load(accessKeyID)
	if !ok {
		return Use{}, false
	}
	return use.(Use), true
}

// SessionsConfig configures Sessions.
type SessionsConfig struct {
	Account   string // twelve digits
	Directory *Directory
	Key       []byte // 32 random bytes, the same after a restart
}

// NewSessions returns Sessions.
func NewSessions(c SessionsConfig) (*Sessions, error) {
	sealer, err := newSealer(c.Key)
	if err != nil {
		return nil, err
	}
	opener, err := newOpener(sealer)
	if err != nil {
		return nil, err
	}
	everything, err := policy.Parse([]byte(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`), policy.Identity)
	if err != nil {
		return nil, err
	}
	root := &Principal{
		Kind: Root, ARN: "arn:aws:iam::" + c.Account + ":root", Account: c.Account, UserID: c.Account,
		AccessKeyID: RootAccessKeyID,
		Policies:    policy.Policies{Identity: []policy.Named{{Name: "account root", Policy: everything}}},
	}
	return &Sessions{account: c.Account, directory: c.Directory, sealer: sealer, opener: opener, root: root, rootKey: sigv4.NewSecret(rootSecretKey)}, nil
}

// Grant says what session to issue. The caller has authorized it.
type Grant struct {
	Role           *Role
	SessionName    string
	Tags           []Tag // passed and inherited
	TransitiveKeys []string
	Policy         string
	Managed        []*ManagedPolicy // session policies that were given by ARN
	SourceIdentity string
	Chained        bool
	IssuedAt       time.Time
	Expires        time.Time
}

// Credentials are those of a new session.
type Credentials struct {
	AccessKeyID, SecretAccessKey, SessionToken string
	Expires                                    time.Time
}

// Issue returns the credentials of a new session.
func (s *Sessions) Issue(g Grant) (*Credentials, error) {
	key := NewID("ASIA", 16)
	var managed []string
	for _, m := range g.Managed {
		managed = append(managed, m.ID)
	}
	expires := g.Expires.UTC().Truncate(time.Second)
	token, err := s.sealer.seal(&claims{
		AccessKeyID: key, RoleID: g.Role.ID, SessionName: g.SessionName, Tags: g.Tags, TransitiveKeys: g.TransitiveKeys,
		Policy: g.Policy, ManagedIDs: managed, SourceIdentity: g.SourceIdentity, Chained: g.Chained,
		IssuedAt: g.IssuedAt.UTC().Truncate(time.Second), Expires: expires,
	})
	if err != nil {
		return nil, err
	}
	if len(token) > maxToken {
		return nil, ErrTooLarge
	}
	return &Credentials{AccessKeyID: key, SecretAccessKey: s.sealer.secretKey(key), SessionToken: token, Expires: expires}, nil
}

// NewKey returns a new access key for a user; Secret has its secret.
func (s *Sessions) NewKey(now time.Time) AccessKey {
	return AccessKey{ID: NewID(userKeyPrefix, 16), Active: true, Created: now.UTC().Truncate(time.Second)}
}

// Secret returns the secret of an access key that was issued here.
func (s *Sessions) Secret(accessKeyID string) string { return s.sealer.secretKey(accessKeyID) }

// resolveUser is Resolve for the key of a user.
func (s *Sessions) resolveUser(accessKeyID string) (*Principal, *sigv4.Secret, error) {
	user := s.directory.Snapshot().UserByKey(accessKeyID)
	if user == nil || !user.Keys[user.Key(accessKeyID)].Active {
		return nil, nil, ErrUnknownKey
	}
	return &Principal{
		Kind: IAMUser, Account: s.account, AccessKeyID: accessKeyID, ARN: user.ARN, UserID: user.ID, UserName: user.Name,
		Tags: MergeTags(user.Tags, nil), Policies: user.policies,
	}, sigv4.NewSecret(s.Secret(accessKeyID)), nil
}

// Resolve returns the principal of accessKeyID, and the secret with which its requests are signed. token is the
// session token of the request, empty where there was none. The error is ErrUnknownKey or ErrExpired.
func (s *Sessions) Resolve(accessKeyID, token string, now time.Time) (*Principal, *sigv4.Secret, error) {
	if accessKeyID == RootAccessKeyID && token == "" {
		return s.root, s.rootKey, nil
	}
	if strings.HasPrefix(accessKeyID, userKeyPrefix) && token == "" {
		return s.resolveUser(accessKeyID)
	}
	hash, session, err := s.opener.open(token)
	if err != nil || session.claims.AccessKeyID != accessKeyID {
		return nil, nil, ErrUnknownKey
	}
	if !now.Before(session.claims.Expires) {
		s.opener.kept.Remove(hash)
		return nil, nil, ErrExpired
	}
	snapshot := s.directory.Snapshot()
	if session.principal != nil && session.version == snapshot.version {
		return session.principal, session.secret, nil
	}
	principal, err := s.principal(session.claims, snapshot)
	if err != nil {
		s.opener.kept.Remove(hash)
		return nil, nil, ErrUnknownKey
	}
	s.opener.kept.Add(hash, &opened{session.claims, session.secret, principal, snapshot.version})
	return principal, session.secret, nil
}

// principal is the session's under the roles and policies of snapshot. A role or a policy of it that is gone is an error.
func (s *Sessions) principal(c *claims, snapshot *Snapshot) (*Principal, error) {
	role := snapshot.RoleByID(c.RoleID)
	if role == nil {
		return nil, fmt.Errorf("role %s does not exist", c.RoleID)
	}
	policies := role.policies
	var err error
	if policies.Session, err = sessionPolicies(c, snapshot); err != nil {
		return nil, err
	}
	return &Principal{
		Kind: Session, Account: s.account, AccessKeyID: c.AccessKeyID,
		ARN:      "arn:aws:sts::" + s.account + ":assumed-role/" + role.Name + "/" + c.SessionName,
		UserID:   role.ID + ":" + c.SessionName,
		RoleName: role.Name, RoleARN: role.ARN, RoleID: role.ID, SessionName: c.SessionName, SourceIdentity: c.SourceIdentity,
		Tags: MergeTags(role.Tags, c.Tags), TransitiveKeys: c.TransitiveKeys, Chained: c.Chained,
		IssuedAt: c.IssuedAt, Expires: c.Expires, Policies: policies,
	}, nil
}

// sessionPolicies compiles the session policies. A policy that does not parse or is gone is an error: without
// it the session would have more permissions than it was given. A managed policy is bound by its unique id, as on
// AWS: one that is made anew under the name of one that was deleted may allow more.
func sessionPolicies(c *claims, snapshot *Snapshot) ([]policy.Named, error) {
	var named []policy.Named
	if c.Policy != "" {
		compiled, err := policy.Parse([]byte(c.Policy), policy.Identity)
		if err != nil {
			return nil, err
		}
		named = append(named, policy.Named{Name: SessionPolicy, Policy: compiled})
	}
	for _, id := range c.ManagedIDs {
		m := snapshot.policyByID(id)
		if m == nil {
			return nil, fmt.Errorf("session policy %s does not exist", id)
		}
		named = append(named, m.compiled)
	}
	return named, nil
}
