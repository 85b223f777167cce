package identity

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"go.etcd.io/bbolt"

	"example.com/shiptrack/infra/localaws/internal/records"
)

var (
	rolesBucket    = []byte("iam/roles")
	policiesBucket = []byte("iam/policies")
)

// Directory keeps the account's roles and managed policies in bbolt, and their compiled form in memory.
// Readers take a Snapshot and never wait; a change is seen by every request that starts after it.
type Directory struct {
	db      *bbolt.DB
	writing sync.Mutex
	current atomic.Pointer[Snapshot]
}

// OpenDirectory reads every role and policy of db. A stored document that does not parse is an error: it
// is never left out.
func OpenDirectory(db *bbolt.DB) (*Directory, error) {
	d := &Directory{db: db}
	snapshot := emptySnapshot()
	err := db.Update(func(tx *bbolt.Tx) error {
		return errors.Join(
			records.Load(tx, policiesBucket, func(_ string, m *ManagedPolicy) { snapshot.policies[m.ARN] = m }),
			records.Load(tx, rolesBucket, func(_ string, r *Role) { snapshot.roles[roleKey(r.Name)] = r }),
		)
	})
	if err != nil {
		return nil, err
	}
	if err := snapshot.compile(); err != nil {
		return nil, err
	}
	d.current.Store(snapshot)
	return d, nil
}

// Snapshot returns the roles and policies as they are now.
func (d *Directory) Snapshot() *Snapshot { return d.current.Load() }

// Update runs change on a copy, stores what it put and removed, and publishes it. Nothing changes if
// change or the disk fails; a document that does not parse is a *policy.MalformedError within the error.
func (d *Directory) Update(change func(*Edit) error) error {
	d.writing.Lock()
	defer d.writing.Unlock()
	edit := &Edit{Snapshot: d.current.Load().copy()}
	if err := change(edit); err != nil {
		return err
	}
	if err := edit.compile(); err != nil {
		return err
	}
	err := d.db.Update(func(tx *bbolt.Tx) error {
		for _, write := range edit.writes {
			if err := write(tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("store roles and policies: %w", err)
	}
	d.current.Store(edit.Snapshot)
	return nil
}

// Edit is a change under way. It sees what it did so far.
type Edit struct {
	*Snapshot
	writes []func(*bbolt.Tx) error
}

// PutRole adds r or replaces the role of its name. r belongs to the Directory from then on.
func (e *Edit) PutRole(r *Role) {
	r.trust.Policy = nil
	e.roles[roleKey(r.Name)] = r
	e.put(rolesBucket, roleKey(r.Name), r)
}

// RemoveRole removes a role; its sessions are refused from then on.
func (e *Edit) RemoveRole(name string) {
	delete(e.roles, roleKey(name))
	e.remove(rolesBucket, roleKey(name))
}

// PutPolicy adds m.
func (e *Edit) PutPolicy(m *ManagedPolicy) {
	e.policies[m.ARN] = m
	e.put(policiesBucket, m.ARN, m)
}

// RemovePolicy removes a managed policy.
func (e *Edit) RemovePolicy(arn string) {
	delete(e.policies, arn)
	e.remove(policiesBucket, arn)
}

func (e *Edit) put(bucket []byte, key string, record any) {
	e.writes = append(e.writes, func(tx *bbolt.Tx) error { return records.Put(tx, bucket, key, record) })
}

func (e *Edit) remove(bucket []byte, key string) {
	e.writes = append(e.writes, func(tx *bbolt.Tx) error { return tx.Bucket(bucket).Delete([]byte(key)) })
}

// Snapshot is an immutable state of the account's roles and policies, safe for concurrent use.
type Snapshot struct {
	roles    map[string]*Role // by roleKey
	byID     map[string]*Role
	policies map[string]*ManagedPolicy // by ARN
	managed  map[string]*ManagedPolicy // by unique id
}

func emptySnapshot() *Snapshot {
	return &Snapshot{roles: map[string]*Role{}, byID: map[string]*Role{}, policies: map[string]*ManagedPolicy{}}
}

func (s *Snapshot) copy() *Snapshot {
	return &Snapshot{roles: maps.Clone(s.roles), policies: maps.Clone(s.policies)}
}

// compile parses what is new since the last snapshot, and indexes roles and managed policies.
func (s *Snapshot) compile() error {
	s.managed = make(map[string]*ManagedPolicy, len(s.policies))
	for _, arn := range slices.Sorted(maps.Keys(s.policies)) {
		m := s.policies[arn]
		if m.compiled.Policy == nil {
			if err := m.compile(); err != nil {
				return err
			}
		}
		s.managed[m.ID] = m
	}
	s.byID = make(map[string]*Role, len(s.roles))
	for _, key := range slices.Sorted(maps.Keys(s.roles)) {
		role := s.roles[key]
		if role.trust.Policy == nil {
			if err := role.compile(s.Policy); err != nil {
				return err
			}
		}
		s.byID[role.ID] = role
	}
	return nil
}

// Role returns the role called name, or nil.
func (s *Snapshot) Role(name string) *Role { return s.roles[roleKey(name)] }

// RoleByID returns the role whose unique id it is, or nil.
func (s *Snapshot) RoleByID(id string) *Role { return s.byID[id] }

// RoleByARN returns the role whose ARN it is, path included, or nil.
func (s *Snapshot) RoleByARN(arn string) *Role {
	role := s.Role(arn[strings.LastIndexByte(arn, '/')+1:])
	if role == nil || role.ARN != arn {
		return nil
	}
	return role
}

// Policy returns the managed policy whose ARN it is, or nil.
func (s *Snapshot) Policy(arn string) *ManagedPolicy { return s.policies[arn] }

func (s *Snapshot) policyByID(id string) *ManagedPolicy { return s.managed[id] }

// Roles returns all roles, ordered by name.
func (s *Snapshot) Roles() []*Role {
	return slices.SortedFunc(maps.Values(s.roles), func(a, b *Role) int { return strings.Compare(a.Name, b.Name) })
}

// ManagedPolicies returns all managed policies, ordered by name.
func (s *Snapshot) ManagedPolicies() []*ManagedPolicy {
	return slices.SortedFunc(maps.Values(s.policies), func(a, b *ManagedPolicy) int {
		return strings.Compare(a.Name+"\x00"+a.ARN, b.Name+"\x00"+b.ARN)
	})
}

// roleKey is the form in which role names are unique (IAM: names do not differ by case alone).
func roleKey(name string) string { return strings.ToLower(name) }
