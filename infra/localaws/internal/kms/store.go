package kms

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"example.com/shiptrack/infra/localaws/internal/identity"
	"example.com/shiptrack/infra/localaws/internal/records"
)

var (
	keysBucket    = []byte("kms/keys")    // key id -> key in JSON
	aliasesBucket = []byte("kms/aliases") // name -> alias in JSON
)

// store keeps keys and aliases in bbolt, and all of them in memory. A change is durable when it is reported, and seen by every
// request that is read after it. It is safe for concurrent use.
type store struct {
	db  *bbolt.DB
	now func() time.Time

	made     records.Committer        // of new keys and of aliases: many are made at a time
	most     int                      // keys
	mu       sync.RWMutex             // guards the maps and adding; what the maps hold is read-only
	adding   int                      // keys that are being made
	changing map[string]chan struct{} // aliases that are being changed; each is closed at the end
	keys     map[string]*key
	aliases  map[string]*alias
	names    map[string][]string // of the aliases of each key, sorted
}

// maxKeys is how many keys there may be: each has a policy of up to 32 KB, and all are in memory. AWS has 100,000 of a region.
const maxKeys = 20_000

// openStore reads the keys. account has the roles and users that their policies may name.
func openStore(db *bbolt.DB, now func() time.Time, account *identity.Snapshot) (*store, error) {
	s := &store{db: db, now: now, made: records.Committer{DB: db}, most: maxKeys, keys: map[string]*key{}, aliases: map[string]*alias{}, changing: map[string]chan struct{}{}}
	err := db.Update(func(tx *bbolt.Tx) error {
		if err := records.Load(tx, keysBucket, func(id string, k *key) { s.keys[id] = k }); err != nil {
			return err
		}
		if err := records.Load(tx, aliasesBucket, func(name string, a *alias) { s.aliases[name] = a }); err != nil {
			return err
		}
		if err := s.sweep(tx); err != nil {
			return err
		}
		return s.bindStored(tx, account)
	})
	if err != nil {
		return nil, fmt.Errorf("kms: open the keys: %w", err)
	}
	for id, k := range s.keys {
		if err := k.compile(); err != nil {
			return nil, fmt.Errorf("kms: policy of key %s: %w", id, err)
		}
	}
	s.index()
	return s, nil
}

// bindStored binds the key policies that an earlier version stored.
func (s *store) bindStored(tx *bbolt.Tx, account *identity.Snapshot) error {
	for id, k := range s.keys {
		compiled, err := parseKeyPolicy(k.Policy)
		if err != nil {
			return fmt.Errorf("policy of key %s: %w", id, err)
		}
		bindings, isNew := account.BindStored(compiled, k.Principals)
		if !isNew {
			continue
		}
		k.Principals = bindings
		if err := records.Put(tx, keysBucket, id, k); err != nil {
			return err
		}
	}
	return nil
}

// sweep removes the keys whose waiting period is over, with their aliases.
func (s *store) sweep(tx *bbolt.Tx) error {
	now := s.now()
	for id, k := range s.keys {
		if !k.gone(now) {
			continue
		}
		for name, a := range s.aliases {
			if a.KeyID == id {
				if err := tx.Bucket(aliasesBucket).Delete([]byte(name)); err != nil {
					return err
				}
				delete(s.aliases, name)
			}
		}
		if err := tx.Bucket(keysBucket).Delete([]byte(id)); err != nil {
			return err
		}
		delete(s.keys, id)
	}
	return nil
}

func (s *store) index() {
	s.names = map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(s.aliases)) {
		id := s.aliases[name].KeyID
		s.names[id] = append(s.names[id], name)
	}
}

// key returns the key with this id, or nil.
func (s *store) key(id string) *key {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.live(id)
}

func (s *store) live(id string) *key {
	if k := s.keys[id]; k != nil && !k.gone(s.now()) {
		return k
	}
	return nil
}

// alias returns the alias of this name, or nil.
func (s *store) alias(name string) *alias {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if a := s.aliases[name]; a != nil && s.live(a.KeyID) != nil {
		return a
	}
	return nil
}

// aliasesOf are the names of the aliases of a key, sorted.
func (s *store) aliasesOf(id string) []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.names[id]
}

// keyIDs are the ids of all keys behind after, sorted.
func (s *store) keyIDs(after string) []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var ids []string
	for id := range s.keys {
		if id > after && s.live(id) != nil {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// allAliases are the aliases of a key, or of all where id is empty, behind the name after, sorted by name.
func (s *store) allAliases(id, after string) []*alias {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var all []*alias
	for name, a := range s.aliases {
		if name > after && (id == "" || a.KeyID == id) && s.live(a.KeyID) != nil {
			all = append(all, a)
		}
	}
	slices.SortFunc(all, func(a, b *alias) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// add keeps a new key, whose policy is compiled. A LimitExceededException where there are as many as there may be.
func (s *store) add(k *key) error {
	if err := s.makeRoom(); err != nil {
		return err
	}
	err := s.made.Commit(func(tx *bbolt.Tx) error { return records.Put(tx, keysBucket, k.ID, k) })
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.adding--; err == nil {
		s.keys[k.ID] = k
	}
	return err
}

// makeRoom takes a place for one more key.
func (s *store) makeRoom() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.keys)+s.adding >= s.most {
		defer s.index()
		if err := s.db.Update(s.sweep); err != nil {
			return err
		}
	}
	if len(s.keys)+s.adding >= s.most {
		return exception("LimitExceededException", "There are %d keys, which is the most", s.most)
	}
	s.adding++
	return nil
}

// change puts a changed copy of the key with this id in its place. Where do returns an error, that is the answer, and nothing
// is changed. gone is the answer where the key went meanwhile.
func (s *store) change(id string, gone error, do func(*key) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.live(id)
	if now == nil {
		return gone
	}
	next := now.clone()
	if err := do(next); err != nil {
		return err
	}
	if err := s.db.Update(func(tx *bbolt.Tx) error { return records.Put(tx, keysBucket, id, next) }); err != nil {
		return err
	}
	s.keys[id] = next
	return nil
}

// changeAlias runs do, which returns what takes the place of the alias of this name; nil stands for none. Keys whose waiting
// period is over are removed first, so that their aliases are free. Changes of one name wait for each other; those of others share their way
// to the disk.
func (s *store) changeAlias(name string, do func(*alias) (*alias, error)) error {
	next, ended, err := s.beginAlias(name, do)
	if err != nil {
		return err
	}
	err = s.made.Commit(func(tx *bbolt.Tx) error {
		if next == nil {
			return tx.Bucket(aliasesBucket).Delete([]byte(name))
		}
		return records.Put(tx, aliasesBucket, name, next)
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.changing, name)
	close(ended)
	if err != nil {
		return err
	}
	before := s.aliases[name]
	if next == nil {
		delete(s.aliases, name)
	} else {
		s.aliases[name] = next
	}
	for _, a := range []*alias{before, next} {
		if a != nil {
			s.indexKey(a.KeyID, name)
		}
	}
	return nil
}

// beginAlias runs do when no other change of the name is under way. Where there is no error, ended is to be closed.
func (s *store) beginAlias(name string, do func(*alias) (*alias, error)) (next *alias, ended chan struct{}, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for other := s.changing[name]; other != nil; other = s.changing[name] {
		s.mu.Unlock()
		<-other
		s.mu.Lock()
	}
	now := s.now()
	for _, k := range s.keys {
		if !k.gone(now) {
			continue
		}
		err := s.db.Update(s.sweep)
		s.index()
		if err != nil {
			return nil, nil, err
		}
		break
	}
	if next, err = do(s.aliases[name]); err != nil {
		return nil, nil, err
	}
	ended = make(chan struct{})
	s.changing[name] = ended
	return next, ended, nil
}

// indexKey brings the names of one key to whether the alias of this name leads to it. Readers keep the list that they have.
func (s *store) indexKey(id, name string) {
	names := slices.DeleteFunc(slices.Clone(s.names[id]), func(n string) bool { return n == name })
	if a := s.aliases[name]; a != nil && a.KeyID == id {
		names = append(names, name)
		slices.Sort(names)
	}
	s.names[id] = names
}
