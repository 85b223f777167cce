package identity

import (
	"maps"
	"slices"
	"strings"
)

// Snapshot is an immutable state of the account's roles, users and policies, safe for concurrent use.
type Snapshot struct {
	version  uint64 // higher than those of the snapshots that were published before
	account  string
	roles    map[string]*Role          // by nameKey
	users    map[string]*User          // by nameKey
	policies map[string]*ManagedPolicy // the account's own, by ARN
	aws      map[string]*ManagedPolicy // AWS's, by ARN

	rolesByID    map[string]*Role
	usersByID    map[string]*User
	usersByKey   map[string]*User // by the ids of their access keys
	policiesByID map[string]*ManagedPolicy
}

func emptySnapshot(account string) (*Snapshot, error) {
	aws, err := awsManaged()
	return &Snapshot{
		account: account, roles: map[string]*Role{}, users: map[string]*User{}, policies: map[string]*ManagedPolicy{}, aws: aws,
	}, err
}

func (s *Snapshot) copy() *Snapshot {
	return &Snapshot{
		version: s.version + 1, account: s.account, roles: maps.Clone(s.roles), users: maps.Clone(s.users), policies: maps.Clone(s.policies), aws: s.aws,
	}
}

// compile parses what is new since the last snapshot, and indexes everything.
func (s *Snapshot) compile() error {
	for _, arn := range slices.Sorted(maps.Keys(s.policies)) {
		if m := s.policies[arn]; m.compiled.Policy == nil {
			if err := m.compile(); err != nil {
				return err
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(s.roles)) {
		if role := s.roles[key]; !role.compiled {
			if err := role.compile(s); err != nil {
				return err
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(s.users)) {
		if user := s.users[key]; !user.compiled {
			if err := user.compilePolicies(s.Policy); err != nil {
				return err
			}
		}
	}
	s.index()
	return nil
}

func (s *Snapshot) index() {
	s.policiesByID = make(map[string]*ManagedPolicy, len(s.policies)+len(s.aws))
	for _, all := range []map[string]*ManagedPolicy{s.policies, s.aws} {
		for _, m := range all {
			s.policiesByID[m.ID] = m
		}
	}
	s.rolesByID = make(map[string]*Role, len(s.roles))
	for _, role := range s.roles {
		s.rolesByID[role.ID] = role
	}
	s.usersByID, s.usersByKey = make(map[string]*User, len(s.users)), make(map[string]*User, len(s.users))
	for _, user := range s.users {
		s.usersByID[user.ID] = user
		for _, key := range user.Keys {
			s.usersByKey[key.ID] = user
		}
	}
}

// Role returns the role called name, or nil.
func (s *Snapshot) Role(name string) *Role { return s.roles[nameKey(name)] }

// RoleByID returns the role whose unique id it is, or nil.
func (s *Snapshot) RoleByID(id string) *Role { return s.rolesByID[id] }

// RoleByARN returns the role whose ARN it is, path included, or nil.
func (s *Snapshot) RoleByARN(arn string) *Role {
	role := s.Role(lastName(arn))
	if role == nil || role.ARN != arn {
		return nil
	}
	return role
}

// User returns the user called name, or nil.
func (s *Snapshot) User(name string) *User { return s.users[nameKey(name)] }

// UserByID returns the user whose unique id it is, or nil.
func (s *Snapshot) UserByID(id string) *User { return s.usersByID[id] }

// UserByARN returns the user whose ARN it is, path included, or nil.
func (s *Snapshot) UserByARN(arn string) *User {
	user := s.User(lastName(arn))
	if user == nil || user.ARN != arn {
		return nil
	}
	return user
}

// UserByKey returns the user who has the access key with this id, or nil.
func (s *Snapshot) UserByKey(accessKeyID string) *User { return s.usersByKey[accessKeyID] }

// Policy returns the managed policy whose ARN it is, one of the account's or of AWS's, or nil.
func (s *Snapshot) Policy(arn string) *ManagedPolicy {
	if m := s.policies[arn]; m != nil {
		return m
	}
	return s.aws[arn]
}

func (s *Snapshot) policyByID(id string) *ManagedPolicy { return s.policiesByID[id] }

// Roles returns all roles, ordered by name.
func (s *Snapshot) Roles() []*Role {
	return slices.SortedFunc(maps.Values(s.roles), func(a, b *Role) int { return strings.Compare(a.Name, b.Name) })
}

// Users returns all users, ordered by name.
func (s *Snapshot) Users() []*User {
	return slices.SortedFunc(maps.Values(s.users), func(a, b *User) int { return strings.Compare(a.Name, b.Name) })
}

// ManagedPolicies returns the account's own managed policies, ordered by name.
func (s *Snapshot) ManagedPolicies() []*ManagedPolicy { return byName(s.policies) }

// AWSPolicies returns AWS's managed policies, ordered by name.
func (s *Snapshot) AWSPolicies() []*ManagedPolicy { return byName(s.aws) }

func byName(policies map[string]*ManagedPolicy) []*ManagedPolicy {
	return slices.SortedFunc(maps.Values(policies), func(a, b *ManagedPolicy) int {
		return strings.Compare(a.Name+"\x00"+a.ARN, b.Name+"\x00"+b.ARN)
	})
}

// nameKey is the form in which the names of roles, and those of users, are unique (IAM: they do not differ by case alone).
func nameKey(name string) string { return strings.ToLower(name) }

func lastName(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }
