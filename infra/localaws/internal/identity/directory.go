package identity

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"go.etcd.io/bbolt"

	"example.com/shiptrack/infra/localaws/internal/records"
)

var (
	rolesBucket    = []byte("iam/roles")
	usersBucket    = []byte("iam/users")
	policiesBucket = []byte("iam/policies")
)

// Directory keeps the account's roles, users and managed policies in bbolt, and their compiled form in memory.
// Readers take a Snapshot and never wait; a change is seen by every request that starts after it.
type Directory struct {
	db      *bbolt.DB
	writing sync.Mutex
	current atomic.Pointer[Snapshot]
}

// OpenDirectory reads every role, user and policy of db, which are those of account, twelve digits. A stored document that does
// not parse is an error: it is never left out.
func OpenDirectory(db *bbolt.DB, account string) (*Directory, error) {
	d := &Directory{db: db}
	snapshot, err := emptySnapshot(account)
	if err != nil {
		return nil, err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		if err := snapshot.load(tx); err != nil {
			return err
		}
		return snapshot.bindStored(tx)
	})
	if err != nil {
		return nil, err
	}
	d.current.Store(snapshot)
	return d, nil
}

func (s *Snapshot) load(tx *bbolt.Tx) error {
	return errors.Join(
		records.Load(tx, policiesBucket, func(_ string, m *ManagedPolicy) {
			m.upgrade()
			s.policies[m.ARN] = m
		}),
		records.Load(tx, rolesBucket, func(_ string, r *Role) { s.roles[nameKey(r.Name)] = r }),
		records.Load(tx, usersBucket, func(_ string, u *User) { s.users[nameKey(u.Name)] = u }),
	)
}

// bindStored compiles what was read, and binds the trust policies that an earlier version stored.
func (s *Snapshot) bindStored(tx *bbolt.Tx) error {
	s.index()
	for key, role := range s.roles {
		trust, err := role.parseTrust()
		if err != nil {
			return err
		}
		bindings, isNew := s.BindStored(trust, role.Trusted)
		if !isNew {
			continue
		}
		role.Trusted = bindings
		if err := records.Put(tx, rolesBucket, key, role); err != nil {
			return err
		}
	}
	return s.compile()
}

// Snapshot returns the roles, users and policies as they are now.
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
		return fmt.Errorf("store roles, users and policies: %w", err)
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
	r.compiled = false
	if r.Trusted == nil {
		r.Trusted = Bindings{}
	}
	e.roles[nameKey(r.Name)] = r
	e.put(rolesBucket, nameKey(r.Name), r)
}

// BindTrust binds the principals of r's trust policy to who has their names now. The error is an *UnknownPrincipalError or a
// *policy.MalformedError within one.
func (e *Edit) BindTrust(r *Role) error {
	trust, err := r.parseTrust()
	if err != nil {
		return err
	}
	e.index()
	r.Trusted, err = e.Bind(trust)
	return err
}

// RemoveRole removes a role; its sessions are refused from then on.
func (e *Edit) RemoveRole(name string) {
	delete(e.roles, nameKey(name))
	e.remove(rolesBucket, nameKey(name))
}

// PutUser adds u or replaces the user of its name. u belongs to the Directory from then on.
func (e *Edit) PutUser(u *User) {
	u.compiled = false
	e.users[nameKey(u.Name)] = u
	e.put(usersBucket, nameKey(u.Name), u)
}

// RemoveUser removes a user; its keys are refused from then on.
func (e *Edit) RemoveUser(name string) {
	delete(e.users, nameKey(name))
	e.remove(usersBucket, nameKey(name))
}

// PutPolicy adds m or replaces the policy of its ARN. m belongs to the Directory from then on. Who uses the policy is held to its
// new default version.
func (e *Edit) PutPolicy(m *ManagedPolicy) {
	m.compiled.Policy = nil
	e.policies[m.ARN] = m
	e.put(policiesBucket, m.ARN, m)
	for key, role := range e.roles {
		if role.Uses(m.ARN) {
			e.roles[key] = role.Clone()
			e.roles[key].compiled = false
		}
	}
	for key, user := range e.users {
		if user.Uses(m.ARN) {
			e.users[key] = user.Clone()
			e.users[key].compiled = false
		}
	}
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
